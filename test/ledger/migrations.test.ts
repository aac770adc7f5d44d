import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { firstTables } from "../../src/ledger/sqlite/migrations/first-tables.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { FOREVER } from "../../src/model/calendar.ts";
import { wrongSums } from "./dump.ts";
import { NOON, plainResponse } from "./sample.ts";
import { queriesOf } from "./queries.ts";

const WHOLE = { from: 0, to: FOREVER };
const PATH = "/home/dev/.claude/projects/-work/s1.jsonl";

/** A ledger as the first version left it: one response of 7 input and 5 output tokens from one file. */
function firstLedger(path: string): void {
  using database = new Database(path);
  database.run(firstTables.sql);
  database.run("PRAGMA user_version=1");
  database.run("INSERT INTO meta VALUES ('machine', 'm-1')");
  const { session, project, branch, model } = plainResponse;
  const place = [session, project, branch, "", model];
  database.run(
    "INSERT INTO slice VALUES (1, 'm-1', 'claude-code', ?, ?, ?, ?, ?, 'standard', 'standard', '', 0, 0)",
    place,
  );
  database.run("INSERT INTO response VALUES ('response:old', 0, ?, 1, 7, 5, 0, 0, 0, 0, 0)", [NOON]);
  database.run("INSERT INTO usage_quarter VALUES (?, 1, 1, 7, 5, 0, 0, 0, 0, 0)", [NOON / 900_000]);
  const body = [
    session,
    project,
    branch,
    "",
    NOON,
    "req_1",
    model,
    0,
    7,
    5,
    0,
    0,
    0,
    0,
    0,
    7,
    "standard",
    "standard",
    "",
  ];
  database.run("INSERT INTO journal VALUES ('response:old', 1, 'm-1', 'claude-code', ?)", [
    JSON.stringify([...body, null]),
  ]);
  database.run("INSERT INTO file VALUES (?, 'claude-code', 1, 2, 300, 1.5, 4, 100, 300, 200, NULL)", [PATH]);
}

test("a ledger of the first version can be queried, extended and rebuilt", () => {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-ledger-"));
  try {
    const path = join(folder, "ledger.db");
    firstLedger(path);
    using ledger = new Ledger(path, () => "here");
    const counts = (): unknown =>
      queriesOf(ledger)
        .usage(WHOLE, [{ ...WHOLE, offsetMs: 0 }])
        .map(({ responses, input, output, reasoning }) => ({ responses, input, output, reasoning }));
    expect(counts()).toEqual([{ responses: 1, input: 7, output: 5, reasoning: 0 }]);
    expect(ledger.files.of(PATH)).toMatchObject({ store: "transcripts", usageMemory: null, activityOffset: 200 });
    expect(ledger.files.behind("claude-code")).toHaveLength(1);
    const again = { ...plainResponse, at: NOON, input: 7, output: 9, reasoning: 4 };
    const entries = prepare(ledger.machine, "claude-code", [{ kind: "response", key: "response:old", body: again }]);
    ledger.ingest({ source: "claude-code", entries, skipped: [], restarted: [], files: [] });
    const after = [{ responses: 1, input: 7, output: 9, reasoning: 4 }];
    expect(counts()).toEqual(after);
    ledger.rebuild();
    expect(counts()).toEqual(after);
    expect(wrongSums(path)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
