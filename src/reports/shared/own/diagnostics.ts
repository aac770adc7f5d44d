import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { titleOf } from "../assistants.ts";
import {
  type FindingHistory,
  HEALTH_RULE,
  type Health,
  healthOf,
  openMs,
  findingHistories,
  TREND_DAYS,
  trendLine,
  trendOf,
  type DiagnosticsJson,
} from "../findings.ts";
import { wrapItems } from "../truncate.ts";
import { turnOnLog } from "../limits/text.ts";
import type { ReportContext, ReportQuery, ReportResult } from "../report.ts";
import { agoOf } from "../when.ts";
import { FOREVER, offsetsIn } from "../../../model/calendar.ts";
import type { LogRecord, StatusRecord } from "../../../model/record.ts";
import type { Column, Table } from "../../../render/columns.ts";
import { count, isoOrNull, stampOf } from "../../../render/format.ts";
import { clean, cut, duration, type Style } from "../../../utils/terminal.ts";

const DAY_MS = 86_400_000;
const columnsAt = (now: number): readonly Column<FindingHistory>[] => [
  { name: "Finding", kind: "text", priority: 9, shorten: true, value: ({ message }) => message, field: "message" },
  { name: "Type", kind: "text", priority: 3, value: ({ type }) => type, field: "type" },
  { name: "Severity", kind: "text", priority: 7, value: ({ severity }) => severity, field: "severity" },
  { name: "State", kind: "text", priority: 8, value: stateOf, field: "state" },
  { name: "First seen", kind: "time", priority: 5, value: ({ first }) => first, field: "firstSeen" },
  { name: "Last seen", kind: "time", priority: 2, value: ({ last }) => last, field: "lastTold" },
  { name: "Open for", kind: "duration", priority: 6, value: (history) => openMs(history, now), field: "openMs" },
  { name: "Times", kind: "integer", priority: 1, value: ({ openIntervals }) => openIntervals.length, field: "times" },
];
const NOTHING_LOGGED = "Nothing is logged about the installation.";
const RANK = { error: 0, warning: 1, info: 2 } as const;

/** The findings in the log of this machine. */
export async function ownDiagnostics(
  query: ReportQuery,
  context: ReportContext,
): Promise<ReportResult<FindingHistory>> {
  const { zone, now, filter } = query;
  const isLoggedAssistant = (filter.source ?? LOGGED_ASSISTANT) === LOGGED_ASSISTANT;
  const events = isLoggedAssistant ? await context.log("diagnostics", 0) : [];
  const statuses = isLoggedAssistant ? await context.log("status", now - (TREND_DAYS + 1) * DAY_MS) : [];
  const checked = statuses.map((one) => Date.parse(one.timestamp)).at(-1) ?? null;
  const isLogged = events.length + statuses.length > 0;
  const histories = findingHistories(events);
  const shown = histories
    .filter(({ isOpen, last, first }) => first < filter.to && (isOpen || last >= filter.from))
    .toSorted((a, b) => +b.isOpen - +a.isOpen || RANK[a.severity] - RANK[b.severity] || b.last - a.last);
  const firstLog = [events[0], statuses[0]].flatMap((one) => (one ? [Date.parse(one.timestamp)] : []));
  const trend = trendOf(histories, firstLog.length > 0 ? Math.min(...firstLog) : null, zone, now);
  const tools = await toolsOf(query, context);
  const health = isLogged ? healthOf(histories, sudoOf(statuses), tools) : null;
  const open = histories.filter(({ isOpen }) => isOpen).length;
  const loggedTitle = titleOf(context.assistants, LOGGED_ASSISTANT);
  const table: Table<FindingHistory> = {
    columns: columnsAt(now),
    rows: shown,
    zone,
    empty: isLogged
      ? "No findings in Pawprint's log."
      : isLoggedAssistant
        ? NOTHING_LOGGED
        : `Our log holds findings about ${loggedTitle} only.`,
  };
  return {
    ...table,
    isEmpty: !isLogged,
    notes: health
      ? notesOf(health, tools, checked, now)
      : isLoggedAssistant
        ? [turnOnLog(await context.logDirectory()), "pawprint doctor checks the installation now."]
        : [],
    ...(health && {
      draw: (style: Style, width: number, rows: readonly FindingHistory[]) => [
        cut(headline(health, open, style), width, style.glyph("ellipsis")),
        trendLine(trend, style, width),
        "",
        ...(shown.length === 0
          ? [table.empty]
          : rows.flatMap((history) => historyLines(history, zone, now, style, width))),
      ],
    }),
    json: (rows): DiagnosticsJson => ({
      permissionHealth: health && { ...health, rule: HEALTH_RULE },
      lastStatusAt: isoOrNull(checked),
      open,
      trend,
      findings: rows.map((history) => jsonOf(history, now)),
    }),
  };
}

