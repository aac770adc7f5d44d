import { isWholeSubscription } from "./shared/plan/worth.ts";
import { withMore } from "./shared/report.ts";
import { type Period, periodsResult } from "./shared/usage/periods.ts";
import { monthOf } from "../model/calendar.ts";
import { CCUSAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

const month = { list: "monthly", field: "month", column: "Month", of: monthOf } satisfies Period;

/** Usage by local month. */
export const monthly: Report = {
  name: "monthly",
  description: "tokens and cost of each month; with PET_PLAN_USD, compared with what the subscription costs",
  options: [...CCUSAGE, "by", "all-days"],
  period: month.of,
  examples: [
    { args: "monthly", description: "all months" },
    { args: "monthly --csv", description: "for a spreadsheet" },
  ],
  related: ["daily", "weekly"],
  async run(query, context) {
    const result = await periodsResult(month, query, context);
    if (!context.planDollars || !isWholeSubscription(query.filter)) return result;
    const { planOfMonths } = await import("./shared/plan/months.ts");
    const { notes, fields } = await planOfMonths(query, context, context.planDollars);
    return withMore(result, { notes, fields });
  },
};
