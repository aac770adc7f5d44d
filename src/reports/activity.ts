import { AssistantColumn, responseNotes, sessionKey, titleOf } from "./shared/assistants.ts";
import { PricedTotals } from "../pricing/costs.ts";
import { areSeveral, machineColumn, machineField, machineName, personOf } from "./shared/members.ts";
import { projectNames } from "./shared/usage/names.ts";
import { notRecordedOf } from "./shared/usage/not-recorded.ts";
import { UsageGroups } from "./shared/usage/groups.ts";
import { MAX_ROWS, type ReportContext, type ReportResult } from "./shared/report.ts";
import { unpricedNotes } from "./shared/usage/result.ts";
import { type ActionRow, BUCKET_MS, type Filter, type SessionRow } from "../ledger/rows.ts";
import { type Column, fieldsOf, totalledBy } from "../render/columns.ts";
import { count, isoOrNull } from "../render/format.ts";
import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Activity of a session within the range. */
interface SessionActivity {
  prompts: number;
  tools: number;
  /** Responses whose usage is not recorded. */
  unrecorded: number;
  added: number;
  removed: number;
}

/** Activity with the usage of the same responses. */
interface Counts extends SessionActivity {
  readonly usage: PricedTotals;
}

/** A session with its activity and its usage. */
interface SessionEntry extends SessionRow, Counts {}

/** The columns within the range of the query. */
const COUNTS: readonly Column<Counts>[] = [
  { name: "Prompts", kind: "integer", priority: 14, value: ({ prompts }) => prompts, field: "prompts" },
  { name: "Tools", kind: "integer", priority: 10, value: ({ tools }) => tools, field: "toolUses" },
  {
    name: "Responses",
    kind: "integer",
    priority: 5,
    value: whereKnown(({ responses }) => responses),
    field: "responses",
    json: ({ usage }) => usage.responses,
  },
  {
    name: "Not recorded",
    kind: "integer",
    priority: 0,
    isHidden: true,
    value: ({ unrecorded }) => unrecorded,
    field: "notRecorded",
  },
  { name: "Tokens", kind: "tokens", priority: 17, value: whereKnown(({ total }) => total), field: "totalTokens" },
  { name: "Cost", kind: "money", priority: 18, value: whereKnown(({ cost }) => cost), field: "totalCost" },
  { name: "Lines +", kind: "integer", priority: 12, value: ({ added }) => added, field: "linesAdded" },
  { name: "Lines -", kind: "integer", priority: 11, value: ({ removed }) => removed, field: "linesRemoved" },
];

