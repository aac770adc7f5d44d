import type { Database } from "bun:sqlite";
import type { OffsetInterval } from "../../model/calendar.ts";
import { TURN } from "../../model/observation.ts";
import type { Origins } from "./Origins.ts";
import { DAY_OF_BUCKET, type Days, BUCKETS_A_DAY } from "./Days.ts";
import { inhabited } from "./intervals.ts";
import { UnfilteredQueries } from "./UnfilteredQueries.ts";
import {
  conditions,
  dimensionColumns,
  placeConditions,
  PRICE,
  sliceConditions,
  SUMS,
  SUMS_INSIDE,
  SUMS_TOLD,
  type Wanted,
  withSessions,
} from "../sql/usage.ts";
import { BUCKET_MS } from "./RollUp.ts";
import type {
  ActionItem,
  ActionRow,
  Dimension,
  FileRow,
  Filter,
  ResponseRow,
  SessionRow,
  UnrecordedRow,
  UsageRow,
} from "../rows.ts";

/** Every question that can be put to the ledger. Roll-ups answer them where they can, so that the time does not grow with the history. */
export class SqliteQueries extends UnfilteredQueries {
  readonly #database: Database;
  readonly #days: Days;

  constructor(database: Database, days: Days, origins: Origins) {
    super(database, origins);
    this.#database = database;
    this.#days = days;
  }

  /**
   * Usage by local day, by price, and by the dimensions asked for; no order is promised, and a day may come in parts. Whole
   * days come from their own sums where these are kept and can tell what is asked.
   */
  usage(filter: Filter, stretches: readonly OffsetInterval[], dimensions: readonly Dimension[] = []): UsageRow[] {
    const by = withSessions(dimensions);
    return this.#placed(this.#usage(this.#wanted(filter), stretches, by), by);
  }

