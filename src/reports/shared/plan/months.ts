import { addDays, dateOf, monthOf, startOfDay } from "../../../model/calendar.ts";
import type { UsageRow } from "../../../ledger/rows.ts";
import { dateOfDay } from "../../../pricing/costs.ts";
import { titleOf } from "../assistants.ts";
import type { ReportContext, ReportQuery } from "../report.ts";
import { choiceFields, hasSmallerPlans, limitPeak, planChoice } from "./choice.ts";
import { isSubscribed, planWorthBy, type PlanWorth, SUBSCRIBED, worthFields, worthParts } from "./worth.ts";

/** The newest months that get a sentence; JSON has all. */
const SHOWN_MONTHS = 3;

/** A month of usage, and how much of it is known. */
interface PlanPeriod {
  readonly month: string;
  readonly worth: PlanWorth;
  /** Epoch milliseconds; `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly isOver: boolean;
  /** Whether the range of the query leaves out a part of it. */
  readonly isCut: boolean;
  /** The first local date with usage, if nothing before it is recorded and it is not the first of the month; else null. */
  readonly begins: string | null;
}

/** Sentences and JSON fields that compare months of a query with what the subscription costs a month, in dollars. */
export async function planOfMonths(
  query: ReportQuery,
  context: ReportContext,
  planDollars: number,
): Promise<{ readonly notes: readonly string[]; readonly fields: object }> {
  const { filter, intervals } = query;
  const rows = await context.queries.usage(filter, intervals, ["source"]);
  if (!rows.some(isSubscribed)) return { notes: [], fields: {} };
  const firstDate = (await hasUsageBefore(query, context)) ? null : firstDateOf(rows);
  const months = [...planWorthBy(rows, context.costs, planDollars, ({ day }) => monthOf(dateOfDay(day)))]
    .filter(([, { usage }]) => usage.responses > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([month, worth]) => periodOf(month, worth, query, firstDate));
  const newest = months.at(-1);
  if (!newest) return { notes: [], fields: {} };
  const choice = await choiceOf(newest, query, context);
  const accounts = await subscribedAccounts(context);
  const isOfAll = query.filter.accounts === undefined && accounts > 1;
  const leftOut = new Set(months.flatMap(({ worth }) => worth.leftOut));
  const others = Array.from(leftOut, (source) => titleOf(context.assistants, source)).toSorted();
  return {
    notes: [
      ...months.slice(-SHOWN_MONTHS).map(sentenceOf),
      `Counted for the plan: Claude Code and Cowork with Claude models${others.length > 0 ? `, not ${others.join(", ")}` : ""}${isOfAll ? `, of ${accounts} accounts (--account selects one)` : ""}. Their files do not say what was paid by API key.`,
      ...choice.notes.map((note, index) => (index === 0 ? `${newest.month}: ${note}` : note)),
    ],
    fields: {
      plan: {
        monthlyDollars: planDollars,
        months: months.map((one) => ({
          month: one.month,
          isComplete: isComplete(one),
          ...worthFields(one.worth),
        })),
        choice: { month: newest.month, ...choiceFields(choice) },
      },
    },
  };
}

/** Number of accounts, which are configuration directories, with sessions that may count for a plan. */
async function subscribedAccounts({ queries }: ReportContext): Promise<number> {
  const found = [...(await queries.accounts())].filter(([key]) => SUBSCRIBED.has(key.split("\n")[0] ?? ""));
  return new Set(found.map(([, account]) => account)).size;
}

function periodOf(
  month: string,
  worth: PlanWorth,
  { filter, zone, now }: ReportQuery,
  firstDate: string | null,
): PlanPeriod {
  const from = startOfDay(zone, `${month}-01`);
  const to = startOfDay(zone, `${monthOf(addDays(`${month}-28`, 4))}-01`);
  const isCut = filter.from > from || filter.to < Math.min(to, now);
  const isFirst = firstDate !== null && monthOf(firstDate) === month && firstDate !== `${month}-01`;
  const begins = !isCut && isFirst ? firstDate : null;
  return { month, worth, from, to, isOver: to <= now, isCut, begins };
}

const firstDateOf = (rows: readonly UsageRow[]): string =>
  dateOfDay(rows.filter(isSubscribed).reduce((least, { day }) => Math.min(least, day), Infinity));

/** Whether usage for the plan is recorded before the range of the query. */
async function hasUsageBefore({ filter }: ReportQuery, { queries }: ReportContext): Promise<boolean> {
  const before = { from: 0, to: filter.from };
  if (before.to <= 0) return false;
  return (await queries.usage({ ...filter, ...before }, [{ ...before, offsetMs: 0 }], ["source"])).some(isSubscribed);
}

/** "2026-10: $412.30 at list prices for a plan of $100.00 a month: 4.1x." */
function sentenceOf(period: PlanPeriod): string {
  const { worth, plan, times, without } = worthParts(period.worth);
  return `${period.month}${stateOf(period)}: ${worth} for a plan of ${plan}: ${times}${without && `, ${without}`}.`;
}

const isComplete = ({ isOver, isCut, begins }: PlanPeriod): boolean => isOver && !isCut && begins === null;

const stateOf = ({ isOver, isCut, begins }: PlanPeriod): string =>
  [
    ...(isCut ? [", a part of the month"] : []),
    ...(begins ? [`, recorded from ${begins}`] : []),
    ...(isOver ? [] : [", not over"]),
  ].join("");

async function choiceOf(period: PlanPeriod, { filter, zone }: ReportQuery, { log }: ReportContext) {
  const { worth, from, to } = period;
  const range = { from: Math.max(from, filter.from), to: Math.min(to, filter.to) };
  // A month of the log is much to read.
  const logged = hasSmallerPlans(worth.planMicros) ? await log("usage", range.from) : [];
  const records = logged.filter(({ timestamp }) => Date.parse(timestamp) < range.to);
  const withLimits = records.filter((record) => limitPeak([record], range) !== null);
  return planChoice(
    {
      listMicros: worth.usage.micros,
      planMicros: worth.planMicros,
      isPriced: worth.usage.unpricedTokens === 0,
      isComplete: isComplete(period),
      peak: limitPeak(records, range),
      areSeveral: new Set(withLimits.map(({ scope }) => scope)).size > 1,
    },
    (ms) => dateOf(zone, ms),
  );
}
