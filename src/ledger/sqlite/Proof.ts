import type { Database } from "bun:sqlite";
import type { Level } from "../../model/wire.ts";
import type { DigestParts, DigestSums } from "../fold/digests.ts";
import { levelNumber } from "../tables/journal.ts";

/** Which rows are summed or returned. */
export interface ProofScope {
  readonly machine: string;
  /** Rows of this level only; all if missing. */
  readonly level?: Level | undefined;
  /** Rows of this day since 1970 and later, and those without a time; all if missing. The journal has no others after pruning. */
  readonly since?: number | undefined;
}

/** A row with its digest. */
export interface ProofRow {
  readonly seq: number;
  readonly key: string;
  readonly source: string;
  readonly reader: number;
  readonly digest: number;
  readonly day: number;
  readonly body: string;
}

const PARTS: Readonly<Record<DigestParts, string>> = { bucket: "digest & 255", day: "day" };

/** Sums over the digests of a machine's rows, and the rows of single parts. */
export class Proof {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The sums of every part that has rows. */
  sums(scope: ProofScope, by: DigestParts): DigestSums {
    const { where, values } = conditions(scope);
    const rows = this.#database
      .query(
        `SELECT ${PARTS[by]} AS part, COUNT(*), SUM(digest & 67108863), SUM(digest >> 26) FROM journal WHERE ${where} GROUP BY part`,
      )
      .values(...values) as [number, number, number, number][];
    return Object.fromEntries(rows.map(([part, ...sum]) => [String(part), sum]));
  }

  /** The rows of some parts, or of all, in the order in which they arrived. */
  *rows(scope: ProofScope, by: DigestParts = "bucket", parts: readonly string[] | null = null): Generator<ProofRow> {
    const { where, values } = conditions(scope);
    const ofParts = parts === null ? "" : ` AND ${PARTS[by]} IN (SELECT CAST(value AS INTEGER) FROM json_each(?))`;
    const query = this.#database.query<ProofRow, (string | number)[]>(
      `SELECT seq, key, source, reader, digest, day, body FROM journal WHERE ${where}${ofParts} ORDER BY seq`,
    );
    yield* query.iterate(...values, ...(parts === null ? [] : [JSON.stringify(parts)]));
  }
}

function conditions({ machine, level, since }: ProofScope): { where: string; values: (string | number)[] } {
  const parts: [sql: string, value: string | number][] = [["machine = ?", machine]];
  if (level !== undefined) parts.push(["level = ?", levelNumber[level]]);
  if (since !== undefined) parts.push(["(day = 0 OR day >= ?)", since]);
  return { where: parts.map(([sql]) => sql).join(" AND "), values: parts.map(([, value]) => value) };
}
