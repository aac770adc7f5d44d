import type { ModelNames } from "../model/model-label.ts";
import { moodOf } from "../model/mood.ts";
import type { Pace } from "../model/pace.ts";
import { amountText, type ExtraUsage, type Quota } from "../model/quota.ts";
import type { Session, Spend } from "../model/session.ts";
import type { LoggerState } from "../model/state.ts";
import type { RegistryItem } from "../utils/registry.ts";
import { clean, cut, duration, type Style, percent, type Role, width } from "../utils/terminal.ts";

/** A limit as the line may show it. */
export interface Limit extends Quota {
  /** Epoch milliseconds at which the provider stated it; null where it is from this very stdin and its age is not known. */
  readonly seenAt: number | null;
}

/** Everything a segment may look at; nothing in it is fetched any more. */
export interface View {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly session: Session;
  /** The newest known limits of the session's account. */
  readonly limits: readonly Limit[];
  readonly extra: (ExtraUsage & { readonly seenAt: number }) | null;
  readonly pace: readonly Pace[];
  /** What the ledger knew of the machine's usage when it was last asked. */
  readonly spent: LoggerState["spent"];
  /** The limits of the assistant whose session is the newest, where that is not Claude Code. */
  readonly assistant: LoggerState["assistant"];
  readonly findings: LoggerState["findings"];
  /** The checked-out branch, or the short id of a detached commit; null outside a git repository. */
  readonly branch: { readonly name: string; readonly detached: boolean } | null;
  /** What is wrong with logging, in a few words; null while all is well or logging is off. */
  readonly trouble: string | null;
  /** Age in milliseconds above which a number from the log shows its age: twice the usage interval. */
  readonly staleAfter: number;
  /** Name of the pet pack of data/pets.json, or "none". */
  readonly pack: string;
  /** Names that the user gave to models. */
  readonly modelNames?: ModelNames;
  readonly look: Style;
  /** Columns that the text may take; absent where there are enough. */
  readonly room?: number;
}

/** One thing the line can show. */
export interface Segment extends RegistryItem {
  /** The row it stands on when the line has two. */
  readonly row: 1 | 2;
  /** When even the shortest forms need more columns than there are, segments with the lowest number go first. */
  readonly priority: number | ((view: View) => number);
  /**
   * Its text, painted by view.look, with every string from outside cleaned; null when it has nothing to say. In at most
   * `view.room` columns where that can be, else in its shortest form; whether it says anything does not depend on the room.
   */
  render(view: View): string | null;
}

const MOOD_ROLES = { content: "good", watchful: "notice", worried: "warn", exhausted: "alarm" } as const;

/** The colour of a percentage (0-100) of something that runs out. */
export function roleOf(percentUsed: number): Role {
  return MOOD_ROLES[moodOf(percentUsed)];
}

/**
 * The priority of a limit: its usual one; from 80 % on before every limit with less, from 95 % on before everything but what
 * is wrong. `percent` is null where no number holds any more.
 */
export function limitPriority(usual: number, percent: number | null): number {
  const mood = moodOf(percent ?? 0);
  if (mood === "exhausted") return Math.max(usual, 105);
  return mood === "worried" ? Math.max(usual, 97) : usual;
}

/** The percentage of the fullest of some limits, of those whose reset has not passed; null where there is none. */
export function fullest(view: View, limits: readonly (Limit | undefined)[]): number | null {
  let most: number | null = null;
  for (const limit of limits)
    if (limit && (limit.resetsAt === null || limit.resetsAt > view.now)) most = Math.max(most ?? 0, limit.percent);
  return most;
}

/**
 * The longest form where it fits into the room, else the first that does of the shorter ones, which are given from the longest
 * to the shortest and made only where room is short; else the last.
 */
export function fitting(view: View, longest: string, shorter: () => readonly string[]): string {
  const { room } = view;
  if (room === undefined) return longest;
  const forms = [longest, ...shorter()];
  let at = 0;
  // Measuring takes longer than all else here, and nothing fits into no room.
  if (room <= 0) at = forms.length - 1;
  else while (at < forms.length - 1 && width(forms[at] ?? "") > room) at++;
  return forms[at] ?? longest;
}

/** A text behind a label, cut to the room, but the text not to less than `least` columns. */
export function shortened(view: View, text: string, least: number, label = ""): string {
  const { room } = view;
  if (room === undefined) return label + text;
  return cut(label + text, Math.max(room, width(label) + least), view.look.glyph("ellipsis"));
}

/** " 3m ago" for a number that is older than twice the usage interval, else nothing. */
export function ageOf(view: View, seenAt: number | null): string {
  if (seenAt === null || view.now - seenAt <= view.staleAfter) return "";
  return view.look.quiet(` ${duration(view.now - seenAt)} ago`);
}

/**
 * One limit: label, bar, percent, amounts of a spend limit, time to reset, age; "timed" is without the bar, "short" without the
 * time and the amounts as well. Where room is short, the bar goes first, then the time and the amounts; the age stays. A limit
 * whose reset has passed says so and shows no percent.
 */
export function limitText(view: View, label: string, limit: Limit, style: "bar" | "timed" | "short"): string {
  const { look, now } = view;
  const name = look.quiet(label);
  if (limit.resetsAt !== null && limit.resetsAt <= now) {
    return `${name} ${look.quiet(`reset ${duration(now - limit.resetsAt)} ago`)}`;
  }
  const role = roleOf(limit.percent);
  const used = look.paint(role, percent(limit.percent));
  const age = ageOf(view, limit.seenAt);
  const short = `${name} ${used}${age}`;
  if (style === "short" || view.room === 0) return short;
  const left = limit.resetsAt === null ? "" : look.quiet(` ${look.glyph("reset")} ${duration(limit.resetsAt - now)}`);
  const amounts = limit.spend ? amountsOf(view, limit.spend, role) : null;
  const spent = amounts === null ? "" : ` ${amounts}`;
  const timed = `${name} ${used}${spent}${left}${age}`;
  if (style === "timed") return fitting(view, timed, () => [short]);
  const full = `${name} ${look.paint(role, look.bar(limit.percent))} ${used}${spent}${left}${age}`;
  return fitting(view, full, () => [timed, short]);
}

/** What is spent and of how much, with what comes from outside cleaned; null where no amount is known. */
export function amountsOf(view: View, spend: Spend, role: Role): string | null {
  const { used, limit, decimals } = spend;
  const currency = clean(spend.currency, 8);
  const spent = used === null ? null : view.look.paint(role, amountText(used, currency, decimals));
  const most = limit === null ? null : view.look.quiet(`of ${amountText(limit, currency, decimals)}`);
  return [spent, most].filter((one) => one !== null).join(" ") || null;
}

/** A count of tokens in at most three digits and a unit: 999, 1.2k, 12k, 3.2M. */
export function tokensText(count: number): string {
  let rest = count;
  let unit = 0;
  // What would be rounded to 1000 is one of the next unit.
  for (; rest >= 999.5 && unit < UNITS.length - 1; unit++) rest /= 1_000;
  return `${unit > 0 && rest < 9.95 ? rest.toFixed(1) : rest.toFixed(0)}${UNITS.charAt(unit).trim()}`;
}

const UNITS = " kMBT";

/** Dollars of integer micro-dollars, to the cent. */
export const dollars = (micros: number): string => `$${(micros / 1e6).toFixed(2)}`;
