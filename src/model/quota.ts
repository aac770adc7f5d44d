import type { Session } from "./session.ts";

/** One limit of an account, as it was last known. On disk (state file): times in ISO 8601 UTC. */
export interface Quota {
  /** "five_hour", "seven_day", or "model:<name>" for a weekly limit of one model. */
  readonly key: string;
  /** Percent of the window used, 0-100 and above where the program says so. */
  readonly percent: number;
  /** Epoch milliseconds of the reset; null where the program does not say. */
  readonly resetsAt: number | null;
}

/** Pay-as-you-go credit on top of a plan; amounts in the currency's minor unit (cents), as the program gives them. */
export interface ExtraUsage {
  readonly percent: number | null;
  readonly used: number;
  readonly limit: number | null;
  readonly currency: string;
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
  return [...main.filter((found) => found !== null), ...scoped.values()];
}

/** The extra usage in an answer to `get_usage`, or null where it is off or unknown. */
export function extraUsageOf(usage: unknown): ExtraUsage | null {
  const given = object(object(object(usage)["rate_limits"])["extra_usage"]);
  const used = number(given["used_credits"]);
  if (given["is_enabled"] !== true || used === null) return null;
  const currency = typeof given["currency"] === "string" ? given["currency"] : "USD";
  return { percent: number(given["utilization"]), used, limit: number(given["monthly_limit"]), currency };
}

/** The limits that a session's own stdin carries. */
export function quotasOfSession(session: Session): Quota[] {
  const { fiveHour, weekly } = session.limits;
  const found: Quota[] = [];
  if (fiveHour) found.push({ key: "five_hour", ...fiveHour });
  if (weekly) found.push({ key: "seven_day", ...weekly });
  return found;
}

/** Whether two sightings of one limit are of the same window. */
export function sameWindow(a: Quota, b: Quota): boolean {
  return (
    a.key === b.key && a.resetsAt !== null && b.resetsAt !== null && Math.abs(a.resetsAt - b.resetsAt) <= SAME_RESET_MS
  );
}

/**
 * Whether two sets of limits can be of one account: no window that both see, still open at `now`, resets at different
 * times. The weekly reset is an account's own; a five-hour window may have been opened anew since.
 */
export function sameAccount(a: readonly Quota[], b: readonly Quota[], now: number): boolean {
  return a.every((one) =>
    b.every(
      (other) =>
        one.key !== "seven_day" ||
        other.key !== "seven_day" ||
        (one.resetsAt ?? 0) <= now ||
        (other.resetsAt ?? 0) <= now ||
        sameWindow(one, other),
    ),
  );
}

/**
 * The newer of two sightings of one limit. Within a window usage only grows, so the larger is the newer; of two windows
 * the one that resets later is.
 */
export function newer(a: Quota, b: Quota): Quota {
  if (sameWindow(a, b)) return a.percent >= b.percent ? a : b;
  return (a.resetsAt ?? 0) >= (b.resetsAt ?? 0) ? a : b;
}
