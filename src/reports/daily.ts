import { periodsResult } from "./shared/usage/periods.ts";
import { CCUSAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Usage by local day. */
export const daily: Report = {
  name: "daily",
  options: [...CCUSAGE, "instances", "all-days"],
  description: "tokens and cost of each day",
  period: (date) => date,
  run: (query, context) =>
    periodsResult({ list: "daily", field: "date", column: "Date", of: (date) => date }, query, context),
};
