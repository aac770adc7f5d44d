import { compactCount, count, money, padEnd, padStart, share, stampOf } from "../../../render/format.ts";
import { barChart, sparkline } from "../../../render/spark.ts";
import { clean, cut, duration, type Style, width as widthOf } from "../../../utils/terminal.ts";
import type { PricedTotals } from "../../../pricing/costs.ts";
import { worthParts } from "../plan/worth.ts";
import { wrapItems, wrapWords } from "../truncate.ts";
import { isStale, limitRole, forecastText, resetText, inGlyphs, turnOnLog, usedText } from "../limits/text.ts";
import { BURN_MS, type Overview, OVERVIEW_DAYS } from "./overview.ts";
import { agoOf, dayName, whenOf } from "../when.ts";
import { dateOf, weekday } from "../../../model/calendar.ts";
import { spendText } from "../../../model/quota.ts";
import type { LimitState } from "../limits/windows.ts";

const LABEL = 9;
const MAX_FINDINGS = 3;

/** The overview as lines of at most `width` columns. */
export function overviewLines(overview: Overview, style: Style, width: number): string[] {
  const cutTo = (line: string): string => cut(line, width, style.glyph("ellipsis"));
  const { now, zone, narrowed } = overview;
  const today = `${dayName(weekday(dateOf(zone, now)))} ${stampOf(zone, now)}`;
  const blocks = [
    wrapItems(
      [style.paint("pet", "pawprint"), style.paint("pet", today), zone, ...narrowed.map((one) => clean(one))],
      width,
      0,
      style,
    ),
    usageLines(overview, style, width),
    limitLines(overview, style, width),
    topLines(overview, style, width),
    findingLines(overview, style),
    [...progressLines(overview, style), ...originLines(overview, style, width)],
  ];
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : ["", ...block]))
    .map(cutTo);
}

const label = (text: string, style: Style): string => style.paint("name", padEnd(text, LABEL));

function usageLines(overview: Overview, style: Style, width: number): string[] {
  const { today, week, weekSince, month, burn, lastResponse, days, now, narrowed } = overview;
  if (overview.isEmpty) return ["No usage has been read yet."];
  const sums: readonly (readonly [string, PricedTotals, string])[] = [
    ["Today", today, ""],
    ["Week", week, `since ${dayName(weekday(weekSince))} ${weekSince}`],
    [`${OVERVIEW_DAYS} days`, month, ""],
  ];
  const costs = sums.map(([, sum]) => costText(sum, style));
  const tokens = sums.map(([, sum]) => count(sum.total));
  const [costWidth, tokenWidth] = [costs, tokens].map((texts) => Math.max(...texts.map(widthOf)));
  const lines = sums.flatMap(([name, sum, since], at) => {
    const cost = style.paint("pet", padStart(costs[at] ?? "", costWidth ?? 0));
    const used = `${padStart(tokens[at] ?? "", tokenWidth ?? 0)} tokens`;
    const details = [since, unpricedText(sum)].filter((one) => one !== "").join(", ");
    const pieces = [`${label(name, style)} ${cost}  ${used}`, ...(details ? [style.paint("quiet", details)] : [])];
    return wrapItems(pieces, width, LABEL + 1, style);
  });
  const isIdle = lastResponse !== null && narrowed.length === 0 && now - lastResponse > BURN_MS;
  const last = isIdle ? `, the last response was before ${whenOf(overview.zone, lastResponse + 1, now)}` : "";
  const over = `over the last ${duration(BURN_MS)}`;
  const rate = burn
    ? [
        burn.microsPerHour === null ? "no price" : `${money(burn.microsPerHour)}/h`,
        `${compactCount(burn.tokensPerMinute)} tokens/min`,
        style.paint("quiet", burn.isPartlyPriced ? `${over}, part of it has no price` : over),
      ]
    : [style.paint("quiet", `nothing ${over}${last}`)];
  const maximum = Math.max(0, ...days.map((one) => one ?? 0));
  const spark = style.paint("good", sparkline(days, style.glyphs));
  return [
    ...lines,
    ...planLines(overview, style, width),
    ...assistantLines(overview, style, width),
    ...wrapItems(
      [`${label("Tokens", style)} ${spark}`, style.paint("quiet", `by day, at most ${compactCount(maximum)}`)],
      width,
      LABEL + 1,
      style,
    ),
    ...wrapItems([`${label("Burn", style)} ${rate[0] ?? ""}`, ...rate.slice(1)], width, LABEL + 1, style),
  ];
}

/** What the subscription was worth, where it is known what it costs. */
function planLines({ plan, days }: Overview, style: Style, width: number): string[] {
  if (!plan) return [];
  const { worth, times, plan: price, without } = worthParts(plan);
  const recorded = days.filter((one) => one !== null).length;
  const time = recorded < OVERVIEW_DAYS ? `the ${recorded} recorded days` : `${OVERVIEW_DAYS} days`;
  const details = [`Claude Code and Cowork in ${time}`, "see pawprint monthly", ...(without ? [without] : [])];
  const quiet = details.map((one) => style.paint("quiet", one));
  return wrapItems(
    [`${label("Plan", style)} ${worth}`, `${times} the plan of ${price}`, ...quiet],
    width,
    LABEL + 1,
    style,
  );
}

