import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { migrations } from "../../src/ledger/sqlite/migrations/registry.ts";
import { OriginsBuilder } from "../../src/ledger/fold/origins.ts";
import { tables } from "../../src/ledger/tables/schema.ts";
import { views } from "../../src/ledger/tables/views.ts";
import { FOREVER } from "../../src/model/calendar.ts";
import type { Bodies, Observation } from "../../src/model/observation.ts";
import { sampleObservations } from "../reports/sample-work.ts";
import { folder } from "./dump.ts";
import { formerLedger } from "./former.ts";
import { queriesOf } from "./queries.ts";
import { NOON, plainResponse } from "./sample.ts";

type Row = Readonly<Record<string, string | number | null>>;
/** The answers to the queries of the documentation on the sample; PAWPRINT_RECORD=1 records them again. */
const recorded = join(import.meta.dir, "../fixtures/ledgers/ten-queries.json");
const WHOLE = { from: 0, to: FOREVER };

/** A ledger at a path with some observations, as a scan writes it. */
function ledgerAt(path: string, observations: readonly Observation[]): Ledger {
  const ledger = new Ledger(path, () => "laptop");
  const origins = new OriginsBuilder();
  for (const { kind, body } of observations) origins.add(kind, body, "/home/ada/.claude", 1);
  const entries = prepare(ledger.machine, "claude-code", observations);
  ledger.ingest({ source: "claude-code", entries, skipped: [], restarted: [], files: [], origins: origins.all });
  return ledger;
}

function rowsIn(path: string, sql: string): Row[] {
  using database = new Database(path, { readonly: true });
  return database.query<Row, []>(sql).all();
}

/** The answer of the sqlite3 program in Berlin, or where there is none, of this program's SQLite. */
function answerOf(path: string, sql: string): unknown {
  const program = Bun.which("sqlite3");
  const script = `console.log(JSON.stringify(new (require("bun:sqlite").Database)(process.argv[1], { readonly: true }).query(process.argv[2]).all()))`;
  const command = program ? [program, "-readonly", "-json", path, sql] : [process.execPath, "-e", script, path, sql];
  const { stdout, stderr } = Bun.spawnSync(command, { env: { TZ: "Europe/Berlin" } });
  expect(stderr.toString()).toBe("");
  return JSON.parse(stdout.toString());
}

