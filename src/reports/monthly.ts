import { periodsResult } from "./shared/usage/periods.ts";
import { monthOf } from "../model/calendar.ts";
import { CCUSAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Usage by local month. */
export const monthly: Report = {
  name: "monthly",
  options: [...CCUSAGE, "all-days"],
  description: "tokens and cost of each month",
  period: monthOf,
  run: (query, context) =>
    periodsResult({ list: "monthly", field: "month", column: "Month", of: monthOf }, query, context),
};
