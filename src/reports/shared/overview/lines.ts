import { compactCount, count, money, padEnd, padStart, share } from "../../../render/format.ts";
import { barChart, sparkline } from "../../../render/spark.ts";
import { clean, cut, duration, type Style, width as widthOf } from "../../../utils/terminal.ts";
import type { PricedTotals } from "../../../pricing/costs.ts";
import { wrapItems } from "../truncate.ts";
import { limitRole, outlookWords, resetWords, spelled, TURN_ON, usedWords } from "../limits/words.ts";
import { BURN_MS, type Overview, OVERVIEW_DAYS } from "./overview.ts";
import { agoOf, dayName, stampOf, whenOf } from "../when.ts";
import { dateOf, weekday } from "../../../model/calendar.ts";
import { spendText } from "../../../model/quota.ts";
import type { Limit } from "../limits/windows.ts";

const LABEL = 9;
const MOST_FINDINGS = 3;
/** A number of our log that is older says so in another colour: two minutes, twice the usual interval (ms). */
const STALE_MS = 120_000;

/** The overview as lines of at most `width` columns. */
export function overviewLines(overview: Overview, look: Style, width: number): string[] {
  const cutTo = (line: string): string => cut(line, width, look.glyph("ellipsis"));
  const { now, zone, narrowed } = overview;
  const today = `${dayName(weekday(dateOf(zone, now)))} ${stampOf(zone, now)}`;
  const blocks = [
    wrapItems(
      [look.paint("pet", "pawprint"), look.paint("pet", today), zone, ...narrowed.map((one) => clean(one))],
      width,
      0,
      look,
    ),
    usageLines(overview, look, width),
    limitLines(overview, look, width),
    topLines(overview, look, width),
    findingLines(overview, look),
    [...progressLines(overview, look), ...originLines(overview, look, width)],
  ];
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : ["", ...block]))
    .map(cutTo);
}

const label = (text: string, look: Style): string => look.paint("name", padEnd(text, LABEL));

function usageLines(overview: Overview, look: Style, width: number): string[] {
  const { today, week, weekSince, month, burn, lastResponse, days, now, narrowed } = overview;
  if (overview.isEmpty) return ["No usage is known yet: pawprint scan reads the transcripts."];
  const sums: readonly (readonly [string, PricedTotals, string])[] = [
    ["Today", today, ""],
    ["Week", week, `since ${dayName(weekday(weekSince))} ${weekSince}`],
    [`${OVERVIEW_DAYS} days`, month, ""],
  ];
  const costs = sums.map(([, sum]) => costText(sum, look));
  const tokens = sums.map(([, sum]) => count(sum.total));
  const [costRoom, tokenRoom] = [costs, tokens].map((texts) => Math.max(...texts.map(widthOf)));
  const lines = sums.flatMap(([name, sum, since], at) => {
    const cost = look.paint("pet", padStart(costs[at] ?? "", costRoom ?? 0));
    const used = `${padStart(tokens[at] ?? "", tokenRoom ?? 0)} tokens`;
    const rest = [since, hasUnpriced(sum)].filter((one) => one !== "").join(", ");
    const pieces = [`${label(name, look)} ${cost}  ${used}`, ...(rest ? [look.paint("quiet", rest)] : [])];
    return wrapItems(pieces, width, LABEL + 1, look);
  });
  const isKnown = lastResponse !== null && narrowed.length === 0 && now - lastResponse > BURN_MS;
  const last = isKnown ? `, the last response was before ${whenOf(overview.zone, lastResponse + 1, now)}` : "";
  const over = `over the last ${duration(BURN_MS)}`;
  const rate = burn
    ? [
        burn.microsPerHour === null ? "no price" : `${money(burn.microsPerHour)}/h`,
        `${compactCount(burn.tokensPerMinute)} tokens/min`,
        look.paint("quiet", burn.isPartly ? `${over}, not all of it has a price` : over),
      ]
    : [look.paint("quiet", `nothing ${over}${last}`)];
  const most = Math.max(0, ...days.map((one) => one ?? 0));
  const spark = look.paint("good", sparkline(days, look.glyphs));
  return [
    ...lines,
    ...assistantLines(overview, look, width),
    ...wrapItems(
      [`${label("Tokens", look)} ${spark}`, look.paint("quiet", `by day, at most ${compactCount(most)}`)],
      width,
      LABEL + 1,
      look,
    ),
    ...wrapItems([`${label("Burn", look)} ${rate[0] ?? ""}`, ...rate.slice(1)], width, LABEL + 1, look),
  ];
}

/** One for each assistant, where there are several. */
function assistantLines({ assistants }: Overview, look: Style, width: number): string[] {
  if (assistants.length < 2) return [];
  const names = Math.max(LABEL, ...assistants.map(({ title }) => widthOf(clean(title))));
  const used = (when: string, sum: PricedTotals): string =>
    `${when} ${sum.responses === 0 ? "nothing" : `${costText(sum, look)}, ${compactCount(sum.total)} tokens`}`;
  const room = Math.max(...assistants.map(({ today }) => widthOf(used("today", today))));
  return assistants
    .flatMap(({ title, today, week, unrecorded }) => {
      const missing = `${count(unrecorded)} ${unrecorded === 1 ? "response" : "responses"} not recorded`;
      const [first, ...rest] =
        week.responses > 0 ? [padEnd(used("today", today), room), used("week", week)] : [look.paint("quiet", missing)];
      return wrapItems(
        [`${look.paint("name", padEnd(clean(title), names))} ${first}`, ...rest],
        width,
        names + 1,
        look,
      );
    })
    .map((line) => line.trimEnd());
}

