import type { ModelNames } from "../model/model-label.ts";
import { moodOf } from "../model/mood.ts";
import type { Pace } from "../model/pace.ts";
import { amountText, type ExtraUsage, type Quota } from "../model/quota.ts";
import type { Session, Spend } from "../model/session.ts";
import type { LoggerState } from "../model/state.ts";
import type { RegistryItem } from "../utils/registry.ts";
import { clean, cut, duration, type Style, percent, type Role, width } from "../utils/terminal.ts";

/** A limit that the line can show. */
export interface ShownLimit extends Quota {
  /** When the provider reported it, epoch milliseconds; null when it comes from stdin and its age is unknown. */
  readonly observedAt: number | null;
}

/** The data that segments render. It is complete: a segment does no I/O. */
export interface View {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly session: Session;
  /** The newest known limits of the session's account. */
  readonly limits: readonly ShownLimit[];
  readonly extra: (ExtraUsage & { readonly observedAt: number }) | null;
  readonly pace: readonly Pace[];
  /** The machine's usage as of the last query of the ledger. */
  readonly spent: LoggerState["spent"];
  /** Limits of the assistant with the newest session; null when that is Claude Code. */
  readonly assistant: LoggerState["assistant"];
  readonly findings: LoggerState["findings"];
  /** The checked-out branch, or the abbreviated id of a detached commit; null outside a repository. */
  readonly branch: { readonly name: string; readonly detached: boolean } | null;
  /** A short description of a problem with logging or a setting; null when there is none. */
  readonly problem: string | null;
  /** Numbers older than this many milliseconds show their age: twice the usage interval. */
  readonly staleAfter: number;
  /** Name of the pet pack of data/pets.json, or "none". */
  readonly pack: string;
  /** Model names that the user configured. */
  readonly modelNames?: ModelNames;
  readonly style: Style;
  /** Maximum columns of the text; undefined when the full text fits. */
  readonly columns?: number;
}

/** One part of the line. */
export interface Segment extends RegistryItem {
  /** Its row when the line has two. */
  readonly row: 1 | 2;
  /** When even the shortest forms do not fit, segments with the lowest number are dropped first. */
  readonly priority: number | ((view: View) => number);
  /**
   * Returns the text, coloured by view.style, with every external string passed through clean(); null when there is nothing
   * to show. The text takes at most `view.columns` columns, or is the shortest form when no form fits. Whether it is null
   * must not depend on view.columns.
   */
  render(view: View): string | null;
}

const MOOD_ROLES = { content: "good", watchful: "notice", worried: "warn", exhausted: "alarm" } as const;

/** Returns the colour role for a used percentage (0-100). */
export function roleOf(percentUsed: number): Role {
  return MOOD_ROLES[moodOf(percentUsed)];
}

/**
 * Returns the priority of a limit: `usual` below 80 %; from 80 % at least 97, above every lower limit; from 95 % at least
 * 105, above everything except a problem. `percent` is null when no current number is known.
 */
export function limitPriority(usual: number, percent: number | null): number {
  const mood = moodOf(percent ?? 0);
  if (mood === "exhausted") return Math.max(usual, 105);
  return mood === "worried" ? Math.max(usual, 97) : usual;
}

/** Returns the highest percentage among the limits that have not reset yet; null when there is none. */
export function highestPercent(view: View, limits: readonly (ShownLimit | undefined)[]): number | null {
  let most: number | null = null;
  for (const limit of limits)
    if (limit && (limit.resetsAt === null || limit.resetsAt > view.now)) most = Math.max(most ?? 0, limit.percent);
  return most;
}

/**
 * Returns `longest` if it fits into view.columns, else the first of the shorter forms that fits, else the last one. `shorter`
 * returns the forms from longest to shortest and is called only when columns are limited.
 */
export function longestFitting(view: View, longest: string, shorter: () => readonly string[]): string {
  const { columns } = view;
  if (columns === undefined) return longest;
  const forms = [longest, ...shorter()];
  let index = 0;
  // Measuring is the expensive part; with no columns nothing fits, so skip it.
  if (columns <= 0) index = forms.length - 1;
  else while (index < forms.length - 1 && width(forms[index] ?? "") > columns) index++;
  return forms[index] ?? longest;
}

/** Returns label and text cut to view.columns, but keeps at least `minColumns` columns of the text. */
export function truncateText(view: View, text: string, minColumns: number, label = ""): string {
  const { columns } = view;
  if (columns === undefined) return label + text;
  return cut(label + text, Math.max(columns, width(label) + minColumns), view.style.glyph("ellipsis"));
}

/** Returns " 3m ago" for a number older than view.staleAfter, else "". */
export function ageOf(view: View, observedAt: number | null): string {
  if (observedAt === null || view.now - observedAt <= view.staleAfter) return "";
  return view.style.quiet(` ${duration(view.now - observedAt)} ago`);
}

/**
 * Renders one limit: label, bar, percent, amounts of a spend limit, time to reset, age. "timed" omits the bar, "short" also the
 * time and the amounts. When columns are limited, the bar is dropped first, then the time and the amounts; the age stays. A
 * limit past its reset shows how long ago that was, and no percent.
 */
export function limitText(view: View, label: string, limit: ShownLimit, form: "bar" | "timed" | "short"): string {
  const { style, now } = view;
  const name = style.quiet(label);
  if (limit.resetsAt !== null && limit.resetsAt <= now) {
    return `${name} ${style.quiet(`reset ${duration(now - limit.resetsAt)} ago`)}`;
  }
  const role = roleOf(limit.percent);
  const used = style.paint(role, percent(limit.percent));
  const age = ageOf(view, limit.observedAt);
  const short = `${name} ${used}${age}`;
  if (form === "short" || view.columns === 0) return short;
  const left = limit.resetsAt === null ? "" : style.quiet(` ${style.glyph("reset")} ${duration(limit.resetsAt - now)}`);
  const amounts = limit.spend ? amountsOf(view, limit.spend, role) : null;
  const spent = amounts === null ? "" : ` ${amounts}`;
  const timed = `${name} ${used}${spent}${left}${age}`;
  if (form === "timed") return longestFitting(view, timed, () => [short]);
  const full = `${name} ${style.paint(role, style.bar(limit.percent))} ${used}${spent}${left}${age}`;
  return longestFitting(view, full, () => [timed, short]);
}

/** Renders the spent amount and the limit, e.g. "$12.34 of $50.00"; null when neither is known. */
export function amountsOf(view: View, spend: Spend, role: Role): string | null {
  const { used, limit, decimals } = spend;
  const currency = clean(spend.currency, 8);
  const spent = used === null ? null : view.style.paint(role, amountText(used, currency, decimals));
  const total = limit === null ? null : view.style.quiet(`of ${amountText(limit, currency, decimals)}`);
  return [spent, total].filter((one) => one !== null).join(" ") || null;
}

/** Formats a token count with at most three digits and a unit: 999, 1.2k, 12k, 3.2M. */
export function tokensText(count: number): string {
  let scaled = count;
  let unit = 0;
  // A value that would round to 1000 takes the next unit.
  for (; scaled >= 999.5 && unit < UNITS.length - 1; unit++) scaled /= 1_000;
  return `${unit > 0 && scaled < 9.95 ? scaled.toFixed(1) : scaled.toFixed(0)}${UNITS.charAt(unit).trim()}`;
}

const UNITS = " kMBT";

/** Formats micro-dollars as dollars with two decimals. */
export const dollars = (micros: number): string => `$${(micros / 1e6).toFixed(2)}`;
