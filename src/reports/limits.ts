import { LOGGED_ASSISTANT } from "../model/record.ts";
import { wrapItems } from "./shared/truncate.ts";
import { type AssistantLimit, assistantLimitsAt } from "./shared/limits/assistants.ts";
import type { PerPercent } from "./shared/limits/forecast.ts";
import { type Learned, learnedOf } from "./shared/limits/learned.ts";
import { limitRole, outlookWords, resetWords, spelled, TURN_ON, usedWords } from "./shared/limits/words.ts";
import { agoOf, isoOrNull, stampOf } from "./shared/when.ts";
import {
  areSeveralAccounts,
  extraLimit,
  type Limit,
  limitsAt,
  LIMITS_BACK_MS,
  windowsIn,
} from "./shared/limits/windows.ts";
import { spendText } from "../model/quota.ts";
import { extraIn } from "../model/sighting.ts";
import { compactCount, count, money, padEnd } from "../render/format.ts";
import type { Cell, Column } from "../render/table.ts";
import { clean, cut, type Style, percent, width as widthOf } from "../utils/terminal.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "Limit", kind: "text", priority: 9 },
  { name: "Used", kind: "percent", priority: 8 },
  { name: "Resets", kind: "text", priority: 7 },
  { name: "Age", kind: "duration", priority: 6 },
  { name: "Pace", kind: "percent", priority: 4 },
  { name: "Forecast", kind: "text", priority: 5, shorten: true },
  { name: "Tokens per 1% (est.)", kind: "integer", priority: 3 },
  { name: "Cost per 1% (est.)", kind: "money", priority: 2 },
  { name: "Plan", kind: "text", priority: 1 },
];

/** Only where there is a limit of spending, so that nobody else has an empty column. */
const SPENT: Column = { name: "Spent", kind: "text", priority: 8 };

const NOTHING = "Nothing is logged of Claude Code's limits:";
const NO_PLAN = "Limits are those of a claude.ai plan; nobody was signed in with one in the last two weeks.";

/** Columns that the names of limits take at least, and at most. */
const NAMES = { least: 8, most: 40 };

/** A limit of Claude Code, as our log tells it, or of another assistant, as its own files do. */
type Known = Omit<AssistantLimit, "windowMinutes"> & {
  readonly windowMinutes: number | null;
  readonly learned: Learned | undefined;
};

const MINUTE_MS = 60_000;

/** Each limit now, when it resets, how it goes on, and what one percent of it comes to. */
export const limits: Report = {
  name: "limits",
  description: "each limit now: used, reset, pace, forecast with a range, tokens and dollars per percent",
  async run({ filter: { source }, zone, now }, { queries: ledger, costs, assistants, log }) {
    const isAsked = (one: string): boolean => source === undefined || source === one;
    const records = isAsked(LOGGED_ASSISTANT) ? await log("usage", now - LIMITS_BACK_MS) : [];
    const windows = windowsIn(records, now);
    const learned = learnedOf(windows, ledger, costs);
    const extra = extraIn(records, now);
    const stated = [...limitsAt(windows, now), ...(extra ? [extraLimit(extra, now)] : [])];
    const own = stated.map((limit): Known => {
      const windowMinutes = limit.lengthMs === null ? null : limit.lengthMs / MINUTE_MS;
      return {
        ...limit,
        source: LOGGED_ASSISTANT,
        family: "",
        windowMinutes,
        plan: "",
        learned: learned.get(limit.key),
      };
    });
    const rows = ledger.limits(now - LIMITS_BACK_MS).filter((row) => isAsked(row.source));
    const others = assistantLimitsAt(rows, ledger.limitHistory(now), assistants, now).map((limit): Known => ({
      ...limit,
      learned: undefined,
    }));
    const found = [...own, ...others];
    const hasSpend = found.some(({ spend }) => spend);
    const cells = (one: Known): Cell[] => [
      one.name,
      one.isOver ? null : one.percent,
      one.resetsAt === null ? "not known" : stampOf(zone, one.resetsAt),
      now - one.seenAt,
      one.pace?.percentAtReset ?? null,
      forecastOf(one, zone, now),
      roundOf(one.learned?.tokens),
      roundOf(one.learned?.micros),
      one.plan || null,
      ...(hasSpend ? [spentOf(one)] : []),
    ];
    const names = Math.max(NAMES.least, ...found.map(({ name }) => widthOf(nameOf(name))));
    const missing = records.length > 0 ? NO_PLAN : found.length === 0 ? TURN_ON : `${NOTHING} ${TURN_ON}`;
    return {
      columns: hasSpend ? [...COLUMNS, SPENT] : COLUMNS,
      rows: found.map(cells),
      empty: isAsked(LOGGED_ASSISTANT)
        ? records.length === 0
          ? "Nothing is logged of the limits."
          : "Our log holds no limits."
        : "The files of this assistant tell no limits of the last two weeks.",
      notes: [
        ...notesOf(own, others, areSeveralAccounts(windows, now)),
        ...(own.length === 0 && isAsked(LOGGED_ASSISTANT) ? [missing] : []),
      ],
      ...(found.length > 0 && {
        draw: (look: Style, width: number) => found.flatMap((one) => lines(one, names, zone, now, look, width)),
      }),
      json: { limits: found.map((one) => jsonOf(one, now)), records: records.length },
    };
  },
};