function limitLines(
  { isOfLogged, limits, findings, areSeveralAccounts, zone, now }: Overview,
  look: Style,
  width: number,
): string[] {
  if (limits.length === 0 && !isOfLogged) return [];
  if (limits.length === 0) {
    const none =
      findings === null ? ["Nothing is known of the limits.", TURN_ON] : ["No limits in our log of the last day."];
    return wrapItems(none, width, 0, look).map((line) => look.paint("quiet", line));
  }
  const names = Math.max(LABEL, ...limits.map(({ name }) => widthOf(clean(name))));
  const line = (limit: Limit): string[] => {
    const { outlook, isOver, seenAt, percent, spend } = limit;
    const role = limitRole(limit);
    const spent = spend && spendText(spend);
    const bar = isOver || percent === null ? "" : `${look.paint(role, look.bar(percent))} `;
    const age = look.paint(now - seenAt > STALE_MS ? "notice" : "quiet", `seen ${agoOf(seenAt, now)}`);
    const pieces = [
      `${look.paint("name", padEnd(clean(limit.name), names))} ${bar}${look.paint(role, padStart(usedWords(limit), 4))}`,
      ...(spent ? [clean(spent, 60)] : []),
      resetWords(limit, zone, now),
      ...(outlook && !isOver ? [spelled(outlookWords(outlook, zone, now), look)] : []),
      age,
    ];
    return wrapItems(pieces, width, names + 1, look);
  };
  const several = areSeveralAccounts
    ? [look.paint("quiet", "The log holds more than one account: shown is what was seen last.")]
    : [];
  return [...limits.flatMap(line), ...several];
}

function topLines({ top, more, today }: Overview, look: Style, width: number): string[] {
  if (top.length === 0) return [];
  const items = top.map(({ name, sum }) => ({
    label: name,
    value: today.micros > 0 ? sum.micros : sum.total,
    text: `${costText(sum, look)}  ${compactCount(sum.total)} tokens`,
  }));
  const rest = more === 0 ? [] : [look.paint("quiet", `and ${count(more)} more: pawprint projects`)];
  return [look.paint("name", "Projects today"), ...barChart(items, look, Math.min(width, 100)), ...rest];
}

function findingLines({ findings, now }: Overview, look: Style): string[] {
  if (findings === null) return [];
  if (findings.length === 0) return [`${label("Findings", look)} ${look.paint("good", "none open")}`];
  const more = findings.length - MOST_FINDINGS;
  return [
    look.paint(
      "notice",
      `${look.glyph("finding")} ${count(findings.length)} open ${findings.length === 1 ? "finding" : "findings"}`,
    ),
    ...findings.slice(0, MOST_FINDINGS).map(({ severity, message, since }) => {
      const role = severity === "error" ? "alarm" : severity === "warning" ? "warn" : "quiet";
      return `  ${look.paint(role, severity)} ${clean(message)} ${look.paint("quiet", `for ${duration(now - since)}`)}`;
    }),
    ...(more > 0 ? [look.paint("quiet", `  and ${count(more)} more: pawprint diagnostics`)] : []),
  ];
}

/** How far the reading is, only while it is not done. */
function progressLines({ progress: { size, usage, activity } }: Overview, look: Style): string[] {
  const of = (read: number): string => share(Math.min((read / size) * 100, 100));
  if (size === 0) return [];
  if (usage < size)
    return [look.paint("notice", `Responses are read to ${of(usage)}: the numbers above are not whole yet.`)];
  if (activity >= size) return [];
  return [look.paint("quiet", `What sessions did is read to ${of(activity)}: pawprint scan --wait reads the rest.`)];
}

const costWords = (mode: Overview["mode"], only: string | null): string => {
  const told = `as ${only ?? "the assistants"} told it`;
  return { auto: `Cost: ${told}, else by list prices.`, calculate: "Cost: by list prices.", display: `Cost: ${told}.` }[
    mode
  ];
};

/** Where the numbers come from. */
const originLines = ({ mode, only, isEmpty, findings }: Overview, look: Style, width: number): string[] =>
  isEmpty
    ? []
    : wrapItems(
        [
          "Tokens: counted from transcripts.",
          costWords(mode, only),
          ...(findings ? ["Limits, findings: our own log."] : []),
        ],
        width,
        0,
        look,
      ).map((line) => look.paint("quiet", line));

const costText = (sum: PricedTotals, look: Style): string =>
  sum.cost === null ? (look.glyphs === "ascii" ? "-" : "—") : money(sum.cost);

const hasUnpriced = ({ unpriced }: PricedTotals): string =>
  unpriced.size === 0
    ? ""
    : `without ${compactCount(unpriced.values().reduce((sum, one) => sum + one, 0))} unpriced tokens`;
