import { Costs } from "../../src/pricing/costs.ts";
import type { ReportContext, ReportQuery } from "../../src/reports/shared/report.ts";
import type { Queries } from "../../src/ledger/queries.ts";
import type { Progress } from "../../src/ledger/rows.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { dateOf, FOREVER, offsetsIn, type Zone } from "../../src/model/calendar.ts";
import { rangeOf } from "../../src/model/range.ts";
import type { Observation } from "../../src/model/observation.ts";
import { type PriceRow, PriceTable } from "../../src/model/price.ts";
import { loggedRecord, type LoggedRecord, type UsageRecord } from "../../src/model/record.ts";
import { assistants, GPT, others } from "./sample-assistants.ts";
import { API, HAIKU, OPUS, sampleObservations, sessionId, SONNET } from "./sample-work.ts";
import { queriesOf } from "../ledger/queries.ts";

/** The current time of the sample: Friday 2026-11-20 11:00 in Berlin, during a session. */
export const NOW = Date.parse("2026-11-20T10:00:00.000Z");
export const ZONE: Zone = "Europe/Berlin";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Fixed prices, so that a price change does not change golden files. */
export const prices: readonly PriceRow[] = (
  [
    [OPUS, "5", "25", "6.25", "10", "0.25"],
    [SONNET, "3", "15", "3.75", "6", "0.3"],
    [HAIKU, "1", "5", "1.25", "2", "0.1"],
    [GPT, "1.25", "10", "1.25", "1.25", "0.125"],
  ] as const
).map(([model, input, output, cacheWrite5m, cacheWrite1h, cacheRead]) => ({
  models: [model],
  from: null,
  input,
  output,
  cacheWrite5m,
  cacheWrite1h,
  cacheRead,
  webSearch: "10",
  source: "the sample",
}));

/** The ledger of the sample, in memory. */
export function sampleLedger(): Ledger {
  return ledgerOf(sampleObservations());
}

/** The sample's ledger with the activity of other assistants on the same machine. */
export function severalLedger(): Ledger {
  const ledger = sampleLedger();
  for (const { source, observations, files, skipped } of others) {
    const entries = prepare(ledger.machine, source, observations);
    ledger.ingest({ source, entries, skipped, restarted: [], files });
  }
  return ledger;
}

/** A ledger in memory with some observations. */
export function ledgerOf(observations: readonly Observation[]): Ledger {
  const ledger = new Ledger(":memory:", () => "harness");
  const entries = prepare(ledger.machine, "claude-code", observations);
  ledger.ingest({ source: "claude-code", entries, skipped: [], restarted: [], files: [] });
  return ledger;
}

/** A report context over a ledger, with the sample's prices and log. */
export function contextOf(ledger: Ledger, change: Partial<ReportContext> = {}): ReportContext {
  return {
    queries: ledger.queries,
    home: "/home/dev",
    assistants,
    costs: new Costs(new PriceTable(prices), "auto"),
    log: (kind, since) =>
      Promise.resolve(kind === "usage" ? sampleLog().filter((one) => Date.parse(one.timestamp) >= since) : []),
    logDirectory: () => Promise.resolve("~/.claude/pets/logs"),
    ...change,
  };
}

/** The queries of a ledger whose files are read so far. */
export const withProgress = (ledger: Ledger, progress: Progress): Queries =>
  Object.create(ledger.queries, { progress: { value: () => progress } }) as Queries;

/** A query, built from options as the command does. */
export function queryOf(
  ledger: Ledger,
  options: {
    since?: string;
    until?: string;
    last?: string;
    zone?: Zone;
    now?: number;
    isBrokenDown?: boolean;
    split?: ReportQuery["split"];
    heatmapOf?: ReportQuery["heatmapOf"];
    hasAllPeriods?: boolean;
    isActiveOnly?: boolean;
    weekStart?: number;
    match?: string;
  } & Partial<Pick<ReportQuery["filter"], "project" | "model" | "branch" | "source" | "session" | "accounts">> = {},
): ReportQuery {
  const { since, until, last, zone = ZONE, now = NOW, ...more } = options;
  const {
    isBrokenDown = false,
    split = null,
    heatmapOf = "prompts",
    hasAllPeriods = false,
    isActiveOnly = false,
    ...rest
  } = more;
  const { weekStart = null, match = null, ...place } = rest;
  const range = rangeOf({ since, until, last, zone, now });
  if ("problem" in range) throw new Error(range.problem);
  const span = queriesOf(ledger).span();
  const from = Math.max(range.from, span?.first ?? 0);
  const to = Math.max(Math.min(range.to, Math.max((span?.last ?? 0) + 1, now + 1), FOREVER), from);
  return {
    filter: { from: range.from, to: range.to, ...place },
    zone,
    intervals: offsetsIn(zone, from, to),
    since: range.sinceDate,
    until: range.untilDate,
    now,
    isBrokenDown,
    split,
    heatmapOf,
    hasAllPeriods,
    isActiveOnly,
    weekStart,
    match,
  };
}

/** Usage records every half hour: two five-hour windows of 19 November and the open one. */
export function sampleLog(): LoggedRecord<UsageRecord>[] {
  const weekly = Date.parse("2026-11-24T13:00:00.000Z");
  const windows = ["2026-11-19T18:20:00.000Z", "2026-11-20T01:30:00.000Z", "2026-11-20T12:50:00.000Z"].map(Date.parse);
  return windows.flatMap((resetsAt) => {
    const begin = resetsAt - 5 * HOUR;
    const times = Array.from({ length: 9 }, (_, index) => begin + (index + 1) * 30 * MINUTE);
    return times
      .filter((at) => at <= NOW)
      .map((at) => {
        const five = Math.round(((at - begin) / HOUR) * 13);
        const seven = 10 + Math.round(((at - (weekly - 168 * HOUR)) / HOUR) * 0.4);
        return loggedRecord<UsageRecord>({
          id: `usage-${dateOf("UTC", at)}-${at}`,
          timestamp: new Date(at).toISOString(),
          session_id: sessionId(9),
          cwd: API,
          model: OPUS,
          version: "2.1.300",
          source: "control",
          usage_data: {
            rate_limits_available: true,
            rate_limits: {
              five_hour: { utilization: five, resets_at: new Date(resetsAt).toISOString() },
              seven_day: { utilization: seven, resets_at: new Date(weekly).toISOString() },
            },
          },
          statusline: null,
        });
      });
  });
}
