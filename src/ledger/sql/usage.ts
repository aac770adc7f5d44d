import type { NamedProjects } from "../../model/project.ts";
import type { Dimension, Filter } from "../rows.ts";

/** Columns that hold sums of responses. */
export const SUM_COLUMNS =
  "responses input output cache_write_5m cache_write_1h cache_read searches cost reasoning".split(" ");

const columnList = (write: (column: string) => string): string => SUM_COLUMNS.map(write).join(", ");
/** The row field of a column: cache_write_5m is cacheWrite5m. */
const fieldOf = (column: string): string => column.replace(/_(.)/g, (_, next: string) => next.toUpperCase());

/** Sums, named by column. */
export const SUMS_BY_COLUMN = columnList((column) => `SUM(${column}) AS ${column}`);
/** Sums, named by row field. */
export const SUMS_BY_FIELD = columnList((column) => `SUM(${column}) AS ${fieldOf(column)}`);
/** Existing sums, named by row field. */
export const COLUMNS_BY_FIELD = columnList((column) => `${column} AS ${fieldOf(column)}`);
/** Everything that a price depends on. */
export const PRICE_COLUMNS = "model, speed, tier, region, context, is_priced AS costKind";

const DIMENSIONS: readonly Dimension[] = ["bucket", "session", "project", "branch", "agent", "machine", "source"];

/** Columns that were not requested are present but empty, so that all rows have the same shape. */
export function dimensionColumns(by: readonly Dimension[]): string {
  const columns = DIMENSIONS.map((one) =>
    one === "bucket" ? `${by.includes(one) ? "quarter" : "0"} AS bucket` : by.includes(one) ? one : `'' AS ${one}`,
  );
  return [...columns, "'' AS worktree"].join(", ");
}

/** The dimensions to group by: the project of a row depends on its session. */
export function withSessions(by: readonly Dimension[]): readonly Dimension[] {
  return by.includes("project") ? [...new Set<Dimension>([...by, "session", "source"])] : by;
}

/** A filter with the directories that its project resolves to. */
export type ResolvedFilter = Filter & { readonly named?: NamedProjects | undefined };

/** Returns the SQL that follows WHERE and its values: the time range and the other conditions of a filter. */
export function conditions(filter: ResolvedFilter, time: "quarter" | "at" | "done.at", from: number, to: number) {
  const { where, values } = dimensionConditions(filter);
  return { where: `${time} >= ? AND ${time} < ?${where}`, values: [from, to, ...values] };
}

/** The same without the time; the SQL follows another condition. */
export function dimensionConditions(filter: ResolvedFilter) {
  const { where, values } = placeConditions(filter);
  if (filter.model === undefined) return { where, values };
  return { where: `${where} AND instr(lower(model), lower(?)) > 0`, values: [...values, filter.model] };
}

const IN_LIST = "IN (SELECT value FROM json_each(?))";
/** The directory in which a row's session began. */
const SESSION_START =
  "COALESCE((SELECT NULLIF(directory, '') FROM session_origin WHERE assistant = source AND id = session), project)";

/** The same for tables without a model. */
export function placeConditions({ named, branch, source, session, accounts }: ResolvedFilter) {
  const parts: string[] = [];
  const values: string[] = [];
  const add = (part: string, ...partValues: readonly string[]): void => {
    parts.push(` AND ${part}`);
    values.push(...partValues);
  };
  if (branch !== undefined) add("branch = ?", branch);
  if (source !== undefined) add("source = ?", source);
  if (session !== undefined) add("session = ?", session);
  if (named) {
    const { whole, partly, starts } = named;
    const lists = (partly.length === 0 ? [whole] : [whole, partly, starts]).map((list) => JSON.stringify(list));
    const ofSessions = partly.length === 0 ? "" : ` OR (project ${IN_LIST} AND ${SESSION_START} ${IN_LIST})`;
    add(`(project ${IN_LIST}${ofSessions})`, ...lists);
  }
  if (accounts) {
    const sessions = `SELECT assistant, id FROM session_origin WHERE account ${IN_LIST}`;
    add(`(source, session) IN (${sessions})`, JSON.stringify(accounts));
  }
  return { where: parts.join(""), values };
}
