import type { Database, SQLQueryBindings } from "bun:sqlite";
import { decodeBody } from "../../model/body.ts";
import type { LimitObservation } from "../../model/observation.ts";
import type { Origins } from "./Origins.ts";
import { BUCKET_MS } from "./RollUp.ts";
import type { CostStateRow, DayRow, LimitRow, SkippedRow, StoredFile } from "../rows.ts";

/** Queries that return everything, without a filter. */
export class UnfilteredQueries {
  protected readonly origins: Origins;
  readonly #database: Database;

  constructor(database: Database, origins: Origins) {
    this.#database = database;
    this.origins = origins;
  }

  /** Imported days from `since` to `until`, both included. */
  days(since: string, until: string): DayRow[] {
    return this.all<DayRow>(
      `SELECT date, source, model, provenance, input, output, cache_write AS cacheWrite5m, 0 AS cacheWrite1h,
         cache_read AS cacheRead, unsplit, cost FROM day WHERE date >= ? AND date <= ? ORDER BY date, model`,
      [since, until],
    );
  }

  /** The last reading of each limit window that was read at or after a time (epoch ms), newest first. */
  limits(since: number): LimitRow[] {
    return this.all<LimitRow>(
      `SELECT source, name, window_minutes AS windowMinutes, used_percent AS usedPercent, resets_at AS resetsAt, at, plan
       FROM rate_limit WHERE at >= ? ORDER BY at DESC, key`,
      [since],
    );
  }

  /** All readings of the limit windows that are open at a time (epoch ms), oldest first. */
  limitHistory(now: number): LimitRow[] {
    const rows = this.all<{ source: string; body: string }>(
      // CROSS JOIN reads the few limits first; otherwise SQLite would look up each of the journal's keys among them.
      "SELECT journal.source, body FROM rate_limit CROSS JOIN journal USING (key) WHERE resets_at > ?",
      [now],
    );
    return rows
      .map(({ source, body }) => ({ source, ...(decodeBody("limit", body) as LimitObservation) }))
      .toSorted((a, b) => a.at - b.at || a.usedPercent - b.usedPercent);
  }

  /** Files that were read and still exist. */
  stored(): StoredFile[] {
    return this.all<StoredFile>("SELECT source, path, size FROM file WHERE vanished IS NULL ORDER BY path", []);
  }

  /** Number of entries that were not counted, by assistant and reason. */
  skipped(): SkippedRow[] {
    return this.all<SkippedRow>(
      `SELECT source, reason, COUNT(DISTINCT path) AS files, COUNT(*) AS places FROM skipped JOIN file USING (path)
       GROUP BY source, reason
       UNION ALL SELECT source, 'abandoned', COUNT(*), COUNT(*) FROM file WHERE retry_at IS NOT NULL GROUP BY source
       ORDER BY source, places DESC, reason`,
      [],
    );
  }

  /** The version of each assistant, from its newest session with a version. */
  versions(): Map<string, string> {
    const rows = this.all<{ source: string; version: string }>(
      "SELECT source, version, MAX(last) FROM session WHERE version <> '' GROUP BY source",
      [],
    );
    return new Map(rows.map(({ source, version }) => [source, version]));
  }

  /** The assistants' own totals, by session. */
  costStates(): CostStateRow[] {
    const rows = this.all<{ session: string; cost: number; models: string }>(
      "SELECT session, cost, models FROM cost_state ORDER BY session",
      [],
    );
    return rows.map((row) => ({ ...row, models: JSON.parse(row.models) as CostStateRow["models"] }));
  }

  /**
   * Epoch milliseconds of the beginning of the first and the end of the last bucket with any usage or activity; null if
   * there is none.
   */
  span(): { readonly first: number; readonly last: number } | null {
    const [row] = this.all<{ first: number | null; last: number | null }>(
      // Each end alone is found in the index; both in one query would read the whole table.
      `SELECT MIN(first) AS first, MAX(last) AS last FROM (
         SELECT (SELECT MIN(quarter) FROM usage_quarter) AS first, (SELECT MAX(quarter) FROM usage_quarter) AS last
         UNION ALL SELECT (SELECT MIN(quarter) FROM action_quarter), (SELECT MAX(quarter) FROM action_quarter))`,
      [],
    );
    if (row?.first == null || row.last == null) return null;
    return { first: row.first * BUCKET_MS, last: (row.last + 1) * BUCKET_MS - 1 };
  }

  /**
   * Configuration directories by assistant and session, separated by a line break; sessions without a known directory
   * are left out.
   */
  accounts(): Map<string, string> {
    return this.origins.accounts();
  }

  protected all<Row>(sql: string, values: readonly SQLQueryBindings[]): Row[] {
    return this.#database.query<Row, SQLQueryBindings[]>(sql).all(...values);
  }
}
