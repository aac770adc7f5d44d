import { periodsResult } from "./shared/usage/periods.ts";
import { monthOf } from "../model/calendar.ts";
import { CCUSAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Usage by local month. */
export const monthly: Report = {
  name: "monthly",
  description: "tokens and cost of each month",
  options: [...CCUSAGE, "all-days"],
  period: monthOf,
  examples: [
    { args: "monthly", description: "all months" },
    { args: "monthly --csv", description: "for a spreadsheet" },
  ],
  related: ["daily", "weekly"],
  run: (query, context) =>
    periodsResult({ list: "monthly", field: "month", column: "Month", of: monthOf }, query, context),
};
