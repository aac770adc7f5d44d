import type { FindingEventRow, FindingRow, StatusRow } from "../../../ledger/log-rows.ts";
import { FOREVER, offsetsIn } from "../../../model/calendar.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { type Column, fieldsOf } from "../../../render/columns.ts";
import { count, isoOrNull } from "../../../render/format.ts";
import { tableOf } from "../../../render/table.ts";
import { clean, type Style } from "../../../utils/terminal.ts";
import {
  type DiagnosticsJson,
  HEALTH_RULE,
  type Health,
  healthOf,
  TREND_DAYS,
  trendLine,
  trendOf,
} from "../findings.ts";
import { machineName, personOf } from "../members.ts";
import type { ReportContext, ReportMember, ReportQuery, ReportResult } from "../report.ts";

const DAY_MS = 86_400_000;
const RANK: Readonly<Record<string, number>> = { error: 0, warning: 1, info: 2 };

/** A finding and the machine that has it. */
interface MachineFinding extends FindingRow {
  readonly name: string;
  readonly person: string | null;
}

const openMs = ({ isOpen, since, closedMs }: FindingRow, now: number): number =>
  closedMs + (isOpen ? Math.max(now - since, 0) : 0);
const stateOf = ({ isOpen }: FindingRow): string => (isOpen ? "open" : "resolved");

const columnsAt = (now: number): readonly Column<MachineFinding>[] => [
  { name: "Machine", kind: "text", priority: 10, value: ({ name }) => name, field: "machine" },
  { name: "Person", kind: "text", priority: 4, value: ({ person }) => person, field: "person" },
  {
    name: "Finding",
    kind: "text",
    priority: 9,
    shorten: true,
    // A machine that sends no details leaves out the sentence.
    value: ({ message, type }) => message || type.replaceAll("_", " "),
    field: "message",
    json: ({ message }) => message || null,
  },
  { name: "Type", kind: "text", priority: 3, value: ({ type }) => type, field: "type" },
  { name: "Severity", kind: "text", priority: 7, value: ({ severity }) => severity, field: "severity" },
  { name: "State", kind: "text", priority: 8, value: stateOf, field: "state" },
  { name: "First seen", kind: "time", priority: 5, value: ({ first }) => first, field: "firstSeen" },
  { name: "Last seen", kind: "time", priority: 2, value: ({ last }) => last, field: "lastSeen" },
  { name: "Open for", kind: "duration", priority: 6, value: (one) => openMs(one, now), field: "openMs" },
  { name: "Times", kind: "integer", priority: 1, value: ({ times }) => times, field: "times" },
  { name: "Fix", kind: "text", priority: 0, isHidden: true, value: ({ fix }) => fix, field: "fix" },
];

