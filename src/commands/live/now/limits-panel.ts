import { spendText } from "../../../model/quota.ts";
import { padEnd, padStart } from "../../../render/format.ts";
import {
  forecastText,
  inGlyphs,
  isStale,
  limitRole,
  resetText,
  turnOnLog,
  usedText,
} from "../../../reports/shared/limits/text.ts";
import type { LimitState } from "../../../reports/shared/limits/windows.ts";
import type { Overview } from "../../../reports/shared/overview/overview.ts";
import { wrapWords } from "../../../reports/shared/truncate.ts";
import { agoOf } from "../../../reports/shared/when.ts";
import { clean, type Style, width as widthOf } from "../../../utils/terminal.ts";
import { gauge, gaugeMark } from "./chart.ts";
import type { NowData } from "./data.ts";
import type { Panel } from "./layout.ts";

const MAX_NAME = 40;
const [MIN_GAUGE, MAX_GAUGE] = [5, 40];

/** Each limit with a gauge, and below it as many forecasts as there is space for. */
export function limitsPanel({ overview }: NowData, style: Style): Panel {
  const { limits, includesLogged, areSeveralAccounts, logDirectory, now } = overview;
  const unknown = includesLogged
    ? ["Nothing is known about the limits.", turnOnLog(logDirectory)]
    : ["No limits are known."];
  const several = areSeveralAccounts ? [style.quiet("More than one account: the limits seen last.")] : [];
  const empty = (width: number): string[] =>
    unknown.flatMap((one) => wrapWords(one, width)).map((line) => style.quiet(line));
  const detailsIn = (width: number): string[][] => limits.map((one) => limitDetails(one, overview, width, style));
  const ages = limits.map((limit) => (isStale(limit, now) ? `seen ${agoOf(limit.observedAt, now)}` : ""));
  // Readings of one record have the same age.
  const [common = ""] = new Set(ages).size === 1 ? ages : [];
  return {
    title: `Limits,${common && ` ${common},`} with the even pace at ${gaugeMark(style)}`,
    priority: 9,
    min: Math.max(Math.min(limits.length, 3), 1),
    want: (width) =>
      limits.length === 0 ? empty(width).length : limits.length + detailsIn(width).flat().length + several.length,
    lines(width, rows) {
      if (limits.length === 0) return empty(width);
      let left = Math.max(rows - limits.length, 0);
      const details = detailsIn(width);
      const lines = limitHeads(overview, common ? [] : ages, style, width).flatMap((head, index) => {
        const below = details[index]?.slice(0, left) ?? [];
        left -= below.length;
        return [head, ...below];
      });
      return [...lines, ...several];
    },
  };
}

/** Name, gauge, percentage and reset of each limit, and its age if that is given; the gauges are of the same length. */
function limitHeads({ limits, zone, now }: Overview, ages: readonly string[], style: Style, width: number): string[] {
  const names = limits.map(({ name }) => clean(name, MAX_NAME));
  const resets = limits.map((limit, index) =>
    [resetText(limit, zone, now), ...(ages[index] ? [style.paint("notice", ages[index])] : [])].join("  "),
  );
  const nameWidth = Math.max(...names.map(widthOf));
  const available = width - nameWidth - Math.max(...resets.map(widthOf)) - 8;
  const cells = available < MIN_GAUGE ? 0 : Math.min(available, MAX_GAUGE);
  return limits.map((limit, index) => {
    const { isOver, percent } = limit;
    const role = limitRole(limit);
    const isKnown = !isOver && percent !== null && cells > 0;
    const bar = isKnown ? gauge(percent, evenPercent(limit, now), cells, role, style) : " ".repeat(cells);
    const name = style.paint("name", padEnd(names[index] ?? "", nameWidth));
    return `${name} ${bar} ${style.paint(role, padStart(usedText(limit), 4))}  ${resets[index] ?? ""}`;
  });
}

/** A line with forecast, amounts and even pace of a limit, as many of them as fit; none where nothing is known. */
function limitDetails(limit: LimitState, { zone, now }: Overview, width: number, style: Style): string[] {
  const { isOver, forecast, spend } = limit;
  const spent = spend ? spendText(spend) : null;
  const even = evenPercent(limit, now);
  const [first, ...more] = [
    ...(forecast && !isOver ? [inGlyphs(forecastText(forecast, zone, now), style)] : []),
    ...(spent === null ? [] : [clean(spent, 60)]),
    ...(even === null ? [] : [style.quiet(`even pace ${Math.floor(even)}%`)]),
  ];
  if (first === undefined) return [];
  const fits = (line: string, one: string): boolean => widthOf(line) + widthOf(one) + 2 <= width;
  return [more.reduce((line, one) => (fits(line, one) ? `${line}  ${one}` : line), `  ${first}`)];
}

/** How much of a window's time is gone, in percent: what would have been used at an even pace. Null where it is not known. */
export function evenPercent({ resetsAt, lengthMs, isOver }: LimitState, now: number): number | null {
  if (resetsAt === null || lengthMs === null || isOver) return null;
  return Math.min(Math.max((1 - (resetsAt - now) / lengthMs) * 100, 0), 100);
}
