import { type ValueKind, valueFormats } from "../../render/format.ts";
import { param, setParams } from "../client/location.ts";

/** The name of the column by which rows are sorted, and how. */
export interface SortOrder {
  readonly column: string;
  readonly order: "asc" | "desc";
}

/** The order of rows that the address names, else the own one of the table. */
function orderOf(own: SortOrder): SortOrder {
  const column = param("sort");
  return column === null ? own : { column, order: param("order") === "asc" ? "asc" : "desc" };
}

/** The options of a report for a table that is sorted as the address says. */
export function sortParams(own: SortOrder) {
  const { column, order } = orderOf(own);
  return { sort: column, order };
}

/** A head that sorts by its column, and then the other way round: texts from the first, numbers and times from the largest. */
export function SortHead({
  name,
  kind,
  own,
  class: place,
}: {
  name: string;
  kind: ValueKind;
  own: SortOrder;
  class: string;
}) {
  const now = orderOf(own);
  const order = now.column === name ? now.order : null;
  const first = valueFormats[kind].isText && kind !== "time" ? "asc" : "desc";
  const next = order === null ? first : order === "asc" ? "desc" : "asc";
  const isOwn = name === own.column && next === own.order;
  return (
    <th scope="col" class={place} aria-sort={order === null ? "none" : order === "asc" ? "ascending" : "descending"}>
      <button
        type="button"
        onClick={() => setParams({ sort: isOwn ? null : name, order: isOwn ? null : next, page: null })}
      >
        {name}
        {order !== null && <span aria-hidden="true">{order === "asc" ? " ▲" : " ▼"}</span>}
      </button>
    </th>
  );
}
