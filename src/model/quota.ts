import { type Session, type Spend, spendLimitOf } from "./session.ts";

/** One limit of an account, as it was last known. On disk (state file): times in ISO 8601 UTC. */
export interface Quota {
  /** "five_hour", "seven_day", "spend_limit", or "model:<name>" for a weekly limit of one model. */
  readonly key: string;
  /** Percent of the window used, 0-100 and above where the program says so. */
  readonly percent: number;
  /** Epoch milliseconds of the reset; null where the program does not say. */
  readonly resetsAt: number | null;
  /** The amounts behind the percentage of a spend limit, where they are known. */
  readonly spend?: Spend;
}

/**
 * Pay-as-you-go credit of a calendar month, on top of a plan or, on Enterprise accounts, in its place; amounts in the
 * currency's minor unit (cents), as the program gives them. Percent is null where no limit is set.
 */
export interface ExtraUsage {
  readonly percent: number | null;
  readonly used: number;
  readonly limit: number | null;
  readonly currency: string;
  /** Decimal places of the minor unit where they are not two. */
  readonly decimals?: number;
}

/** Length of the session window, milliseconds. */
export const FIVE_HOURS_MS = 5 * 3_600_000;
/** Length of the weekly window, milliseconds. */
export const WEEK_MS = 7 * 86_400_000;

/** Two reset times name the same window when they are this close: the sources round differently (seconds, minutes). */
const SAME_RESET_MS = 5 * 60_000;

type Json = Readonly<Record<string, unknown>>;
const object = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

function time(value: unknown): number | null {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}

function quota(key: string, value: unknown, field = "utilization"): Quota | null {
  const given = object(value);
  const percent = number(given[field]);
  return percent === null || percent < 0 ? null : { key, percent, resetsAt: time(given["resets_at"]) };
}

/**
 * The limits in an answer to `get_usage` (shape: test/fixtures/control/oauth-seed.get_usage.json). Weekly limits of
 * models are those that Claude Code itself shows in /usage: `limits[]` with a model scope, `model_scoped[]`, and
 * seven_day_sonnet; seven_day_opus only where the answer is of a version that has neither list.
 */
export function quotasOf(usage: unknown): Quota[] {
  const rates = object(object(usage)["rate_limits"]);
  const list = (name: string): unknown[] => (Array.isArray(rates[name]) ? (rates[name] as unknown[]) : []);
  const scoped = new Map<string, Quota>();
  const keep = (name: unknown, found: Quota | null): void => {
    if (typeof name === "string" && name !== "" && found && !scoped.has(found.key)) scoped.set(found.key, found);
  };
  for (const entry of list("limits")) {
    const name = object(object(object(entry)["scope"])["model"])["display_name"];
    keep(name, quota(`model:${String(name)}`, entry, "percent"));
  }
  for (const entry of list("model_scoped")) {
    const name = object(entry)["display_name"];
    keep(name, quota(`model:${String(name)}`, entry));
  }
  const single = "limits" in rates || "model_scoped" in rates ? ["Sonnet"] : ["Opus", "Sonnet"];
  for (const name of single) keep(name, quota(`model:${name}`, rates[`seven_day_${name.toLowerCase()}`]));
  const main = [quota("five_hour", rates["five_hour"]), quota("seven_day", rates["seven_day"])];
  const spend = spendLimitOf(rates["spend_limit"]);
  return [
    ...main.filter((found) => found !== null),
    ...(spend ? [{ key: "spend_limit", ...spend }] : []),
    ...scoped.values(),
  ];
}

/** The extra usage in an answer to `get_usage`, or null where it is off or unknown. */
export function extraUsageOf(usage: unknown): ExtraUsage | null {
  const given = object(object(object(usage)["rate_limits"])["extra_usage"]);
  const used = number(given["used_credits"]);
  if (given["is_enabled"] !== true || used === null || used < 0) return null;
  const { currency: code, utilization } = given;
  const currency = code == null ? "USD" : typeof code === "string" && /^[A-Za-z]{1,8}$/.test(code) ? code : "?";
  const most = number(given["monthly_limit"]);
  const limit = most !== null && most > 0 ? most : null;
  const follows = limit === null ? null : (used / limit) * 100;
  const percent = typeof utilization === "number" && utilization >= 0 ? utilization : follows;
  const places = given["decimal_places"];
  const isOther = typeof places === "number" && Number.isInteger(places) && places >= 0 && places <= 6 && places !== 2;
  return { percent, used, limit, currency, ...(isOther && { decimals: places }) };
}

/** Whether an answer to `get_usage` tells how much of anything is used. */
export const holdsLimits = (usage: unknown): boolean => quotasOf(usage).length > 0 || extraUsageOf(usage) !== null;

/** Whether extra usage seen at a time says anything of another time: it counts from the start of each month (UTC). */
export function isSameMonth(seenAt: number, now: number): boolean {
  const [seen, current] = [new Date(seenAt), new Date(now)];
  return seen.getUTCMonth() === current.getUTCMonth() && seen.getUTCFullYear() === current.getUTCFullYear();
}

/** An amount in units of a currency: "$12.34", "12.34 EUR". The currency comes from outside and is not cleaned. */
export function amountText(amount: number, currency: string, decimals = 2): string {
  return currency === "USD" ? `$${amount.toFixed(decimals)}` : `${amount.toFixed(decimals)} ${currency}`;
}

/** What is spent and of how much: "$375.19 of $400.00"; null where no amount is known. */
export function spendText({ used, limit, currency, decimals }: Spend): string | null {
  const spent = used === null ? [] : [amountText(used, currency, decimals)];
  const most = limit === null ? [] : [`of ${amountText(limit, currency, decimals)}`];
  return [...spent, ...most].join(" ") || null;
}

/** The amounts of extra usage in units of its currency. */
export function extraSpend({ used, limit, currency, decimals }: ExtraUsage): Spend {
  const unit = 10 ** (decimals ?? 2);
  const amounts = { used: used / unit, limit: limit === null ? null : limit / unit };
  return { ...amounts, currency, period: "monthly", ...(decimals !== undefined && { decimals }) };
}

/** The limits that a session's own stdin carries. */
export function quotasOfSession({ limits: { fiveHour, weekly, spend } }: Pick<Session, "limits">): Quota[] {
  const found: Quota[] = [];
  if (fiveHour) found.push({ key: "five_hour", ...fiveHour });
  if (weekly) found.push({ key: "seven_day", ...weekly });
  if (spend) found.push({ key: "spend_limit", ...spend });
  return found;
}

/** The limit of that key. */
export function withKey<Q extends Quota>(limits: readonly Q[], key: string): Q | undefined {
  for (const limit of limits) if (limit.key === key) return limit;
  return undefined;
}

/** Whether two sightings of one limit are of the same window. */
export function sameWindow(a: Quota, b: Quota): boolean {
  return (
    a.key === b.key && a.resetsAt !== null && b.resetsAt !== null && Math.abs(a.resetsAt - b.resetsAt) <= SAME_RESET_MS
  );
}

/**
 * Whether a limit fell between two sightings: the provider reset it, or the plan was changed. Sources round differently, and
 * an answer that took long carries the number of its beginning, so that one point less is no fall.
 */
export const hasFallen = (before: number, after: number): boolean => before - after > 1;

/** A clock may be put right by this much (milliseconds) without a time counting as one of the future. */
const CORRECTION_MS = 1_000;

/** Whether a sighting's time can be believed: one of the future was noted before the clock was set back. */
export const isPast = (at: number, now: number): boolean => at - now <= CORRECTION_MS;
