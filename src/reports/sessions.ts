import { Sum } from "../asking/costs.ts";
import { fewOf } from "../asking/few.ts";
import { projectNames } from "../asking/usage/names.ts";
import { Accounts } from "../asking/usage/tally.ts";
import { dollars, unpricedNotes } from "../asking/usage/answer.ts";
import { isoOrNull, stampOf } from "../asking/when.ts";
import type { ActionRow, SessionRow } from "../ledger/rows.ts";
import type { Cell, Column } from "../tables/table.ts";
import { count } from "../tables/format.ts";
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

/** What a session did within the range. */
interface Deeds {
  prompts: number;
  tools: number;
  added: number;
  removed: number;
}

interface Found extends SessionRow, Deeds {
  readonly usage: Sum;
}

/** Sessions, the newest last: when, where, what they did and used, how they ended. */
export const sessions: Report = {
  name: "sessions",
  meaning: "sessions, the newest last: when, where, what they did and used, how they ended",
  needsActivity: true,
  run({ filter, stretches, zone }, { ledger, costs }) {
    const rows = ledger.sessions(filter);
    const known = new Set(rows.map(({ session }) => session));
    const used = ledger.usage(filter, stretches, ["session"]);
    const accounts = new Accounts<string>(costs);
    for (const row of used) if (known.has(row.session)) accounts.addRow(row.session, row);
    const usageOf = (session: string): Sum | undefined => accounts.byKey.get(session)?.all;
    const all = accounts.all.all;
    // Prompts and changed files are not told by model.
    const { model, ...wide } = filter;
    const deeds = deedsOf(ledger.actions(wide, stretches, ["session"]));
    const found = rows
      .filter(({ session }) => model === undefined || accounts.byKey.has(session))
      .map((row): Found => ({
        ...row,
        ...(deeds.get(row.session) ?? none()),
        usage: usageOf(row.session) ?? new Sum(),
      }));
    const names = projectNames(found.map(({ project }) => project));
    const total = (of: keyof Deeds): number => found.reduce((sum, one) => sum + one[of], 0);
    const totals = {
      prompts: total("prompts"),
      tools: total("tools"),
      added: total("added"),
      removed: total("removed"),
    };
    const unread = new Set(used.map(({ session }) => session).filter((session) => !known.has(session))).size;
    const lasted = found.reduce((sum, { first, last }) => sum + last - first, 0);
    const table = {
      columns: COLUMNS,
      rows: found.map((one): Cell[] => [
        stampOf(zone, one.first),
        stampOf(zone, one.last),
        one.last - one.first,
        names.get(one.project) ?? "",
        one.branch,
        ...countsOf(one, one.usage),
        one.reason ?? "not known",
      ]),
      ...(found.length > 0 && { totals: ["Total", null, lasted, null, null, ...countsOf(totals, all), null] }),
      empty: "No session in this range.",
    };
    const draw = fewOf(table, "last");
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
      ],
      json: {
        sessions: found.map(({ session, project, branch, first, last, reason, version, usage, ...did }) => ({
          sessionId: session,
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
      },
    };
  },
};

const none = (): Deeds => ({ prompts: 0, tools: 0, added: 0, removed: 0 });

function deedsOf(rows: readonly ActionRow[]): Map<string, Deeds> {
  const deeds = new Map<string, Deeds>();
  for (const { session, action, count, added, removed } of rows) {
    const known = deeds.get(session) ?? none();
    deeds.set(session, known);
    if (action === "prompt") known.prompts += count;
    if (action === "tool") known.tools += count;
    known.added += added;
    known.removed += removed;
  }
  return deeds;
}

const countsOf = (did: Deeds, usage: Sum): Cell[] => [
  did.prompts,
  did.tools,
  usage.responses,
  usage.total,
  usage.cost,
  did.added,
  did.removed,
];

const jsonOf = ({ prompts, tools, added, removed }: Deeds, usage: Sum) => ({
  prompts,
  toolUses: tools,
  responses: usage.responses,
  totalTokens: usage.total,
  totalCost: dollars(usage.cost),
  linesAdded: added,
  linesRemoved: removed,
});