describe("the views of a ledger", () => {
  test("have the columns that the documentation lists, each with a description", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    ledgerAt(path, [])[Symbol.dispose]();
    for (const { name, description, columns } of views()) {
      const found = rowsIn(path, `SELECT name FROM pragma_table_info('${name}')`).map((row) => row["name"]);
      expect({ name, columns: found }).toEqual({ name, columns: Object.keys(columns) });
      expect([description, ...Object.values(columns).map((one) => one.description)]).not.toContain("");
    }
    const names = [...tables, ...views()].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(["first-claude-code-reader", "before-sequence"] as const)(
    "are added to a ledger of a former version: %s",
    (name) => {
      using place = folder();
      const path = join(place.path, "ledger.db");
      formerLedger(path, place.path, name);
      using ledger = new Ledger(path, () => "laptop");
      const sums = queriesOf(ledger).usage(WHOLE, [{ ...WHOLE, offsetMs: 0 }]);
      const responses = sums.reduce((sum, row) => sum + row.responses, 0);
      expect(responses).toBeGreaterThan(0);
      expect(rowsIn(path, "SELECT COUNT(*) AS n FROM responses")).toEqual([{ n: responses }]);
    },
  );

  test("keep what the user made in the ledger: an object with the name of a view, and views that no longer fit the tables", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    const objects = [
      "CREATE TABLE sessions (mine)",
      "CREATE VIEW Files AS SELECT 'mine' AS mine",
      "CREATE INDEX tools ON action (target)",
      "CREATE VIEW mine AS SELECT slice FROM response",
      "CREATE TRIGGER noted AFTER INSERT ON sessions BEGIN SELECT 1; END",
    ];
    formerLedger(path, place.path, "before-sequence");
    {
      using database = new Database(path);
      for (const sql of objects) database.run(sql);
    }
    new Ledger(path, () => "laptop")[Symbol.dispose]();
    const kept = rowsIn(path, "SELECT sql FROM sqlite_schema").map((row) => row["sql"]);
    expect(kept).toEqual(expect.arrayContaining(objects));
    const made = rowsIn(path, "SELECT name FROM sqlite_schema WHERE type = 'view'").map((row) => row["name"]);
    expect(new Set(made)).toEqual(
      new Set(["Files", "mine", "directory_place", "dimension_place", "responses", "git_operations", "usage_daily"]),
    );
    // As a later step would find them: its views are made again, the user's stay.
    {
      using database = new Database(path);
      database.run("DROP TABLE sessions");
      database.run("DROP VIEW Files");
      database.run("CREATE TRIGGER late INSTEAD OF INSERT ON responses BEGIN SELECT 1; END");
      for (const name of ["hub_cursor", "account_limit", "finding", "status"]) database.run(`DROP TABLE ${name}`);
      database.run(`PRAGMA user_version=${migrations.findIndex(({ name }) => name === "views") + 1}`);
    }
    new Ledger(path, () => "laptop")[Symbol.dispose]();
    expect(
      rowsIn(path, "SELECT COUNT(*) AS n FROM sqlite_schema WHERE name IN ('sessions', 'files', 'mine', 'late')"),
    ).toEqual([{ n: 4 }]);
  });

  test("are read once in a join, and not once for each row of the other", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    ledgerAt(path, sampleObservations())[Symbol.dispose]();
    for (const view of ["responses", "tools", "files", "git_operations"]) {
      const plan = rowsIn(path, `EXPLAIN QUERY PLAN SELECT * FROM sessions JOIN ${view} USING (source, session)`);
      const steps = plan.map((step) => step["detail"]).join("\n");
      expect({ view, steps }).toEqual({
        view,
        steps: expect.stringContaining("SEARCH sessions USING AUTOMATIC") as string,
      });
    }
  });

  test("count each response once, in the project of the reports, for any worktree and any move of a session", () => {
    const directory = fc.constantFrom(
      "/w/api",
      "/w/api/.claude/worktrees/one",
      "/w/api/.claude/worktrees/one/src/.worktrees/two",
      "/w/api/.worktrees/x",
      "/elsewhere/made",
      "/elsewhere/made/src",
      "/w/worktrees/shop",
      "/w/api/",
      "C:\\w\\api",
      "c:/w/api/.claude/worktrees/one/",
      "C:\\w\\api\\.worktrees\\x\\src",
      "d:\\made\\src",
      "/.worktrees/x",
      "\\\\server\\share\\.worktrees\\x",
      "",
    );
    const response = fc.record({
      project: directory,
      session: fc.constantFrom("s1", "s2", "s3"),
      minutes: fc.nat(3_000),
      id: fc.nat(12),
      input: fc.nat(9),
      output: fc.nat(9),
    });
    const known = [
      { directory: "/elsewhere/made", repository: "/w/shop/.worktrees/y", name: "made" },
      { directory: "/w/api/.worktrees/x", repository: "/elsewhere/not-asked", name: "x" },
      { directory: "D:\\made", repository: "C:\\w\\api", name: "made" },
    ];
    fc.assert(
      fc.property(fc.array(response, { minLength: 1, maxLength: 15 }), fc.boolean(), (some, isReported) => {
        using place = folder();
        const path = join(place.path, "ledger.db");
        const observations = some.map(({ minutes, id, ...rest }): Observation => {
          const body = { ...plainResponse, ...rest, at: NOON + minutes * 60_000 };
          return { kind: "response", key: `response:msg_${id}`, body };
        });
        if (isReported)
          for (const body of known) observations.push({ kind: "worktree", key: `worktree:${body.directory}`, body });
        using ledger = ledgerAt(path, observations);
        const expected = new Map<string, number[]>();
        for (const row of queriesOf(ledger).usage(WHOLE, [{ ...WHOLE, offsetMs: 0 }], ["project"])) {
          const sums = expected.get(row.project) ?? [0, 0, 0];
          expected.set(
            row.project,
            [row.responses, row.input, row.output].map((one, at) => one + (sums[at] ?? 0)),
          );
        }
        const sums = (count: string, view: string) =>
          rowsIn(
            path,
            `SELECT project, ${count} AS n, SUM(input_tokens) AS i, SUM(output_tokens) AS o FROM ${view} GROUP BY 1`,
          );
        for (const found of [sums("COUNT(*)", "responses"), sums("SUM(responses)", "usage_daily")])
          expect(new Map(found.map((row) => [row["project"] ?? "", [row["n"], row["i"], row["o"]]] as const))).toEqual(
            expected as never,
          );
      }),
      { numRuns: 30 },
    );
  });

  test("have the sessions, uses of tools, changes of files and git operations of the queries", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    const sessions = sampleObservations().filter(({ kind }) => kind === "session");
    const closed = sessions.map(({ body }) => body as Bodies["session"]).find(({ reason }) => reason === null)?.session;
    if (closed === undefined) throw new Error("no session of the sample is open");
    const costs = { session: closed, duration: 1, cost: 1, models: {} };
    const left: Observation = { kind: "cost-state", key: `cost-state:${closed}`, body: costs };
    using ledger = ledgerAt(path, [...sampleObservations(), left]);
    const queries = queriesOf(ledger);
    const iso = (ms: number): string => new Date(ms).toISOString();
    for (const [view, action, name] of [
      ["tools", "tool", "tool"],
      ["git_operations", "git", "operation"],
      ["files", "file", "path"],
    ] as const) {
      const found = rowsIn(path, `SELECT ${name} AS name, * FROM ${view} ORDER BY timestamp, name`);
      const items = queries.items(action, WHOLE).map((item) => ({
        timestamp: iso(item.at),
        session: item.session,
        project: item.project === "" ? null : item.project,
        branch: item.branch === "" ? null : item.branch,
        name: action === "file" ? item.target : item.name,
        ...(action === "file"
          ? { lines_added: item.added, lines_removed: item.removed }
          : { failed: item.ok === null ? null : 1 - item.ok }),
        ...(action === "tool" && { duration_ms: item.duration }),
      }));
      const byTime = items.toSorted((a, b) => (a.timestamp + a.name < b.timestamp + b.name ? -1 : 1));
      expect(found.length).toBeGreaterThan(10);
      expect(found).toMatchObject(byTime);
    }
    const found = rowsIn(path, "SELECT * FROM sessions ORDER BY started_at");
    expect(found.some((row) => row["end_reason"] === "closed")).toBe(true);
    expect(found).toMatchObject(
      queries.sessions(WHOLE).map((one) => ({
        source: one.source,
        machine: "laptop",
        session: one.session,
        started_at: iso(one.first),
        last_active_at: iso(one.last),
        end_reason: one.reason,
        account: "/home/ada/.claude",
      })),
    );
  });

  test("answer the ten queries of the documentation while another process writes", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = ledgerAt(path, sampleObservations());
    const page = readFileSync(join(import.meta.dir, "../../src/ledger/README.md"), "utf8");
    const queries = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) => sql.trim());
    expect(queries).toHaveLength(10);
    // A transaction that is open meanwhile, which readers do not wait for.
    ledger.add({ source: "claude-code", entries: [], skipped: [], restarted: [], files: [] });
    const found = queries.map((sql) => ({ sql, rows: answerOf(path, sql) }));
    ledger.commit();
    const rows = found.map((one) => one.rows);
    if (Bun.env["PAWPRINT_RECORD"] === "1") writeFileSync(recorded, `${JSON.stringify(rows, null, 1)}\n`);
    else expect(rows).toEqual(JSON.parse(readFileSync(recorded, "utf8")));
  });
});