/** Tool uses in the last 30 days; null without any. */
async function toolsOf(
  { zone, now }: ReportQuery,
  { queries }: ReportContext,
): Promise<{ uses: number; failed: number } | null> {
  const from = now - TREND_DAYS * DAY_MS;
  const actions = await queries.actions({ from, to: FOREVER, source: LOGGED_ASSISTANT }, offsetsIn(zone, from, now));
  const rows = actions.filter(({ action }) => action === "tool");
  const sum = (of: "count" | "failed"): number => rows.reduce((total, row) => total + row[of], 0);
  return rows.length === 0 ? null : { uses: sum("count"), failed: sum("failed") };
}

const sudoOf = (statuses: readonly LogRecord[]): boolean | null =>
  (statuses.at(-1) as StatusRecord | undefined)?.diagnostics.permissions.requires_sudo ?? null;

function stateOf({ isOpen }: FindingHistory): string {
  return isOpen ? "open" : "resolved";
}

function headline({ score, because }: Health, open: number, style: Style): string {
  const role = score >= 90 ? "good" : score >= 60 ? "notice" : "warn";
  const reasons = because.map(({ points, reason }) => `-${points} ${reason}`).join(", ");
  const findings = open === 0 ? "no open findings" : `${count(open)} open ${open === 1 ? "finding" : "findings"}`;
  return `${findings}, permission health ${style.paint(role, `${score} of 100`)}${reasons && ` (${reasons})`}`;
}

/** One finding: its message, and below it how long it was open and the fix that the program suggests. */
function historyLines(history: FindingHistory, zone: string, now: number, style: Style, width: number): string[] {
  const { severity, message, type, isOpen, first, openIntervals, fix } = history;
  const role = !isOpen ? "quiet" : severity === "error" ? "alarm" : severity === "warning" ? "warn" : "plain";
  const mark = isOpen ? style.glyph("finding") : " ";
  const details = [
    `${isOpen ? "open for" : "was open for"} ${duration(openMs(history, now))}`,
    `first seen ${stampOf(zone, first)}`,
    ...(openIntervals.length > 1 ? [`${openIntervals.length} times`] : []),
    type,
  ];
  const head = `${style.paint(role, `${mark} ${severity}${isOpen ? "" : ", resolved"}`)} ${clean(message)}`;
  return [
    cut(head, width, style.glyph("ellipsis")),
    ...wrapItems([`  ${details[0]}`, ...details.slice(1)], width, 2, style).map((line) => style.paint("quiet", line)),
    ...(isOpen && fix !== null ? [cut(`  ${clean(fix)}`, width, style.glyph("ellipsis"))] : []),
  ];
}

function notesOf(
  { score, because }: Health,
  tools: { uses: number } | null,
  checked: number | null,
  now: number,
): string[] {
  const last = checked === null ? `not in the last ${TREND_DAYS} days` : agoOf(checked, now);
  const lowered = because.map(({ points, reason }) => `, less ${points}: ${reason}`).join("");
  return [
    HEALTH_RULE,
    `Score here: ${score} = 100${lowered}.`,
    tools
      ? `Tool uses: ${count(tools.uses)} in the last ${TREND_DAYS} days.`
      : "Tool uses are not known yet and were left out of the score.",
    `From our own log; the installation was last checked ${last}.`,
  ];
}

const jsonOf = (history: FindingHistory, now: number) => ({
  type: history.type,
  severity: history.severity,
  message: history.message,
  fix: history.fix,
  state: stateOf(history),
  firstSeen: isoOrNull(history.first),
  openSince: history.isOpen ? isoOrNull(history.since) : null,
  lastTold: isoOrNull(history.last),
  openMs: openMs(history, now),
  times: history.openIntervals.length,
});
