import type { PricedTotals } from "../../../pricing/costs.ts";
import type { Column } from "../../../render/columns.ts";

/** Columns for the number of sessions and the last local date with usage; `total` counts each session once. */
export const sessionColumns = (
  total: number,
): readonly Column<{ readonly fields: { readonly sessions: number; readonly lastDate: string } }>[] => [
  {
    name: "Sessions",
    kind: "integer",
    priority: 25,
    value: ({ fields }) => fields.sessions,
    total: () => total,
    field: "sessions",
  },
  { name: "Last day", kind: "date", priority: 20, value: ({ fields }) => fields.lastDate, field: "lastDate" },
];

/** A column for the share of the total cost. */
export const shareColumn = (all: PricedTotals): Column<{ readonly fields: { readonly share: number | null } }> => ({
  name: "Share",
  kind: "percent",
  priority: 60,
  value: ({ fields }) => fields.share,
  field: "share",
  total: () => (all.micros > 0 ? 100 : null),
});
