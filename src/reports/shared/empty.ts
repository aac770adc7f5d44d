import { dateOf, FOREVER, offsetsIn } from "../../model/calendar.ts";
import type { Filter } from "../../ledger/rows.ts";
import type { Table } from "../../render/columns.ts";
import { tableOf } from "../../render/table.ts";
import { clean } from "../../utils/terminal.ts";
import type { Assistant } from "./assistants.ts";
import { listOf } from "./members.ts";
import { isEmptyResult, type ReportContext, type ReportQuery, type ReportResult, withMore } from "./report.ts";
import { shownPath } from "./usage/accounts.ts";

/** A folder that was searched for an assistant's files, and what was found there. */
interface SearchedFolder {
  readonly title: string;
  readonly shown: string;
  readonly state: string;
}

const NOTHING_SENT = "No machine has sent anything to the hub yet: pawprint invite NAME adds one, pawprint sync sends.";

/** Says why a result is empty: the folders that were searched where the ledger is empty, else the filter that nothing matches. */
export async function explainEmpty(
  result: ReportResult,
  query: ReportQuery,
  context: ReportContext,
): Promise<ReportResult> {
  if (!isEmptyResult(result)) return result;
  const span = await context.queries.span();
  if (span === null)
    return context.members ? withMore(result, { notes: [NOTHING_SENT] }) : withSearchedFolders(result, query, context);
  const { filter, zone } = query;
  const intervals = offsetsIn(zone, span.first, span.last + 1);
  const isMatched = async (one: Filter): Promise<boolean> =>
    (await context.queries.usage(one, one.to < FOREVER || one.from > 0 ? query.intervals : intervals)).length > 0;
  const always = { from: 0, to: FOREVER };
  const conditions = conditionsOf(query, context.home);
  // A ledger may hold activity alone; and where usage matches, only the activity is missing.
  if (conditions.length === 0 || !(await isMatched(always)) || (await isMatched(filter))) return result;
  const unmatched: string[] = [];
  for (const { text, part } of conditions) if (!(await isMatched({ ...always, ...part }))) unmatched.push(text);
  const [first, last] = [dateOf(zone, span.first), dateOf(zone, span.last - 1)];
  const covered = first === last ? first : `${first} to ${last}`;
  const condition =
    unmatched.length > 0
      ? unmatched.join(" and none ")
      : `${conditions.map(({ text }) => text).join(" and ")} together`;
  return withMore(result, {
    notes: [`${context.members ? "The hub" : "The ledger"} covers ${covered}, but has no usage ${condition}.`],
  });
}

/** The conditions of a query as the user gave them, each with its part of the filter. */
function conditionsOf(
  { filter, since, until }: ReportQuery,
  home: string,
): { readonly text: string; readonly part: Partial<Filter> }[] {
  const { from, to, accounts, machines } = filter;
  const isOneDay = since !== null && since === until;
  const range = isOneDay
    ? `on ${since}`
    : [since && `since ${since}`, until && `until ${until}`].filter(Boolean).join(" ");
  return [
    ...(range === "" ? [] : [{ text: range, part: { from, to } }]),
    ...(["project", "model", "branch", "source", "session"] as const).flatMap((name) =>
      filter[name] === undefined ? [] : [{ text: `of ${name} ${clean(filter[name])}`, part: { [name]: filter[name] } }],
    ),
    ...(machines
      ? [{ text: `of ${machines.length === 1 ? "that machine" : "these machines"}`, part: { machines } }]
      : []),
    ...(accounts
      ? [{ text: `of account ${accounts.map((one) => shownPath(one, home)).join(", ")}`, part: { accounts } }]
      : []),
  ];
}

/** Adds the folders that were searched, and whether they exist: below the drawing, and in JSON. */
function withSearchedFolders(
  result: ReportResult,
  { filter: { source }, zone }: ReportQuery,
  { assistants }: ReportContext,
): ReportResult {
  const searched = assistants.filter(({ name }) => source === undefined || source === name);
  const table: Table<SearchedFolder> = {
    columns: [
      { name: "Searched for", kind: "text", priority: 9, value: ({ title }) => title },
      { name: "In", kind: "text", priority: 8, shorten: true, value: ({ shown }) => shown },
      { name: "State", kind: "text", priority: 7, value: ({ state }) => state },
    ],
    rows: searched.flatMap(shownFolders),
    zone,
    empty: "No assistant is supported.",
  };
  // A page has the notes alone, so they name the assistants.
  const titles = searched.map(({ title }) => title);
  return withMore(result, {
    notes: [
      `Pawprint counts what assistants write on this machine (${listOf(titles, 4)}). If Claude Code's files are elsewhere, set ` +
        "CLAUDE_CONFIG_DIR. An example with sample usage: pawprint demo.",
    ],
    draw: (style, width, rows) => [
      ...(result.draw?.(style, width, rows) ?? tableOf(result, { width, style, rows })),
      "",
      ...tableOf(table, { width, style }),
    ],
    fields: {
      searched: searched.map(({ name, roots }) => ({
        source: name,
        folders: roots.map(({ path, exists }) => ({ path, exists })),
      })),
    },
  });
}

/** An assistant's folders that exist, else the first one and the number of the others. */
function shownFolders({ title, roots }: Assistant): SearchedFolder[] {
  const found = roots.filter(({ exists }) => exists);
  if (found.length > 0) return found.map(({ shown }) => ({ title, shown, state: "no usage in it" }));
  const more = roots.length - 1;
  const others = more === 0 ? "" : `, nor ${more} ${more === 1 ? "other" : "others"}`;
  return roots.slice(0, 1).map(({ shown }) => ({ title, shown, state: `not there${others}` }));
}
