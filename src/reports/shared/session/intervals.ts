import { BUCKET_MS, type UsageRow } from "../../../ledger/rows.ts";
import { totalOf } from "../../../model/tokens.ts";
import { PricedTotals } from "../../../pricing/costs.ts";
import { sessionKey } from "../assistants.ts";
import { keyOf } from "../keys.ts";
import type { ReportContext, ReportQuery } from "../report.ts";

/** A session that paused for this long is split, minutes: where it has no response in so many whole buckets. */
export const PAUSE_MINUTES = 30;
const PAUSE_BUCKETS = (PAUSE_MINUTES * 60_000) / BUCKET_MS;
/** The newest intervals of a timeline; only these have exact times, and only these are listed. */
export const MAX_INTERVALS = 2_000;
const DAY_MS = 86_400_000;

/** A part of a session without a long pause, on one machine. Times are epoch milliseconds: of the first and the last response. */
export interface SessionInterval {
  readonly source: string;
  readonly session: string;
  readonly machine: string;
  readonly project: string;
  readonly branch: string;
  /** That with most tokens. */
  readonly model: string;
  readonly from: number;
  readonly to: number;
  readonly usage: PricedTotals;
}

/** The intervals of all sessions within the query's range, the one that ended last at the end. Beyond MAX_INTERVALS, the older ones begin and end with their buckets. */
export async function sessionIntervals(
  { filter, intervals }: ReportQuery,
  { queries, costs }: ReportContext,
): Promise<SessionInterval[]> {
  const rows = await queries.usage(filter, intervals, ["source", "session", "project", "branch", "machine", "bucket"]);
  const bySession = Map.groupBy(rows, (row) => keyOf(row.machine, sessionKey(row)));
  const found = [...bySession.values()]
    .flatMap(withoutPauses)
    .map((some) => intervalOf(some, costs))
    .toSorted((a, b) => a.to - b.to || a.from - b.from);
  const older = found.length - MAX_INTERVALS;
  const newest = found.slice(Math.max(older, 0));
  const { project, model, branch, accounts, machines } = filter;
  const bounds = await queries.bounds(
    { project, model, branch, accounts, machines },
    newest.map(({ from, to, machine, source, session }) => ({ from, to, machine, source, session })),
  );
  const exact = newest.map((one, index) => ({
    ...one,
    from: bounds[index]?.first ?? one.from,
    to: bounds[index]?.last ?? one.to,
  }));
  return [...found.slice(0, Math.max(older, 0)), ...exact.toSorted((a, b) => a.to - b.to || a.from - b.from)];
}

/** The usage of one session, in parts that are separated by its pauses. */
function withoutPauses(rows: readonly UsageRow[]): UsageRow[][] {
  const parts: UsageRow[][] = [];
  let last = -Infinity;
  for (const row of rows.toSorted((a, b) => a.bucket - b.bucket)) {
    if (row.bucket - last > PAUSE_BUCKETS) parts.push([]);
    parts.at(-1)?.push(row);
    last = row.bucket;
  }
  return parts;
}

function intervalOf(rows: readonly UsageRow[], costs: ReportContext["costs"]): SessionInterval {
  const usage = new PricedTotals();
  const models = new Map<string, number>();
  for (const row of rows) {
    usage.add(row, row.responses, costs.of(row, row.day * DAY_MS));
    models.set(row.model, (models.get(row.model) ?? 0) + totalOf(row));
  }
  const [first, last] = [rows[0] as UsageRow, rows.at(-1) as UsageRow];
  const { source, session, machine } = first;
  return {
    source,
    session,
    machine,
    project: rows.findLast(({ project }) => project !== "")?.project ?? "",
    branch: rows.findLast(({ branch }) => branch !== "")?.branch ?? "",
    model: [...models].reduce((a, b) => (b[1] > a[1] ? b : a))[0],
    from: first.bucket * BUCKET_MS,
    to: (last.bucket + 1) * BUCKET_MS,
    usage,
  };
}