/** A line for each assistant, where there are several. */
function assistantLines({ assistants }: Overview, style: Style, width: number): string[] {
  if (assistants.length < 2) return [];
  const nameWidth = Math.max(LABEL, ...assistants.map(({ title }) => widthOf(clean(title))));
  const used = (when: string, sum: PricedTotals): string =>
    `${when} ${sum.responses === 0 ? "nothing" : `${costText(sum, style)}, ${compactCount(sum.total)} tokens`}`;
  const todayWidth = Math.max(...assistants.map(({ today }) => widthOf(used("today", today))));
  return assistants
    .flatMap(({ title, today, week, unrecorded }) => {
      const missing = `${count(unrecorded)} ${unrecorded === 1 ? "response" : "responses"} not recorded`;
      const [first, ...rest] =
        week.responses > 0
          ? [padEnd(used("today", today), todayWidth), used("week", week)]
          : [style.paint("quiet", missing)];
      return wrapItems(
        [`${style.paint("name", padEnd(clean(title), nameWidth))} ${first}`, ...rest],
        width,
        nameWidth + 1,
        style,
      );
    })
    .map((line) => line.trimEnd());
}

function limitLines(
  { includesLogged, limits, findings, areSeveralAccounts, logDirectory, isHub, zone, now }: Overview,
  style: Style,
  width: number,
): string[] {
  if (limits.length === 0 && !includesLogged) return [];
  if (limits.length === 0) {
    const empty = isHub
      ? ["No machine has sent limits that are open now."]
      : findings === null
        ? ["Nothing is known about the limits.", turnOnLog(logDirectory)]
        : ["No limits in Pawprint's log in the last day."];
    return empty.flatMap((one) => wrapWords(one, width)).map((line) => style.paint("quiet", line));
  }
  const nameWidth = Math.max(LABEL, ...limits.map(({ name }) => widthOf(clean(name))));
  const line = (limit: LimitState): string[] => {
    const { forecast, isOver, observedAt, percent, spend } = limit;
    const role = limitRole(limit);
    const spent = spend && spendText(spend);
    const bar = isOver || percent === null ? "" : `${style.paint(role, style.bar(percent))} `;
    const age = style.paint(isStale(limit, now) ? "notice" : "quiet", `seen ${agoOf(observedAt, now)}`);
    const pieces = [
      `${style.paint("name", padEnd(clean(limit.name), nameWidth))} ${bar}${style.paint(role, padStart(usedText(limit), 4))}`,
      ...(spent ? [clean(spent, 60)] : []),
      resetText(limit, zone, now),
      ...(forecast && !isOver ? [inGlyphs(forecastText(forecast, zone, now), style)] : []),
      age,
    ];
    return wrapItems(pieces, width, nameWidth + 1, style);
  };
  const accountNote = areSeveralAccounts
    ? [style.paint("quiet", "The log holds more than one account: the limits seen last are shown.")]
    : [];
  return [...limits.flatMap(line), ...accountNote];
}

function topLines({ top, moreProjects, today }: Overview, style: Style, width: number): string[] {
  if (top.length === 0) return [];
  const items = top.map(({ name, sum }) => ({
    label: name,
    value: today.micros > 0 ? sum.micros : sum.total,
    text: `${costText(sum, style)}  ${compactCount(sum.total)} tokens`,
  }));
  const moreLine =
    moreProjects === 0 ? [] : [style.paint("quiet", `and ${count(moreProjects)} more: pawprint projects`)];
  return [style.paint("name", "Projects today"), ...barChart(items, style, Math.min(width, 100)), ...moreLine];
}

function findingLines({ findings, now }: Overview, style: Style): string[] {
  if (findings === null) return [];
  if (findings.length === 0) return [`${label("Findings", style)} ${style.paint("good", "none open")}`];
  const more = findings.length - MAX_FINDINGS;
  return [
    style.paint(
      "notice",
      `${style.glyph("finding")} ${count(findings.length)} open ${findings.length === 1 ? "finding" : "findings"}`,
    ),
    ...findings.slice(0, MAX_FINDINGS).map(({ severity, message, since }) => {
      const role = severity === "error" ? "alarm" : severity === "warning" ? "warn" : "quiet";
      return `  ${style.paint(role, severity)} ${clean(message)} ${style.paint("quiet", `for ${duration(now - since)}`)}`;
    }),
    ...(more > 0 ? [style.paint("quiet", `  and ${count(more)} more: pawprint diagnostics`)] : []),
  ];
}

/** How far the files have been read; nothing when all of them are. */
function progressLines({ progress: { size, usage, activity } }: Overview, style: Style): string[] {
  const percentRead = (read: number): string => share(Math.min((read / size) * 100, 100));
  if (size === 0) return [];
  if (usage < size)
    return [
      style.paint("notice", `Responses have been read to ${percentRead(usage)}: the numbers above are incomplete.`),
    ];
  if (activity >= size) return [];
  return [
    style.paint(
      "quiet",
      `Session activity has been read to ${percentRead(activity)}: pawprint scan --wait reads the rest.`,
    ),
  ];
}

const costOrigin = (mode: Overview["mode"], onlyAssistant: string | null): string => {
  const reported = `as reported by ${onlyAssistant ?? "the assistants"}`;
  return {
    auto: `Cost: ${reported}, else at list prices.`,
    calculate: "Cost: at list prices.",
    display: `Cost: ${reported}.`,
  }[mode];
};

/** The origin of the numbers. */
const originLines = ({ mode, onlyAssistant, isEmpty, findings }: Overview, style: Style, width: number): string[] =>
  isEmpty
    ? []
    : wrapItems(
        [
          "Tokens: counted from transcripts.",
          costOrigin(mode, onlyAssistant),
          ...(findings ? ["Limits, findings: from our own log."] : []),
        ],
        width,
        0,
        style,
      ).map((line) => style.paint("quiet", line));

const costText = (sum: PricedTotals, style: Style): string =>
  sum.cost === null ? (style.glyphs === "ascii" ? "-" : "—") : money(sum.cost);

const unpricedText = ({ unpricedTokens }: PricedTotals): string =>
  unpricedTokens === 0 ? "" : `without ${compactCount(unpricedTokens)} unpriced tokens`;
