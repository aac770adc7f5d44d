import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { opencode } from "../../src/sources/opencode.ts";
import { assistants, SourceHarness } from "./harness.ts";
import { recorded } from "./opencode.ts";

const [home, old] = recorded;
if (!home || !old) throw new Error("no recorded home");

const RECORDED = join(assistants, "opencode/1.18.33/opencode.db");
const DOCUMENTS = join(assistants, "opencode/legacy-json-1.1.65/storage/message/ses_e07972431ffeZnwIFQS1W9gAxQ");

interface Tokens {
  readonly total?: number;
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cache: { readonly read: number; readonly write: number };
}
interface Info {
  readonly id?: string;
  readonly role?: string;
  readonly type?: string;
  readonly modelID?: string;
  readonly time?: { readonly created: number };
  readonly tokens?: Tokens;
}

const sum = (infos: readonly Info[]): number =>
  infos.reduce(
    (total, { tokens: one }) =>
      total + (one ? one.input + one.output + one.reasoning + one.cache.read + one.cache.write : 0),
    0,
  );

function ask<Row>(sql: string): Row[] {
  using database = new Database(RECORDED, { readonly: true });
  return database.query<Row, []>(sql).all();
}
const dataOf = (sql: string): Info[] => ask<{ data: string }>(sql).map(({ data }) => JSON.parse(data) as Info);

describe("naive counting rules for opencode", () => {
  const messages = dataOf("SELECT data FROM message");

  test("adding up every message row counts a fork's copies twice", () => {
    expect(sum(messages)).toBe(462_190);
  });

  test("adding up the columns of sessions counts as the rows do", () => {
    const columns = "tokens_input + tokens_output + tokens_reasoning + tokens_cache_read + tokens_cache_write";
    expect(ask<{ all: number }>(`SELECT sum(${columns}) AS "all" FROM session`)).toEqual([{ all: 462_190 }]);
  });

  test("adding up rows and the steps within them counts everything twice", () => {
    const steps = dataOf("SELECT data FROM part").filter(({ type }) => type === "step-finish");
    expect(sum(messages) + sum(steps)).toBe(924_380);
  });

  test("adding up every event of a message counts it several times", () => {
    const events = ask<{ data: string }>("SELECT data FROM event WHERE type = 'message.updated.1'");
    expect(sum(events.map(({ data }) => (JSON.parse(data) as { info: Info }).info))).toBe(875_016);
  });

  test("adding up the rows without copies misses undone responses", () => {
    const once = new Map(
      messages.map((one) => [`${one.modelID} ${one.time?.created} ${JSON.stringify(one.tokens)}`, one]),
    );
    expect(sum([...once.values()])).toBe(383_370);
  });

  test("counting one response per message id counts a fork's copies, which have new ids", () => {
    const rows = ask<{ id: string; data: string }>("SELECT id, data FROM message");
    const ids = new Set(rows.filter(({ data }) => sum([JSON.parse(data) as Info]) > 0).map(({ id }) => id));
    // Seven copies too many, and one undone response missing.
    expect(ids.size).toBe(home.truth.responses + 7 - 1);
  });

  test("adding reasoning to the output counts it twice in the old version", () => {
    const { truth: whole } = old;
    const own = whole.input + whole.output + whole.cacheRead + whole.cacheWrite;
    const infos = readdirSync(DOCUMENTS).map((name) => JSON.parse(readFileSync(join(DOCUMENTS, name), "utf8")) as Info);
    expect(sum(infos)).toBe(own + whole.reasoning);
  });

  test("using the old version's own cost charges reasoning twice", async () => {
    using harness = new SourceHarness([opencode]);
    old.place(harness);
    home.place(harness);
    await harness.scan();
    const alike = harness.responses.filter(({ input, cacheRead }) => input === 6_198 && cacheRead === 4_002);
    expect(alike.map(({ output, cost, costKind }) => [output, cost, costKind])).toEqual([
      [754, 31_104_600, 2],
      [754, 41_634_600, 2],
    ]);
  });
});
