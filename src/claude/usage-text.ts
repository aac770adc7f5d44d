/** A window in the shape of `get_usage`: percentage used, and the ISO 8601 time of its reset or null. */
export interface TextWindow {
  readonly utilization: number;
  readonly resets_at: string | null;
}

/** The limits in a text, in the shape of `rate_limits` in a `get_usage` answer (see quotasOf in quota.ts). */
export interface TextLimits {
  five_hour?: TextWindow;
  seven_day?: TextWindow;
  seven_day_opus?: TextWindow;
  seven_day_sonnet?: TextWindow;
  model_scoped?: (TextWindow & { readonly display_name: string })[];
}

const DAY = 86_400_000;
/**
 * A time of day at most this long ago (milliseconds) is taken as today's and not tomorrow's. The program returns limits
 * up to an hour old; for a five-hour window that is harmless, for a weekly one it would not be.
 */
const JUST_PASSED = { session: 3_600_000, week: 300_000 };
const MAX_LINES = 2_000;

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const TITLE = /^Current (session|week)(?: \(([^)]{1,60})\))?(?::|$)/i;
const USED = /(\d{1,4}(?:\.\d{1,6})?)\s?% used/;
const RESETS = /\bresets (?:on |at )?(.{1,60}?) ?\(([\w+\-/:]{1,60})\)/i;
const DATE = /^([A-Z][a-z]{2})[a-z]* (\d{1,2})(?:, (\d{4}))?(?:,| at|(?= )|$)/;
const TIME = /^(\d{1,2})(?::(\d{2}))? ?([ap]m)?$/i;

/** Whether a text is output of /usage, with limits or (for an API key) only with the session's cost. */
export function isUsageText(text: string): boolean {
  return /^\s*(?:You are currently using your |Current session\b|(?:Estimated|Total) cost:)/m.test(
    text.slice(0, 65_536),
  );
}

/**
 * Parses the limits in the output of `claude -p "/usage"` ("Current session: 42% used · resets Nov 20, 10:56am (UTC)")
 * or in the /usage screen ("Current session", bar, "Resets 11:03am (UTC)") of any version; null if there are none.
 * `now` is epoch milliseconds: a time without a date is the next such time, a date without a year is the nearest such
 * date. Recorded texts: test/fixtures/cli/oauth-p-usage-*.stdout, test/fixtures/screens/oauth-*-usage-*.txt.
 */
export function parseUsageText(text: string, now: number): TextLimits | null {
  const windows: { session: boolean; scope: string; percent: number | null; resetsAt: number | null }[] = [];
  let isOpen = false;
  for (const raw of text.slice(0, 262_144).split(/\r?\n/, MAX_LINES)) {
    const line = raw
      .replaceAll(/\x1b\[[0-?]*[ -/]*[@-~]/g, "")
      .slice(0, 400)
      .trim();
    const title = TITLE.exec(line);
    const [used, resets] = [USED.exec(line)?.[1], RESETS.exec(line)];
    if (title) {
      const [, kind = "", scope = ""] = title;
      windows.push({ session: kind.toLowerCase() === "session", scope, percent: null, resetsAt: null });
    } else if (line !== "" && !used && !resets) isOpen = false;
    isOpen ||= title !== null;
    const window = isOpen ? windows.at(-1) : undefined;
    if (!window) continue;
    if (used) window.percent ??= Number(used);
    if (resets)
      window.resetsAt ??= timeOf(
        resets[1] ?? "",
        resets[2] ?? "",
        now,
        JUST_PASSED[window.session ? "session" : "week"],
      );
  }
  const limits: TextLimits = {};
  for (const { session, scope, percent, resetsAt } of windows) {
    if (percent === null) continue;
    assignWindow(limits, session ? "session" : scope, {
      utilization: percent,
      resets_at: resetsAt === null ? null : new Date(resetsAt).toISOString(),
    });
  }
  return Object.keys(limits).length === 0 ? null : limits;
}

function assignWindow(limits: TextLimits, scope: string, window: TextWindow): void {
  const name = scope.replace(/ only$/i, "");
  if (scope === "session") limits.five_hour ??= window;
  else if (name === "" || /^all models$/i.test(name)) limits.seven_day ??= window;
  else if (/^opus$/i.test(name)) limits.seven_day_opus ??= window;
  else if (/^sonnet$/i.test(name)) limits.seven_day_sonnet ??= window;
  else (limits.model_scoped ??= []).push({ display_name: name, ...window });
}

/** "Nov 20, 10:56am", "Jan 2, 2027, 9am", "Dec 1", "3pm", "15:00" in a time zone -> epoch milliseconds, or null. */
function timeOf(text: string, zone: string, now: number, tolerance: number): number | null {
  const [whole, monthName = "", day = "", year] = DATE.exec(text) ?? [];
  const clock = TIME.exec(text.slice(whole?.length ?? 0).trim());
  const minutes = clock ? minutesOf(clock) : whole === text ? 0 : null;
  const offset = offsetIn(zone);
  if (minutes === null || !offset) return null;
  const month = MONTHS.indexOf(monthName.toLowerCase());
  const local = new Date(now + offset(now));
  if (!whole) {
    const midnight = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate());
    const times = [-1, 0, 1, 2].flatMap((days) => instants(midnight + days * DAY + minutes * 60_000, offset));
    return times.find((time) => time >= now - tolerance) ?? null;
  }
  const years = year ? [Number(year)] : [-1, 0, 1].map((step) => local.getUTCFullYear() + step);
  const isReal = (date: number): boolean => month >= 0 && new Date(date).getUTCDate() === Number(day);
  const dates = years.map((one) => Date.UTC(one, month, Number(day))).filter(isReal);
  const times = dates.flatMap((date) => instants(date + minutes * 60_000, offset));
  return times.toSorted((a, b) => Math.abs(a - now) - Math.abs(b - now))[0] ?? null;
}

function minutesOf([, hour = "", minute = "0", half]: RegExpExecArray): number | null {
  const [hours, minutes] = [Number(hour), Number(minute)];
  if (minutes > 59 || hours > 23 || (half && (hours < 1 || hours > 12))) return null;
  if (!half) return hours * 60 + minutes;
  return ((hours % 12) + (half.toLowerCase() === "pm" ? 12 : 0)) * 60 + minutes;
}

/** Returns a function for the UTC offset of a zone in milliseconds; null for an unknown zone. */
function offsetIn(zone: string): ((instant: number) => number) | null {
  let format: Intl.DateTimeFormat;
  try {
    const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", era: "short", ...fields });
  } catch {
    return null;
  }
  return (instant) => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(instant)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(instant / 60_000) * 60_000;
  };
}

/**
 * The instants of a local time (given as if it were UTC): two if clocks go back, the hour after if the time is skipped,
 * else one.
 */
function instants(local: number, offset: (instant: number) => number): number[] {
  const around = [offset(local - DAY), offset(local + DAY)];
  const exact = around.map((one) => local - one).filter((instant) => offset(instant) === local - instant);
  const found = exact.length > 0 ? exact : [local - (around[0] ?? 0)];
  return [...new Set(found)].toSorted((a, b) => a - b);
}
