import { addDays, dateOf, startOfDay, type Zone } from "../../model/calendar.ts";
import type { DiagnosticRecord, LoggedRecord } from "../../model/record.ts";
import { KnownFindings } from "../../model/finding.ts";
import type { Severity } from "../../model/finding.ts";
import { sparkline } from "../../render/spark.ts";
import { cut, type Style } from "../../utils/terminal.ts";

/** One finding over time. Times are epoch milliseconds. */
export interface FindingHistory {
  readonly type: string;
  /** The latest text; numbers in it may differ from earlier ones. */
  message: string;
  severity: Severity;
  fix: string | null;
  /** When it was first seen, and when it last appeared. */
  readonly first: number;
  since: number;
  /** When it last appeared, changed or was resolved. */
  last: number;
  isOpen: boolean;
  /** Intervals in which it was open; `to` is null while it still is. */
  readonly openIntervals: { readonly from: number; to: number | null }[];
}

/**
 * The histories of all findings in a log of events, oldest first. A finding in the logs of two accounts has one history for
 * each.
 */
export function findingHistories(records: readonly LoggedRecord[]): FindingHistory[] {
  const scopes = new Map<string, KnownFindings<FindingHistory>>();
  const histories: FindingHistory[] = [];
  for (const record of records as readonly LoggedRecord<DiagnosticRecord>[]) {
    const { scope, diagnostic_type: type, message, severity, state, details } = record;
    const at = Date.parse(record.timestamp);
    const known = scopes.get(scope) ?? new KnownFindings<FindingHistory>();
    scopes.set(scope, known);
    const fix = typeof details["fix"] === "string" ? details["fix"] : null;
    let history = known.find({ type, message }, state, ({ isOpen }) => isOpen);
    const isUnchanged = history?.message === message;
    if (history && !isUnchanged) known.remove(history);
    if (!history) {
      history = { type, message, severity, fix, first: at, since: at, last: at, isOpen: false, openIntervals: [] };
      histories.push(history);
    }
    Object.assign(history, { message, severity, fix, last: at });
    if (!isUnchanged) known.add(history);
    const openInterval = history.openIntervals.at(-1);
    if (state === "resolved") {
      if (openInterval) openInterval.to ??= at;
    } else if (!openInterval || openInterval.to !== null) {
      history.openIntervals.push({ from: at, to: null });
      history.since = at;
    }
    history.isOpen = state !== "resolved";
  }
  return histories;
}

/** Total milliseconds for which a finding was open, until `now` where it still is. */
export const openMs = ({ openIntervals }: FindingHistory, now: number): number =>
  openIntervals.reduce((sum, { from, to }) => sum + Math.max((to ?? now) - from, 0), 0);

/** Days of the trend of findings, and of the tool uses that a score takes into account. */
export const TREND_DAYS = 30;

/** The trend of open findings in JSON. */
export interface FindingTrend {
  readonly days: number;
  /** The local dates of the first and the last day. */
  readonly from: string;
  readonly until: string;
  /** Null before the log begins. */
  readonly openAtEndOfDay: readonly (number | null)[];
}

/** The number of findings open at the end of each of the last TREND_DAYS days, today included; null before the log begins. */
export function trendOf(
  findings: readonly Pick<FindingHistory, "openIntervals">[],
  since: number | null,
  zone: Zone,
  now: number,
): FindingTrend {
  const until = dateOf(zone, now);
  const from = addDays(until, 1 - TREND_DAYS);
  const openAtEndOfDay = Array.from({ length: TREND_DAYS }, (_, day) => {
    const end = Math.min(startOfDay(zone, addDays(from, day + 1)) - 1, now);
    if (since === null || end < since) return null;
    return findings.filter(({ openIntervals }) =>
      openIntervals.some(({ from: opened, to }) => opened <= end && (to === null || to > end)),
    ).length;
  });
  return { days: TREND_DAYS, from, until, openAtEndOfDay };
}

/** The trend in one line of a terminal. */
export const trendLine = ({ days, openAtEndOfDay }: FindingTrend, style: Style, width: number): string =>
  cut(
    `${style.paint("quiet", `open, ${days} days`)} ${sparkline(openAtEndOfDay, style.glyphs)}`,
    width,
    style.glyph("ellipsis"),
  );

/** A permission health score in JSON, with the rule that it follows. */
type HealthJson = Health & { readonly rule: string };

/** What every finding has in JSON. */
interface FindingJson {
  readonly type: string;
  readonly severity: string;
  /** Null where a machine sends no sentences. */
  readonly message: string | null;
  readonly fix: string | null;
  readonly state: string;
  readonly firstSeen: string | null;
  readonly openMs: number;
  readonly times: number;
}

/** The JSON of diagnostics: of this machine's log, or of the machines of a hub. Times are ISO 8601 UTC. */
export interface DiagnosticsJson {
  /** The score of this machine; null without a log, absent over a hub. */
  readonly permissionHealth?: HealthJson | null;
  readonly lastStatusAt?: string | null;
  readonly open: number;
  readonly trend: FindingTrend;
  /** The machines of a hub whose logs are known, each way of signing in by itself where versions differ. */
  readonly machines?: readonly {
    readonly machine: string;
    readonly person: string | null;
    /** The version of Claude Code, and the plan. */
    readonly version: string | null;
    readonly plan: string | null;
    readonly lastStatusAt: string | null;
    readonly permissionHealth: HealthJson;
    /** Findings that are open. */
    readonly open: number;
  }[];
  readonly findings: readonly (FindingJson & { readonly machine?: string; readonly person?: string | null })[];
}

/** A permission health score and the deductions in it. */
export interface Health {
  /** 0 to 100. */
  readonly score: number;
  readonly because: readonly { readonly points: number; readonly reason: string }[];
}

/** The rule of the score, in one sentence; part of the JSON output. */
export const HEALTH_RULE =
  "Permission health: 100, less 15 for each open permission rule that may not work, 25 where updates lack permission " +
  "and 10 where they take root, less 1 for each percent of failed tool uses above 5 (at most 20).";

/** The permission health score from open findings, whether updates need root, and failed tool uses; null means not known. */
export function healthOf(
  histories: readonly Pick<FindingHistory, "isOpen" | "type">[],
  requiresSudo: boolean | null,
  tools: { readonly uses: number; readonly failed: number } | null,
): Health {
  const open = (type: string): number => histories.filter((one) => one.isOpen && one.type === type).length;
  const rules = open("permission_rules");
  const denied = open("permission_warning");
  const failed = tools && tools.uses > 0 ? (tools.failed / tools.uses) * 100 : 0;
  const deductions = [
    { points: 15 * rules, reason: `${rules} permission ${rules === 1 ? "rule" : "rules"} may not work` },
    { points: denied > 0 ? 25 : 0, reason: "updates lack permission" },
    { points: requiresSudo === true ? 10 : 0, reason: "updates take root" },
    { points: Math.min(Math.max(Math.floor(failed - 5), 0), 20), reason: `${failed.toFixed(1)}% of tool uses failed` },
  ];
  const because = deductions.filter(({ points }) => points > 0);
  return { score: Math.max(100 - because.reduce((sum, { points }) => sum + points, 0), 0), because };
}
