import type { NamedProjects } from "../../model/project.ts";
import { price, response } from "../tables/facts.ts";
import { actionBucket, usageBucket } from "../tables/sums.ts";
import { byField, columnList, fieldOf, IN_LIST, measuresOf } from "../tables/table.ts";
import type { Dimension, Filter, MachineFilter } from "../rows.ts";

const BUCKETS_PER_HOUR = 4;
const sums = measuresOf(usageBucket);
const prices = Object.keys(price);

/** Sums, named by column. */
export const SUMS_BY_COLUMN = columnList(sums, (column) => `SUM(${column}) AS ${column}`);
/** Sums, named by row field. */
export const SUMS_BY_FIELD = columnList(sums, (column) => `SUM(${column}) AS ${fieldOf(column)}`);
/** Existing sums, named by row field. */
export const COLUMNS_BY_FIELD = byField(sums);
/** Everything that a price depends on. */
export const PRICES = columnList(prices);
/** The same, named by row field. */
export const PRICES_BY_FIELD = byField(prices);
const ofResponse = sums.filter((column) => Object.hasOwn(response.columns, column));
/** What one response adds to the sums, named by row field. */
export const RESPONSE_BY_FIELD = byField(ofResponse);
/** The sums of single responses, and their number, named by row field. */
export const RESPONSE_SUMS_BY_FIELD = `COUNT(*) AS responses, ${columnList(ofResponse, (column) => `SUM(${column}) AS ${fieldOf(column)}`)}`;
/** Sums of actions, named by row field. */
export const ACTION_SUMS_BY_FIELD = columnList(
  measuresOf(actionBucket),
  (column) => `SUM(${column}) AS ${fieldOf(column)}`,
);

const DIMENSIONS: readonly Dimension[] = ["session", "project", "branch", "agent", "machine", "source"];

/** Columns that were not requested are present but empty, so that all rows have the same shape. */
export function dimensionColumns(by: readonly Dimension[]): string {
  const columns = DIMENSIONS.map((one) => (by.includes(one) ? one : `'' AS ${one}`));
  return [`${timeOf(by) ?? "0"} AS bucket`, ...columns, "'' AS worktree"].join(", ");
}

/** The time that is grouped by, within a day; undefined for whole days. */
export const timeOf = (by: readonly Dimension[]): "bucket" | "hour" | undefined =>
  (["bucket", "hour"] as const).find((one) => by.includes(one));

/** The first bucket of the local hour of a bucket, or of the range that begins within that hour. */
export const hourOfBucket = ({ from, ahead }: { readonly from: number; readonly ahead: number }): string =>
  `MAX((bucket + ${ahead}) / ${BUCKETS_PER_HOUR} * ${BUCKETS_PER_HOUR} - ${ahead}, ${from})`;

/** The dimensions to group by: the project of a row depends on its session. */
export function withSessions(by: readonly Dimension[]): readonly Dimension[] {
  return by.includes("project") ? [...new Set<Dimension>([...by, "session", "source"])] : by;
}

/** A filter with the directories that its project resolves to. */
export type ResolvedFilter = Filter & { readonly named?: NamedProjects | undefined };

/** Returns the SQL that follows WHERE and its values: the time range and the other conditions of a filter. */
export function conditions(filter: ResolvedFilter, time: "bucket" | "at" | "done.at", from: number, to: number) {
  const { where, values } = dimensionConditions(filter);
  return { where: `${time} >= ? AND ${time} < ?${where}`, values: [from, to, ...values] };
}

/** The same without the time; the SQL follows another condition. */
export function dimensionConditions(filter: ResolvedFilter) {
  const { where, values } = placeConditions(filter);
  if (filter.model === undefined) return { where, values };
  return { where: `${where} AND instr(lower(model), lower(?)) > 0`, values: [...values, filter.model] };
}

/** The directory in which a row's session began. */
const SESSION_START =
  "COALESCE((SELECT NULLIF(directory, '') FROM session_origin WHERE assistant = source AND id = session), project)";

/** The conditions of whose a row is; the SQL follows another condition. */
export const machineConditions = ({ machines }: MachineFilter): { where: string; values: string[] } =>
  machines === undefined
    ? { where: "", values: [] }
    : { where: ` AND machine ${IN_LIST}`, values: [JSON.stringify(machines)] };

/** The same for tables without a model. */
export function placeConditions({ named, branch, source, session, accounts, ...whose }: ResolvedFilter) {
  const ofMachines = machineConditions(whose);
  const parts = [ofMachines.where];
  const values = [...ofMachines.values];
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
