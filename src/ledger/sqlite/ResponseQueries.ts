import {
  conditions,
  dimensionColumns,
  dimensionConditions,
  PRICES,
  PRICES_BY_FIELD,
  RESPONSE_BY_FIELD,
  RESPONSE_SUMS_BY_FIELD,
  type ResolvedFilter,
} from "../sql/usage.ts";
import type {
  Bounds,
  Dimension,
  Filter,
  MinuteDimension,
  MinuteRow,
  ResponseRange,
  ResponseRow,
  TimeRange,
} from "../rows.ts";
import { UnfilteredQueries } from "./UnfilteredQueries.ts";

/** The columns of a single response. */
const RESPONSE_COLUMNS = `at, source, session, project, branch, machine, agent, ${PRICES_BY_FIELD}, ${RESPONSE_BY_FIELD}`;

/** Queries of single responses. */
export class ResponseQueries extends UnfilteredQueries {
  responses(filter: Filter, ranges: readonly TimeRange[] = [filter]): ResponseRow[] {
    const [range, ...more] = ranges;
    if (!range) return [];
    const { where, values } = dimensionConditions(this.resolved(filter));
    // CROSS JOIN reads the responses by time, so that those of one range are in order.
    const [from, time, times] =
      more.length === 0
        ? ["response", " AND at >= ? AND at < ?", [range.from, range.to]]
        : [
            "json_each(?) AS range CROSS JOIN response ON at >= range.value ->> 'from' AND at < range.value ->> 'to'",
            "",
            [JSON.stringify(ranges.map(({ from: begin, to }) => ({ from: begin, to })))],
          ];
    const rows = this.all<ResponseRow>(
      `SELECT ${RESPONSE_COLUMNS} FROM ${from} CROSS JOIN dimension_set ON dimension_set.id = dimension_id
       WHERE TRUE${time}${where} ORDER BY at`,
      [...times, ...values],
    );
    return this.withProjects(rows);
  }

  newestResponses(filter: Filter, most: number): ResponseRow[] {
    const { where, values } = conditions(this.resolved(filter), "at", filter.from, filter.to);
    const rows = this.all<ResponseRow>(
      // CROSS JOIN reads the responses by time, from the newest on, and ends with the last one that is wanted.
      `SELECT ${RESPONSE_COLUMNS} FROM response CROSS JOIN dimension_set ON dimension_set.id = dimension_id
       WHERE ${where} ORDER BY at DESC LIMIT ?`,
      [...values, most],
    );
    return this.withProjects(rows);
  }

  minutes(filter: Filter, dimensions: readonly MinuteDimension[] = []): MinuteRow[] {
    const { where, values } = conditions(this.resolved(filter), "at", filter.from, filter.to);
    return this.all<MinuteRow>(
      `SELECT at / 60000 AS minute, MIN(at) / 86400000 AS day, MAX(at) AS last, ${dimensionColumns(dimensions)},
       ${PRICES_BY_FIELD}, ${RESPONSE_SUMS_BY_FIELD}
       FROM response JOIN dimension_set ON dimension_set.id = dimension_id WHERE ${where}
       GROUP BY minute${dimensions.map((one) => `, ${one}`).join("")}, ${PRICES}`,
      values,
    );
  }

  bounds(filter: Omit<Filter, "from" | "to">, ranges: readonly ResponseRange[]): (Bounds | null)[] {
    if (ranges.length === 0) return [];
    const { where, values } = dimensionConditions(this.resolved({ ...filter, from: 0, to: 0 }));
    // The index on time finds either end of a range without reading what lies between.
    const end = (
      order: "ASC" | "DESC",
    ): string => `(SELECT at FROM response JOIN dimension_set ON dimension_set.id = dimension_id
      WHERE at >= range.begin AND at < range.until AND machine = COALESCE(range.machine, machine)
      AND source = COALESCE(range.source, source) AND session = COALESCE(range.session, session)${where} ORDER BY at ${order} LIMIT 1)`;
    const rows = this.all<{ first: number | null; last: number | null }>(
      `SELECT ${end("ASC")} AS first, ${end("DESC")} AS last
       FROM (SELECT key, value ->> 'from' AS begin, value ->> 'to' AS until, value ->> 'machine' AS machine,
         value ->> 'source' AS source, value ->> 'session' AS session FROM json_each(?)) AS range ORDER BY range.key`,
      [...values, ...values, JSON.stringify(ranges)],
    );
    return rows.map(({ first, last }) => (first === null || last === null ? null : { first, last }));
  }

  /** Adds the directories that the filter's project resolves to. */
  protected resolved(filter: Filter): ResolvedFilter {
    const { project } = filter;
    return project === undefined ? filter : { ...filter, named: this.origins.named(project) };
  }

  /** Replaces the directory of each row with the project that it belongs to. */
  protected withProjects<Row extends { project: string; worktree?: string; source: string; session: string }>(
    rows: Row[],
    by: readonly Dimension[] = ["project"],
  ): Row[] {
    if (rows.length === 0 || !by.includes("project")) return rows;
    const projects = this.origins.projects();
    for (const row of rows) {
      const place = projects.placeOf(row.project, `${row.source}\n${row.session}`);
      row.project = place.project;
      row.worktree = place.worktree;
    }
    return rows;
  }
}