  #usage(filter: Wanted, stretches: readonly OffsetInterval[], by: readonly Dimension[]): UsageRow[] {
    const isOfDays =
      by.every((one) => one === "machine" || one === "source") &&
      [filter.project, filter.branch, filter.session, filter.accounts].every((one) => one === undefined);
    const kept = isOfDays ? this.#days.kept : new Set<number>();
    return inhabited(this.#database, "usage_quarter", stretches).flatMap(({ from, to, ahead }) => {
      const [first, end] = [Math.ceil((from + ahead) / BUCKETS_A_DAY), Math.floor((to + ahead) / BUCKETS_A_DAY)];
      if (first >= end || !kept.has(ahead)) return this.#quarters(filter, from, to, ahead, by);
      return [
        ...this.#quarters(filter, from, first * BUCKETS_A_DAY - ahead, ahead, by),
        ...this.#wholeDays(filter, first, end, ahead, by),
        ...this.#quarters(filter, end * BUCKETS_A_DAY - ahead, to, ahead, by),
      ];
    });
  }

  /** Usage from one quarter hour to before another one. */
  #quarters(wanted: Wanted, from: number, to: number, ahead: number, by: readonly Dimension[]): UsageRow[] {
    if (from >= to) return [];
    const { where, values } = sliceConditions(wanted);
    // By day they are summed up before their slices are looked at: few rows are left then.
    const inner = by.includes("quarter") ? "*" : `slice, ${SUMS_INSIDE}`;
    const group = by.includes("quarter") ? "" : "GROUP BY day, slice";
    return this.all<UsageRow>(
      `SELECT day, ${dimensionColumns(by)}, ${PRICE}, ${SUMS}
       FROM (SELECT ${DAY_OF_BUCKET} AS day, ${inner} FROM usage_quarter WHERE quarter >= ? AND quarter < ? ${group})
       JOIN slice ON slice.id = slice WHERE TRUE${where}
       GROUP BY day${by.map((one) => `, ${one}`).join("")}, model, speed, tier, region, context, is_priced`,
      [ahead, ahead, from, to, ...values],
    );
  }

  /** Usage from one local day to before another one; what machines and assistants used stays apart, named or not. */
  #wholeDays(wanted: Wanted, from: number, to: number, ahead: number, by: readonly Dimension[]): UsageRow[] {
    const { where, values } = sliceConditions(wanted);
    return this.all<UsageRow>(
      `SELECT day, ${dimensionColumns(by)}, ${PRICE}, ${SUMS_TOLD}
       FROM usage_day WHERE ahead = ? AND day >= ? AND day < ?${where}`,
      [ahead, from, to, ...values],
    );
  }

  /** What sessions did, by local day, action, name and the dimensions asked for. */
  actions(filter: Filter, stretches: readonly OffsetInterval[], dimensions: readonly Dimension[] = []): ActionRow[] {
    const by = withSessions(dimensions);
    const columns = dimensionColumns(by);
    const wanted = this.#wanted(filter);
    const rows = inhabited(this.#database, "action_quarter", stretches).flatMap(({ from, to, ahead }) => {
      const { where, values } = conditions(wanted, "quarter", from, to);
      return this.all<ActionRow>(
        `SELECT ${DAY_OF_BUCKET} AS day, ${columns}, action, name, SUM(count) AS count,
         SUM(failed) AS failed, SUM(timed) AS timed, SUM(duration) AS duration, SUM(added) AS added,
         SUM(removed) AS removed, SUM(length) AS length
         FROM action_quarter JOIN slice ON slice.id = slice WHERE ${where}
         GROUP BY day${by.map((one) => `, ${one}`).join("")}, action, name`,
        [ahead, ahead, ...values],
      );
    });
    return this.#placed(rows, by);
  }

  /** Single responses, oldest first. */
  responses(filter: Filter): ResponseRow[] {
    const { where, values } = conditions(this.#wanted(filter), "at", filter.from, filter.to);
    const rows = this.all<ResponseRow>(
      `SELECT at, source, session, project, agent, ${PRICE}, input, output, cache_write_5m AS cacheWrite5m, cache_write_1h AS cacheWrite1h,
       cache_read AS cacheRead, searches, cost, reasoning
       FROM response JOIN slice ON slice.id = slice WHERE ${where} ORDER BY at`,
      values,
    );
    return this.#placed(rows);
  }

  /** When the first response was, epoch milliseconds; null where there is none. */
  firstAt(filter: Filter): number | null {
    return this.#end(filter, "ASC");
  }

  /** When the last response was, epoch milliseconds; null where there is none. */
  lastAt(filter: Filter): number | null {
    return this.#end(filter, "DESC");
  }

  #end(filter: Filter, order: "ASC" | "DESC"): number | null {
    const { where, values } = conditions(this.#wanted(filter), "at", filter.from, filter.to);
    const sql = `SELECT at FROM response JOIN slice ON slice.id = slice WHERE ${where} ORDER BY at ${order} LIMIT 1`;
    return this.all<{ at: number }>(sql, values)[0]?.at ?? null;
  }

  /** Single actions of one sort, oldest first. */
  items(action: string, filter: Filter): ActionItem[] {
    const { where, values } = conditions(this.#wanted(filter), "done.at", filter.from, filter.to);
    const rows = this.all<ActionItem>(
      `SELECT done.at, source, session, project, branch, done.name, COALESCE(done.ok, tool.ok) AS ok, done.duration, done.target,
       done.added, done.removed
       FROM action AS done JOIN slice ON slice.id = done.slice LEFT JOIN action AS tool ON tool.key = done.tool
       WHERE done.action = ? AND ${where} ORDER BY done.at, done.key`,
      [action, ...values],
    );
    return this.#placed(rows);
  }

  /** Changed files, the most changed first. */
  files(filter: Filter): FileRow[] {
    const { where, values } = conditions(this.#wanted(filter), "at", filter.from, filter.to);
    const rows = this.all<Omit<FileRow, "sources"> & { readonly sources: string }>(
      `SELECT target AS path, COUNT(*) AS changes, COUNT(DISTINCT source || ' ' || session) AS sessions,
       GROUP_CONCAT(DISTINCT source) AS sources, SUM(added) AS added, SUM(removed) AS removed, MAX(at) AS last
       FROM action JOIN slice ON slice.id = slice WHERE action = 'file' AND ${where}
       GROUP BY target ORDER BY added + removed DESC, target`,
      values,
    );
    return rows.map((row) => ({ ...row, sources: row.sources.split(",") }));
  }

  /**
   * Sessions that were at work within the range, the newest last. One that left its sums was closed, by exit or clear; it may
   * have been resumed since.
   */
  sessions(filter: Filter): SessionRow[] {
    const { where, values } = placeConditions(this.#wanted(filter));
    const rows = this.all<SessionRow>(
      `SELECT session, source, project, branch, first, last, version,
       COALESCE(reason, (SELECT 'closed' FROM cost_state WHERE key = 'cost-state:' || session.session)) AS reason
       FROM session WHERE last >= ? AND first < ?${where} ORDER BY first, session`,
      [filter.from, filter.to, ...values],
    );
    return this.#placed(rows);
  }

  /** Epoch milliseconds of the newest response of each assistant. */
  newest(): Map<string, number> {
    const rows = this.all<{ source: string; quarter: number }>(
      "SELECT source, MAX(quarter) AS quarter FROM usage_quarter JOIN slice ON slice.id = slice GROUP BY source",
      [],
    );
    return new Map(
      rows.map(({ source, quarter }) => {
        const [from, to] = [quarter * BUCKET_MS, (quarter + 1) * BUCKET_MS];
        return [source, this.lastAt({ source, from, to }) ?? from];
      }),
    );
  }

  /** A filter with the directories that its project names. */
  #wanted(filter: Filter): Wanted {
    const { project } = filter;
    return project === undefined ? filter : { ...filter, named: this.origins.named(project) };
  }

  /** Rows with the project to which each belongs instead of the directory it was done in. */
  #placed<Row extends { project: string; worktree?: string; source: string; session: string }>(
    rows: Row[],
    by: readonly Dimension[] = ["project"],
  ): Row[] {
    if (rows.length === 0 || !by.includes("project")) return rows;
    const { projects } = this.origins;
    for (const row of rows) {
      const place = projects.placeOf(row.project, `${row.source}\n${row.session}`);
      row.project = place.project;
      row.worktree = place.worktree;
    }
    return rows;
  }

  /** Responses whose usage is not recorded, by assistant and reason. Few are known by model, so that the filter's is left out. */
  unrecorded(filter: Filter): UnrecordedRow[] {
    const all = { ...filter, model: undefined };
    const { where, values } = conditions(this.#wanted(all), "at", filter.from, filter.to);
    const rows = this.all<UnrecordedRow & { readonly session: string }>(
      `SELECT source, session, name, COUNT(*) AS responses FROM action JOIN slice ON slice.id = slice
       WHERE action = 'unrecorded' AND ${where} GROUP BY source, session, name ORDER BY source, name`,
      values,
    );
    const told = this.#toldOf(new Set(rows.flatMap(({ name, source }) => (name === TURN ? [source] : []))), all);
    const sums = new Map<string, UnrecordedRow>();
    for (const { source, session, name, responses } of rows) {
      const missing = name === TURN ? Math.max(responses - (told.get(`${source}\n${session}`) ?? 0), 0) : responses;
      const known = sums.get(`${source}\n${name}`)?.responses ?? 0;
      if (missing > 0) sums.set(`${source}\n${name}`, { source, name, responses: known + missing });
    }
    // By assistant, as they came, and within one the most frequent first.
    return [...Map.groupBy(sums.values(), ({ source }) => source).values()].flatMap((some) =>
      some.toSorted((a, b) => b.responses - a.responses),
    );
  }

  /** How many responses the sessions of some assistants have, by assistant and session. */
  #toldOf(sources: ReadonlySet<string>, filter: Filter): Map<string, number> {
    const told = new Map<string, number>();
    for (const source of sources) {
      const stretch = { from: filter.from, to: filter.to, offsetMs: 0 };
      for (const { session, responses } of this.usage({ ...filter, source }, [stretch], ["session"])) {
        told.set(`${source}\n${session}`, (told.get(`${source}\n${session}`) ?? 0) + responses);
      }
    }
    return told;
  }
}
