import { countOf, dateOf, fields, numberOf } from "../utils/json.ts";
import { type Session, type Spend, spendLimitOf } from "./session.ts";

/** The last known state of one limit of an account. The state file stores times in ISO 8601 UTC. */
export interface Quota {
  /** "five_hour", "seven_day", "spend_limit", or "model:<name>" for a weekly limit of one model. */
  readonly key: string;
  /** Percentage of the window used, 0-100, or more if the program reports more. */
  readonly percent: number;
  /** Epoch milliseconds of the reset; null if not reported. */
  readonly resetsAt: number | null;
  /** The amounts behind the percentage of a spend limit, if known. */
  readonly spend?: Spend;
}

/**
 * Pay-as-you-go credit of a calendar month, in addition to a plan or, on Enterprise accounts, instead of one. Amounts
 * are in the currency's minor unit (cents), as the program reports them. Percent is null if no limit is set.
 */
export interface ExtraUsage {
  readonly percent: number | null;
  readonly used: number;
  readonly limit: number | null;
  readonly currency: string;
  /** Decimal places of the minor unit; missing for 2. */
  readonly decimals?: number;
}

/** Length of the session window, milliseconds. */
export const FIVE_HOURS_MS = 5 * 3_600_000;
/** Length of the weekly window, milliseconds. */
export const WEEK_MS = 7 * 86_400_000;

/**
 * Two reset times closer than this belong to the same window, because sources round differently (to seconds or
 * minutes).
 */
const SAME_RESET_MS = 5 * 60_000;

function quota(key: string, value: unknown, field = "utilization"): Quota | null {
  const given = fields(value);
  const percent = numberOf(given[field]);
  return percent === null || percent < 0 ? null : { key, percent, resetsAt: dateOf(given["resets_at"]) };
}

/**
 * The limits in a `get_usage` answer (shape: test/fixtures/control/oauth-seed.get_usage.json). The weekly limits of
 * models are those shown by /usage in Claude Code: `limits[]` with a model scope, `model_scoped[]`, and
 * seven_day_sonnet; seven_day_opus only for versions without either list.
 */
export function quotasOf(usage: unknown): Quota[] {
  const rates = fields(fields(usage)["rate_limits"]);
  const list = (name: string): unknown[] => (Array.isArray(rates[name]) ? (rates[name] as unknown[]) : []);
  const scoped = new Map<string, Quota>();
  const addScoped = (name: unknown, found: Quota | null): void => {
    if (typeof name === "string" && name !== "" && found && !scoped.has(found.key)) scoped.set(found.key, found);
  };
  for (const entry of list("limits")) {
    const name = fields(fields(fields(entry)["scope"])["model"])["display_name"];
    addScoped(name, quota(`model:${String(name)}`, entry, "percent"));
  }
  for (const entry of list("model_scoped")) {
    const name = fields(entry)["display_name"];
    addScoped(name, quota(`model:${String(name)}`, entry));
  }
  const single = "limits" in rates || "model_scoped" in rates ? ["Sonnet"] : ["Opus", "Sonnet"];
  for (const name of single) addScoped(name, quota(`model:${name}`, rates[`seven_day_${name.toLowerCase()}`]));
  const main = [quota("five_hour", rates["five_hour"]), quota("seven_day", rates["seven_day"])];
  const spend = spendLimitOf(rates["spend_limit"]);
  return [
    ...main.filter((found) => found !== null),
    ...(spend ? [{ key: "spend_limit", ...spend }] : []),
    ...scoped.values(),
  ];
}

/** The extra usage in a `get_usage` answer; null if it is off or unknown. */
export function extraUsageOf(usage: unknown): ExtraUsage | null {
  const given = fields(fields(fields(usage)["rate_limits"])["extra_usage"]);
  const used = numberOf(given["used_credits"]);
  if (given["is_enabled"] !== true || used === null || used < 0) return null;
  const { currency: code, utilization } = given;
  const currency = code == null ? "USD" : typeof code === "string" && /^[A-Za-z]{1,8}$/.test(code) ? code : "?";
  const most = numberOf(given["monthly_limit"]);
  const limit = most !== null && most > 0 ? most : null;
  const computed = limit === null ? null : (used / limit) * 100;
  const percent = typeof utilization === "number" && utilization >= 0 ? utilization : computed;
  const decimals = countOf(given["decimal_places"]);
  const isUnusual = decimals !== null && decimals <= 6 && decimals !== 2;
  return { percent, used, limit, currency, ...(isUnusual && { decimals }) };
}

/** Whether a `get_usage` answer reports any limit or extra usage. */
export const holdsLimits = (usage: unknown): boolean => quotasOf(usage).length > 0 || extraUsageOf(usage) !== null;

/**
 * Whether extra usage observed at one time still applies at another: it is counted from the start of each month (UTC).
 */
export function isSameMonth(observedAt: number, now: number): boolean {
  const [observed, current] = [new Date(observedAt), new Date(now)];
  return observed.getUTCMonth() === current.getUTCMonth() && observed.getUTCFullYear() === current.getUTCFullYear();
}

/** An amount in units of a currency: "$12.34", "12.34 EUR". The currency comes from outside and is not sanitised. */
export function amountText(amount: number, currency: string, decimals = 2): string {
  return currency === "USD" ? `$${amount.toFixed(decimals)}` : `${amount.toFixed(decimals)} ${currency}`;
}

/** The amount spent and its limit: "$375.19 of $400.00"; null if neither is known. */
export function spendText({ used, limit, currency, decimals }: Spend): string | null {
  const spent = used === null ? [] : [amountText(used, currency, decimals)];
  const most = limit === null ? [] : [`of ${amountText(limit, currency, decimals)}`];
  return [...spent, ...most].join(" ") || null;
}

/** The amounts of extra usage, in units of its currency. */
export function extraSpend({ used, limit, currency, decimals }: ExtraUsage): Spend {
  const unit = 10 ** (decimals ?? 2);
  const amounts = { used: used / unit, limit: limit === null ? null : limit / unit };
  return { ...amounts, currency, period: "monthly", ...(decimals !== undefined && { decimals }) };
}

/** The limits in a session's stdin. */
export function quotasOfSession({ limits: { fiveHour, weekly, spend } }: Pick<Session, "limits">): Quota[] {
  const found: Quota[] = [];
  if (fiveHour) found.push({ key: "five_hour", ...fiveHour });
  if (weekly) found.push({ key: "seven_day", ...weekly });
  if (spend) found.push({ key: "spend_limit", ...spend });
  return found;
}

/** The limit with a key, or undefined. */
export function withKey<Q extends Quota>(limits: readonly Q[], key: string): Q | undefined {
  for (const limit of limits) if (limit.key === key) return limit;
  return undefined;
}

/** Whether two readings of a limit belong to the same window. */
export function sameWindow(a: Quota, b: Quota): boolean {
  return (
    a.key === b.key && a.resetsAt !== null && b.resetsAt !== null && Math.abs(a.resetsAt - b.resetsAt) <= SAME_RESET_MS
  );
}

/**
 * Whether a limit dropped between two readings because the provider reset it or the plan changed. A drop of up to one
 * point does not count: sources round differently, and a slow answer carries the number from when it was requested.
 */
export const hasDropped = (before: number, after: number): boolean => before - after > 1;

/** Milliseconds by which a clock may be corrected without making earlier times count as future ones. */
const CORRECTION_MS = 1_000;

/** Whether the time of a reading is valid. A time in the future was recorded before the clock was set back. */
export const isPast = (at: number, now: number): boolean => at - now <= CORRECTION_MS;
