import type { DayRow, Filter } from "../../../ledger/rows.ts";
import { addDays, offsetsIn, startOfDay } from "../../../model/calendar.ts";
import { count } from "../../../render/format.ts";
import { dateOfDay } from "../../../pricing/costs.ts";
import type { ReportContext, ReportQuery } from "../question.ts";

/** Whose word counts where several programs summed up one date, the best first. */
const PROVENANCES = ["ccusage", "stats-cache"];

/** Days that other programs summed up, and that count: whole within the range, with no response of that assistant in the ledger. */
export function importedDays(
  { filter, zone, since, until }: Pick<ReportQuery, "filter" | "zone" | "since" | "until">,
  { queries: ledger }: Pick<ReportContext, "queries">,
): DayRow[] {
  const { project, branch, session, accounts, model, source } = filter;
  if ([project, branch, session, accounts].some((one) => one !== undefined)) return [];
  const days = ledger
    .days(since ?? "0000-00-00", until ?? "9999-99-99")
    .filter((day) => model === undefined || day.model.toLowerCase().includes(model.toLowerCase()))
    .filter((day) => source === undefined || day.source === source);
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return [];
  const [from, to] = [startOfDay(zone, first.date), startOfDay(zone, addDays(last.date, 1))];
  const everything: Filter = { from, to };
  const rows = ledger.usage(everything, offsetsIn(zone, from, to), ["source"]);
  const own = new Set(rows.map(({ source, day }) => `${source} ${dateOfDay(day)}`));
  const best = new Map<string, number>();
  for (const { date, provenance } of days) best.set(date, Math.min(best.get(date) ?? Infinity, rankOf(provenance)));
  return days.filter(
    ({ source, date, provenance }) =>
      !own.has(`${source} ${date}`) &&
      rankOf(provenance) === best.get(date) &&
      startOfDay(zone, date) >= filter.from &&
      startOfDay(zone, addDays(date, 1)) <= filter.to,
  );
}

/** Sentences that say which days were imported, and what is not known of them. */
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
      ? [`Of ${count(unsplit)} imported tokens only the sum is known: they stand in the total alone.`]
      : []),
  ];
}

function rankOf(provenance: string): number {
  const rank = PROVENANCES.indexOf(provenance);
  return rank < 0 ? PROVENANCES.length : rank;
}
