import type { Database, SQLQueryBindings } from "bun:sqlite";
import { decodeBody } from "../../model/body.ts";
import type { LimitObservation } from "../../model/observation.ts";
import type { AccountLimitObservation, FindingObservation } from "../../model/log-observation.ts";
import type { AccountLimitRow, FindingEventRow, FindingRow, StatusRow } from "../log-rows.ts";
import { accountLimit, finding, status } from "../tables/facts.ts";
import { byField, columnsOf } from "../tables/table.ts";
import type { Origins } from "./Origins.ts";
import { machineConditions } from "../sql/usage.ts";
import {
  BUCKET_MS,
  type LedgerSpan,
  type CostStateRow,
  type DayRow,
  type LimitRow,
  type MachineFilter,
  type Progress,
  type SkippedRow,
  type StoredFile,
} from "../rows.ts";

/** Queries that select by machine only, or not at all. */
export class UnfilteredQueries {
  protected readonly origins: Origins;
  readonly #database: Database;

  constructor(database: Database, origins: Origins) {
    this.#database = database;
    this.origins = origins;
  }

  days(since: string, until: string, whose: MachineFilter = {}): DayRow[] {
    const { where, values } = machineConditions(whose);
    return this.all<DayRow>(
      `SELECT date, machine, source, model, provenance, input, output, cache_write AS cacheWrite5m, 0 AS cacheWrite1h,
         cache_read AS cacheRead, unsplit, cost FROM day WHERE date >= ? AND date <= ?${where} ORDER BY date, model`,
      [since, until, ...values],
    );
  }

  limits(since: number, whose: MachineFilter = {}): LimitRow[] {
    const { where, values } = machineConditions(whose);
    return this.all<LimitRow>(
      `SELECT machine, source, name, window_minutes AS windowMinutes, used_percent AS usedPercent, resets_at AS resetsAt, at, plan
       FROM rate_limit WHERE at >= ?${where} ORDER BY at DESC, key`,
      [since, ...values],
    );
  }

  limitHistory(now: number, whose: MachineFilter = {}): LimitRow[] {
    const { where, values } = machineConditions(whose);
    const rows = this.all<{ machine: string; source: string; body: string }>(
      // CROSS JOIN reads the few limits first; otherwise SQLite would look up each of the journal's keys among them.
      `SELECT MIN(journal.machine) AS machine, journal.source, body
       FROM (SELECT key FROM rate_limit WHERE resets_at > ?${where}) CROSS JOIN journal USING (key) GROUP BY journal.source, body`,
      [now, ...values],
    );
    return rows
      .map(({ machine, source, body }) => ({ machine, source, ...(decodeBody("limit", body) as LimitObservation) }))
      .toSorted((a, b) => a.at - b.at || a.usedPercent - b.usedPercent);
  }

  accountLimits(since: number): AccountLimitRow[] {
    const columns = byField(columnsOf(accountLimit, "key", "source"));
    return this.all<AccountLimitRow>(`SELECT ${columns} FROM account_limit WHERE at >= ? ORDER BY at DESC, key`, [
      since,
    ]);
  }

  accountLimitHistory(since: number): AccountLimitRow[] {
    const rows = this.all<{ machine: string; body: string }>(
      "SELECT journal.machine, body FROM account_limit CROSS JOIN journal USING (key) WHERE COALESCE(resets_at, account_limit.at) > ?",
      [since],
    );
    return rows
      .map(({ machine, body }) => ({ machine, ...(decodeBody("account-limit", body) as AccountLimitObservation) }))
      .toSorted((a, b) => a.at - b.at || (a.usedPercent ?? 0) - (b.usedPercent ?? 0));
  }

  findings(whose: MachineFilter = {}): FindingRow[] {
    const { where, values } = machineConditions(whose);
    const rows = this.all<Omit<FindingRow, "isOpen"> & { readonly isOpen: number }>(
      `SELECT ${byField(columnsOf(finding, "key", "source"))} FROM finding WHERE TRUE${where} ORDER BY last DESC, key`,
      values,
    );
    return rows.map((row) => ({ ...row, isOpen: row.isOpen === 1 }));
  }

  findingEvents(whose: MachineFilter = {}): FindingEventRow[] {
    const { where, values } = machineConditions(whose);
    const rows = this.all<{ key: string; machine: string; body: string }>(
      // As in limitHistory: the few findings are read first.
      `SELECT key, own.machine, body FROM (SELECT key, machine FROM finding WHERE TRUE${where}) AS own CROSS JOIN journal USING (key)`,
      values,
    );
    return rows
      .map(({ key, machine, body }) => {
        const { at, state } = decodeBody("finding", body) as FindingObservation;
        return { key, machine, at, state };
      })
      .toSorted((a, b) => a.at - b.at);
  }

