import { AssistantColumn, sessionKey } from "./shared/assistants.ts";
import { PricedTotals } from "../pricing/costs.ts";
import { truncateTable } from "./shared/truncate.ts";
import { projectNames } from "./shared/usage/names.ts";
import { notRecordedOf } from "./shared/usage/not-recorded.ts";
import { UsageGroups } from "./shared/usage/tally.ts";
import { dollars, unpricedNotes } from "./shared/usage/answer.ts";
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

/** Place of the column before which that of the assistant stands. */
const PROJECT = COLUMNS.findIndex(({ name }) => name === "Project");

/** What a session did within the range. */
interface SessionActivity {
  prompts: number;
  tools: number;
  /** Responses whose usage is not recorded. */
  unrecorded: number;
  added: number;
  removed: number;
}

interface Found extends SessionRow, SessionActivity {
  readonly usage: PricedTotals;
}

/** Sessions, the newest last: when, where, what they did and used, how they ended. */
export const sessions: Report = {
  name: "sessions",
  description: "sessions, the newest last: when, where, what they did and used, how they ended",
  needsActivity: true,
  run({ filter, intervals: stretches, zone }, books) {
    const { queries: ledger, costs } = books;
    const rows = ledger.sessions(filter);
    const known = new Set(rows.map(sessionKey));
    const used = ledger.usage(filter, stretches, ["source", "session"]);
    const accounts = new UsageGroups<string>(costs);
    for (const row of used) if (known.has(sessionKey(row))) accounts.addRow(sessionKey(row), row);
    const all = accounts.all.all;
    // Prompts and changed files are not told by model.
    const { model, ...wide } = filter;
    const deeds = deedsOf(ledger.actions(wide, stretches, ["source", "session"]));
    const found = rows
      .filter((row) => model === undefined || accounts.byKey.has(sessionKey(row)))
      .map((row): Found => ({
        ...row,
        ...(deeds.get(sessionKey(row)) ?? none()),
        usage: accounts.byKey.get(sessionKey(row))?.all ?? new PricedTotals(),
      }));
    const parties = new AssistantColumn(
      books.assistants,
      found.map(({ source }) => source),
    );
    const notRecorded = notRecordedOf({ filter }, books);
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
      columns: parties.columns(COLUMNS, PROJECT, 16.5),
      rows: found.map((one) =>
        parties.row(
          [
            stampOf(zone, one.first),
            stampOf(zone, one.last),
            one.last - one.first,
            names.get(one.project) ?? "",
            one.branch,
            ...countsOf(one, one.usage),
            one.reason ?? "not known",
          ],
          PROJECT,
          [one.source],
        ),
      ),
      ...(found.length > 0 && {
        totals: parties.row(["Total", null, lasted, null, null, ...countsOf(totals, all), null], PROJECT, null),
      }),
      empty: "No session in this range.",
    };
    const draw = truncateTable(table, "last");
    return {
      ...table,
      ...(draw && { draw }),
      notes: [
        ...(found.length > 0
          ? ["Start, end and duration are a session's own, pauses included; all else is of the range."]
          : []),
        ...(model === undefined
          ? []
          : ["Prompts, tools and lines are those of all models: they are not all known by model."]),
        ...(unread > 0
          ? [`${count(unread)} more with usage in this range: when they began and ended is not read yet.`]
          : []),
        ...unpricedNotes(all, costs),
        ...notRecorded.notes,
      ],
      json: {
        sessions: found.map(({ session, source, project, branch, first, last, reason, version, usage, ...did }) => ({
          sessionId: session,
          source,
          project,
          branch,
          version,
          start: isoOrNull(first),
          end: isoOrNull(last),
          durationMs: last - first,
          ended: reason,
          ...jsonOf(did, usage),
        })),
        totals: { sessions: found.length, durationMs: lasted, ...jsonOf(totals, all) },
        ...notRecorded.fields,
      },
    };
  },
};

const none = (): SessionActivity => ({ prompts: 0, tools: 0, unrecorded: 0, added: 0, removed: 0 });

function deedsOf(rows: readonly ActionRow[]): Map<string, SessionActivity> {
  const deeds = new Map<string, SessionActivity>();
  for (const row of rows) {
    const { action, count, added, removed } = row;
    const known = deeds.get(sessionKey(row)) ?? none();
    deeds.set(sessionKey(row), known);
    if (action === "prompt") known.prompts += count;
    if (action === "tool") known.tools += count;
    if (action === "unrecorded") known.unrecorded += count;
    known.added += added;
    known.removed += removed;
  }
  return deeds;
}

/** Whether nothing is known of what was used: a dash then, since 0 would be wrong. */
const isUnknown = ({ unrecorded }: SessionActivity, { responses }: PricedTotals): boolean =>
  responses === 0 && unrecorded > 0;

const countsOf = (did: SessionActivity, usage: PricedTotals): Cell[] => [
  did.prompts,
  did.tools,
  isUnknown(did, usage) ? null : usage.responses,
  isUnknown(did, usage) ? null : usage.total,
  isUnknown(did, usage) ? null : usage.cost,
  did.added,
  did.removed,
];

const jsonOf = (did: SessionActivity, usage: PricedTotals) => ({
  prompts: did.prompts,
  toolUses: did.tools,
  responses: usage.responses,
  notRecorded: did.unrecorded,
  totalTokens: isUnknown(did, usage) ? null : usage.total,
  totalCost: isUnknown(did, usage) ? null : dollars(usage.cost),
  linesAdded: did.added,
  linesRemoved: did.removed,
});
