import type { UsageRow } from "../../../ledger/rows.ts";
import { count, dollars, money } from "../../../render/format.ts";
import type { ReportContext, ReportQuery } from "../report.ts";
import { isSubscribed, isWholeSubscription, planWorthBy, worthFields, worthParts } from "./worth.ts";

const DAYS_PER_MONTH = 365.25 / 12;

/** What a subscription costs for some days, and what the usage of these days is worth at list prices. */
export interface RangePlan extends ReturnType<typeof worthFields> {
  readonly monthlyDollars: number;
  readonly days: number;
  /** The part of the monthly price for the days. */
  readonly rangeDollars: number | null;
}

/**
 * Compares the rows of a query over some days with what the subscription costs for as many; null where no plan is set, the filter leaves
 * out some of its usage, or there is none. Its sentence, and its JSON.
 */
export function planOfRange(
  rows: readonly UsageRow[],
  days: number,
  { filter }: ReportQuery,
  { costs, planDollars }: ReportContext,
): { readonly note: string; readonly plan: RangePlan } | null {
  if (!planDollars || !isWholeSubscription(filter) || !rows.some(isSubscribed)) return null;
  const price = Math.round((planDollars / DAYS_PER_MONTH) * days * 1e6) / 1e6;
  const worth = planWorthBy(rows, costs, price, () => null).get(null);
  if (!worth) return null;
  const { worth: text, times, without } = worthParts(worth);
  const paid = `${money(worth.planMicros)} for ${count(days)} ${days === 1 ? "day" : "days"} (${money(planDollars * 1e6)} a month)`;
  return {
    note: `${text} for a plan of ${paid}: ${times}${without && `, ${without}`}.`,
    plan: { monthlyDollars: planDollars, days, rangeDollars: dollars(worth.planMicros), ...worthFields(worth) },
  };
}
