import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { noTokens } from "../../../src/model/tokens.ts";
import { write } from "../../sources/writer.ts";
import { LedgerHarness } from "./harness.ts";

test("databases of other programs are read by readDatabases, which runs before the lock is taken, and not by collect", async () => {
  using harness = new LedgerHarness();
  const path = harness.path("home/.copilot/session-store.db");
  mkdirSync(dirname(path), { recursive: true });
  write(
    path,
    `CREATE TABLE assistant_usage_events (id INTEGER PRIMARY KEY, session_id, model, input_tokens, output_tokens, created_at);
     INSERT INTO assistant_usage_events VALUES (1, 's', 'm', 700, 1, '${new Date(harness.now - 1_000).toISOString()}')`,
  );
  using accounting = harness.accounting();
  const last = { from: harness.now, until: harness.now, tokens: noTokens, micros: 0, unpriced: 0 };
  expect((await accounting.collect(last, harness.now))?.spent.today.tokens).toBe(0);
  await accounting.readDatabases();
  expect((await accounting.collect(last, harness.now))?.spent.today.tokens).toBe(701);
});
