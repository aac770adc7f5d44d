import { AssistantColumn, sessionKey } from "./shared/assistants.ts";
import { PricedTotals } from "../pricing/costs.ts";
import { truncateTable } from "./shared/truncate.ts";
import { projectNames } from "./shared/usage/names.ts";
import { notRecordedOf } from "./shared/usage/not-recorded.ts";
import { UsageGroups } from "./shared/usage/groups.ts";
import { dollars, unpricedNotes } from "./shared/usage/result.ts";
import { isoOrNull, stampOf } from "./shared/when.ts";
import type { ActionRow, SessionRow } from "../ledger/rows.ts";
import type { Cell, Column } from "../render/table.ts";
import { count } from "../render/format.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "Start", kind: "text", priority: 20 },
  { name: "End", kind: "text", priority: 4 },
  { name: "Lasted", kind: "duration", priority: 16 },
  { name: "Project", kind: "text", priority: 19, shorten: true },
  { name: "Branch", kind: "text", priority: 8, shorten: true },
  { name: "Prompts", kind: "integer", priority: 14 },
  { name: "Tools", kind: "integer", priority: 10 },
  { name: "Responses", kind: "integer", priority: 5 },
  { name: "Tokens", kind: "integer", priority: 17 },
  { name: "Cost", kind: "money", priority: 18 },
  { name: "Lines +", kind: "integer", priority: 12 },
  { name: "Lines -", kind: "integer", priority: 11 },
  { name: "Ended", kind: "text", priority: 6 },
];

/** The assistant column goes before this column. */
const PROJECT_INDEX = COLUMNS.findIndex(({ name }) => name === "Project");

/** Activity of a session within the range. */
interface SessionActivity {
  prompts: number;
  tools: number;
  /** Responses whose usage is not recorded. */
  unrecorded: number;
  added: number;
  removed: number;
}

/** A session with its activity and its usage. */
interface SessionEntry extends SessionRow, SessionActivity {
  readonly usage: PricedTotals;
}

/** Sessions, newest last: times, project, activity, usage, and how they ended. */
export const sessions: Report = {
  name: "sessions",
  description: "sessions, newest last: times, project, activity, usage, how they ended",
  needsActivity: true,
  async run({ filter, intervals, zone }, context) {
    const { queries, costs } = context;
    const rows = await queries.sessions(filter);
    const known = new Set(rows.map(sessionKey));
    const used = await queries.usage(filter, intervals, ["source", "session"]);
    const groups = new UsageGroups<string>(costs);
    for (const row of used) if (known.has(sessionKey(row))) groups.addRow(sessionKey(row), row);
    const all = groups.all.all;
    // Prompts and file changes are not recorded by model.
    const { model, ...wide } = filter;
    const activity = activityBySession(await queries.actions(wide, intervals, ["source", "session"]));
    const found = rows
      .filter((row) => model === undefined || groups.byKey.has(sessionKey(row)))
      .map((row): SessionEntry => ({
        ...row,
        ...(activity.get(sessionKey(row)) ?? none()),
        usage: groups.byKey.get(sessionKey(row))?.all ?? new PricedTotals(),
      }));
    const assistantColumn = new AssistantColumn(
      context.assistants,
      found.map(({ source }) => source),
    );
    const notRecorded = await notRecordedOf({ filter }, context);
    const names = projectNames(found.map(({ project }) => project));
    const total = (of: keyof SessionActivity): number => found.reduce((sum, one) => sum + one[of], 0);
    const totals = {
      prompts: total("prompts"),
      tools: total("tools"),
      unrecorded: total("unrecorded"),
      added: total("added"),
      removed: total("removed"),
    };
    const unread = new Set(used.map(sessionKey).filter((key) => !known.has(key))).size;
    const lasted = found.reduce((sum, { first, last }) => sum + last - first, 0);
    const table = {
      columns: assistantColumn.columns(COLUMNS, PROJECT_INDEX, 16.5),
      rows: found.map((one) =>
        assistantColumn.row(
          [
            stampOf(zone, one.first),
            stampOf(zone, one.last),
            one.last - one.first,
            names.get(one.project) ?? "",
            one.branch,
            ...countsOf(one, one.usage),
            one.reason ?? "not known",
          ],
          PROJECT_INDEX,
          [one.source],
        ),
      ),
      ...(found.length > 0 && {
        totals: assistantColumn.row(
          ["Total", null, lasted, null, null, ...countsOf(totals, all), null],
          PROJECT_INDEX,
          null,
        ),
      }),
      empty: "No sessions in this range.",
    };
    const draw = truncateTable(table, "last");
    return {
      ...table,
      ...(draw && { draw }),
      notes: [
        ...(found.length > 0
          ? [
              "Start, end and duration are those of the whole session, pauses included; all other numbers are within the range.",
            ]
          : []),
        ...(model === undefined
          ? []
          : ["Prompts, tools and lines include all models: they are not all known by model."]),
        ...(unread > 0
          ? [`${count(unread)} more with usage in this range: their start and end are not read yet.`]
          : []),
        ...unpricedNotes(all, costs),
        ...notRecorded.notes,
      ],
      json: {
        sessions: found.map(
          ({ session, source, project, branch, first, last, reason, version, usage, ...activity }) => ({
            sessionId: session,
            source,
            project,
            branch,
            version,
            start: isoOrNull(first),
            end: isoOrNull(last),
            durationMs: last - first,
            ended: reason,
            ...jsonOf(activity, usage),
          }),
        ),
        totals: { sessions: found.length, durationMs: lasted, ...jsonOf(totals, all) },
        ...notRecorded.fields,
      },
    };
  },
};

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

/** Whether the usage is unknown: a dash is shown, since 0 would be wrong. */
const isUnknown = ({ unrecorded }: SessionActivity, { responses }: PricedTotals): boolean =>
  responses === 0 && unrecorded > 0;

const countsOf = (activity: SessionActivity, usage: PricedTotals): Cell[] => [
  activity.prompts,
  activity.tools,
  isUnknown(activity, usage) ? null : usage.responses,
  isUnknown(activity, usage) ? null : usage.total,
  isUnknown(activity, usage) ? null : usage.cost,
  activity.added,
  activity.removed,
];

const jsonOf = (activity: SessionActivity, usage: PricedTotals) => ({
  prompts: activity.prompts,
  toolUses: activity.tools,
  responses: usage.responses,
  notRecorded: activity.unrecorded,
  totalTokens: isUnknown(activity, usage) ? null : usage.total,
  totalCost: isUnknown(activity, usage) ? null : dollars(usage.cost),
  linesAdded: activity.added,
  linesRemoved: activity.removed,
});
