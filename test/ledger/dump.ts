import { constants, Database } from "bun:sqlite";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** All that a ledger concluded, as sorted lines of JSON: numbers of slices are resolved, since they depend on the order. */
export interface Dump {
  readonly journal: readonly string[];
  readonly facts: readonly string[];
  readonly sums: readonly string[];
}

type Row = Readonly<Record<string, string | number | null>>;

const SLICE = "machine source session project branch agent model speed tier region context is_priced".split(" ");
const FACTS = ["response", "action", "session", "cost_state", "rate_limit", "day", "worktree"];
const SUMS = ["usage_quarter", "action_quarter"];

const isSliced = (table: string): boolean => ["response", "action", ...SUMS].includes(table);

/** Reads the whole ledger at a path. This machine's id is made with the ledger, so that it stands as "this machine". */
export function dumpOf(path: string): Dump {
  using database = open(path);
  const machine = database.query<Row, []>("SELECT value FROM meta WHERE name = 'machine'").get()?.["value"];
  const rows = (table: string): string[] => {
    const slice = SLICE.map((name) => `slice.${name} AS slice_${name}`).join(", ");
    const sql = isSliced(table)
      ? `SELECT ${table}.*, ${slice} FROM ${table} LEFT JOIN slice ON slice.id = ${table}.slice`
      : `SELECT * FROM ${table}`;
    return database
      .query<Row, []>(sql)
      .all()
      .map((row) => {
        const told: Record<string, unknown> = { table, ...row };
        if (isSliced(table)) delete told["slice"];
        if (table === "journal") delete told["seq"];
        // The digest of an observation holds the machine's id.
        if (table === "journal") delete told["digest"];
        for (const name of ["machine", "slice_machine"]) if (told[name] === machine) told[name] = "this machine";
        return JSON.stringify(told);
      });
  };
  // A ledger of an older version lacks some.
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

/** Sums of a ledger that are not those of its facts, both ways; and buckets without facts. Nothing when all is well. */
export function wrongSums(path: string): Row[] {
  using database = open(path);
  const quarter = "CAST(at / 900000 AS INTEGER) AS quarter";
  const usage = "input output cache_write_5m cache_write_1h cache_read searches cost".split(" ");
  const usageOfFacts = `SELECT ${quarter}, slice, COUNT(*) AS responses, ${usage.map((one) => `SUM(${one}) AS ${one}`).join(", ")}
    FROM response GROUP BY quarter, slice`;
  const usageSums = `SELECT quarter, slice, responses, ${usage.join(", ")} FROM usage_quarter`;
  const days = "(CAST(at / 900000 AS INTEGER) + ahead) / 96";
  const sorts = "machine, source, model, speed, tier, region, context, is_priced";
  const daysOfFacts = `SELECT ahead, ${days} AS day, ${sorts}, COUNT(*) AS responses,
    ${[...usage, "reasoning"].map((one) => `SUM(${one}) AS ${one}`).join(", ")}
    FROM day_offset JOIN response JOIN slice ON slice.id = slice GROUP BY ahead, day, ${sorts}`;
  const daySums = `SELECT ahead, day, ${sorts}, responses, ${usage.join(", ")}, reasoning FROM usage_day`;
  const actionsOfFacts = `SELECT ${quarter}, slice, action, name, COUNT(*) AS count, SUM(ok IS 0) AS failed,
    SUM(duration IS NOT NULL) AS timed, SUM(COALESCE(duration, 0)) AS duration, SUM(added) AS added,
    SUM(removed) AS removed, SUM(length) AS length FROM action GROUP BY quarter, slice, action, name`;
  const actionSums = `SELECT quarter, slice, action, name, count, failed, timed, duration, added, removed, length
    FROM action_quarter`;
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

/** One number of a ledger. */
export function numberIn(path: string, sql: string): number {
  using database = open(path);
  return Number(Object.values(database.query<Row, []>(sql).get() ?? {})[0] ?? 0);
}

/** Tokens of a ledger's responses by class, and how many they are. */
export interface Totals {
  readonly responses: number;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
}

/** What the roll-up of a ledger adds up to. */
export function totalsIn(path: string): Totals {
  using database = open(path);
  const names = ["responses", "input", "output", "cache_write_5m", "cache_write_1h", "cache_read"];
  const row = database
    .query<Row, []>(`SELECT ${names.map((one) => `COALESCE(SUM(${one}), 0) AS ${one}`).join(", ")} FROM usage_quarter`)
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

/** What SQLite itself says of a ledger's file: "ok" where nothing is damaged. */
export function integrityOf(path: string): string {
  using database = open(path);
  return Object.values(database.query<Record<string, string>, []>("PRAGMA integrity_check").get() ?? {}).join();
}

/** A database that is looked at as it is, also where it was left without its write-ahead log. */
function open(path: string): Database {
  return new Database(path, constants.SQLITE_OPEN_READWRITE);
}

/** A folder that goes with its scope. */
export function folder(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-ledger-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
