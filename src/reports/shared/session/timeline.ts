import { type Column, totalledBy } from "../../../render/columns.ts";
import { count, dollars, isoOrNull, money, padEnd, padStart, stampOf } from "../../../render/format.ts";
import { PricedTotals } from "../../../pricing/costs.ts";
import { clean, cut, type Style, width } from "../../../utils/terminal.ts";
import { AssistantColumn, sessionKey, titleOf } from "../assistants.ts";
import { areSeveral, machineColumn, machineName, personOf } from "../members.ts";
import { MAX_ROWS, type ReportContext, type ReportQuery, type ReportResult } from "../report.ts";
import { type Peak, peakOf, stepsOf } from "./concurrency.ts";
import { MAX_INTERVALS, PAUSE_MINUTES, type SessionInterval, sessionIntervals } from "./intervals.ts";
import { projectNames } from "../usage/names.ts";
import { unpricedNotes } from "../usage/result.ts";

/** Steps of the number of sessions at work over the range. */
const STEPS = 240;
/** The columns of names and costs beside the lanes. */
const [NAME, COST] = [24, 9];

/** The JSON of the report. Times are ISO 8601 UTC, costs dollars. */
export type TimelineJson = ReturnType<typeof timelineInJson>;

/** When each session was at work. */
export async function timelineResult(
  query: ReportQuery,
  context: ReportContext,
): Promise<ReportResult<SessionInterval>> {
  const { zone } = query;
  const { members, costs } = context;
  const all = await sessionIntervals(query, context);
  const intervals = all.slice(-MAX_INTERVALS);
  const names = projectNames(intervals.map(({ project }) => project));
  const assistantColumn = new AssistantColumn(
    context.assistants,
    intervals.map(({ source }) => source),
  );
  const usage = new PricedTotals();
  for (const one of intervals) usage.merge(one.usage);
  const range = rangeOf(all, query);
  const peak = peakOf(all);
  return {
    columns: [
      { name: "Session", kind: "text", priority: 18, shorten: true, value: ({ session }) => session },
      assistantColumn.column(({ source }) => [source], 12),
      machineColumn(members, 16, ({ machine }) => machine),
      {
        name: "Project",
        kind: "text",
        priority: 15,
        shorten: true,
        value: ({ project }) => names.get(project) ?? "",
      },
      { name: "Branch", kind: "text", priority: 8, shorten: true, value: ({ branch }) => branch },
      { name: "Model", kind: "text", priority: 9, shorten: true, value: ({ model }) => model },
      { name: "From", kind: "time", priority: 20, value: ({ from }) => from },
      { name: "To", kind: "time", priority: 19, value: ({ to }) => to },
      ...totalledBy({ ...NOTHING, usage }, USED),
    ],
    rows: intervals,
    zone,
    empty: "No usage in this range.",
    order: "asc",
    notes: [
      ...(peak ? [peakNote(peak, zone)] : []),
      ...(all.length > 0 ? [PAUSES] : []),
      ...(all.length > intervals.length ? [leftOutNote(all.length)] : []),
      ...unpricedNotes(usage, costs),
    ],
    ...(intervals.length > 0 && {
      draw: (style, columns) => drawn(intervals, { range, zone, names, context, style, columns }),
    }),
    json: (shown) => timelineInJson(shown, { all, range, peak, query, context }),
  };
}

const NOTHING = { source: "", session: "", machine: "", project: "", branch: "", model: "", from: 0, to: 0 };
const PAUSES = `A session is at work from one response to the next; it is split where it paused for ${PAUSE_MINUTES} minutes or longer, to the nearest 15.`;
const USED: readonly Column<SessionInterval>[] = [
  { name: "Responses", kind: "integer", priority: 5, value: ({ usage }) => usage.responses },
  { name: "Tokens", kind: "tokens", priority: 13, value: ({ usage }) => usage.total },
  { name: "Cost", kind: "money", priority: 14, value: ({ usage }) => usage.cost },
];

const peakNote = ({ sessions, from, to }: Peak, zone: string): string =>
  `At most ${count(sessions)} ${sessions === 1 ? "session" : "sessions at once"}: ${stampOf(zone, from)} to ${stampOf(zone, to)}.`;

const leftOutNote = (of: number): string =>
  `The newest ${count(MAX_INTERVALS)} of ${count(of)} parts of sessions are listed; the most at once is that of all, to 15 minutes for the others.`;

/** What the timeline shows: the query's range, to now, and from the first interval where that begins before or the range has no begin. */
function rangeOf(intervals: readonly SessionInterval[], { filter, now }: ReportQuery) {
  const first = intervals.reduce((least, { from }) => Math.min(least, from), now);
  const last = intervals.reduce((most, { to }) => Math.max(most, to), 0);
  const to = Math.min(filter.to, Math.max(now, last));
  return { from: Math.min(filter.from === 0 ? first : filter.from, first, to), to };
}

