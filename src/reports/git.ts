import { AssistantColumn } from "./shared/assistants.ts";
import type { ReportResult } from "./shared/report.ts";
import type { ActionItem } from "../ledger/rows.ts";
import { dateOf } from "../model/calendar.ts";
import { type Column, fieldsOf, totalledBy } from "../render/columns.ts";
import { count, isoOrNull } from "../render/format.ts";
import { PLACE, RANGE, ROWS } from "./shared/options.ts";
import type { Report } from "./contract.ts";

const COUNTS: readonly Column<Operations>[] = [
  { name: "Count", kind: "integer", priority: 8, value: (one) => one.count, field: "count" },
  { name: "Failed", kind: "integer", priority: 7, value: ({ failed }) => failed, field: "failed" },
  { name: "Outcome not known", kind: "integer", priority: 3, value: ({ unknown }) => unknown, field: "outcomeUnknown" },
  { name: "Days", kind: "integer", priority: 4, value: ({ days }) => days.size, field: "days" },
  { name: "Last", kind: "date", priority: 5, value: ({ last }) => last || null, field: "lastDate" },
];
/** Pull request addresses listed in the notes. */
const MAX_LINKS = 10;

/** Counts for the operations of one kind. `last` is a local date, or empty. */
interface Operations {
  readonly name: string;
  count: number;
  failed: number;
  unknown: number;
  last: string;
  readonly days: Set<string>;
  readonly sources: Set<string>;
}

/** Git operations by kind: commits, pushes, pull requests and others. */
export const git: Report = {
  name: "git",
  options: [...RANGE, ...PLACE, ...ROWS, "model", "id"],
  description: "git operations by kind: commits, pushes, pull requests and others, with failures",
  needsActivity: true,
  examples: [{ args: "git --last 4w", description: "commits, pushes and pull requests of four weeks" }],
  related: ["branches", "files"],
  async run({ filter, zone }, { queries, assistants }): Promise<ReportResult<Operations>> {
    const items = await queries.items("git", filter);
    const byName = new Map<string, Operations>();
    const all = none("Total");
    for (const item of items) {
      const known = byName.get(item.name) ?? none(item.name);
      byName.set(item.name, known);
      for (const one of [known, all]) addItem(one, item, dateOf(zone, item.at));
    }
    const rows = [...byName.values()].toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
    // Links are not recorded by model.
    const { model: _, ...wide } = filter;
    const links = new Map((await queries.items("link", wide)).map((item) => [item.target, item]));
    const assistantColumn = new AssistantColumn(assistants, all.sources);
    return {
      columns: [
        { name: "Operation", kind: "text", priority: 9, value: ({ name }) => name.replace("_", " ") },
        assistantColumn.column(({ sources }) => sources, 6),
        ...totalledBy(all, COUNTS),
      ],
      rows,
      zone,
      empty: "No git operations in this range.",
      notes: [
        ...(rows.length > 0 ? ["An operation counts as failed when the command that contains it fails."] : []),
        ...linkNotes([...links.keys()]),
      ],
      order: "desc",
      json: (shown) => ({
        operations: shown.map((one) => ({ operation: one.name, ...jsonOf(one) })),
        daily: daily(items, zone),
        pullRequests: [...links.values()].map(({ target, project, branch, source, session, at }) => ({
          url: target,
          project,
          branch,
          source,
          session,
          at: isoOrNull(at),
        })),
        totals: jsonOf(all),
      }),
    };
  },
};

const none = (name: string): Operations => ({
  name,
  count: 0,
  failed: 0,
  unknown: 0,
  last: "",
  days: new Set(),
  sources: new Set(),
});

function addItem(operations: Operations, { ok, source }: ActionItem, date: string): void {
  operations.count++;
  operations.sources.add(source);
  if (ok === 0) operations.failed++;
  if (ok === null) operations.unknown++;
  operations.days.add(date);
  if (date > operations.last) operations.last = date;
}

const jsonOf = (operations: Operations) => ({
  ...fieldsOf(COUNTS, operations),
  sources: [...operations.sources].toSorted(),
});

/** Operations that did not fail, by local day and kind. */
function daily(items: readonly ActionItem[], zone: string) {
  const days = new Map<string, Record<string, number>>();
  for (const { at, name, ok } of items) {
    if (ok === 0) continue;
    const date = dateOf(zone, at);
    const day = days.get(date) ?? {};
    days.set(date, day);
    day[name] = (day[name] ?? 0) + 1;
  }
  return Array.from(days, ([date, operations]) => ({ date, operations }));
}

function linkNotes(urls: readonly string[]): string[] {
  if (urls.length === 0) return [];
  const shown = urls.slice(-MAX_LINKS);
  const more = urls.length - shown.length;
  return [
    `Pull requests: ${count(urls.length)}${more > 0 ? `, the last ${shown.length} are listed; --json has all` : ""}`,
    ...shown.map((url) => `  ${url}`),
  ];
}
