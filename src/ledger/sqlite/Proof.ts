import type { Database } from "bun:sqlite";
import type { DigestParts, DigestSums } from "../fold/digests.ts";

/** Which rows are summed. */
export interface ProofScope {
  readonly machine: string;
  /** Rows of this day since 1970 and later, and those without a time; all if missing. The journal has no others after pruning. */
  readonly since?: number | undefined;
}

const PARTS: Readonly<Record<DigestParts, string>> = { bucket: "digest & 255", day: "day" };

/** Sums over the digests of a machine's rows. */
export class Proof {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The sums of every part that has rows. */
  sums({ machine, since = -Infinity }: ProofScope, by: DigestParts): DigestSums {
    const rows = this.#database
      .query(
        `SELECT ${PARTS[by]} AS part, COUNT(*), SUM(digest & 67108863), SUM(digest >> 26) FROM journal
         WHERE machine = ? AND (day = 0 OR day >= ?) GROUP BY part`,
      )
      .values(machine, since) as [number, number, number, number][];
    return Object.fromEntries(rows.map(([part, ...sum]) => [String(part), sum]));
  }
}
