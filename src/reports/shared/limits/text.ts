import type { Zone } from "../../../model/calendar.ts";
import { moodOf } from "../../../model/mood.ts";
import { spendText } from "../../../model/quota.ts";
import { clean, duration, type Style, percent, type Role } from "../../../utils/terminal.ts";
import type { Forecast } from "./forecast.ts";
import type { LimitState } from "./windows.ts";
import { whenOf } from "../when.ts";

/** Where records were looked for, in a directory as shown, and how to turn on the log. */
export const turnOnLog = (directory: string): string =>
  `No records in ${clean(directory, 500)}: pawprint install --log turns logging on.`;

/** A forecast as text: "full Thu 14:10 ± 3h00m", "63% ± 8 at the reset". */
export function forecastText(forecast: Forecast, zone: Zone, now: number): string {
  const when = (ms: number): string => whenOf(zone, ms, now);
  if (forecast.kind === "wall") {
    const { isFull, at, early, late, rates } = forecast;
    if (isFull) return "full";
    if (at <= now) return "full by now, if it went on as before";
    if (late === null) return `full ${when(at)} (earliest ${when(early)}, or only after the reset)`;
    if (rates < 2) return `full about ${when(at)}, by one rate only`;
    const around = Math.max(at - early, late - at);
    return `full ${when(at)}${around < 60_000 ? "" : ` ± ${duration(around)}`}`;
  }
  const { percent: middle, low, high, early, rates } = forecast;
  if (rates < 2) return `about ${Math.floor(middle)}% at the reset, by one rate only`;
  const around = Math.round(Math.max(middle - low, high - middle));
  const wall = early === null ? "" : `, full ${when(early)} at the fastest rate`;
  return `${Math.floor(middle)}%${around === 0 ? "" : ` ± ${around}`} at the reset${wall}`;
}

/** When a limit resets: "resets Thu 14:10, in 4d05h". */
export function resetText({ resetsAt, isOver }: LimitState, zone: Zone, now: number): string {
  if (resetsAt === null) return isOver ? "monthly, not seen this month" : "reset not known";
  if (isOver) return `was reset ${whenOf(zone, resetsAt, now)}, not seen since`;
  return `resets ${whenOf(zone, resetsAt, now)}, in ${duration(resetsAt - now)}`;
}

/** How long a reading counts as fresh, milliseconds: twice the usual interval of the log. */
const FRESH_MS = 120_000;

/** Whether a reading is so old that its age is pointed out. */
export const isStale = ({ observedAt }: LimitState, now: number): boolean => now - observedAt > FRESH_MS;

/** The used percentage of a limit as text, "?" where it is unknown or the window is over. */
export const usedText = ({ percent: used, isOver }: LimitState): string =>
  isOver || used === null ? "?" : percent(used);

const MOOD_ROLES = { content: "good", watchful: "notice", worried: "warn", exhausted: "alarm" } as const;

/** The colour of a limit by its used percentage. */
export function limitRole({ percent: used, isOver }: LimitState): Role {
  if (isOver || used === null) return "quiet";
  return MOOD_ROLES[moodOf(used)];
}

/** Text with characters that the style's glyphs can show. */
export const inGlyphs = (text: string, style: Style): string =>
  style.glyphs === "ascii" ? text.replaceAll("±", "+-").replaceAll("≈", "~") : text;

/** The forecast of a limit, or why there is none. */
export function forecastCell({ isOver, forecast, lengthMs, resetsAt }: LimitState, zone: string, now: number): string {
  if (isOver) return "not known";
  if (resetsAt === null && lengthMs === null) return "not known: nothing says when it resets";
  if (lengthMs === null) return "not known: nothing says how long its period lasts";
  return forecast ? forecastText(forecast, zone, now) : "not known: too little is seen yet";
}

/** The amounts of a spend limit as text: "$3.00 of $20.00"; null if it has none. */
export function spentOf({ spend }: LimitState): string | null {
  return spend ? spendText(spend) : null;
}
