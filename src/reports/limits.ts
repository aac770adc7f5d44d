import { flow } from "../asking/few.ts";
import type { PerPercent } from "../asking/limits/forecast.ts";
import { type Learned, learnedOf } from "../asking/limits/learned.ts";
import { limitRole, outlookWords, resetWords, spelled, TURN_ON, usedWords } from "../asking/limits/words.ts";
import { agoOf, isoOrNull, stampOf } from "../asking/when.ts";
import { areSeveralAccounts, type Limit, limitsAt, LIMITS_BACK_MS, windowsIn } from "../asking/limits/windows.ts";
import { compactCount, count, money, padEnd } from "../tables/format.ts";
import type { Cell, Column } from "../tables/table.ts";
import { clean, type Look, percent } from "../utils/terminal.ts";
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
];

const NO_PLAN = "Limits are those of a claude.ai plan; nobody was signed in with one in the last two weeks.";

type Known = Limit & { readonly learned: Learned | undefined };

/** Each limit now, when it resets, how it goes on, and what one percent of it comes to. */
export const limits: Report = {
  name: "limits",
  meaning: "each limit now: used, reset, pace, forecast with a range, tokens and dollars per percent",
  async run({ zone, now }, { ledger, costs, log }) {
    const records = await log("usage", now - LIMITS_BACK_MS);
    const windows = windowsIn(records);
    const learned = learnedOf(windows, ledger, costs);
    const found = limitsAt(windows, now).map((limit): Known => ({ ...limit, learned: learned.get(limit.key) }));
    const cells = (one: Known): Cell[] => [
      one.name,
      one.isOver ? null : one.percent,
      one.resetsAt === null ? "not known" : stampOf(zone, one.resetsAt),
      now - one.seenAt,
      one.pace?.percentAtReset ?? null,
      forecastOf(one, zone, now),
      roundOf(one.learned?.tokens),
      roundOf(one.learned?.micros),
    ];
    return {
      columns: COLUMNS,
      rows: found.map(cells),
      empty: records.length === 0 ? "Nothing is logged of the limits." : "Our log holds no limits.",
      notes:
        found.length > 0
          ? notesOf(found, areSeveralAccounts(windows, now))
          : [records.length === 0 ? TURN_ON : NO_PLAN],
      ...(found.length > 0 && {
        draw: (look: Look, width: number) => found.flatMap((one) => lines(one, zone, now, look, width)),
      }),
      json: { limits: found.map((one) => jsonOf(one, now)), records: records.length },
    };
  },
};

function forecastOf({ isOver, outlook }: Limit, zone: string, now: number): string {
  if (isOver) return "not known";
  return outlook ? outlookWords(outlook, zone, now) : "not known: too few records yet";
}

function lines(one: Known, zone: string, now: number, look: Look, width: number): string[] {
  const used = one.isOver ? "" : `${look.paint(limitRole(one), look.bar(one.percent))} `;
  const indent = "  ";
  const head = [
    `${look.paint("name", padEnd(clean(one.name), 8))}  ${used}${look.paint(limitRole(one), usedWords(one))}`,
    resetWords(one, zone, now),
    look.paint("quiet", `seen ${agoOf(one.seenAt, now)}`),
  ];
  const pace = one.pace ? [`pace ${look.glyph("to")} ${percent(one.pace.percentAtReset)}`] : [];
  return [
    ...flow(head, width, 2, look),
    ...flow([`${indent}forecast: ${spelled(forecastOf(one, zone, now), look)}`, ...pace], width, 2, look),
    ...learnedLines(one.learned).flatMap((words) =>
      flow([look.paint("quiet", spelled(indent + words, look))], width, 2, look),
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

function notesOf(found: readonly Known[], several: boolean): string[] {
  const elsewhere = found.reduce((sum, { learned }) => sum + (learned?.elsewhere ?? 0), 0);
  return [
    "Limits are as our own usage log last saw them.",
    ...(found.some(({ outlook }) => outlook !== null)
      ? [
          "Forecast: by the median of the recent rates, from the slowest to the fastest of them: over 30m, 1h, 2h and the " +
            "whole window (5 hours), over 1, 2, 4 days and the whole window (week).",
        ]
      : []),
    ...(found.some(({ learned }) => learned?.tokens)
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

const jsonOf = ({ key, name, percent, resetsAt, seenAt, isOver, pace, outlook, learned }: Known, now: number) => ({
  limit: key,
  name,
  usedPercent: isOver ? null : percent,
  lastSeenPercent: percent,
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
});

const roundOf = (one: PerPercent | null | undefined): number | null => (one ? Math.round(one.middle) : null);

const inDollars = ({ middle, low, high, n }: PerPercent): PerPercent => ({
  middle: Math.round(middle) / 1e6,
  low: Math.round(low) / 1e6,
  high: Math.round(high) / 1e6,
  n,
});
