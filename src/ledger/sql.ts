import type { Dimension, Filter } from "./rows.ts";

/** Columns of sums of responses. */
export const SUM_COLUMNS =
  "responses input output cache_write_5m cache_write_1h cache_read searches cost reasoning".split(" ");

const list = (write: (column: string) => string): string => SUM_COLUMNS.map(write).join(", ");
/** A column as a field of a row: cache_write_5m is cacheWrite5m. */
const field = (column: string): string => column.replace(/_(.)/g, (_, next: string) => next.toUpperCase());

/** Sums of sums, by the names of the columns. */
export const SUMS_INSIDE = list((column) => `SUM(${column}) AS ${column}`);
/** Sums of sums, as rows tell them. */
export const SUMS = list((column) => `SUM(${column}) AS ${field(column)}`);
/** Sums that are there already, as rows tell them. */
export const SUMS_TOLD = list((column) => `${column} AS ${field(column)}`);
/** All that a price depends on. */
export const PRICE = "model, speed, tier, region, context, is_priced AS isPriced";

const DIMENSIONS: readonly Dimension[] = ["quarter", "session", "project", "branch", "agent", "machine", "source"];

/** Columns that were not asked for are there all the same, empty, so that rows have one shape. */
export function dimensionColumns(by: readonly Dimension[]): string {
  return DIMENSIONS.map((one) => (by.includes(one) ? one : one === "quarter" ? "0 AS quarter" : `'' AS ${one}`)).join(
    ", ",
  );
}

/** SQL that follows WHERE, and its values: of a range of time, and of what else a filter asks for. */
export function conditions(filter: Filter, time: "quarter" | "at" | "done.at", from: number, to: number) {
  const { where, values } = sliceConditions(filter);
  return { where: `${time} >= ? AND ${time} < ?${where}`, values: [from, to, ...values] };
}

/** The same without the time: SQL that follows another condition. */
export function sliceConditions(filter: Filter) {
  const { where, values } = placeConditions(filter);
  if (filter.model === undefined) return { where, values };
  return { where: `${where} AND instr(lower(model), lower(?)) > 0`, values: [...values, filter.model] };
}

/** The same of tables that know no model. */
export function placeConditions({
  project,
  branch,
  source,
  session,
}: Pick<Filter, "project" | "branch" | "source" | "session">) {
  const parts: string[] = [];
  const values: string[] = [];
  if (project !== undefined) {
    parts.push("(project = ? OR substr(project, -length(?)) = ?)");
    values.push(project, `/${project}`, `/${project}`);
  }
  if (branch !== undefined) {
    parts.push("branch = ?");
    values.push(branch);
  }
  if (source !== undefined) {
    parts.push("source = ?");
    values.push(source);
  }
  if (session !== undefined) {
    parts.push("session = ?");
    values.push(session);
  }
  return { where: parts.map((part) => ` AND ${part}`).join(""), values };
}
