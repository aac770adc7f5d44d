import { periodsAnswer } from "./shared/usage/periods.ts";
import { weekOf } from "../model/calendar.ts";
import type { Report } from "./contract.ts";

/** Weeks begin on Sunday, as those of ccusage do. */
const SUNDAY = 0;

/** Usage by local week, named by its first day. */
export const weekly: Report = {
  name: "weekly",
  description: "tokens and cost of each week, from Sunday on",
  run: (question, books) =>
    periodsAnswer(
      { list: "weekly", field: "week", column: "Week of", of: (date) => weekOf(date, SUNDAY) },
      question,
      books,
    ),
};
