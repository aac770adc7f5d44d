import type { Database } from "bun:sqlite";
import type { OffsetInterval } from "../../model/calendar.ts";
import { type Action, TURN } from "../../model/observation.ts";
import type { Origins } from "./Origins.ts";
import { DAY_OF_BUCKET, type Days, BUCKETS_PER_DAY } from "./Days.ts";
import { rangesWithData } from "./intervals.ts";
import { ResponseQueries } from "./ResponseQueries.ts";
import {
  conditions,
  dimensionColumns,
  placeConditions,
  PRICES,
  PRICES_BY_FIELD,
  ACTION_SUMS_BY_FIELD,
  dimensionConditions,
  hourOfBucket,
  machineConditions,
  SUMS_BY_FIELD,
  SUMS_BY_COLUMN,
  COLUMNS_BY_FIELD,
  type ResolvedFilter,
  withSessions,
} from "../sql/usage.ts";
import type { Queries } from "../queries.ts";
import { IN_LIST } from "../tables/table.ts";
import {
  BUCKET_MS,
  type ActionItem,
  type ActionRow,
  type Dimension,
  type DurationRow,
  type FileRow,
  type Filter,
  type MachineFilter,
  type SessionRow,
  type UnrecordedRow,
  type UsageRow,
} from "../rows.ts";

/** The condition that a row of sums is of one session. */
const OF_SESSION = " AND dimension_id IN (SELECT id FROM dimension_set WHERE session = ?)";

/** The queries of a ledger in SQLite. Roll-ups are used where possible, so that the time does not grow with the history. */
export class SqliteQueries extends ResponseQueries implements Queries {
  readonly #database: Database;
  readonly #days: Days;
  #isShared: boolean | null = null;

  constructor(database: Database, days: Days, origins: Origins) {
    super(database, origins);
    this.#database = database;
    this.#days = days;
  }

