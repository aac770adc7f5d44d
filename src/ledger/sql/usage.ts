import type { NamedProjects } from "../../model/project.ts";
import type { Dimension, Filter } from "../rows.ts";

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
  const columns = DIMENSIONS.map((one) =>
    by.includes(one) ? one : one === "quarter" ? "0 AS quarter" : `'' AS ${one}`,
  );
  return [...columns, "'' AS worktree"].join(", ");
}

/** What is to be told apart for some dimensions: to which project a row belongs depends on its session. */
export function withSessions(by: readonly Dimension[]): readonly Dimension[] {
  return by.includes("project") ? [...new Set<Dimension>([...by, "session", "source"])] : by;
}

/** What a filter asks for, with the directories that its project names. */
export type Wanted = Filter & { readonly named?: NamedProjects | undefined };

/** SQL that follows WHERE, and its values: of a range of time, and of what else a filter asks for. */
export function conditions(wanted: Wanted, time: "quarter" | "at" | "done.at", from: number, to: number) {
  const { where, values } = sliceConditions(wanted);
  return { where: `${time} >= ? AND ${time} < ?${where}`, values: [from, to, ...values] };
}

/** The same without the time: SQL that follows another condition. */
export function sliceConditions(wanted: Wanted) {
  const { where, values } = placeConditions(wanted);
  if (wanted.model === undefined) return { where, values };
  return { where: `${where} AND instr(lower(model), lower(?)) > 0`, values: [...values, wanted.model] };
}

const LISTED = "IN (SELECT value FROM json_each(?))";
/** The directory in which a row's session began. */
const START =
  "COALESCE((SELECT NULLIF(directory, '') FROM session_origin WHERE assistant = source AND id = session), project)";

/** The same of tables that know no model. */
export function placeConditions({ named, branch, source, session, accounts }: Wanted) {
  const parts: string[] = [];
  const values: string[] = [];
  const add = (part: string, ...own: readonly string[]): void => {
    parts.push(` AND ${part}`);
    values.push(...own);
  };
  if (branch !== undefined) add("branch = ?", branch);
  if (source !== undefined) add("source = ?", source);
  if (session !== undefined) add("session = ?", session);
  if (named) {
    const { whole, partly, starts } = named;
    const lists = (partly.length === 0 ? [whole] : [whole, partly, starts]).map((list) => JSON.stringify(list));
    const rest = partly.length === 0 ? "" : ` OR (project ${LISTED} AND ${START} ${LISTED})`;
    add(`(project ${LISTED}${rest})`, ...lists);
  }
  if (accounts) {
    const own = `SELECT assistant, id FROM session_origin WHERE account ${LISTED}`;
    add(`(source, session) IN (${own})`, JSON.stringify(accounts));
  }
  return { where: parts.join(""), values };
}
