import { costModes, Costs } from "../../pricing/costs.ts";
import { priceFields, priceNotes } from "../../pricing/price-notes.ts";
import type { OffsetInterval, SystemZone } from "../../model/calendar.ts";
import type { PriceTable } from "../../model/price.ts";
import type { Report } from "../contract.ts";
import { arrange } from "./arrange.ts";
import type { ReportOptions } from "./options.ts";
import { arrangementOf, choiceOf, queryOf } from "./query.ts";
import { isEmptyResult, type ReportContext, type ReportResult, withMore } from "./report.ts";
import { clean } from "../../utils/terminal.ts";

/** What reports run on, whatever their options: a ledger, its prices, and the settings of its user. */
export interface ReportPlace extends Omit<ReportContext, "costs"> {
  readonly prices: PriceTable;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Keeps sums of the local days of some intervals, where the ledger can be written. */
  keepDays?(intervals: readonly OffsetInterval[]): void;
}

/** Runs a report with the options of a command line, sorted and shortened as they say. Throws bad_usage. */
export async function runWithOptions(
  report: Report,
  given: ReportOptions,
  zone: SystemZone,
  { prices, now, keepDays, ...rest }: ReportPlace,
): Promise<ReportResult> {
  const query = await queryOf(given, { now, ...rest }, zone.zone, report);
  keepDays?.(query.intervals);
  const { machines } = query.filter;
  const members = machines ? rest.members?.filter(({ machine }) => machines.includes(machine)) : rest.members;
  const costs = new Costs(prices, choiceOf(given, "cost-mode", costModes) ?? "auto");
  const otherMembers = rest.members?.filter((one) => members?.includes(one) === false);
  const context: ReportContext = { ...rest, costs, ...(members && { members }), ...(otherMembers && { otherMembers }) };
  const found = await report.run(query, context);
  const explained =
    report.isAboutLog || !isEmptyResult(found)
      ? found
      : await (await import("./empty.ts")).explainEmpty(found, query, context);
  const result = arrange(explained, arrangementOf(given));
  const activityNotes = needsActivity(report, given) ? await unreadActivityNotes(context) : [];
  const notes = [
    ...priceNotes(context.costs),
    ...zoneNotes(zone),
    ...activityNotes,
    ...(members ? (await import("./hub/selection.ts")).memberNotes(members, now) : []),
  ];
  return withMore(result, { notes, fields: priceFields(context.costs) });
}

/** Whether a report with some options reports session activity. */
export const needsActivity = ({ needsActivity: needs = () => false }: Report, given: ReportOptions): boolean =>
  needs === true || needs(given);

/** A note that says how far session activity has been read; none when all of it is read. */
async function unreadActivityNotes({ queries }: Pick<ReportContext, "queries">): Promise<string[]> {
  const { usage, activity } = await queries.progress();
  if (activity >= usage) return [];
  const percent = Math.floor((activity / usage) * 100);
  const part = `session activity has been read from ${percent}% of the transcripts`;
  return [`Incomplete: ${part}; pawprint scan --wait reads the rest.`];
}

/** A note about a zone that could not be read; none where it could. */
export function zoneNotes({ problem }: SystemZone): string[] {
  return problem === null ? [] : [`Days and hours are in UTC: ${clean(problem, 300)}.`];
}
