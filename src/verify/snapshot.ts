import { Database } from "bun:sqlite";
import { type Tokens, tokenClasses } from "../model/tokens.ts";
import type { Counted } from "./recount.ts";

/** The ledger at one moment, past its own way of asking. */
export interface Snapshot {
  readonly facts: readonly Counted[];
  /** Days (since 1970) whose sums, as reports take them, are not those of the facts: of UTC, and of the zones whose days are kept. */
  readonly wrongSums: readonly number[];
  /** Bytes that were read of each file that is there. */
  readonly read: ReadonlyMap<string, number>;
  /** Files that are gone. */
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
const QUARTER_MS = 900_000;
const PREFIX = "response:";
/** The second reader knows the transcripts of Claude Code, wherever it is run. */
const SOURCES = "('claude-code', 'cowork')";

type Sums = Tokens & { readonly searches: number };
type DayOfSums = Sums & { readonly day: number; readonly responses: number };

/** Reads a ledger as it is now, whoever writes to it meanwhile. */
export function snapshotOf(path: string): Snapshot {
  using database = new Database(path, { readonly: true });
  const all = <Row>(sql: string): Row[] => database.query<Row, []>(sql).all();
  return database.transaction((): Snapshot => {
    const facts = all<Counted>(
      `SELECT substr(key, ${PREFIX.length + 1}) AS id, part, session, model, at, ${counts} FROM response
       JOIN slice ON slice.id = slice WHERE source IN ${SOURCES}`,
    );
    const days = all<DayOfSums>(
      `SELECT quarter / 96 AS day, SUM(responses) AS responses, ${sums} FROM usage_quarter
       JOIN slice ON slice.id = slice WHERE source IN ${SOURCES} GROUP BY day`,
    );
    const offsets = all<{ ahead: number }>("SELECT ahead FROM day_offset");
    const localDays = offsets.flatMap(({ ahead }) => {
      const kept = all<DayOfSums>(
        `SELECT day, SUM(responses) AS responses, ${sums} FROM usage_day
         WHERE source IN ${SOURCES} AND ahead = ${ahead} GROUP BY day`,
      );
      return wrongDays(facts, kept, ahead * QUARTER_MS);
    });
    const files = all<{ path: string; read: number; isGone: number }>(
      `SELECT path, CASE WHEN mtime < 0 THEN usage_offset ELSE size END AS read, vanished IS NOT NULL AS isGone
       FROM file WHERE source IN ${SOURCES}`,
    );
    return {
      facts,
      wrongSums: [...new Set([...wrongDays(facts, days, 0), ...localDays])],
      read: new Map(files.filter(({ isGone }) => isGone === 0).map(({ path: file, read }) => [file, read])),
      vanished: files.filter(({ isGone }) => isGone !== 0).map(({ path: file }) => file),
      skipped:
        all<{ lines: number }>(
          `SELECT COUNT(*) AS lines FROM skipped JOIN file USING (path) WHERE source IN ${SOURCES}`,
        )[0]?.lines ?? 0,
    };
  })();
}

function wrongDays(facts: readonly Counted[], days: readonly DayOfSums[], offsetMs: number): number[] {
  const numbers = (one: Sums, responses: number): number[] => [
    responses,
    one.searches,
    ...tokenClasses.map((name) => one[name]),
  ];
  const own = new Map<number, number[]>();
  for (const fact of facts) {
    const day = Math.floor(((fact.at ?? 0) + offsetMs) / DAY_MS);
    const known = own.get(day);
    own.set(
      day,
      numbers(fact, 1).map((value, index) => value + (known?.[index] ?? 0)),
    );
  }
  const told = new Map(days.map((day) => [day.day, numbers(day, day.responses)]));
  return [...new Set([...own.keys(), ...told.keys()])].filter((day) => String(own.get(day)) !== String(told.get(day)));
}