  /**
   * Whole days come from the day sums if these are kept and cover the requested dimensions.
   */
  usage(filter: Filter, intervals: readonly OffsetInterval[], dimensions: readonly Dimension[] = []): UsageRow[] {
    const by = withSessions(dimensions);
    return this.withProjects(this.#usage(this.resolved(filter), intervals, by), by);
  }

  #usage(filter: ResolvedFilter, intervals: readonly OffsetInterval[], by: readonly Dimension[]): UsageRow[] {
    const isOfDays =
      by.every((one) => one === "machine" || one === "source") &&
      [filter.project, filter.branch, filter.session, filter.accounts].every((one) => one === undefined);
    const kept = isOfDays ? this.#days.keptOffsets() : new Set<number>();
    return rangesWithData(this.#database, "usage_bucket", intervals).flatMap(({ from, to, ahead }) => {
      const [first, end] = [Math.ceil((from + ahead) / BUCKETS_PER_DAY), Math.floor((to + ahead) / BUCKETS_PER_DAY)];
      if (first >= end || !kept.has(ahead)) return this.#bucketUsage(filter, from, to, ahead, by);
      return [
        ...this.#bucketUsage(filter, from, first * BUCKETS_PER_DAY - ahead, ahead, by),
        ...this.#dayUsage(filter, first, end, ahead, by),
        ...this.#bucketUsage(filter, end * BUCKETS_PER_DAY - ahead, to, ahead, by),
      ];
    });
  }

  /** Usage of the buckets from `from` to before `to`. */
  #bucketUsage(filter: ResolvedFilter, from: number, to: number, ahead: number, by: readonly Dimension[]): UsageRow[] {
    if (from >= to) return [];
    const { where, values } = dimensionConditions(filter);
    const { session } = filter;
    // Summed by day or hour before the join with dimension sets: few rows are left then.
    const hour = by.includes("hour") ? `${hourOfBucket({ from, ahead })} AS hour, ` : "";
    const inner = by.includes("bucket") ? "*" : `${hour}dimension_id, ${SUMS_BY_COLUMN}`;
    const group = by.includes("bucket") ? "" : `GROUP BY day, ${hour && "hour, "}dimension_id`;
    // One session has few dimension sets, which are found faster than those of every bucket.
    const [own, ids] = session === undefined ? ["", []] : [OF_SESSION, [session]];
    return this.all<UsageRow>(
      `SELECT day, ${dimensionColumns(by)}, ${PRICES_BY_FIELD}, ${SUMS_BY_FIELD}
       FROM (SELECT ${DAY_OF_BUCKET} AS day, ${inner} FROM usage_bucket WHERE bucket >= ? AND bucket < ?${own} ${group})
       JOIN dimension_set ON dimension_set.id = dimension_id WHERE TRUE${where}
       GROUP BY day${by.map((one) => `, ${one}`).join("")}, ${PRICES}`,
      [ahead, ahead, from, to, ...ids, ...values],
    );
  }

  /**
   * Usage of the local days from `from` to before `to`. Assistants stay separate rows, requested or not, and so do machines
   * unless there are several: SQLite takes longer to sum rows than to return them, but each row is then priced.
   */
  #dayUsage(filter: ResolvedFilter, from: number, to: number, ahead: number, by: readonly Dimension[]): UsageRow[] {
    const { where, values } = dimensionConditions(filter);
    const isSummed = !by.includes("machine") && filter.machines?.length !== 1 && this.#hasSeveralMachines();
    const group = isSummed ? ` GROUP BY day${by.map((one) => `, ${one}`).join("")}, ${PRICES}` : "";
    return this.all<UsageRow>(
      `SELECT day, ${dimensionColumns(by)}, ${PRICES_BY_FIELD}, ${isSummed ? SUMS_BY_FIELD : COLUMNS_BY_FIELD}
       FROM usage_day WHERE ahead = ? AND day >= ? AND day < ?${where}${group}`,
      [ahead, from, to, ...values],
    );
  }

  /** Whether the ledger has the observations of several machines; looked up once, since a wrong answer only costs time. */
  #hasSeveralMachines(): boolean {
    return (this.#isShared ??= this.all("SELECT 1 FROM machine LIMIT 1 OFFSET 1", []).length > 0);
  }

  actions(filter: Filter, intervals: readonly OffsetInterval[], dimensions: readonly Dimension[] = []): ActionRow[] {
    const by = withSessions(dimensions);
    const columns = dimensionColumns(by);
    const resolved = this.resolved(filter);
    const rows = rangesWithData(this.#database, "action_bucket", intervals).flatMap(({ from, to, ahead }) => {
      const { where, values } = conditions(resolved, "bucket", from, to);
      return this.all<ActionRow>(
        `SELECT ${DAY_OF_BUCKET} AS day, ${columns}, action, name, ${ACTION_SUMS_BY_FIELD}
         FROM (SELECT *, ${hourOfBucket({ from, ahead })} AS hour FROM action_bucket)
         JOIN dimension_set ON dimension_set.id = dimension_id WHERE ${where}
         GROUP BY day${by.map((one) => `, ${one}`).join("")}, action, name`,
        [ahead, ahead, ...values],
      );
    });
    return this.withProjects(rows, by);
  }

  items(action: Action | readonly Action[], filter: Filter): ActionItem[] {
    const { where, values } = conditions(this.resolved(filter), "done.at", filter.from, filter.to);
    const rows = this.all<ActionItem>(
      `SELECT done.key, done.action, done.at, source, session, project, branch, machine, agent, done.name,
       COALESCE(done.ok, tool.ok) AS ok, done.duration, done.target, done.tool, done.added, done.removed, done.length
       FROM action AS done JOIN dimension_set ON dimension_set.id = done.dimension_id LEFT JOIN action AS tool ON tool.key = done.tool
       WHERE done.action ${IN_LIST} AND ${where} ORDER BY done.at, done.key`,
      [JSON.stringify([action].flat()), ...values],
    );
    return this.withProjects(rows);
  }

  durations(action: string, filter: Filter): DurationRow[] {
    const { where, values } = conditions(this.resolved(filter), "at", filter.from, filter.to);
    return this.all<DurationRow>(
      `SELECT source, name, duration, COUNT(*) AS count FROM action JOIN dimension_set ON dimension_set.id = dimension_id
       WHERE action = ? AND duration IS NOT NULL AND ${where} GROUP BY duration, source, name ORDER BY duration`,
      [action, ...values],
    );
  }

  files(filter: Filter): FileRow[] {
    const { where, values } = conditions(this.resolved(filter), "at", filter.from, filter.to);
    const rows = this.all<Omit<FileRow, "sources"> & { readonly sources: string }>(
      `SELECT target AS path, COUNT(*) AS changes, COUNT(DISTINCT source || ' ' || session) AS sessions,
       GROUP_CONCAT(DISTINCT source) AS sources, SUM(added) AS added, SUM(removed) AS removed, MAX(at) AS last
       FROM action JOIN dimension_set ON dimension_set.id = dimension_id WHERE action = 'file' AND target <> '' AND ${where}
       GROUP BY target ORDER BY changes DESC, SUM(added) + SUM(removed) DESC, target`,
      values,
    );
    return rows.map((row) => ({ ...row, sources: row.sources.split(",") }));
  }

  sessions(filter: Filter): SessionRow[] {
    const { where, values } = placeConditions(this.resolved(filter));
    const rows = this.all<SessionRow>(
      `SELECT session, source, project, branch, first, last, version,
       COALESCE(reason, (SELECT 'closed' FROM cost_state WHERE key = 'cost-state:' || session.session)) AS reason
       FROM session WHERE last >= ? AND first < ?${where} ORDER BY first, session`,
      [filter.from, filter.to, ...values],
    );
    return this.withProjects(rows);
  }

  sessionIds(beginning: string): string[] {
    const isMatch = "substr(session, 1, length(?1)) = ?1";
    return this.all<{ session: string }>(
      `SELECT session FROM dimension_set WHERE ${isMatch} UNION SELECT session FROM session WHERE ${isMatch}`,
      [beginning],
    ).map(({ session }) => session);
  }

  newest(whose: MachineFilter = {}): Map<string, number> {
    const { where, values } = machineConditions(whose);
    const rows = this.all<{ source: string; bucket: number }>(
      `SELECT source, MAX(bucket) AS bucket FROM usage_bucket JOIN dimension_set ON dimension_set.id = dimension_id
       WHERE TRUE${where} GROUP BY source`,
      values,
    );
    const ranges = rows.map(({ source, bucket }) => ({
      source,
      from: bucket * BUCKET_MS,
      to: (bucket + 1) * BUCKET_MS,
    }));
    const found = this.bounds(whose, ranges);
    return new Map(ranges.map(({ source, from }, index) => [source, found[index]?.last ?? from]));
  }

  unrecorded(filter: Filter): UnrecordedRow[] {
    const all = { ...filter, model: undefined };
    const { where, values } = conditions(this.resolved(all), "at", filter.from, filter.to);
    const rows = this.all<UnrecordedRow & { readonly session: string }>(
      `SELECT source, session, name, COUNT(*) AS responses FROM action JOIN dimension_set ON dimension_set.id = dimension_id
       WHERE action = 'unrecorded' AND ${where} GROUP BY source, session, name ORDER BY source, name`,
      values,
    );
    const counted = this.#responsesBySession(
      new Set(rows.flatMap(({ name, source }) => (name === TURN ? [source] : []))),
      all,
    );
    const sums = new Map<string, UnrecordedRow>();
    for (const { source, session, name, responses } of rows) {
      const missing = name === TURN ? Math.max(responses - (counted.get(`${source}\n${session}`) ?? 0), 0) : responses;
      const known = sums.get(`${source}\n${name}`)?.responses ?? 0;
      if (missing > 0) sums.set(`${source}\n${name}`, { source, name, responses: known + missing });
    }
    // Assistants in their original order; within an assistant the most frequent reason first.
    return [...Map.groupBy(sums.values(), ({ source }) => source).values()].flatMap((some) =>
      some.toSorted((a, b) => b.responses - a.responses),
    );
  }

  /** Number of responses per session of some assistants, keyed by assistant and session. */
  #responsesBySession(sources: ReadonlySet<string>, filter: Filter): Map<string, number> {
    const counts = new Map<string, number>();
    for (const source of sources) {
      const interval = { from: filter.from, to: filter.to, offsetMs: 0 };
      for (const { session, responses } of this.usage({ ...filter, source }, [interval], ["session"])) {
        counts.set(`${source}\n${session}`, (counts.get(`${source}\n${session}`) ?? 0) + responses);
      }
    }
    return counts;
  }
}
