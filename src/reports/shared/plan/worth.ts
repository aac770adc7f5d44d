import type { Filter, UsageRow } from "../../../ledger/rows.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { type Costs, PricedTotals, sumBy } from "../../../pricing/costs.ts";
import { count, dollars, money, times } from "../../../render/format.ts";

/** The assistants whose usage counts against a Claude subscription. */
export const SUBSCRIBED: ReadonlySet<string> = new Set([LOGGED_ASSISTANT, "cowork"]);
/** A model of Claude by Anthropic's own name; other platforms and gateways, which bill on their own, write other names. */
const CLAUDE = /^claude-[a-z0-9.-]+(?:\[\d+m\])?$/i;

/** Usage that counts against a Claude subscription, at list prices, and what the subscription costs. */
export interface PlanWorth {
  /** What the subscription costs a month, micro-dollars. */
  readonly planMicros: number;
  readonly usage: PricedTotals;
  /** The assistants whose usage is left out, by source name. */
  readonly leftOut: readonly string[];
}

/** Whether a filter selects all usage of subscriptions, so that it can be compared with what one costs. */
export const isWholeSubscription = ({ project, model, branch, session, source }: Filter): boolean =>
  [project, model, branch, session].every((one) => one === undefined) &&
  (source === undefined || SUBSCRIBED.has(source));

/** The worth of usage, by a key of its rows; `planDollars` is what the subscription costs a month. */
export function planWorthBy<K>(
  rows: readonly UsageRow[],
  costs: Costs,
  planDollars: number,
  keyOf: (row: UsageRow) => K,
): Map<K, PlanWorth> {
  const worthOf = (some: readonly UsageRow[]): PlanWorth => ({
    planMicros: planDollars * 1e6,
    usage: sumBy(some.filter(isSubscribed), costs.atListPrices, () => null).all,
    leftOut: [...new Set(some.map(({ source }) => source))].filter((source) => !SUBSCRIBED.has(source)),
  });
  return new Map(Array.from(Map.groupBy(rows, keyOf), ([key, some]) => [key, worthOf(some)]));
}

/** Whether usage counts against a Claude subscription, as far as its files say. */
export const isSubscribed = ({ source, model }: UsageRow): boolean =>
  SUBSCRIBED.has(source) && CLAUDE.test(model.trim());

/** The worth in parts: "$412.30 at list prices", "4.1x", "$100.00 a month", and what has no price, or nothing. */
export function worthParts({ planMicros, usage }: PlanWorth) {
  const { unpricedTokens } = usage;
  return {
    worth: `${money(usage.micros)} at list prices`,
    times: times(usage.micros / planMicros),
    plan: `${money(planMicros)} a month`,
    without: unpricedTokens === 0 ? "" : `without ${count(unpricedTokens)} tokens that have no price`,
  };
}

/** The worth as JSON fields. */
export const worthFields = ({ planMicros, usage }: PlanWorth) => ({
  listPriceDollars: dollars(usage.micros),
  ratio: usage.micros / planMicros,
  unpricedTokens: usage.unpricedTokens,
});