  logsBegin(whose: MachineFilter = {}): number | null {
    const { where, values } = machineConditions(whose);
    const [row] = this.all<{ day: number | null }>(
      `SELECT MIN(day) AS day FROM (SELECT key FROM status WHERE TRUE${where} UNION ALL SELECT key FROM finding WHERE TRUE${where})
       CROSS JOIN journal USING (key)`,
      [...values, ...values],
    );
    return row?.day == null ? null : row.day * 86_400_000;
  }

  statuses(whose: MachineFilter = {}): StatusRow[] {
    const { where, values } = machineConditions(whose);
    const rows = this.all<Omit<StatusRow, "requiresSudo"> & { readonly requiresSudo: number | null }>(
      `SELECT ${byField(columnsOf(status, "key", "source"))} FROM status WHERE TRUE${where} ORDER BY at DESC, key`,
      values,
    );
    return rows.map((row) => ({ ...row, requiresSudo: row.requiresSudo === null ? null : row.requiresSudo === 1 }));
  }

  stored(): StoredFile[] {
    return this.all<StoredFile>("SELECT source, path, size FROM file WHERE vanished IS NULL ORDER BY path", []);
  }

  skipped(): SkippedRow[] {
    return this.all<SkippedRow>(
      `SELECT source, reason, COUNT(DISTINCT path) AS files, COUNT(*) AS places FROM skipped JOIN file USING (path)
       GROUP BY source, reason
       UNION ALL SELECT source, 'abandoned', COUNT(*), COUNT(*) FROM file WHERE retry_at IS NOT NULL GROUP BY source
       ORDER BY source, places DESC, reason`,
      [],
    );
  }

  versions(whose: MachineFilter = {}): Map<string, string> {
    const { where, values } = machineConditions(whose);
    const rows = this.all<{ source: string; version: string }>(
      `SELECT source, version, MAX(last) FROM session WHERE version <> ''${where} GROUP BY source`,
      values,
    );
    return new Map(rows.map(({ source, version }) => [source, version]));
  }

  costStates(whose: MachineFilter = {}): CostStateRow[] {
    const { where, values } = machineConditions(whose);
    const rows = this.all<{ session: string; cost: number; models: string }>(
      `SELECT session, cost, models FROM cost_state WHERE TRUE${where} ORDER BY session`,
      values,
    );
    return rows.map((row) => ({ ...row, models: JSON.parse(row.models) as CostStateRow["models"] }));
  }

  span(): LedgerSpan | null {
    const [row] = this.all<{ first: number | null; last: number | null; usage: number | null }>(
      // Each end alone is found in the index; both in one query would read the whole table.
      `SELECT MIN(first) AS first, MAX(last) AS last, MAX(last) FILTER (WHERE is_usage) AS usage FROM (
         SELECT (SELECT MIN(bucket) FROM usage_bucket) AS first, (SELECT MAX(bucket) FROM usage_bucket) AS last, 1 AS is_usage
         UNION ALL SELECT (SELECT MIN(bucket) FROM action_bucket), (SELECT MAX(bucket) FROM action_bucket), 0)`,
      [],
    );
    if (row?.first == null || row.last == null) return null;
    const endOf = (bucket: number): number => (bucket + 1) * BUCKET_MS - 1;
    const lastUsage = row.usage === null ? null : endOf(row.usage);
    return { first: row.first * BUCKET_MS, last: endOf(row.last), lastUsage };
  }

  progress(source?: string): Progress {
    const [row] = this.all<Progress>(
      `SELECT COUNT(*) AS files, COALESCE(SUM(size), 0) AS size, COALESCE(SUM(usage_offset), 0) AS usage,
       COALESCE(SUM(activity_offset), 0) AS activity FROM file WHERE vanished IS NULL AND (?1 IS NULL OR source = ?1)`,
      [source ?? null],
    );
    return row ?? { files: 0, size: 0, usage: 0, activity: 0 };
  }

  accounts(): Map<string, string> {
    return this.origins.accounts();
  }

  protected all<Row>(sql: string, values: readonly SQLQueryBindings[]): Row[] {
    return this.#database.query<Row, SQLQueryBindings[]>(sql).all(...values);
  }
}
