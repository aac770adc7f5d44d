import { type Period, periodsResult } from "./shared/usage/periods.ts";
import { weekOf } from "../model/calendar.ts";
import { CCUSAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Weeks begin on Sunday, as in ccusage, if --start-of-week does not say otherwise. */
const SUNDAY = 0;
const week = {
  list: "weekly",
  field: "week",
  column: "Week of",
  of: (date, weekStart) => weekOf(date, weekStart ?? SUNDAY),
} satisfies Period;

/** Usage by local week; a week is named by its first day. */
export const weekly: Report = {
  name: "weekly",
  options: [...CCUSAGE, "by", "start-of-week", "all-days"],
  description: "tokens and cost of each week (from Sunday or another day on)",
  period: week.of,
  examples: [
    { args: "weekly --last 4w", description: "the last four weeks" },
    { args: "weekly --breakdown", description: "with a row for each model" },
  ],
  related: ["daily", "monthly"],
  run: (query, context) => periodsResult(week, query, context),
};