/** The findings on the machines of a hub, those that are open first, and a permission health score of each machine. */
export async function hubDiagnostics(
  query: ReportQuery,
  context: ReportContext,
): Promise<ReportResult<MachineFinding>> {
  const { zone, now, filter } = query;
  const { queries, members = [] } = context;
  const isLoggedAssistant = (filter.source ?? LOGGED_ASSISTANT) === LOGGED_ASSISTANT;
  const all = isLoggedAssistant ? await queries.findings(filter) : [];
  const statuses = isLoggedAssistant ? await queries.statuses(filter) : [];
  const events = isLoggedAssistant ? await queries.findingEvents(filter) : [];
  const trend = trendOf(openIntervalsOf(events), isLoggedAssistant ? await queries.logsBegin(filter) : null, zone, now);
  const namesOf = (machine: string): Pick<MachineFinding, "name" | "person"> => ({
    name: machineName(members, machine),
    person: personOf(members, machine) || null,
  });
  const rows = all
    .filter(({ isOpen, last, first }) => first < filter.to && (isOpen || last >= filter.from))
    .map((row): MachineFinding => ({ ...row, ...namesOf(row.machine) }))
    .toSorted((a, b) => +b.isOpen - +a.isOpen || rankOf(a) - rankOf(b) || b.last - a.last);
  const tools = await toolsByMachine(query, context);
  const machines = [...Map.groupBy(statuses, ({ machine }) => machine)].map(([machine, own]) => ({
    ...namesOf(machine),
    newest: own[0] as StatusRow,
    health: healthOf(
      all.filter((one) => one.machine === machine),
      own[0]?.requiresSudo ?? null,
      tools.get(machine) ?? null,
    ),
  }));
  const openOf = (name?: string): number => rows.filter((one) => one.isOpen && (name ?? one.name) === one.name).length;
  const table = {
    columns: columnsAt(now),
    rows,
    zone,
    empty: machines.length > 0 ? "No findings on these machines." : "The logs of these machines hold no findings.",
  };
  return {
    ...table,
    isEmpty: machines.length + rows.length === 0,
    notes: [
      ...(machines.length > 0 ? [HEALTH_RULE, `Scores: ${machines.map(scoreText).join("; ")}.`] : []),
      ...silentNotes(members, filter.machines, new Set([...statuses, ...all].map(({ machine }) => machine))),
      ...(rows.some(({ message }) => message === "")
        ? ["A finding without a sentence is of a machine that sends metrics only."]
        : []),
    ],
    ...(machines.length > 0 && {
      draw: (style: Style, width: number, shown: readonly MachineFinding[]) => [
        trendLine(trend, style, width),
        "",
        ...(rows.length === 0 ? [table.empty] : tableOf(table, { width, style, rows: shown })),
      ],
    }),
    json: (shown): DiagnosticsJson => ({
      open: openOf(),
      trend,
      machines: machines.map(({ name, person, newest, health }) => ({
        machine: name,
        person,
        version: newest.version || null,
        plan: newest.plan || null,
        lastStatusAt: isoOrNull(newest.at),
        permissionHealth: { ...health, rule: HEALTH_RULE },
        open: openOf(name),
      })),
      findings: shown.map((one) => fieldsOf(table.columns, one)) as unknown as DiagnosticsJson["findings"],
    }),
  };
}

/** When each finding was open, from its events. */
function openIntervalsOf(
  events: readonly FindingEventRow[],
): { openIntervals: { from: number; to: number | null }[] }[] {
  return [...Map.groupBy(events, ({ machine, key }) => `${machine}\n${key}`).values()].map((own) => {
    const openIntervals: { from: number; to: number | null }[] = [];
    for (const { at, state } of own) {
      const last = openIntervals.at(-1);
      const isOpen = last?.to === null;
      if (state === "resolved" && last && isOpen) last.to = at;
      else if (state !== "resolved" && !isOpen) openIntervals.push({ from: at, to: null });
    }
    return { openIntervals };
  });
}

const rankOf = ({ severity }: FindingRow): number => RANK[severity] ?? 3;

function scoreText({ name, health: { score, because } }: { readonly name: string; readonly health: Health }): string {
  const lowered = because.map(({ points, reason }) => `, less ${points}: ${reason}`).join("");
  return `${clean(name)} ${score}${lowered}`;
}

/** Machines without a log: that they have no finding means nothing. */
function silentNotes(
  members: readonly ReportMember[],
  selected: readonly string[] | undefined,
  known: ReadonlySet<string>,
): string[] {
  const silent = members.filter(({ machine }) => !known.has(machine) && (selected?.includes(machine) ?? true));
  if (silent.length === 0) return [];
  const names =
    silent.length > 5 ? `${count(silent.length)} machines` : silent.map(({ name }) => clean(name)).join(", ");
  return [`Nothing is known of ${names}: pawprint install --log turns logging on there.`];
}

/** Tool uses of each machine in the last days. */
async function toolsByMachine(
  { zone, now, filter: { machines } }: ReportQuery,
  { queries }: ReportContext,
): Promise<Map<string, { readonly uses: number; readonly failed: number }>> {
  const from = now - TREND_DAYS * DAY_MS;
  const filter = { from, to: FOREVER, source: LOGGED_ASSISTANT, machines };
  const tools = new Map<string, { uses: number; failed: number }>();
  for (const row of await queries.actions(filter, offsetsIn(zone, from, now), ["machine"])) {
    if (row.action !== "tool") continue;
    const known = tools.get(row.machine) ?? { uses: 0, failed: 0 };
    tools.set(row.machine, { uses: known.uses + row.count, failed: known.failed + row.failed });
  }
  return tools;
}
