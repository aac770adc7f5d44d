import { type tokenClasses } from "../../../src/model/tokens.ts";
import type { Truth } from "../../ledger/corpus.ts";
import type { Totals } from "../../ledger/dump.ts";

/** Sums as ccusage prints them, and we. */
interface Sums {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreationTokens: number;
  readonly cacheReadTokens: number;
  readonly totalCost: number;
}

/** What `daily --json` prints. ccusage 20 calls a day's date "period". */
export interface Daily {
  readonly daily: readonly (Sums & { readonly date?: string; readonly period?: string })[];
  readonly totals: Sums;
}

const NAMES = ["inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens"] as const;
const micros = (dollars: number): number => Math.round(dollars * 1e6);

/** Where our report differs from the truth, as a whole and by day, and the roll-up in any class of tokens. */
export function againstTruth(ours: Daily, rolledUp: Totals, truth: Truth): string[] {
  const classes: readonly ((typeof tokenClasses)[number] | "responses")[] = [
    "responses",
    "input",
    "output",
    "cacheWrite5m",
    "cacheWrite1h",
    "cacheRead",
  ];
  const found = classes
    .filter((name) => rolledUp[name] !== truth[name])
    .map((name) => `${name}: ${rolledUp[name]} instead of ${truth[name]}`);
  if (micros(ours.totals.totalCost) !== truth.micros) {
    found.push(`dollars: ${ours.totals.totalCost} instead of ${truth.micros / 1e6}`);
  }
  const days = new Map(ours.daily.map((day) => [day.date ?? day.period ?? "", day]));
  for (const [date, day] of Object.entries(truth.days)) {
    const own = days.get(date);
    days.delete(date);
    const isSame =
      own !== undefined &&
      own.inputTokens === day.input &&
      own.outputTokens === day.output &&
      own.cacheCreationTokens === day.cacheWrite5m + day.cacheWrite1h &&
      own.cacheReadTokens === day.cacheRead &&
      micros(own.totalCost) === day.micros;
    if (!isSame) found.push(`${date}: ${JSON.stringify(own)} instead of ${JSON.stringify(day)}`);
  }
  for (const date of days.keys()) found.push(`${date}: a day on which nothing was used`);
  return found;
}

/** Where our totals differ from ccusage's. */
export function againstPeer(ours: Daily, its: Daily): string[] {
  const found = NAMES.filter((name) => ours.totals[name] !== its.totals[name]).map(
    (name) => `${name}: ${ours.totals[name]}, ccusage says ${its.totals[name]}`,
  );
  if (micros(ours.totals.totalCost) !== micros(its.totals.totalCost)) {
    found.push(`dollars: ${ours.totals.totalCost}, ccusage says ${its.totals.totalCost}`);
  }
  return found;
}
