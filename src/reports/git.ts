import { AssistantColumn } from "./shared/assistants.ts";
import { isoOrNull } from "./shared/when.ts";
import type { ActionItem } from "../ledger/rows.ts";
import { dateOf } from "../model/calendar.ts";
import { count } from "../render/format.ts";
import type { Cell, Column } from "../render/table.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "Operation", kind: "text", priority: 9 },
  { name: "Count", kind: "integer", priority: 8 },
  { name: "Failed", kind: "integer", priority: 7 },
  { name: "Outcome not known", kind: "integer", priority: 3 },
  { name: "Days", kind: "integer", priority: 4 },
  { name: "Last", kind: "text", priority: 5 },
];
/** Pull request addresses listed in the notes. */
const MAX_LINKS = 10;

/** Counts for the operations of one kind. `last` is a local date, or empty. */
interface Operations {
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
  description: "git operations by kind: commits, pushes, pull requests and others, with failures",
  needsActivity: true,
  async run({ filter, zone }, { queries, assistants }) {
    const items = await queries.items("git", filter);
    const byName = new Map<string, Operations>();
    const all = none();
    for (const item of items) {
      const known = byName.get(item.name) ?? none();
      byName.set(item.name, known);
      for (const one of [known, all]) addItem(one, item, dateOf(zone, item.at));
    }
    const found = [...byName].toSorted(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1));
    // Links are not recorded by model.
    const { model: _, ...wide } = filter;
    const links = new Map((await queries.items("link", wide)).map((item) => [item.target, item]));
    const assistantColumn = new AssistantColumn(assistants, all.sources);
    return {
      columns: assistantColumn.columns(COLUMNS, 1, 6),
      rows: found.map(([name, one]) => assistantColumn.row(cells(name.replace("_", " "), one), 1, one.sources)),
      ...(found.length > 0 && { totals: assistantColumn.row(cells("Total", all), 1, null) }),
      empty: "No git operations in this range.",
      notes: [
        ...(found.length > 0 ? ["An operation counts as failed when the command that contains it fails."] : []),
        ...linkNotes([...links.keys()]),
      ],
      json: {
        operations: found.map(([operation, one]) => ({ operation, ...jsonOf(one) })),
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
      },
    };
  },
};

const none = (): Operations => ({ count: 0, failed: 0, unknown: 0, last: "", days: new Set(), sources: new Set() });

function addItem(operations: Operations, { ok, source }: ActionItem, date: string): void {
  operations.count++;
  operations.sources.add(source);
  if (ok === 0) operations.failed++;
  if (ok === null) operations.unknown++;
  operations.days.add(date);
  if (date > operations.last) operations.last = date;
}

const cells = (name: string, { count, failed, unknown, days, last }: Operations): Cell[] => [
  name,
  count,
  failed,
  unknown,
  days.size,
  last,
];

const jsonOf = ({ count, failed, unknown, days, last, sources }: Operations) => ({
  count,
  failed,
  outcomeUnknown: unknown,
  days: days.size,
  lastDate: last === "" ? null : last,
  sources: [...sources].toSorted(),
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