const spentOf = ({ spend }: Limit): string | null => (spend ? spendText(spend) : null);

const nameOf = (name: string): string => cut(clean(name), NAMES.most);

function forecastOf({ isOver, outlook, lengthMs, resetsAt }: Limit, zone: string, now: number): string {
  if (isOver) return "not known";
  if (resetsAt === null && lengthMs === null) return "not known: nothing says when it resets";
  if (lengthMs === null) return "not known: nothing says how long its period lasts";
  return outlook ? outlookWords(outlook, zone, now) : "not known: too little is seen yet";
}

function lines(one: Known, names: number, zone: string, now: number, look: Style, width: number): string[] {
  const { percent: used } = one;
  const bar = one.isOver || used === null ? "" : `${look.paint(limitRole(one), look.bar(used))} `;
  const spent = spentOf(one);
  const indent = "  ";
  const head = [
    `${look.paint("name", padEnd(nameOf(one.name), names))}  ${bar}${look.paint(limitRole(one), usedWords(one))}`,
    ...(spent === null ? [] : [clean(spent, 60)]),
    resetWords(one, zone, now),
    look.paint("quiet", `seen ${agoOf(one.seenAt, now)}`),
    ...(one.plan === "" ? [] : [look.paint("quiet", `plan ${clean(one.plan)}`)]),
  ];
  const pace = one.pace ? [`pace ${look.glyph("to")} ${percent(one.pace.percentAtReset)}`] : [];
  return [
    ...wrapItems(head, width, 2, look),
    ...wrapItems([`${indent}forecast: ${spelled(forecastOf(one, zone, now), look)}`, ...pace], width, 2, look),
    ...learnedLines(one.learned).flatMap((words) =>
      wrapItems([look.paint("quiet", spelled(indent + words, look))], width, 2, look),
    ),
  ];
}

function learnedLines(learned: Learned | undefined): string[] {
  const { tokens, micros } = learned ?? {};
  const range = ({ middle, low, high }: PerPercent, write: (value: number) => string): string =>
    `${write(middle)} (${write(low)} to ${write(high)})`;
  return [
    ...(tokens ? [`1% ≈ ${range(tokens, compactCount)} tokens, from ${count(tokens.n)} rises`] : []),
    ...(micros ? [`1% ≈ ${range(micros, (value) => money(Math.round(value)))}, from ${count(micros.n)} rises`] : []),
  ];
}

function notesOf(own: readonly Known[], others: readonly Known[], several: boolean): string[] {
  const found = [...own, ...others];
  const elsewhere = own.reduce((sum, { learned }) => sum + (learned?.elsewhere ?? 0), 0);
  return [
    ...(own.length > 0 ? ["Limits are as our own usage log last saw them."] : []),
    ...(others.length > 0
      ? [
          "Those of other assistants are as their own files last told them; what was used elsewhere since is not in there.",
        ]
      : []),
    ...(found.some(({ outlook }) => outlook !== null)
      ? [
          "Forecast: by the median of the recent rates, from the slowest to the fastest of them: over 30m, 1h, 2h and the " +
            "whole window (5 hours), over 1, 2, 4 days and the whole window (week).",
        ]
      : []),
    ...(own.some(({ learned }) => learned?.tokens)
      ? [
          "What 1% comes to is an estimate: medians and quartiles of what this ledger holds beside each rise of the limit.",
        ]
      : []),
    ...(elsewhere > 0
      ? [`${count(elsewhere)} rises without use in this ledger were left out: of another place, or not read.`]
      : []),
    ...(several ? ["The log holds more than one account: those limits are shown that were seen last."] : []),
  ];
}

function jsonOf(one: Known, now: number) {
  const { key, source, name, family, windowMinutes, plan, percent, resetsAt, seenAt, isOver, pace, outlook } = one;
  const { learned, spend } = one;
  return {
    source,
    limit: key,
    name,
    family: family || null,
    windowMinutes,
    plan: plan || null,
    usedPercent: isOver ? null : percent,
    lastSeenPercent: percent,
    ...(spend && { spend }),
    resetsAt: isoOrNull(resetsAt),
    resetsInMs: resetsAt === null ? null : Math.max(resetsAt - now, 0),
    seenAt: isoOrNull(seenAt),
    ageMs: now - seenAt,
    pacePercentAtReset: pace?.percentAtReset ?? null,
    forecast:
      outlook &&
      (outlook.kind === "wall"
        ? {
            kind: "wall",
            fullAt: isoOrNull(outlook.at),
            earliest: isoOrNull(outlook.early),
            latest: isoOrNull(outlook.late),
            rates: outlook.rates,
          }
        : {
            kind: "stands",
            percentAtReset: outlook.percent,
            low: outlook.low,
            high: outlook.high,
            earliest: isoOrNull(outlook.early),
            rates: outlook.rates,
          }),
    estimate: {
      tokensPerPercent: learned?.tokens ?? null,
      dollarsPerPercent: learned?.micros ? inDollars(learned.micros) : null,
      risesElsewhere: learned?.elsewhere ?? 0,
    },
  };
}

const roundOf = (one: PerPercent | null | undefined): number | null => (one ? Math.round(one.middle) : null);

const inDollars = ({ middle, low, high, n }: PerPercent): PerPercent => ({
  middle: Math.round(middle) / 1e6,
  low: Math.round(low) / 1e6,
  high: Math.round(high) / 1e6,
  n,
});
