import type { Database } from "bun:sqlite";
import { accountLimit, action, rateLimit, response, session } from "../tables/facts.ts";
import { metaOf, setMeta } from "./identity.ts";

/** Name in `meta` of the day since 1970 before which rows of the journal may have been pruned. */
const PRUNED = "pruned";

/** The day since 1970 before which rows of the journal may have been pruned; null if none ever were. */
export function horizonOf(database: Database): number | null {
  const day = metaOf(database, PRUNED);
  return day === null ? null : Number(day);
}

/** Whether a key has a fact, and nothing new will be observed of it. A state, such as a version, goes on under its key for years. */
const isFinished = (): string =>
  [
    ...[response, action, session, rateLimit].map(({ name }) => `SELECT 1 FROM ${name} WHERE ${name}.key = old.key`),
    `SELECT 1 FROM ${accountLimit.name} WHERE ${accountLimit.name}.key = old.key AND resets_at IS NOT NULL`,
  ]
    .map((rows) => `EXISTS (${rows})`)
    .join(" OR ");

/** Numbers of the journal (`seq`): those after one up to another. */
export interface SeqRange {
  readonly after: number;
  readonly upto: number;
}

/**
 * Removes the observations of keys that have facts and were not observed on a day or after it; of a range, those of keys that have an
 * observation in it. Others are needed: what a key without a fact withdrew, what has no time, and states. Returns the number of rows. Call
 * only within a transaction.
 */
export function pruneRows(
  database: Database,
  beforeDay: number,
  { after, upto }: SeqRange = { after: 0, upto: Number.MAX_SAFE_INTEGER },
): number {
  const { changes } = database
    .query<unknown, [number, number, number]>(
      `DELETE FROM journal WHERE key IN (
         SELECT old.key FROM journal AS old
         WHERE old.seq > ?2 AND old.seq <= ?3 AND old.day > 0 AND old.day < ?1 AND (${isFinished()}) AND NOT EXISTS (
           SELECT 1 FROM journal AS late WHERE late.key = old.key AND (late.day = 0 OR late.day >= ?1)))`,
    )
    .run(beforeDay, after, upto);
  const horizon = horizonOf(database) ?? 0;
  if (changes > 0 && beforeDay > horizon) setMeta(database, PRUNED, String(beforeDay));
  return changes;
}
