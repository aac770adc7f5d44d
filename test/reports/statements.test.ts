import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { Days } from "../../src/ledger/sqlite/Days.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { Origins } from "../../src/ledger/sqlite/Origins.ts";
import { SqliteQueries } from "../../src/ledger/sqlite/SqliteQueries.ts";
import type { Observation } from "../../src/model/observation.ts";
import type { LoggedRecord, UsageRecord } from "../../src/model/record.ts";
import { reports } from "../../src/reports/registry.ts";
import { plainAction, plainResponse } from "../ledger/sample.ts";
import { contextOf, queryOf } from "./sample.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = 365;
const BEGIN = Date.UTC(2025, 10, 20);
const NOW = BEGIN + DAYS * DAY;

/** The number of statements that each report may run over a year, however many rows it has. */
const BUDGET: Readonly<Record<string, number>> = {
  hourly: 16,
  daily: 16,
  weekly: 16,
  monthly: 16,
  session: 13,
  blocks: 22,
  compare: 20,
  projects: 10,
  accounts: 8,
  machines: 16,
  models: 16,
  branches: 11,
  tools: 7,
  files: 5,
  git: 2,
  activity: 17,
  turns: 12,
  timeline: 10,
  heatmap: 6,
  cache: 12,
  limits: 2,
  diagnostics: 4,
  sources: 20,
  feed: 4,
  now: 21,
  overview: 13,
};

/** A year of work: three sessions a day, of which the activity of every second one was read. */
function* year(): Generator<Observation> {
  for (let day = 0; day < DAYS; day++) {
    for (let part = 0; part < 3; part++) {
      const session = `s${day}-${part}`;
      const place = { session, project: `/home/dev/${part}`, branch: "main", agent: "" };
      const first = BEGIN + day * DAY + (9 + part * 4) * HOUR;
      const at = (turn: number): number => first + turn * 37 * MINUTE;
      for (let turn = 0; turn < 4; turn++) {
        const body = { ...plainResponse, ...place, at: at(turn), input: 10, output: 20 };
        yield { kind: "response", key: `response:${session}-${turn}`, body };
        const action = { ...plainAction, ...place, at: at(turn), action: turn === 0 ? "prompt" : "tool" } as const;
        yield { kind: "action", key: `action:${session}-${turn}`, body: action };
      }
      if (part % 2 === 0) {
        const body = { ...place, first, last: at(3), reason: null, version: "2.1.300" };
        yield { kind: "session", key: `session:${session}`, body };
      }
    }
  }
}

/** A record at the end of each five-hour window; no reset falls on the border of a bucket. */
const log = Array.from({ length: (DAYS * DAY) / (5 * HOUR) }, (_, index): LoggedRecord<UsageRecord> => {
  const resetsAt = BEGIN + (index + 1) * 5 * HOUR + 7 * MINUTE;
  return {
    id: `usage-${index}`,
    scope: "login-x",
    timestamp: new Date(resetsAt - MINUTE).toISOString(),
    session_id: "s",
    cwd: null,
    model: null,
    version: "2.1.300",
    source: "control",
    usage_data: { rate_limits: { five_hour: { utilization: 40, resets_at: new Date(resetsAt).toISOString() } } },
    statusline: null,
  };
});

/** A database that counts the statements it runs. */
class CountingDatabase extends Database {
  runs = 0;

  override query(sql: string) {
    const statement = super.query(sql);
    const run = (name: "all" | "get" | "values" | "run") => {
      const method = statement[name].bind(statement) as (...values: never[]) => never;
      return (...values: never[]): never => {
        this.runs += 1;
        return method(...values);
      };
    };
    return { all: run("all"), get: run("get"), values: run("values"), run: run("run") } as never;
  }
}

describe("the statements of a report over a year", () => {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-statements-"));
  const path = join(folder, "ledger.db");
  const ledger = new Ledger(path, () => "here");
  ledger.ingest({
    source: "claude-code",
    entries: prepare(ledger.machine, "claude-code", [...year()]),
    skipped: [],
    restarted: [],
    files: [],
  });
  afterAll(() => {
    ledger[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(reports)("$name stays within its budget, so it runs no statement per row", async (report) => {
    using database = new CountingDatabase(path);
    const queries = new SqliteQueries(database, new Days(database), new Origins(database));
    const context = contextOf(ledger, {
      queries,
      log: (kind) => Promise.resolve(kind === "usage" ? log : []),
    });
    const query = queryOf(ledger, { now: NOW });
    ledger.keepDays(query.intervals);
    const { rows, json } = await report.run(query, context);
    // JSON is computed on demand, with statements of its own.
    JSON.stringify(json(rows));
    expect(database.runs).toBeLessThanOrEqual(BUDGET[report.name] ?? 0);
  });
});
