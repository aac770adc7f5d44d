import { constants, Database } from "bun:sqlite";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The content of a ledger as sorted lines of JSON. Ids of dimension sets are replaced by the sets, because they depend
 * on the order.
 */
export interface Dump {
  readonly journal: readonly string[];
  readonly facts: readonly string[];
  readonly sums: readonly string[];
}

type Row = Readonly<Record<string, string | number | null>>;

const DIMENSIONS = "machine source session project branch agent model speed tier region context cost_kind".split(" ");
const FACTS = "response action session cost_state rate_limit day worktree account_limit finding status".split(" ");
const SUMS = ["usage_bucket", "action_bucket"];

const hasDimensions = (table: string): boolean => ["response", "action", ...SUMS].includes(table);

/**
 * Reads the whole ledger at a path. The id of this machine differs from ledger to ledger, so it becomes "this machine".
 */
export function dumpOf(path: string): Dump {
  using database = open(path);
  return dumpIn(database);
}

/** The same of a database that is open, such as one in memory. */
export function dumpIn(database: Database): Dump {
  const machine = database.query<Row, []>("SELECT value FROM meta WHERE name = 'machine'").get()?.["value"];
  const rows = (table: string): string[] => {
    const dimensions = DIMENSIONS.map((name) => `dimension_set.${name} AS set_${name}`).join(", ");
    const sql = hasDimensions(table)
      ? `SELECT ${table}.*, ${dimensions} FROM ${table} LEFT JOIN dimension_set ON dimension_set.id = ${table}.dimension_id`
      : `SELECT * FROM ${table}`;
    return database
      .query<Row, []>(sql)
      .all()
      .map((row) => {
        const fields: Record<string, unknown> = { table, ...row };
        if (hasDimensions(table)) delete fields["dimension_id"];
        // The order of arrival, and a hash of the machine, which differ.
        if (table === "journal") for (const name of ["seq", "observer"]) delete fields[name];
        for (const name of ["machine", "set_machine"]) if (fields[name] === machine) fields[name] = "this machine";
        // The key of a limit ends with its machine.
        if (typeof fields["key"] === "string") fields["key"] = fields["key"].replace(`:${machine}`, ":this machine");
        return JSON.stringify(fields);
      });
  };
  // A ledger of an older version lacks some tables.
  const names = database.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const tables = new Set(names.map(({ name }) => name));
  return {
    journal: rows("journal").toSorted(),
    facts: FACTS.filter((table) => tables.has(table))
      .flatMap(rows)
      .toSorted(),
    sums: SUMS.flatMap(rows).toSorted(),
  };
}

/**
 * Returns sums of a ledger that do not match its facts, facts that are missing in its sums, and buckets without facts;
 * empty if all is well.
 */
export function wrongSums(path: string): Row[] {
  using database = open(path);
  return wrongSumsIn(database);
}

/** The same of a database that is open. */
export function wrongSumsIn(database: Database): Row[] {
  const bucket = "CAST(at / 900000 AS INTEGER) AS bucket";
  const usage = "input output cache_write_5m cache_write_1h cache_read searches cost".split(" ");
  const usageOfFacts = `SELECT ${bucket}, dimension_id, COUNT(*) AS responses, ${usage.map((one) => `SUM(${one}) AS ${one}`).join(", ")}
    FROM response GROUP BY bucket, dimension_id`;
  const usageSums = `SELECT bucket, dimension_id, responses, ${usage.join(", ")} FROM usage_bucket`;
  const days = "(CAST(at / 900000 AS INTEGER) + ahead) / 96";
  const sorts = "machine, source, model, speed, tier, region, context, cost_kind";
  const daysOfFacts = `SELECT ahead, ${days} AS day, ${sorts}, COUNT(*) AS responses,
    ${[...usage, "reasoning"].map((one) => `SUM(${one}) AS ${one}`).join(", ")}
    FROM day_offset JOIN response JOIN dimension_set ON dimension_set.id = dimension_id GROUP BY ahead, day, ${sorts}`;
  const daySums = `SELECT ahead, day, ${sorts}, responses, ${usage.join(", ")}, reasoning FROM usage_day`;
  const actionsOfFacts = `SELECT ${bucket}, dimension_id, action, name, COUNT(*) AS count, SUM(ok IS 0) AS failed,
    SUM(duration IS NOT NULL) AS timed, SUM(COALESCE(duration, 0)) AS duration, SUM(added) AS added,
    SUM(removed) AS removed, SUM(length) AS length FROM action GROUP BY bucket, dimension_id, action, name`;
  const actionSums = `SELECT bucket, dimension_id, action, name, count, failed, timed, duration, added, removed, length
    FROM action_bucket`;
  return [
    [usageOfFacts, usageSums],
    [daysOfFacts, daySums],
    [actionsOfFacts, actionSums],
  ].flatMap(([facts = "", sums = ""]) =>
    [`${facts} EXCEPT ${sums}`, `${sums} EXCEPT ${facts}`].flatMap((sql) => {
      return database.query<Row, []>(`SELECT * FROM (${sql})`).all();
    }),
  );
}

/** Returns a single number from a ledger. */
export function numberIn(path: string, sql: string): number {
  using database = open(path);
  return Number(Object.values(database.query<Row, []>(sql).get() ?? {})[0] ?? 0);
}

/** Number of responses in a ledger, and their tokens by class. */
export interface Totals {
  readonly responses: number;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
}

/** The totals of a ledger's roll-up. */
export function totalsIn(path: string): Totals {
  using database = open(path);
  const names = ["responses", "input", "output", "cache_write_5m", "cache_write_1h", "cache_read"];
  const row = database
    .query<Row, []>(`SELECT ${names.map((one) => `COALESCE(SUM(${one}), 0) AS ${one}`).join(", ")} FROM usage_bucket`)
    .get();
  const of = (name: string): number => Number(row?.[name] ?? 0);
  return {
    responses: of("responses"),
    input: of("input"),
    output: of("output"),
    cacheWrite5m: of("cache_write_5m"),
    cacheWrite1h: of("cache_write_1h"),
    cacheRead: of("cache_read"),
  };
}

/** The result of SQLite's integrity check: "ok" if the file is not damaged. */
export function integrityOf(path: string): string {
  using database = open(path);
  return Object.values(database.query<Record<string, string>, []>("PRAGMA integrity_check").get() ?? {}).join();
}

/** Opens a database as it is, also if it was left without its write-ahead log. */
function open(path: string): Database {
  return new Database(path, constants.SQLITE_OPEN_READWRITE);
}

/** A temporary folder that is deleted at the end of its scope. */
export function folder(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-ledger-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
