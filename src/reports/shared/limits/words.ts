import type { Zone } from "../../../model/calendar.ts";
import { moodOf } from "../../../model/mood.ts";
import { duration, type Style, percent, type Role } from "../../../utils/terminal.ts";
import type { Outlook } from "./forecast.ts";
import type { Limit } from "./windows.ts";
import { whenOf } from "../when.ts";

/** How to get a log where there is none. */
export const TURN_ON = "pawprint install --log turns our log on.";

/** An outlook in words: "full Thu 14:10 ± 3h00m", "63% ± 8 at the reset". */
export function outlookWords(outlook: Outlook, zone: Zone, now: number): string {
  const when = (ms: number): string => whenOf(zone, ms, now);
  if (outlook.kind === "wall") {
    const { isFull, at, early, late, rates } = outlook;
    if (isFull) return "full";
    if (at <= now) return "full by now, if it went on as before";
    if (late === null) return `full ${when(at)} (earliest ${when(early)}, or only after the reset)`;
    if (rates < 2) return `full about ${when(at)}, by one rate only`;
    const around = Math.max(at - early, late - at);
    return `full ${when(at)}${around < 60_000 ? "" : ` ± ${duration(around)}`}`;
  }
  const { percent: middle, low, high, early, rates } = outlook;
  if (rates < 2) return `about ${Math.floor(middle)}% at the reset, by one rate only`;
  const around = Math.round(Math.max(middle - low, high - middle));
  const wall = early === null ? "" : `, full ${when(early)} at the fastest rate`;
  return `${Math.floor(middle)}%${around === 0 ? "" : ` ± ${around}`} at the reset${wall}`;
}

/** When a limit resets, in words: "resets Thu 14:10, in 4d05h". */
export function resetWords({ resetsAt, isOver }: Limit, zone: Zone, now: number): string {
  if (resetsAt === null) return isOver ? "counts by month, not seen in this one" : "reset not known";
  if (isOver) return `was reset ${whenOf(zone, resetsAt, now)}, not seen since`;
  return `resets ${whenOf(zone, resetsAt, now)}, in ${duration(resetsAt - now)}`;
}

/** What is used of a limit, in words; a window that is over says nothing of now. */
export const usedWords = ({ percent: used, isOver }: Limit): string => (isOver || used === null ? "?" : percent(used));

const MOOD_ROLES = { content: "good", watchful: "notice", worried: "warn", exhausted: "alarm" } as const;

/** The colour of a limit by what is used of it. */
export function limitRole({ percent: used, isOver }: Limit): Role {
  if (isOver || used === null) return "quiet";
  return MOOD_ROLES[moodOf(used)];
}

/** Words as the look's characters can write them. */
export const spelled = (words: string, look: Style): string =>
  look.glyphs === "ascii" ? words.replaceAll("±", "+-").replaceAll("≈", "~") : words;
