import { count, money, padEnd, padStart } from "../../render/format.ts";
import { clean } from "../../utils/terminal.ts";
import type { Difference, Sums } from "../../verify/compare.ts";
import type { Comparison } from "../../verify/other-counters.ts";

/** The number of parts (days or sessions), and the names of those that differ between the two counts. */
interface PartComparison {
  readonly all: number;
  readonly unequal: readonly string[];
}

/** The result of a verification. */
export interface VerificationResult {
  readonly files: number;
  readonly bytes: number;
  readonly ledger: Sums;
  readonly recount: Sums;
  readonly days: PartComparison;
  readonly sessions: PartComparison;
  readonly differences: readonly Difference[];
  /** Dates whose roll-ups differ from the ledger's own responses. */
  readonly wrongSums: readonly string[];
  readonly ownTotals: readonly Comparison[];
  readonly ccusage: readonly Comparison[] | null;
  readonly notes: {
    readonly skipped: number;
    readonly vanished: number;
    readonly newSince: number;
    readonly unreadable: readonly string[];
    readonly importedDays: number;
    /** Tokens by model. */
    readonly unpriced: Readonly<Record<string, number>>;
  };
}

const ROWS: readonly (readonly [string, keyof Sums])[] = [
  ["responses", "responses"],
  ["input", "input"],
  ["output", "output"],
  ["cache write 5m", "cacheWrite5m"],
  ["cache write 1h", "cacheWrite1h"],
  ["cache read", "cacheRead"],
  ["web searches", "searches"],
];
/** Most lines printed per list; --json has all of them. */
const MAX_LINES = 20;

/** Formats the result as lines of text. */
export function verificationLines(verdict: VerificationResult): string[] {
  const { files, bytes, ledger, recount, days, sessions, differences, wrongSums, ownTotals, ccusage } = verdict;
  const open = differences.filter(({ cause }) => cause === null);
  const known = differences.filter(({ cause }) => cause !== null);
  return [
    `recounted ${count(files)} ${files === 1 ? "file" : "files"}, ${count(bytes)} bytes, with a second reader`,
    row("", "ledger", "recount", "difference"),
    ...ROWS.map(([name, field]) =>
      row(name, count(ledger[field]), count(recount[field]), count(ledger[field] - recount[field])),
    ),
    `days: ${partsText(days)}`,
    `sessions: ${partsText(sessions)}`,
    ...firstLines(known, differenceText),
    ...open.map((one) => `UNEXPLAINED ${differenceText(one)}`),
    ...wrongSums.map((date) => `UNEXPLAINED ${date}: the totals used by reports differ from the sum of the responses`),
    ...comparisonLines("totals written by the sessions themselves", ownTotals),
    ...(ccusage ? comparisonLines("ccusage, by day", ccusage) : []),
    ...noteLines(verdict.notes),
    ...(open.length + wrongSums.length === 0
      ? [differences.length === 0 ? "the ledger matches the transcripts" : "every difference is explained"]
      : []),
  ];
}

const row = (name: string, ...cells: readonly string[]): string =>
  `  ${padEnd(name, 14)}${cells.map((cell) => padStart(cell, 18)).join("")}`;

const partsText = ({ all, unequal }: PartComparison): string =>
  unequal.length === 0 ? `all ${count(all)} are equal` : `${count(unequal.length)} of ${count(all)} differ`;

/** The text for each kind of difference. */
const whatTexts: Readonly<Record<Difference["what"], string>> = {
  "only in the ledger": "only in the ledger",
  "only in the files": "only in the files",
  "other counts": "with different counts",
  "another place": "with another session, model or time",
};

const differenceText = ({ session, what, responses, ledger, files, cause }: Difference): string =>
  `${clean(session)}: ${count(responses)} ${responses === 1 ? "response" : "responses"} ${whatTexts[what]}: ${count(ledger)} tokens in the ledger and ${count(files)} in the files${cause === null ? "" : `: ${cause}`}`;

function firstLines<T>(items: readonly T[], textOf: (one: T) => string): string[] {
  const rest = items.length - MAX_LINES;
  return [
    ...items.slice(0, MAX_LINES).map((one) => `  ${textOf(one)}`),
    ...(rest > 0 ? [`  and ${count(rest)} more (--json)`] : []),
  ];
}

/** Lines with the number of equal totals, and for each cause of a difference the number and the first three. */
function comparisonLines(what: string, all: readonly Comparison[]): string[] {
  if (all.length === 0) return [`${what}: none`];
  const byCause = Map.groupBy(all, ({ cause }) => cause);
  const same = byCause.get(null)?.length ?? 0;
  byCause.delete(null);
  return [
    `${what}: ${same === all.length ? `all ${count(same)} are equal` : `${count(same)} of ${count(all.length)} are equal`}`,
    ...[...byCause].flatMap(([cause, ones]) => [
      `  ${count(ones.length)}: ${cause}`,
      ...ones.slice(0, 3).map(comparisonText),
    ]),
  ];
}

function comparisonText({ of, ledger, other, ledgerCost, otherCost }: Comparison): string {
  const dollars = (micros: number | null): string => (micros === null ? "no price" : money(micros));
  return `    ${clean(of)}: ${count(other)} tokens (${dollars(otherCost)}), in the ledger ${count(ledger)} (${dollars(ledgerCost)})`;
}

function noteLines({
  skipped,
  vanished,
  newSince,
  unreadable,
  importedDays,
  unpriced,
}: VerificationResult["notes"]): string[] {
  const notes: readonly (readonly [number, string, string, string])[] = [
    [skipped, "line was", "lines were", "skipped or corrected: see pawprint scan --explain"],
    [vanished, "file is", "files are", "missing: their responses are known from the ledger only"],
    [newSince, "file was", "files were", "left out because they were written after the scan"],
    [importedDays, "day was", "days were", "imported: shown in reports but not verified here"],
  ];
  return [
    ...notes
      .filter(([number]) => number > 0)
      .map(([number, singular, plural, rest]) => `${count(number)} ${number === 1 ? singular : plural} ${rest}`),
    ...unreadable.map((path) => `could not be read: ${clean(path, 500)}`),
    ...Object.entries(unpriced).map(
      ([model, tokens]) => `${clean(model)} has no price: ${count(tokens)} tokens without cost`,
    ),
  ];
}
