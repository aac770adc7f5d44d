import { count, money, padEnd, padStart } from "../../render/format.ts";
import { clean } from "../../utils/terminal.ts";
import type { Difference, Sums } from "../../verify/compare.ts";
import type { Beside } from "../../verify/others.ts";

/** Parts of a whole, and those that are not the same in both counts. */
interface Parts {
  readonly all: number;
  readonly unequal: readonly string[];
}

/** All that was compared. */
export interface Verdict {
  readonly files: number;
  readonly bytes: number;
  readonly ledger: Sums;
  readonly recount: Sums;
  readonly days: Parts;
  readonly sessions: Parts;
  readonly differences: readonly Difference[];
  /** Dates whose sums are not those of the ledger's own responses. */
  readonly wrongSums: readonly string[];
  readonly ownTotals: readonly Beside[];
  readonly ccusage: readonly Beside[] | null;
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
/** Lines of one sort; all of them are in --json. */
const MOST = 20;

/** The verdict as lines for people. */
export function told(verdict: Verdict): string[] {
  const { files, bytes, ledger, recount, days, sessions, differences, wrongSums, ownTotals, ccusage } = verdict;
  const open = differences.filter(({ cause }) => cause === null);
  const known = differences.filter(({ cause }) => cause !== null);
  return [
    `recounted ${count(files)} ${files === 1 ? "file" : "files"}, ${count(bytes)} bytes, by a second reader`,
    row("", "ledger", "recount", "difference"),
    ...ROWS.map(([name, field]) =>
      row(name, count(ledger[field]), count(recount[field]), count(ledger[field] - recount[field])),
    ),
    `days: ${equal(days)}`,
    `sessions: ${equal(sessions)}`,
    ...some(known, differenceText),
    ...open.map((one) => `NOT EXPLAINED ${differenceText(one)}`),
    ...wrongSums.map((date) => `NOT EXPLAINED ${date}: the sums that reports take are not those of the responses`),
    ...beside("sums that sessions wrote themselves", ownTotals),
    ...(ccusage ? beside("ccusage, by day", ccusage) : []),
    ...notesOf(verdict.notes),
    ...(open.length + wrongSums.length === 0
      ? [differences.length === 0 ? "the ledger is what the transcripts say" : "every difference is explained"]
      : []),
  ];
}

const row = (name: string, ...cells: readonly string[]): string =>
  `  ${padEnd(name, 14)}${cells.map((cell) => padStart(cell, 18)).join("")}`;

const equal = ({ all, unequal }: Parts): string =>
  unequal.length === 0 ? `all ${count(all)} are equal` : `${count(unequal.length)} of ${count(all)} differ`;

const differenceText = ({ session, what, responses, ledger, files, cause }: Difference): string =>
  `${clean(session)}: ${count(responses)} ${what}, ${count(ledger)} tokens there and ${count(files)} in the files${cause === null ? "" : `: ${cause}`}`;

function some<T>(items: readonly T[], textOf: (one: T) => string): string[] {
  const rest = items.length - MOST;
  return [
    ...items.slice(0, MOST).map((one) => `  ${textOf(one)}`),
    ...(rest > 0 ? [`  and ${count(rest)} more (--json)`] : []),
  ];
}

/** How many are equal; of those that are not, by cause, how many and the first of them. */
function beside(what: string, all: readonly Beside[]): string[] {
  if (all.length === 0) return [`${what}: none`];
  const byCause = Map.groupBy(all, ({ cause }) => cause);
  const same = byCause.get(null)?.length ?? 0;
  byCause.delete(null);
  return [
    `${what}: ${same === all.length ? `all ${count(same)} are equal` : `${count(same)} of ${count(all.length)} are equal`}`,
    ...[...byCause].flatMap(([cause, ones]) => [
      `  ${count(ones.length)}: ${cause}`,
      ...ones.slice(0, 3).map(besideText),
    ]),
  ];
}

function besideText({ of, ledger, other, ledgerCost, otherCost }: Beside): string {
  const dollars = (micros: number | null): string => (micros === null ? "no price" : money(micros));
  return `    ${clean(of)}: ${count(other)} tokens (${dollars(otherCost)}), in the ledger ${count(ledger)} (${dollars(ledgerCost)})`;
}

function notesOf({ skipped, vanished, newSince, unreadable, importedDays, unpriced }: Verdict["notes"]): string[] {
  const notes: readonly (readonly [number, string, string, string])[] = [
    [skipped, "line is", "lines are", "not counted as written: see pawprint scan --explain"],
    [vanished, "file is", "files are", "gone: what was read there is counted from the ledger only"],
    [newSince, "file", "files", "left out because of coming after the scan"],
    [importedDays, "day was", "days were", "imported: reports show them, and they are no part of this"],
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
