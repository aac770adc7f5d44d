import { BUCKET_MS, type UsageRow } from "../../../ledger/rows.ts";
import { weekday } from "../../../model/calendar.ts";
import { dateOfDay, sumBy } from "../../../pricing/costs.ts";
import type { Cell, ValueKind } from "../../../render/format.ts";
import type { HeatmapOf, ReportContext, ReportQuery } from "../report.ts";
import { importedDays, notesWithoutHours } from "./imported-days.ts";
import { unpricedNotes } from "./result.ts";

/** The kinds of what a heatmap counts; costs are integer micro-dollars. */
export const heatmapKinds: Readonly<Record<HeatmapOf, ValueKind>> = {
  prompts: "integer",
  cost: "money",
  tokens: "tokens",
};

/** What was used in each hour of a week: by weekday (Sunday = 0) times 24 plus the local hour, in all, and sentences about it. */
export interface WeeklyHours {
  readonly byHour: ReadonlyMap<number, number | null>;
  readonly total: Cell;
  readonly notes: readonly string[];
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** What was used by weekday and local hour; null for tokens without a price. */
export async function weeklyHours(of: HeatmapOf, query: ReportQuery, context: ReportContext): Promise<WeeklyHours> {
  const { filter, intervals } = query;
  const { queries, costs } = context;
  const hourOf = hourOfWeek(intervals);
  if (of === "prompts") {
    const byHour = new Map<number, number>();
    let total = 0;
    for (const row of await queries.actions(filter, intervals, ["hour"])) {
      if (row.action !== "prompt") continue;
      byHour.set(hourOf(row), (byHour.get(hourOf(row)) ?? 0) + row.count);
      total += row.count;
    }
    return { byHour, total, notes: [] };
  }
  const { sums, all } = sumBy(await queries.usage(filter, intervals, ["hour"]), costs, hourOf);
  const valueOf = (sum: typeof all): number | null => (of === "cost" ? sum.cost : sum.total);
  return {
    byHour: new Map(Array.from(sums, ([hour, sum]) => [hour, valueOf(sum)])),
    total: valueOf(all),
    notes: [
      ...(of === "cost" ? unpricedNotes(all, costs) : []),
      ...notesWithoutHours(await importedDays(query, context)),
    ],
  };
}

/** The hour of the week of a row, which the query grouped by hour. */
function hourOfWeek(intervals: ReportQuery["intervals"]): (row: Pick<UsageRow, "day" | "bucket">) => number {
  return ({ day, bucket }) => {
    const at = bucket * BUCKET_MS;
    const offsetMs = intervals.find(({ to }) => at < to)?.offsetMs ?? 0;
    const local = at + offsetMs - day * DAY_MS;
    return weekday(dateOfDay(day)) * 24 + Math.floor(local / HOUR_MS);
  };
}
