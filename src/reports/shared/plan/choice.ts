import table from "../../../../data/plans.json";
import type { LogRecord } from "../../../model/record.ts";
import { limitReadingsIn } from "../../../model/limit-readings.ts";
import { count, dollars, isoOrNull, money, share } from "../../../render/format.ts";
import type { TimeRange } from "../../../ledger/rows.ts";

/** A subscription: dollars a month, and how much it may be used in a week compared with the others. */
interface Subscription {
  readonly name: string;
  readonly dollars: number;
  readonly capacity: number;
}

/** The limits of plans for all models, by the key of their readings; some plans have only the weekly one. */
const LIMIT_NAMES: Readonly<Record<string, string>> = { five_hour: "5-hour limit", seven_day: "weekly limit" };

/** The highest reading of a limit within a time, and the readings that it is from. */
export interface LimitPeak {
  readonly limit: string;
  readonly percent: number;
  readonly readings: number;
  /** Whether the 5-hour limit is among them. */
  readonly hasFiveHour: boolean;
  /** Epoch milliseconds of the first and the last reading. */
  readonly first: number;
  readonly last: number;
}

/** What the usage of a month would have cost least, as far as that is known. */
export interface PlanChoice {
  /** "API", the name of a plan, or "your plan" for one that is not in the table; null where it cannot be known. */
  readonly cheapest: string | null;
  readonly micros: number | null;
  /** Whether it depends on the limits of a plan that was not used. */
  readonly isEstimate: boolean;
  readonly peak: LimitPeak | null;
  /** Sentences with the result and its basis. */
  readonly notes: readonly string[];
}

/** Whether a price is that of a plan in the table, and not of the smallest: only then do the limits matter. */
export const hasSmallerPlans = (planMicros: number): boolean =>
  table.plans.some((plan) => plan.dollars * 1e6 === planMicros) &&
  table.plans.some((plan) => plan.dollars * 1e6 < planMicros);

/** The highest reading of the limits in the log within a time; null without any. */
export function limitPeak(records: readonly LogRecord[], { from, to }: TimeRange): LimitPeak | null {
  const found = limitReadingsIn(records).filter(
    ({ at, quota }) => at >= from && at < to && Object.hasOwn(LIMIT_NAMES, quota.key),
  );
  const [first, ...rest] = found;
  if (!first) return null;
  const highest = rest.reduce((a, b) => (b.quota.percent > a.quota.percent ? b : a), first);
  return {
    limit: LIMIT_NAMES[highest.quota.key] ?? highest.quota.key,
    percent: highest.quota.percent,
    readings: found.length,
    hasFiveHour: found.some(({ quota }) => quota.key === "five_hour"),
    first: first.at,
    last: rest.at(-1)?.at ?? first.at,
  };
}

/** A month's usage: its worth at list prices, the plan that was paid, and what the log has of its limits. */
export interface PlanMonth {
  readonly listMicros: number;
  /** Whether all of its tokens have a price. */
  readonly isPriced: boolean;
  readonly planMicros: number;
  /** Whether the month is over and all of it is in the range. */
  readonly isComplete: boolean;
  readonly peak: LimitPeak | null;
  /** Whether readings of several accounts are in the log. */
  readonly areSeveral: boolean;
}

/**
 * Which of the API at list prices, the plan that was paid and the smaller plans of the table would have been cheapest. Whether a
 * smaller plan would have been enough is an estimate from the highest logged percentage and the ratio of the plans; `dayOf` is the
 * local date of a time.
 */
