import { periodsResult } from "./shared/usage/periods.ts";
import { weekOf } from "../model/calendar.ts";
import type { Report } from "./contract.ts";

/** Weeks begin on Sunday, as in ccusage. */
const SUNDAY = 0;

/** Usage by local week; a week is named by its first day. */
export const weekly: Report = {
  name: "weekly",
  description: "tokens and cost of each week, beginning on Sunday",
  examples: [
    { args: "weekly --last 4w", description: "the last four weeks" },
    { args: "weekly --breakdown", description: "with a row for each model" },
  ],
  related: ["daily", "monthly"],
  run: (query, context) =>
    periodsResult(
      { list: "weekly", field: "week", column: "Week of", of: (date) => weekOf(date, SUNDAY) },
      query,
      context,
    ),
};
