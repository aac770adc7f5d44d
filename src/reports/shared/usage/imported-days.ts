import type { DayRow, Filter } from "../../../ledger/rows.ts";
import { addDays, offsetsIn, startOfDay } from "../../../model/calendar.ts";
import { count } from "../../../render/format.ts";
import { dateOfDay } from "../../../pricing/costs.ts";
import type { ReportContext, ReportQuery } from "../report.ts";

/** The programs whose sums are preferred where several cover one date, best first. */
const PROVENANCES = ["ccusage", "stats-cache"];

/** Imported days that count: entirely within the range, without responses of that assistant in the ledger. */
export async function importedDays(
  { filter, zone, since, until }: Pick<ReportQuery, "filter" | "zone" | "since" | "until">,
  { queries }: Pick<ReportContext, "queries">,
): Promise<DayRow[]> {
  const { project, branch, session, accounts, model, source } = filter;
  if ([project, branch, session, accounts].some((one) => one !== undefined)) return [];
  const days = (await queries.days(since ?? "0000-00-00", until ?? "9999-99-99"))
    .filter((day) => model === undefined || day.model.toLowerCase().includes(model.toLowerCase()))
    .filter((day) => source === undefined || day.source === source);
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return [];
  const [from, to] = [startOfDay(zone, first.date), startOfDay(zone, addDays(last.date, 1))];
  const everything: Filter = { from, to };
  const rows = await queries.usage(everything, offsetsIn(zone, from, to), ["source"]);
  const ledgerDays = new Set(rows.map(({ source, day }) => `${source} ${dateOfDay(day)}`));
  const best = new Map<string, number>();
  for (const { date, provenance } of days) best.set(date, Math.min(best.get(date) ?? Infinity, rankOf(provenance)));
  return days.filter(
    ({ source, date, provenance }) =>
      !ledgerDays.has(`${source} ${date}`) &&
      rankOf(provenance) === best.get(date) &&
      startOfDay(zone, date) >= filter.from &&
      startOfDay(zone, addDays(date, 1)) <= filter.to,
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
    `Imported, not counted here: ${parts.join("; ")}.`,
    ...(unsplit > 0
      ? [`Only the sum of ${count(unsplit)} imported tokens is known: they are in the total column only.`]
      : []),
  ];
}

function rankOf(provenance: string): number {
  const rank = PROVENANCES.indexOf(provenance);
  return rank < 0 ? PROVENANCES.length : rank;
}
