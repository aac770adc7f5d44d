import { type tokenClasses } from "../../../src/model/tokens.ts";
import type { Truth } from "../../ledger/corpus.ts";
import type { Totals } from "../../ledger/dump.ts";

/** Sums as ccusage and pawprint print them. */
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

/**
 * Differences between our report and the truth, in total and by day, and between the roll-up and the truth, by token
 * class.
 */
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
    const ourDay = days.get(date);
    days.delete(date);
    const isSame =
      ourDay !== undefined &&
      ourDay.inputTokens === day.input &&
      ourDay.outputTokens === day.output &&
      ourDay.cacheCreationTokens === day.cacheWrite5m + day.cacheWrite1h &&
      ourDay.cacheReadTokens === day.cacheRead &&
      micros(ourDay.totalCost) === day.micros;
    if (!isSame) found.push(`${date}: ${JSON.stringify(ourDay)} instead of ${JSON.stringify(day)}`);
  }
  for (const date of days.keys()) found.push(`${date}: a day without usage`);
  return found;
}

/** Differences between our totals and those of ccusage. */
export function againstPeer(ours: Daily, theirs: Daily): string[] {
  const found = NAMES.filter((name) => ours.totals[name] !== theirs.totals[name]).map(
    (name) => `${name}: ${ours.totals[name]}, ccusage says ${theirs.totals[name]}`,
  );
  if (micros(ours.totals.totalCost) !== micros(theirs.totals.totalCost)) {
    found.push(`dollars: ${ours.totals.totalCost}, ccusage says ${theirs.totals.totalCost}`);
  }
  return found;
}
