import type { PricedTotals } from "../../../pricing/costs.ts";
import type { Column } from "../../../render/columns.ts";

/** A column for the share of the total cost. */
export const shareColumn = (all: PricedTotals): Column<{ readonly fields: { readonly share: number | null } }> => ({
  name: "Share",
  kind: "percent",
  priority: 60,
  value: ({ fields }) => fields.share,
  field: "share",
  total: () => (all.micros > 0 ? 100 : null),
});
