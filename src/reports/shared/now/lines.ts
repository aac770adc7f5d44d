import { dateOf, weekday } from "../../../model/calendar.ts";
import { compactCount, count, money, padEnd, share } from "../../../render/format.ts";
import { sparkline } from "../../../render/spark.ts";
import type { Style } from "../../../utils/terminal.ts";
import { WEEKDAYS } from "../options.ts";
import { wrapItems } from "../truncate.ts";
import { clockOf } from "../when.ts";
import { BURN_MINUTES, type CurrentUsage, LISTED_MINUTES } from "./now.ts";
import { MIN_USUAL_DAYS, USUAL_DAYS, USUAL_WEEKS, type UsualDay } from "./usual.ts";

const LABEL = 9;

/** Today and the last hour as lines of at most `width` columns. */
export function nowLines(found: CurrentUsage, style: Style, width: number): string[] {
  const { today, cache, burn, atWork, machines } = found;
  const line = (label: string, first: string, ...rest: readonly string[]): string[] => {
    const pieces = [`${style.paint("name", padEnd(label, LABEL))} ${first}`, ...rest];
    return wrapItems(pieces, width, LABEL + 1, style);
  };
  const quiet = (text: string): string => style.paint("quiet", text);
  const saved = cache.moneyOf(cache.saved);
  const ofMachines = (some: number): string[] => (machines.length > 1 ? [of(some, "machine")] : []);
  const perMinute = Array.from({ length: LISTED_MINUTES }, (_, at) =>
    machines.reduce((sum, one) => sum + (one.perMinute[at] ?? 0), 0),
  );
  return [
    ...line(
      "Today",
      style.paint("pet", costText(today.cost, style)),
      `${count(today.total)} tokens`,
      quiet(of(today.responses, "response")),
      ...usualItems(found, style),
    ),
    ...(cache.hitPercent === null
      ? []
      : line(
          "Cache",
          `${share(cache.hitPercent)} of the prompts read from it`,
          ...(saved === null ? [] : [`${money(saved)} saved`]),
        )),
    ...(burn
      ? line(
          "Burn",
          burn.microsPerHour === null ? "no price" : `${money(burn.microsPerHour)}/h`,
          `${compactCount(burn.tokensPerMinute)} tokens/min`,
          ...ofMachines(burn.machines),
          quiet(`over the last ${BURN_MINUTES}m${burn.isPartlyPriced ? ", part of it has no price" : ""}`),
        )
      : line("Burn", quiet(`nothing over the last ${BURN_MINUTES}m`))),
    ...(burn
      ? line(
          "At work",
          of(atWork.sessions, "session"),
          ...ofMachines(atWork.machines),
          ...(atWork.subagents > 0 ? [of(atWork.subagents, "subagent")] : []),
        )
      : []),
    ...(perMinute.some((tokens) => tokens > 0)
      ? line(
          "Hour",
          style.paint("good", sparkline(halved(perMinute), style.glyphs)),
          quiet(`by two minutes, at most ${compactCount(Math.max(...halved(perMinute)))} tokens`),
        )
      : []),
  ];
}

const of = (value: number, what: string): string => `${count(value)} ${what}${value === 1 ? "" : "s"}`;

const costText = (micros: number | null, style: Style): string =>
  micros === null ? (style.glyphs === "ascii" ? "-" : "—") : money(micros);

/** Two minutes each, so that the hour fits a narrow terminal. */
const halved = (perMinute: readonly number[]): number[] =>
  Array.from({ length: perMinute.length / 2 }, (_, at) => (perMinute[2 * at] ?? 0) + (perMinute[2 * at + 1] ?? 0));

/** Today compared with usual days. */
function usualItems({ usual, zone }: CurrentUsage, style: Style): string[] {
  if (usual === null) return [];
  const { cost, changePercent: change, until } = usual;
  const day = `${dayText(usual)} by ${clockOf(zone, until)}`;
  const compared = change === null ? null : `${share(Math.abs(change))} ${change < 0 ? "less" : "more"} than on ${day}`;
  return compared === null
    ? [style.paint("quiet", `on ${day}: ${money(cost)}`)]
    : [style.paint(change !== null && change > 0 ? "notice" : "good", compared), style.paint("quiet", money(cost))];
}

/** "a usual Thursday", or "a usual day". */
const dayText = ({ weekday: day }: UsualDay): string => `a usual ${day === null ? "day" : dayOf(day)}`;

/** The name of a weekday, Sunday = 0. */
function dayOf(day: number): string {
  const name = WEEKDAYS[day] ?? "";
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** How the numbers are measured. */
export function nowNotes({ usual, zone, now, from, today }: CurrentUsage): string[] {
  const name = dayOf(weekday(dateOf(zone, now)));
  const clock = clockOf(zone, usual?.until ?? now);
  const few = `fewer than ${MIN_USUAL_DAYS} ${name}s of the last ${USUAL_WEEKS} weeks have usage`;
  const median = `median of what ${usual?.days} days with usage had cost by ${clock}`;
  const usualNote =
    usual === null
      ? `A usual day is not known: ${few}, or the day has just begun.`
      : usual.weekday === null
        ? `Usual: ${median}, of the last ${USUAL_DAYS} days, since ${few}; today is compared up to the same time.`
        : `Usual: ${median}, ${name}s of the last ${USUAL_WEEKS} weeks; today is compared up to the same time.`;
  return [
    usualNote,
    ...(today.responses > 0 ? ["Saved by the cache: compared with the input price, at list prices."] : []),
    `Burn rate and sessions at work: by responses of the last ${BURN_MINUTES} minutes. Last hour: whole minutes since ${clockOf(zone, from)}.`,
  ];
}