interface Answered {
  readonly all: readonly SessionInterval[];
  readonly range: { readonly from: number; readonly to: number };
  readonly peak: Peak | null;
  readonly query: ReportQuery;
  readonly context: ReportContext;
}

function timelineInJson(shown: readonly SessionInterval[], { all, range, peak, query, context }: Answered) {
  const { members, assistants } = context;
  const isoOf = (at: number): string => isoOrNull(at) ?? "";
  return {
    timezone: query.zone,
    from: isoOf(range.from),
    to: isoOf(range.to),
    pauseMinutes: PAUSE_MINUTES,
    machines: byMachine(shown, context).map(([machine, some]) => ({
      machine: areSeveral(members) ? machineName(members, machine) : null,
      person: areSeveral(members) ? personOf(members, machine) || null : null,
      sessions: some.map(({ session, source, project, branch, model, from, to, usage }) => ({
        session,
        source,
        assistant: titleOf(assistants, source),
        project: project || null,
        branch: branch || null,
        model,
        from: isoOf(from),
        to: isoOf(to),
        responses: usage.responses,
        tokens: usage.total,
        cost: dollars(usage.cost),
      })),
    })),
    peak: peak && { sessions: peak.sessions, from: isoOf(peak.from), to: isoOf(peak.to) },
    concurrency:
      all.length === 0 ? [] : stepsOf(all, range, STEPS).map(({ at, sessions }) => ({ at: isoOf(at), sessions })),
    /** Parts of sessions that are not listed, the older ones. */
    leftOut: all.length - shown.length,
  };
}

/** The intervals of each machine, machines by their names. */
function byMachine(intervals: readonly SessionInterval[], { members }: ReportContext) {
  const nameOf = (machine: string): string => machineName(members, machine);
  return [...Map.groupBy(intervals, ({ machine }) => machine)].toSorted(([a], [b]) =>
    nameOf(a).localeCompare(nameOf(b)),
  );
}

interface Canvas {
  readonly range: { readonly from: number; readonly to: number };
  readonly zone: string;
  readonly names: ReadonlyMap<string, string>;
  readonly context: ReportContext;
  readonly style: Style;
  readonly columns: number;
}

/** A line for each session, with a mark wherever it was at work; the newest sessions of a long list. */
function drawn(intervals: readonly SessionInterval[], canvas: Canvas): string[] {
  const { range, zone, context, style, columns } = canvas;
  const sessions = [...Map.groupBy(intervals, (one) => `${one.machine}\n${sessionKey(one)}`).values()];
  const shown = new Set(sessions.slice(-MAX_ROWS).flat());
  const lane = columns - NAME - COST - 2;
  const [begin, end] = [stampOf(zone, range.from), stampOf(zone, range.to)];
  const gap = Math.max(lane - width(begin) - width(end), 1);
  const ellipsis = style.glyph("ellipsis");
  const more = sessions.length - MAX_ROWS;
  const machines = byMachine([...shown], context);
  return [
    style.paint("name", `${" ".repeat(NAME)} ${begin}${" ".repeat(gap)}${end}`),
    ...machines.flatMap(([machine, some]) => [
      ...(areSeveral(context.members) ? [style.paint("name", clean(machineName(context.members, machine)))] : []),
      ...[...Map.groupBy(some, sessionKey).values()].map((parts) => lineOf(parts, lane, canvas)),
    ]),
    ...(more > 0 ? [style.quiet(`and ${count(more)} older ${more === 1 ? "session" : "sessions"}`)] : []),
  ].map((line) => cut(line, columns, ellipsis));
}

function lineOf(parts: readonly SessionInterval[], lane: number, { range, names, context, style }: Canvas): string {
  const step = Math.max(range.to - range.from, 1) / lane;
  const isAtWork = (cell: number): boolean =>
    parts.some(({ from, to }) => from < range.from + (cell + 1) * step && to >= range.from + cell * step);
  const marks = Array.from({ length: Math.max(lane, 0) }, (_, cell) =>
    isAtWork(cell) ? style.glyph("full") : " ",
  ).join("");
  const usage = new PricedTotals();
  for (const one of parts) usage.merge(one.usage);
  const [{ project, source }] = parts as [SessionInterval];
  const name = clean(names.get(project) || titleOf(context.assistants, source));
  const label = padEnd(cut(name, NAME, style.glyph("ellipsis")), NAME);
  return `${label} ${style.paint("good", marks)} ${padStart(usage.cost === null ? "" : money(usage.cost), COST)}`;
}
