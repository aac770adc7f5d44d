import type { Database, SQLQueryBindings } from "bun:sqlite";
import type { Stretch } from "../model/calendar.ts";
import { decodeBody, type LimitSeen, TURN } from "../model/observation.ts";
import { DAY_OF_QUARTER, type Days, QUARTERS_A_DAY } from "./Days.ts";
import { inhabited } from "./stretches.ts";
import {
  conditions,
  dimensionColumns,
  placeConditions,
  PRICE,
  sliceConditions,
  SUMS,
  SUMS_INSIDE,
  SUMS_TOLD,
} from "./sql.ts";
import { QUARTER_MS } from "./RollUp.ts";
import type {
  ActionItem,
  ActionRow,
  CostStateRow,
  DayRow,
  Dimension,
  FileRow,
  Filter,
  LimitRow,
  ResponseRow,
  SessionRow,
  SkippedRow,
  StoredFile,
  UnrecordedRow,
  UsageRow,
} from "./rows.ts";

/** Every question that can be put to the ledger. Roll-ups answer them where they can, so that the time does not grow with the history. */
export class Questions {
  readonly #database: Database;
  readonly #days: Days;

  constructor(database: Database, days: Days) {
    this.#database = database;
    this.#days = days;
  }

  /**
   * Usage by local day, by price, and by the dimensions asked for; no order is promised, and a day may come in parts. Whole
   * days come from their own sums where these are kept and can tell what is asked.
   */
  usage(filter: Filter, stretches: readonly Stretch[], by: readonly Dimension[] = []): UsageRow[] {
    const isOfDays =
      by.every((one) => one === "machine" || one === "source") &&
      [filter.project, filter.branch, filter.session].every((one) => one === undefined);
    const kept = isOfDays ? this.#days.kept : new Set<number>();
    return inhabited(this.#database, "usage_quarter", stretches).flatMap(({ from, to, ahead }) => {
      const [first, end] = [Math.ceil((from + ahead) / QUARTERS_A_DAY), Math.floor((to + ahead) / QUARTERS_A_DAY)];
      if (first >= end || !kept.has(ahead)) return this.#quarters(filter, from, to, ahead, by);
      return [
        ...this.#quarters(filter, from, first * QUARTERS_A_DAY - ahead, ahead, by),
        ...this.#wholeDays(filter, first, end, ahead, by),
        ...this.#quarters(filter, end * QUARTERS_A_DAY - ahead, to, ahead, by),
      ];
    });
  }

  /** Usage from one quarter hour to before another one. */
  #quarters(filter: Filter, from: number, to: number, ahead: number, by: readonly Dimension[]): UsageRow[] {
    if (from >= to) return [];
    const { where, values } = sliceConditions(filter);
    // By day they are summed up before their slices are looked at: few rows are left then.
    const inner = by.includes("quarter") ? "*" : `slice, ${SUMS_INSIDE}`;
    const group = by.includes("quarter") ? "" : "GROUP BY day, slice";
    return this.#all<UsageRow>(
      `SELECT day, ${dimensionColumns(by)}, ${PRICE}, ${SUMS}
       FROM (SELECT ${DAY_OF_QUARTER} AS day, ${inner} FROM usage_quarter WHERE quarter >= ? AND quarter < ? ${group})
       JOIN slice ON slice.id = slice WHERE TRUE${where}
       GROUP BY day${by.map((one) => `, ${one}`).join("")}, model, speed, tier, region, context, is_priced`,
      [ahead, ahead, from, to, ...values],
    );
  }

  /** Usage from one local day to before another one; what machines and assistants used stays apart, named or not. */
  #wholeDays(filter: Filter, from: number, to: number, ahead: number, by: readonly Dimension[]): UsageRow[] {
    const { where, values } = sliceConditions(filter);
    return this.#all<UsageRow>(
      `SELECT day, ${dimensionColumns(by)}, ${PRICE}, ${SUMS_TOLD}
       FROM usage_day WHERE ahead = ? AND day >= ? AND day < ?${where}`,
      [ahead, from, to, ...values],
    );
  }

  /** What sessions did, by local day, action, name and the dimensions asked for. */
  actions(filter: Filter, stretches: readonly Stretch[], by: readonly Dimension[] = []): ActionRow[] {
    const columns = dimensionColumns(by);
    return inhabited(this.#database, "action_quarter", stretches).flatMap(({ from, to, ahead }) => {
      const { where, values } = conditions(filter, "quarter", from, to);
      return this.#all<ActionRow>(
        `SELECT ${DAY_OF_QUARTER} AS day, ${columns}, action, name, SUM(count) AS count,
         SUM(failed) AS failed, SUM(timed) AS timed, SUM(duration) AS duration, SUM(added) AS added,
         SUM(removed) AS removed, SUM(length) AS length
         FROM action_quarter JOIN slice ON slice.id = slice WHERE ${where}
         GROUP BY day${by.map((one) => `, ${one}`).join("")}, action, name`,
        [ahead, ahead, ...values],
      );
    });
  }

  /** Single responses, oldest first. */
  responses(filter: Filter): ResponseRow[] {
    const { where, values } = conditions(filter, "at", filter.from, filter.to);
    return this.#all<ResponseRow>(
      `SELECT at, source, session, project, agent, ${PRICE}, input, output, cache_write_5m AS cacheWrite5m, cache_write_1h AS cacheWrite1h,
       cache_read AS cacheRead, searches, cost, reasoning
       FROM response JOIN slice ON slice.id = slice WHERE ${where} ORDER BY at`,
      values,
    );
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
    const { where, values } = conditions(filter, "at", filter.from, filter.to);
    const sql = `SELECT at FROM response JOIN slice ON slice.id = slice WHERE ${where} ORDER BY at ${order} LIMIT 1`;
    return this.#all<{ at: number }>(sql, values)[0]?.at ?? null;
  }

  /** Single actions of one sort, oldest first. */
  items(action: string, filter: Filter): ActionItem[] {
    const { where, values } = conditions(filter, "done.at", filter.from, filter.to);
    return this.#all<ActionItem>(
      `SELECT done.at, source, session, project, branch, done.name, COALESCE(done.ok, tool.ok) AS ok, done.duration, done.target,
       done.added, done.removed
       FROM action AS done JOIN slice ON slice.id = done.slice LEFT JOIN action AS tool ON tool.key = done.tool
       WHERE done.action = ? AND ${where} ORDER BY done.at, done.key`,
      [action, ...values],
    );
  }

  /** Changed files, the most changed first. */
  files(filter: Filter): FileRow[] {
    const { where, values } = conditions(filter, "at", filter.from, filter.to);
    const rows = this.#all<Omit<FileRow, "sources"> & { readonly sources: string }>(
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
  sessions({ from, to, project, branch, source, session }: Filter): SessionRow[] {
    const { where, values } = placeConditions({ project, branch, source, session });
    return this.#all<SessionRow>(
      `SELECT session, source, project, branch, first, last, version,
       COALESCE(reason, (SELECT 'closed' FROM cost_state WHERE key = 'cost-state:' || session.session)) AS reason
       FROM session WHERE last >= ? AND first < ?${where} ORDER BY first, session`,
      [from, to, ...values],
    );
  }

  /** Imported days from one date to another, both included. */
  days(since: string, until: string): DayRow[] {
    return this.#all<DayRow>(
      `SELECT date, source, model, provenance, input, output, cache_write AS cacheWrite, cache_read AS cacheRead, unsplit, cost
       FROM day WHERE date >= ? AND date <= ? ORDER BY date, model`,
      [since, until],
    );
  }

  /** Limits of the windows that were told last at or after a time (epoch ms), the newest first. */
  limits(since: number): LimitRow[] {
    return this.#all<LimitRow>(
      `SELECT source, name, window_minutes AS windowMinutes, used_percent AS usedPercent, resets_at AS resetsAt, at, plan
       FROM rate_limit WHERE at >= ? ORDER BY at DESC, key`,
      [since],
    );
  }

  /** All that was told of the windows that are open at a time (epoch ms), oldest first. */
  sightings(now: number): LimitRow[] {
    const rows = this.#all<{ source: string; body: string }>(
      // CROSS: the few limits first, else SQLite looks for each of the journal's keys among them.
      "SELECT journal.source, body FROM rate_limit CROSS JOIN journal USING (key) WHERE resets_at > ?",
      [now],
    );
    return rows
      .map(({ source, body }) => ({ source, ...(decodeBody("limit", body) as LimitSeen) }))
      .toSorted((a, b) => a.at - b.at || a.usedPercent - b.usedPercent);
  }

  /** Responses whose usage is not recorded, by assistant and reason. Few are known by model, so that the filter's is left out. */
  unrecorded(filter: Filter): UnrecordedRow[] {
    const all = { ...filter, model: undefined };
    const { where, values } = conditions(all, "at", filter.from, filter.to);
    const rows = this.#all<UnrecordedRow & { readonly session: string }>(
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

  /** Files that were read and are not known to be gone. */
  stored(): StoredFile[] {
    return this.#all<StoredFile>("SELECT source, path, size FROM file WHERE vanished IS NULL ORDER BY path", []);
  }

  /** What of the files of each assistant was not counted. */
  skipped(): SkippedRow[] {
    return this.#all<SkippedRow>(
      `SELECT source, reason, COUNT(DISTINCT path) AS files, COUNT(*) AS places FROM skipped JOIN file USING (path)
       GROUP BY source, reason ORDER BY source, places DESC, reason`,
      [],
    );
  }

  /** The version of each assistant that wrote the newest session which tells one. */
  versions(): Map<string, string> {
    const rows = this.#all<{ source: string; version: string }>(
      "SELECT source, version, MAX(last) FROM session WHERE version <> '' GROUP BY source",
      [],
    );
    return new Map(rows.map(({ source, version }) => [source, version]));
  }

  /** Epoch milliseconds of the newest response of each assistant. */
  newest(): Map<string, number> {
    const rows = this.#all<{ source: string; quarter: number }>(
      "SELECT source, MAX(quarter) AS quarter FROM usage_quarter JOIN slice ON slice.id = slice GROUP BY source",
      [],
    );
    return new Map(
      rows.map(({ source, quarter }) => {
        const [from, to] = [quarter * QUARTER_MS, (quarter + 1) * QUARTER_MS];
        return [source, this.lastAt({ source, from, to }) ?? from];
      }),
    );
  }

  /** What the assistants counted themselves, by session. */
  costStates(): CostStateRow[] {
    const rows = this.#all<{ session: string; cost: number; models: string }>(
      "SELECT session, cost, models FROM cost_state ORDER BY session",
      [],
    );
    return rows.map((row) => ({ ...row, models: JSON.parse(row.models) as CostStateRow["models"] }));
  }

  /** Epoch milliseconds of the first and the last quarter hour in which anything happened, null while there is none. */
  span(): { readonly first: number; readonly last: number } | null {
    const [row] = this.#all<{ first: number | null; last: number | null }>(
      // Each end for itself is found by the key; both at once would read the whole table.
      `SELECT MIN(first) AS first, MAX(last) AS last FROM (
         SELECT (SELECT MIN(quarter) FROM usage_quarter) AS first, (SELECT MAX(quarter) FROM usage_quarter) AS last
         UNION ALL SELECT (SELECT MIN(quarter) FROM action_quarter), (SELECT MAX(quarter) FROM action_quarter))`,
      [],
    );
    if (row?.first == null || row.last == null) return null;
    return { first: row.first * QUARTER_MS, last: (row.last + 1) * QUARTER_MS - 1 };
  }

  #all<Row>(sql: string, values: readonly SQLQueryBindings[]): Row[] {
    return this.#database.query<Row, SQLQueryBindings[]>(sql).all(...values);
  }
}
