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

/** A database that records its queries. */
class RecordingDatabase extends Database {
  readonly queries = new Set<string>();

  override query(sql: string) {
    this.queries.add(sql);
    return super.query(sql) as never;
  }
}

/** Tables that grow with every observation: a query that scans one of them takes longer every day. */
const LARGE = /SCAN (?:journal|response|action|done)\b/;

test("no query scans all observations, responses or actions", () => {
  using place = folder();
  const path = join(place.path, "ledger.db");
  new Ledger(path, () => "here")[Symbol.dispose]();
  using database = new RecordingDatabase(path);
  const ledger = new SqliteQueries(database, new Days(database), new Origins(database));
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
  const intervals = [{ from: range.from, to: range.to, offsetMs: 0 }];
  const queries: { readonly [name in keyof SqliteQueries]: () => unknown } = {
    usage: () => [range, narrow].map((filter) => ledger.usage(filter, intervals, ["session", "project", "hour"])),
    actions: () => [range, narrow].map((filter) => ledger.actions(filter, intervals, ["source"])),
    responses: () => [range, narrow].map((filter) => ledger.responses(filter)),
    newestResponses: () => [range, narrow].map((filter) => ledger.newestResponses(filter, 10)),
    minutes: () => [range, narrow].map((filter) => ledger.minutes(filter, ["machine", "session"])),
    bounds: () =>
      [range, narrow].map((filter) => ledger.bounds(filter, [{ from: range.from, to: range.to, session: "s1" }])),
    items: () => [range, narrow].map((filter) => ledger.items("git", filter)),
    durations: () => [range, narrow].map((filter) => ledger.durations("tool", filter)),
    files: () => [range, narrow].map((filter) => ledger.files(filter)),
    sessions: () => [range, narrow].map((filter) => ledger.sessions(filter)),
    days: () => ledger.days("2026-01-01", "2026-12-31"),
    limits: () => ledger.limits(NOON),
    limitHistory: () => ledger.limitHistory(NOON),
    accountLimits: () => ledger.accountLimits(NOON),
    accountLimitHistory: () => ledger.accountLimitHistory(NOON),
    findings: () => ledger.findings(),
    findingEvents: () => ledger.findingEvents(),
    logsBegin: () => ledger.logsBegin(),
    statuses: () => ledger.statuses(),
    sessionIds: () => ledger.sessionIds("s"),
    unrecorded: () => [range, narrow].map((filter) => ledger.unrecorded(filter)),
    stored: () => ledger.stored(),
    skipped: () => ledger.skipped(),
    versions: () => ledger.versions(),
    newest: () => ledger.newest(),
    costStates: () => ledger.costStates(),
    span: () => ledger.span(),
    progress: () => ledger.progress(),
    accounts: () => ledger.accounts(),
  };
  for (const query of Object.values(queries)) query();
  expect(database.queries.size).toBeGreaterThanOrEqual(Object.keys(queries).length);
  const slow = [...database.queries].flatMap((sql) => {
    // A numbered value may occur more than once.
    const values = Array(
      new Set(Array.from(sql.matchAll(/\?(\d*)/g), ([, number], at) => number || `at ${at}`)).size,
    ).fill(null) as null[];
    using explaining = new Database(path);
    const plan = explaining.query<{ detail: string }, null[]>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    return plan.filter(({ detail }) => LARGE.test(detail)).map(({ detail }) => `${detail}: ${sql}`);
  });
  expect(slow).toEqual([]);
});