export function planChoice(month: PlanMonth, dayOf: (ms: number) => string): PlanChoice {
  const { listMicros, planMicros, isComplete, isPriced, peak } = month;
  const plans: readonly Subscription[] = table.plans;
  const own = plans.find((plan) => plan.dollars * 1e6 === planMicros) ?? null;
  const smaller = plans.filter((plan) => plan.dollars * 1e6 < planMicros).toSorted((a, b) => a.dollars - b.dollars);
  const { enough, isKnown, notes: basis } = smallerPlans(own, smaller, month, dayOf);
  const notes = [...basis, tableNote];
  const best = enough
    ? { name: enough.name, micros: enough.dollars * 1e6 }
    : { name: own?.name ?? "your plan", micros: planMicros };
  const plan = `${best.name} (${money(best.micros)} a month)`;
  const api = `the API at list prices (${money(listMicros)})`;
  const isPlan = listMicros >= best.micros;
  if (!isPlan && !(isComplete && isPriced)) {
    const why = isComplete ? "some tokens have no price" : "this is only a part of the month";
    const result = `Which is cheapest is not known: ${api} is below ${plan}, but ${why}.`;
    return { cheapest: null, micros: null, isEstimate: false, peak, notes: [result, ...notes] };
  }
  const [less, more] = isPlan ? [plan, api] : [api, plan];
  // No plan costs less than the smallest one, whatever its limits are.
  const isFact = smaller.every((one) => listMicros < one.dollars * 1e6);
  if (!isFact && !isKnown) {
    const result = `For that usage, ${less} costs no more than ${more}.`;
    return { cheapest: null, micros: null, isEstimate: false, peak, notes: [result, ...notes] };
  }
  return {
    cheapest: isPlan ? best.name : "API",
    micros: isPlan ? best.micros : listMicros,
    isEstimate: !isFact,
    peak,
    notes: [`Cheapest for that usage${isFact ? "" : ", by estimate"}: ${less}, not ${more}.`, ...notes],
  };
}

const tableNote = `Plans as of ${table.date}: ${table.plans.map((one) => `${one.name} $${one.dollars}`).join(", ")} a month (${table.source}).`;

/** The smallest plan that would have been enough, by estimate, whether that can be estimated, and sentences with the basis. */
function smallerPlans(
  own: Subscription | null,
  smaller: readonly Subscription[],
  { peak, areSeveral }: PlanMonth,
  dayOf: (ms: number) => string,
): { readonly enough: Subscription | null; readonly isKnown: boolean; readonly notes: readonly string[] } {
  if (smaller.length === 0) return { enough: null, isKnown: true, notes: [] };
  const unknown = (why: string) => ({
    enough: null,
    isKnown: false,
    notes: [`Whether a smaller plan would have been enough cannot be known: ${why}.`],
  });
  if (!own) return unknown("no plan of the table has that price");
  if (areSeveral) return unknown("Pawprint's log has limits of more than one account in that time");
  if (!peak) return unknown("Pawprint's log has no limits in that time; pawprint install --log turns logging on");
  const scaled = smaller.map((one) => ({ plan: one, percent: (peak.percent * own.capacity) / one.capacity }));
  const parts = scaled.map(
    ({ plan, percent }) =>
      `about ${share(percent)} of ${plan.name}'s by the plans' ratio of ${own.capacity} to ${plan.capacity}`,
  );
  const enough = scaled.find(({ percent }) => percent <= 100)?.plan ?? null;
  if (enough && !peak.hasFiveHour)
    return unknown(`the log has no 5-hour limit in that time, which ${enough.name} has, only the weekly one`);
  const basis = `${count(peak.readings)} readings in the log from ${dayOf(peak.first)} to ${dayOf(peak.last)}`;
  return {
    enough,
    isKnown: true,
    notes: [
      `Basis of the estimate: at most ${share(peak.percent)} of ${own.name}'s ${peak.limit} was used, ${parts.join(", ")}; ${basis}. Real limits need not follow that ratio.`,
    ],
  };
}

/** The choice as JSON fields. */
export const choiceFields = ({ cheapest, micros, isEstimate, peak }: PlanChoice) => ({
  cheapest,
  dollars: dollars(micros),
  isEstimate,
  limitPeak: peak && {
    limit: peak.limit,
    percent: peak.percent,
    readings: peak.readings,
    from: isoOrNull(peak.first),
    to: isoOrNull(peak.last),
  },
  plansAsOf: table.date,
  plansSource: table.source,
});
