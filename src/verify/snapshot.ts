import { Database } from "bun:sqlite";
import { type Tokens, tokenClasses } from "../model/tokens.ts";
import type { Counted } from "./recount.ts";

/** The contents of the ledger at one moment, read without its own queries. */
export interface Snapshot {
  readonly facts: readonly Counted[];
  /** Days (since 1970) whose totals in reports differ from the facts, in UTC and in the zones with stored days. */
  readonly wrongSums: readonly number[];
  /** Bytes that the ledger has read of each existing file. */
  readonly read: ReadonlyMap<string, number>;
  /** Files that no longer exist. */
  readonly vanished: readonly string[];
  readonly skipped: number;
}

const COLUMNS = [
  ["input", "input"],
  ["output", "output"],
  ["cache_write_5m", "cacheWrite5m"],
  ["cache_write_1h", "cacheWrite1h"],
  ["cache_read", "cacheRead"],
  ["searches", "searches"],
] as const;
const counts = COLUMNS.map(([column, name]) => `${column} AS ${name}`).join(", ");
const sums = COLUMNS.map(([column, name]) => `SUM(${column}) AS ${name}`).join(", ");
const DAY_MS = 86_400_000;
const BUCKET_MS = 900_000;
const PREFIX = "response:";
/** The second reader supports transcripts of Claude Code only, wherever it runs. */
const SOURCES = "('claude-code', 'cowork')";

type TokenSums = Tokens & { readonly searches: number };
type DayOfSums = TokenSums & { readonly day: number; readonly responses: number };

/** Reads a consistent state of a ledger, even while others write to it. */
export function snapshotOf(path: string): Snapshot {
  using database = new Database(path, { readonly: true });
  const query = <Row>(sql: string): Row[] => database.query<Row, []>(sql).all();
  return database.transaction((): Snapshot => {
    const facts = query<Counted>(
      `SELECT substr(key, ${PREFIX.length + 1}) AS id, part, session, model, at, ${counts} FROM response
       JOIN dimension_set ON dimension_set.id = dimension_id WHERE source IN ${SOURCES}`,
    );
    const days = query<DayOfSums>(
      `SELECT bucket / 96 AS day, SUM(responses) AS responses, ${sums} FROM usage_bucket
       JOIN dimension_set ON dimension_set.id = dimension_id WHERE source IN ${SOURCES} GROUP BY day`,
    );
    const offsets = query<{ ahead: number }>("SELECT ahead FROM day_offset");
    const localDays = offsets.flatMap(({ ahead }) => {
      const kept = query<DayOfSums>(
        `SELECT day, SUM(responses) AS responses, ${sums} FROM usage_day
         WHERE source IN ${SOURCES} AND ahead = ${ahead} GROUP BY day`,
      );
      return wrongDays(facts, kept, ahead * BUCKET_MS);
    });
    const files = query<{ path: string; read: number; isGone: number }>(
      `SELECT path, CASE WHEN mtime < 0 THEN usage_offset ELSE size END AS read, vanished IS NOT NULL AS isGone
       FROM file WHERE source IN ${SOURCES}`,
    );
    return {
      facts,
      wrongSums: [...new Set([...wrongDays(facts, days, 0), ...localDays])],
      read: new Map(files.filter(({ isGone }) => isGone === 0).map(({ path: file, read }) => [file, read])),
      vanished: files.filter(({ isGone }) => isGone !== 0).map(({ path: file }) => file),
      skipped:
        query<{ lines: number }>(
          `SELECT COUNT(*) AS lines FROM skipped JOIN file USING (path) WHERE source IN ${SOURCES}`,
        )[0]?.lines ?? 0,
    };
  })();
}

function wrongDays(facts: readonly Counted[], days: readonly DayOfSums[], offsetMs: number): number[] {
  const numbers = (one: TokenSums, responses: number): number[] => [
    responses,
    one.searches,
    ...tokenClasses.map((name) => one[name]),
  ];
  const computed = new Map<number, number[]>();
  for (const fact of facts) {
    const day = Math.floor(((fact.at ?? 0) + offsetMs) / DAY_MS);
    const known = computed.get(day);
    computed.set(
      day,
      numbers(fact, 1).map((value, index) => value + (known?.[index] ?? 0)),
    );
  }
  const stored = new Map(days.map((day) => [day.day, numbers(day, day.responses)]));
  return [...new Set([...computed.keys(), ...stored.keys()])].filter(
    (day) => String(computed.get(day)) !== String(stored.get(day)),
  );
}
