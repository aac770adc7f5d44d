import type { Queries } from "../../ledger/queries.ts";
import type { Filter } from "../../ledger/rows.ts";
import { addDays, dateOf, FOREVER, offsetsIn, startOfDay, type Zone } from "../../model/calendar.ts";
import { rangeOf } from "../../model/range.ts";
import { PawprintError } from "../../utils/errors.ts";
import { unknownName } from "../../utils/registry.ts";
import { clean } from "../../utils/terminal.ts";
import type { Report } from "../contract.ts";
import type { Arrangement } from "./arrange.ts";
import { type Assistant, assistantNamed } from "./assistants.ts";
import { BY, HEATMAP_OF, needsHub, type ReportOptions, WEEKDAYS } from "./options.ts";
import type { ReportMember, ReportQuery, RowOrder, Split } from "./report.ts";
import { matchAccounts } from "./usage/accounts.ts";

/** Sessions that an error lists. */
const MAX_CANDIDATES = 5;

/** What the options of a query refer to. */
export interface QueryPlace {
  readonly queries: Queries;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly home: string;
  readonly assistants: readonly Pick<Assistant, "name">[];
  readonly members?: readonly ReportMember[] | undefined;
}

/** The query of the options; `report` says which days it reports without any, and its periods. Throws bad_usage. */
export async function queryOf(
  given: ReportOptions,
  { queries, now, home, assistants, members }: QueryPlace,
  zone: Zone,
  { period, days }: Pick<Report, "period" | "days"> = {},
): Promise<ReportQuery> {
  const account = stringOf(given["account"]);
  const weekday = choiceOf(given, "start-of-week", WEEKDAYS);
  const weekStart = weekday === undefined ? null : WEEKDAYS.indexOf(weekday);
  const [since, until, last] = ["since", "until", "last"].map((name) => stringOf(given[name]));
  const periodOf = period && ((date: string) => period(date, weekStart));
  const range = rangeOf({ since, until, last, days, periodOf, zone, now });
  if ("problem" in range) throw new PawprintError("bad_usage", clean(range.problem), range.hint);
  const span = await queries.span();
  // Open ends are extended to whole days, whose sums are stored.
  const from = Math.max(range.from, span ? startOfDay(zone, dateOf(zone, span.first)) : 0);
  const to = Math.min(range.to, startOfDay(zone, addDays(dateOf(zone, Math.max(span?.last ?? 0, now)), 1)));
  return {
    filter: {
      from: range.from,
      to: range.to,
      project: stringOf(given["project"]),
      model: stringOf(given["model"]),
      branch: stringOf(given["branch"]),
      source: assistantNamed(assistants, stringOf(given["source"]))?.name,
      session: await selectedSession(given, queries),
      machines: await machinesOf(given, members),
      accounts: account === undefined ? undefined : matchAccounts(account, (await queries.accounts()).values(), home),
    },
    zone,
    intervals: offsetsIn(zone, from, Math.max(to, from)),
    since: range.sinceDate,
    until: range.untilDate,
    now,
    isBrokenDown: given["breakdown"] === true,
    split: given["instances"] === true ? "project" : splitOf(given, members),
    heatmapOf: choiceOf(given, "of", HEATMAP_OF) ?? "prompts",
    hasAllPeriods: given["all-days"] === true,
    isActiveOnly: given["active"] === true,
    weekStart,
    match: stringOf(given["match"]) ?? null,
  };
}

/** What --by splits by; null without it. Throws bad_usage for what only a hub has, where the ledger is that of one machine. */
function splitOf(given: ReportOptions, members: QueryPlace["members"]): Split | null {
  const split = choiceOf(given, "by", BY);
  if (needsHub(split) && !members)
    throw new PawprintError("bad_usage", "this ledger has one machine", "see: pawprint help login");
  return split ?? null;
}

/** The machines that the options select; undefined for all. Throws bad_usage. */
async function machinesOf(
  given: ReportOptions,
  members: QueryPlace["members"],
): Promise<readonly string[] | undefined> {
  if (given["machine"] === undefined && given["person"] === undefined) return undefined;
  return (await import("./hub/selection.ts")).selectedMachines(given, members);
}

/** How the options sort and shorten the rows. Throws bad_usage. */
export const arrangementOf = (given: ReportOptions): Arrangement => ({
  sort: stringOf(given["sort"]),
  order: choiceOf<RowOrder>(given, "order", ["asc", "desc"]),
  limit: rowsOf(given, "limit", 1),
  offset: rowsOf(given, "offset", 0),
});

/** A number of rows, at least `least`; undefined if the option was not given. Throws bad_usage. */
function rowsOf(given: ReportOptions, name: string, least: number): number | undefined {
  const value = stringOf(given[name]);
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value) && Number(value) >= least) return Number(value);
  throw new PawprintError(
    "bad_usage",
    `--${name} is not a number of rows: ${clean(value)}`,
    `for example: --${name} 10`,
  );
}

/** The value of an option that has only some values; undefined if it was not given. Throws bad_usage with all of them. */
export function choiceOf<T extends string>(given: ReportOptions, name: string, values: readonly T[]): T | undefined {
  const value = stringOf(given[name]);
  const choice = values.find((one) => one === value?.toLowerCase());
  if (value === undefined || choice !== undefined) return choice;
  throw unknownName(`value of --${name}`, value, values);
}

/** The session whose id begins with the value of --id. Throws bad_usage, listing the newest it may be, where that is not exactly one. */
async function selectedSession(given: ReportOptions, queries: Queries): Promise<string | undefined> {
  const wanted = stringOf(given["id"]);
  if (wanted === undefined) return undefined;
  const ids = await queries.sessionIds(wanted);
  if (wanted !== "" && ids.includes(wanted)) return wanted;
  if (wanted !== "" && ids.length === 1) return ids[0];
  const everything: Filter = { from: 0, to: FOREVER };
  const used = await queries.usage(everything, [{ ...everything, offsetMs: 0 }], ["source", "session"]);
  const days = new Map<string, number>();
  for (const { session, day } of used) days.set(session, Math.max(day, days.get(session) ?? 0));
  for (const { session, last } of await queries.sessions(everything))
    days.set(session, Math.max(last / 86_400_000, days.get(session) ?? 0));
  const newestFirst = [...days].toSorted(([, a], [, b]) => b - a).map(([session]) => session);
  const matches = newestFirst.filter((session) => session !== "" && session.startsWith(wanted));
  if (matches.length === 1) return matches[0];
  const candidates = (matches.length > 0 ? matches : newestFirst).slice(0, MAX_CANDIDATES).map((one) => clean(one));
  throw new PawprintError(
    "bad_usage",
    matches.length > 0
      ? `${matches.length} sessions begin with "${clean(wanted)}"`
      : `no session begins with "${clean(wanted)}"`,
    candidates.length > 0 ? `the newest: ${candidates.join(", ")}` : "no session has been read yet",
  );
}

/** The value of an option that has one. */
export const stringOf = (value: string | true | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