/** Sessions, newest last: times, project, activity, usage, and how they ended. */
export const activity: Report = {
  name: "activity",
  description: "what each session did, newest last: its length, prompts, tools, lines changed, how it ended",
  options: [...USAGE, "id", "match"],
  needsActivity: true,
  examples: [
    { args: "activity --last 2d", description: "what the sessions of two days did" },
    { args: "activity --match login --limit 20 --offset 20", description: "the second page of sessions on a branch" },
  ],
  related: ["session", "turns", "tools"],
  async run({ filter, intervals, zone, match }, context): Promise<ReportResult<SessionEntry>> {
    const { queries, costs, members } = context;
    const used = await queries.usage(
      filter,
      intervals,
      areSeveral(members) ? ["source", "session", "machine"] : ["source", "session"],
    );
    const rows = await sessionsOf(filter, new Set(used.map(sessionKey)), context);
    const known = new Set(rows.map(sessionKey));
    const machines = new Map(used.map((row) => [sessionKey(row), row.machine]));
    const groups = new UsageGroups<string>(costs);
    for (const row of used) if (known.has(sessionKey(row))) groups.addRow(sessionKey(row), row);
    // Prompts and file changes are not recorded by model.
    const { model, ...wide } = filter;
    const bySession = activityBySession(await queries.actions(wide, intervals, ["source", "session"]));
    const found = rows
      .filter((row) => model === undefined || groups.byKey.has(sessionKey(row)))
      .map((row): SessionEntry => ({
        ...row,
        ...(bySession.get(sessionKey(row)) ?? none()),
        usage: groups.byKey.get(sessionKey(row))?.all ?? new PricedTotals(),
      }))
      .filter((row) => match === null || isMatch(match, row, machines.get(sessionKey(row)) ?? "", context));
    const all = new PricedTotals();
    for (const { usage } of found) all.merge(usage);
    const assistantColumn = new AssistantColumn(
      context.assistants,
      found.map(({ source }) => source),
    );
    const notRecorded = match === null ? await notRecordedOf({ filter }, context) : { notes: [], fields: {} };
    const names = projectNames(found.map(({ project }) => project));
    const total = (of: keyof SessionActivity): number => found.reduce((sum, one) => sum + one[of], 0);
    const totals = {
      prompts: total("prompts"),
      tools: total("tools"),
      unrecorded: total("unrecorded"),
      added: total("added"),
      removed: total("removed"),
      usage: all,
    };
    const unread = new Set(used.map(sessionKey).filter((key) => !known.has(key))).size;
    const lasted = found.reduce((sum, { first, last }) => sum + last - first, 0);
    return {
      columns: [
        { name: "Start", kind: "time", priority: 20, value: ({ first }) => first, field: "start" },
        { name: "End", kind: "time", priority: 4, value: ({ last }) => last, field: "end" },
        {
          name: "Lasted",
          kind: "duration",
          priority: 16,
          value: ({ first, last }) => last - first,
          total: "sum",
          field: "durationMs",
        },
        assistantColumn.column(({ source }) => [source], 16.5),
        machineColumn(members, 16.6, (row) => machines.get(sessionKey(row)) ?? ""),
        {
          name: "Project",
          kind: "text",
          priority: 19,
          shorten: true,
          value: ({ project }) => names.get(project) ?? "",
        },
        { name: "Branch", kind: "text", priority: 8, shorten: true, value: ({ branch }) => branch, field: "branch" },
        ...totalledBy(totals, COUNTS),
        { name: "Ended", kind: "text", priority: 6, value: ({ reason }) => reason ?? "not known" },
      ],
      rows: found,
      zone,
      empty: "No sessions in this range.",
      order: "asc",
      maxRows: MAX_ROWS,
      notes: [
        ...(found.length > 0
          ? [
              "Start, end and duration are those of the whole session, pauses included; all other numbers are within the range.",
            ]
          : []),
        ...(model === undefined
          ? []
          : ["Prompts, tools and lines include all models: they are not all known by model."]),
        ...(unread > 0 && match === null
          ? [`${count(unread)} more with usage in this range: their start and end are not read yet.`]
          : []),
        ...unpricedNotes(all, costs),
        ...responseNotes(
          context.assistants,
          found.map(({ source }) => source),
        ),
        ...notRecorded.notes,
      ],
      json: (shown) => ({
        sessions: shown.map(({ session, source, project, branch, first, last, reason, version, ...counts }) => ({
          sessionId: session,
          source,
          assistant: titleOf(context.assistants, source),
          ...machineField(members, machines.get(sessionKey({ source, session })) ?? ""),
          ...(areSeveral(members) && {
            person: personOf(members, machines.get(sessionKey({ source, session })) ?? ""),
          }),
          project,
          branch,
          version,
          models: [...counts.usage.models],
          start: isoOrNull(first),
          end: isoOrNull(last),
          durationMs: last - first,
          ended: reason,
          ...fieldsOf(COUNTS, counts),
        })),
        totals: { sessions: found.length, durationMs: lasted, ...fieldsOf(COUNTS, totals) },
        ...notRecorded.fields,
      }),
    };
  },
};

/** The sessions of a filter from its first bucket on, as usage is counted, and those that are of another branch, project or machine but used something in that of the filter. */
async function sessionsOf(
  filter: Filter,
  used: ReadonlySet<string>,
  { queries }: ReportContext,
): Promise<readonly SessionRow[]> {
  const { to, source, session, project, branch, accounts, machines } = filter;
  const from = Math.floor(filter.from / BUCKET_MS) * BUCKET_MS;
  const own = await queries.sessions({ ...filter, from });
  if ([project, branch, accounts, machines].every((one) => one === undefined)) return own;
  const others = used.difference(new Set(own.map(sessionKey)));
  if (others.size === 0) return own;
  const all = await queries.sessions({ from, to, source, session });
  return [...own, ...all.filter((row) => others.has(sessionKey(row)))].toSorted(
    (a, b) => a.first - b.first || (a.session < b.session ? -1 : 1),
  );
}

/** Whether a text is a part of what names a session, in any case; `machine` is the id of its machine. */
function isMatch(text: string, row: SessionEntry, machine: string, { assistants, members }: ReportContext): boolean {
  const { session, source, project, branch, usage } = row;
  const place = [session, source, titleOf(assistants, source), project, branch, ...usage.models];
  const whose = members ? [machineName(members, machine), personOf(members, machine)] : [];
  return [...place, ...whose].some((name) => name.toLowerCase().includes(text.toLowerCase()));
}

const none = (): SessionActivity => ({ prompts: 0, tools: 0, unrecorded: 0, added: 0, removed: 0 });

function activityBySession(rows: readonly ActionRow[]): Map<string, SessionActivity> {
  const activity = new Map<string, SessionActivity>();
  for (const row of rows) {
    const { action, count, added, removed } = row;
    const known = activity.get(sessionKey(row)) ?? none();
    activity.set(sessionKey(row), known);
    if (action === "prompt") known.prompts += count;
    if (action === "tool") known.tools += count;
    if (action === "unrecorded") known.unrecorded += count;
    known.added += added;
    known.removed += removed;
  }
  return activity;
}

/** A value of the usage; null where the usage is unknown, since 0 would be wrong. */
function whereKnown(valueOf: (usage: PricedTotals) => number | null) {
  return ({ usage, unrecorded }: Counts): number | null =>
    usage.responses === 0 && unrecorded > 0 ? null : valueOf(usage);
}
