import type { DayRow, Filter } from "../../../ledger/rows.ts";
import { addDays, offsetsIn, startOfDay } from "../../../model/calendar.ts";
import { count } from "../../../render/format.ts";
import { dateOfDay } from "../../../pricing/costs.ts";
import type { ReportContext, ReportQuery } from "../report.ts";

/** The programs whose sums are preferred where several cover one date, best first. */
const PROVENANCES = ["ccusage", "stats-cache"];

/**
 * Imported days that count: entirely within the range, without responses of that assistant in the ledger, whichever machine they
 * are of: an uploaded sum may include them. If the query selects machines, only their days and responses matter.
 */
export async function importedDays(
  { filter, zone, since, until }: Pick<ReportQuery, "filter" | "zone" | "since" | "until">,
  { queries }: Pick<ReportContext, "queries">,
): Promise<DayRow[]> {
  const { project, branch, session, accounts, model, source, machines } = filter;
  if ([project, branch, session, accounts].some((one) => one !== undefined)) return [];
  const days = (await queries.days(since ?? "0000-00-00", until ?? "9999-99-99", { machines }))
    .filter((day) => model === undefined || day.model.toLowerCase().includes(model.toLowerCase()))
    .filter((day) => source === undefined || day.source === source);
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return [];
  const [from, to] = [startOfDay(zone, first.date), startOfDay(zone, addDays(last.date, 1))];
  const everything: Filter = { from, to, machines };
  const rows = await queries.usage(everything, offsetsIn(zone, from, to), ["source"]);
  const ledgerDays = new Set(rows.map(({ source, day }) => `${source} ${dateOfDay(day)}`));
  const best = new Map<string, number>();
  const keyOf = ({ machine, date }: DayRow): string => `${machine} ${date}`;
  for (const day of days) best.set(keyOf(day), Math.min(best.get(keyOf(day)) ?? Infinity, rankOf(day.provenance)));
  return days.filter(
    (day) =>
      !ledgerDays.has(`${day.source} ${day.date}`) &&
      rankOf(day.provenance) === best.get(keyOf(day)) &&
      startOfDay(zone, day.date) >= filter.from &&
      startOfDay(zone, addDays(day.date, 1)) <= filter.to,
  );
}

/** Sentences about the imported days, and the tokens of which only the sum is known. */
export function importNotes(days: readonly DayRow[]): string[] {
  if (days.length === 0) return [];
  const parts = [...Map.groupBy(days, ({ provenance }) => provenance)].map(([provenance, some]) => {
    const dates = [...new Set(some.map(({ date }) => date))];
    const [first = "", last = ""] = [dates[0], dates.at(-1)];
    return dates.length === 1
      ? `${first} from ${provenance}`
      : `${dates.length} days from ${first} to ${last} from ${provenance}`;
  });
  const unsplit = days.reduce((sum, day) => sum + day.unsplit, 0);
  return [
    `Includes imported usage: ${parts.join("; ")}.`,
    ...(unsplit > 0
      ? [`Only the sum of ${count(unsplit)} imported tokens is known: they are in the total column only.`]
      : []),
  ];
}

/** A sentence for a report by hours, which leaves imported days out. */
export function notesWithoutHours(days: readonly DayRow[]): string[] {
  const dates = new Set(days.map(({ date }) => date)).size;
  return dates === 0
    ? []
    : [
        `Left out, because their hours are not known: ${dates === 1 ? "1 imported day" : `${count(dates)} imported days`}.`,
      ];
}

function rankOf(provenance: string): number {
  const rank = PROVENANCES.indexOf(provenance);
  return rank < 0 ? PROVENANCES.length : rank;
}
