import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Days } from "../../src/ledger/sqlite/Days.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { Origins } from "../../src/ledger/sqlite/Origins.ts";
import { SqliteQueries } from "../../src/ledger/sqlite/SqliteQueries.ts";
import type { Filter } from "../../src/ledger/rows.ts";
import { folder } from "./dump.ts";
import { NOON } from "./sample.ts";

/** A database that remembers what it was asked. */
class Recorder extends Database {
  readonly asked = new Set<string>();

  override query(sql: string) {
    this.asked.add(sql);
    return super.query(sql) as never;
  }
}

/** What grows by a row for each thing that was observed: a question that reads all of it takes longer every day. */
const LARGE = /SCAN (?:journal|response|action|done)\b/;

test("no question reads all observations, responses or actions", () => {
  using place = folder();
  const path = join(place.path, "ledger.db");
  new Ledger(path, () => "here")[Symbol.dispose]();
  using database = new Recorder(path);
  const ask = new SqliteQueries(database, new Days(database), new Origins(database));
  const range: Filter = { from: NOON - 86_400_000, to: NOON };
  const narrow: Filter = {
    ...range,
    project: "api",
    branch: "main",
    source: "codex",
    session: "s1",
    model: "gpt",
    accounts: ["/a"],
  };
  const stretches = [{ from: range.from, to: range.to, offsetMs: 0 }];
  const questions: { readonly [name in keyof SqliteQueries]: () => unknown } = {
    usage: () => [range, narrow].map((filter) => ask.usage(filter, stretches, ["session", "project"])),
    actions: () => [range, narrow].map((filter) => ask.actions(filter, stretches, ["source"])),
    responses: () => [range, narrow].map((filter) => ask.responses(filter)),
    firstAt: () => [range, narrow].map((filter) => ask.firstAt(filter)),
    lastAt: () => [range, narrow].map((filter) => ask.lastAt(filter)),
    items: () => [range, narrow].map((filter) => ask.items("git", filter)),
    files: () => [range, narrow].map((filter) => ask.files(filter)),
    sessions: () => [range, narrow].map((filter) => ask.sessions(filter)),
    days: () => ask.days("2026-01-01", "2026-12-31"),
    limits: () => ask.limits(NOON),
    limitHistory: () => ask.limitHistory(NOON),
    unrecorded: () => [range, narrow].map((filter) => ask.unrecorded(filter)),
    stored: () => ask.stored(),
    skipped: () => ask.skipped(),
    versions: () => ask.versions(),
    newest: () => ask.newest(),
    costStates: () => ask.costStates(),
    span: () => ask.span(),
    accounts: () => ask.accounts(),
  };
  for (const question of Object.values(questions)) question();
  expect(database.asked.size).toBeGreaterThanOrEqual(Object.keys(questions).length);
  const slow = [...database.asked].flatMap((sql) => {
    const values = Array(sql.split("?").length - 1).fill(null) as null[];
    using explained = new Database(path);
    const plan = explained.query<{ detail: string }, null[]>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    return plan.filter(({ detail }) => LARGE.test(detail)).map(({ detail }) => `${detail}: ${sql}`);
  });
  expect(slow).toEqual([]);
});
