import { type Column, rowsWithParts, shownColumns, totalOf } from "../../render/columns.ts";
import { type Cell, count, valueFormats } from "../../render/format.ts";
import { PawprintError } from "../../utils/errors.ts";
import { unknownName } from "../../utils/registry.ts";
import type { RowOrder, ReportResult } from "./report.ts";

/** How the rows of a result are sorted and how many are kept. */
export interface Arrangement {
  /** A column, by its name or its field in JSON. */
  readonly sort?: string | undefined;
  readonly order?: RowOrder | undefined;
  readonly limit?: number | undefined;
  /** How many rows are passed over before the first one that is kept. */
  readonly offset?: number | undefined;
}

/**
 * A result with its rows sorted, and only some of them kept; parts stay below their row, and totals are those of all rows.
 * Numbers are sorted from the largest, texts and times from the first. The rows kept are the first ones, or the newest where
 * the rows are in the order of time. Throws bad_usage for an unknown column, listing all.
 */
export function arrange<Row>(
  result: ReportResult<Row>,
  { sort, order, limit = Infinity, offset = 0 }: Arrangement,
): ReportResult<Row> {
  const isOwnOrder = sort === undefined && order === undefined;
  if (isOwnOrder && limit === Infinity && offset === 0) return result;
  const all = rowsWithParts(result);
  const sorted = sort === undefined ? turned(all, result.order, order) : sortedBy(columnOf(result, sort), all, order);
  const isLast = isOwnOrder && result.order === "asc";
  const [first, end] = isLast
    ? [Math.max(sorted.length - offset - limit, 0), Math.max(sorted.length - offset, 0)]
    : [offset, offset + limit];
  const kept = sorted.slice(first, end);
  const arranged = {
    ...result,
    order: isOwnOrder ? result.order : undefined,
    maxRows: limit === Infinity ? result.maxRows : undefined,
    ...(all.length > 0 && kept.length === 0 && { empty: `There are only ${count(all.length)} rows.` }),
    rows: kept.flat(),
    columns: result.columns.map((column) =>
      column.total === "sum" ? { ...column, total: () => totalOf(column, result.rows) } : column,
    ),
  };
  if (kept.length === all.length) return arranged;
  const [place, side] = isLast ? ["last", "before"] : ["first", "after"];
  const which =
    offset === 0
      ? `the ${place} ${count(kept.length)} of ${count(all.length)} rows`
      : `${count(kept.length)} of ${count(all.length)} rows, ${side} the ${place} ${count(offset)}`;
  const hasTotals = result.columns.some(({ total }) => total !== undefined);
  return {
    ...arranged,
    showing: `Showing ${which}${hasTotals ? "; totals are those of all" : ""}.`,
    json: (rows) => ({
      ...result.json(rows),
      showing: { rows: kept.length, of: all.length, ...(offset > 0 && { offset }) },
    }),
  };
}

/** Rows in their own order, or turned around if that is not the wanted one. Throws bad_usage where they have none. */
function turned<Row>(rows: Row[][], own: RowOrder | undefined, wanted: RowOrder | undefined): Row[][] {
  if (wanted === undefined || wanted === own) return rows;
  if (own !== undefined) return rows.toReversed();
  const example = "for example: --sort NAME --order desc";
  throw new PawprintError("bad_usage", "--order needs --sort in this report", example);
}

/** The column of a name or field, whatever its case and with spaces or dashes between words. Throws bad_usage. */
function columnOf<Row>({ columns }: Pick<ReportResult<Row>, "columns">, wanted: string): Column<Row> {
  const plain = (text: string): string => text.toLowerCase().replace(/[\s_]|-(?=.)/g, "");
  const found = columns.find(({ name, field }) => [name, field ?? name].some((one) => plain(one) === plain(wanted)));
  if (found) return found;
  const shown = shownColumns({ columns });
  const listed = shown.map(({ name, field }) =>
    field === undefined || plain(field) === plain(name) ? name : `${name} (${field})`,
  );
  const names = shown.flatMap(({ name, field }) => [name, field ?? name]);
  throw unknownName("column", wanted, names, `one of: ${listed.join(", ")}`);
}

/** Rows sorted by a column, those without a value last; rows with equal values stay in their order. */
function sortedBy<Row>(column: Column<Row>, rows: Row[][], order: RowOrder | undefined): Row[][] {
  const isFromFirst = valueFormats[column.kind].isText === true;
  const sign = (order ?? (isFromFirst ? "asc" : "desc")) === "asc" ? 1 : -1;
  return rows
    .map((group) => ({ group, value: group[0] === undefined ? null : column.value(group[0]) }))
    .toSorted((a, b) => compare(a.value, b.value, sign))
    .map(({ group }) => group);
}

/** Numbers by size, then texts by their letters, then unknown values. */
function compare(a: Cell, b: Cell, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  const [left, right] = [String(a).toLowerCase(), String(b).toLowerCase()];
  return left === right ? 0 : sign * (left < right ? -1 : 1);
}
