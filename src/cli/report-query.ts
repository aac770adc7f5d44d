import type { OpenedLedger } from "../collector/open-ledger.ts";
import type { Context } from "../commands/contract.ts";
import type { Filter } from "../ledger/rows.ts";
import {
  addDays,
  dateOf,
  FOREVER,
  offsetsIn,
  startOfDay,
  systemZone,
  type SystemZone,
  zoneOf,
} from "../model/calendar.ts";
import { isPeriod, periodOptions, rangeOf } from "../model/range.ts";
import type { Report } from "../reports/contract.ts";
import type { Arrangement } from "../reports/shared/arrange.ts";
import type { RowOrder, ReportQuery } from "../reports/shared/report.ts";
import { matchAccounts } from "../reports/shared/usage/accounts.ts";
import { PawprintError } from "../utils/errors.ts";
import { unknownName } from "../utils/registry.ts";
import { zoneFiles } from "../utils/files.ts";
import { clean } from "../utils/terminal.ts";
import { selectedSource, WEEKDAYS } from "./report-options.ts";

/** Sessions that an error lists. */
const MAX_CANDIDATES = 5;

/** The query of the options; `period` is that of the report, if its rows are periods. Throws bad_usage. */
export async function queryOf(
  context: Context,
  { ledger }: Pick<OpenedLedger, "ledger">,
  { zone }: SystemZone,
  period?: Report["period"],
): Promise<ReportQuery> {
  const { options: given, clock, places } = context;
  const account = stringOf(given["account"]);
  const now = clock.now();
  const weekday = choiceOf(given, "start-of-week", WEEKDAYS);
  const weekStart = weekday === undefined ? null : WEEKDAYS.indexOf(weekday);
  const [since, until, last] = ["since", "until", "last"].map((name) => stringOf(given[name]));
  const periodOf = period && ((date: string) => period(date, weekStart));
  const range = rangeOf({ since, until, last, periodOf, zone, now });
  if ("problem" in range) throw new PawprintError("bad_usage", clean(range.problem), range.hint);
  const span = await ledger.queries.span();
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
      source: selectedSource(given)?.name,
      session: await selectedSession(given, ledger),
      accounts:
        account === undefined
          ? undefined
          : matchAccounts(account, (await ledger.queries.accounts()).values(), places.home),
    },
    zone,
    intervals: offsetsIn(zone, from, Math.max(to, from)),
    since: range.sinceDate,
    until: range.untilDate,
    now,
    isBrokenDown: given["breakdown"] === true,
    isByProject: given["instances"] === true,
    hasAllPeriods: given["all-days"] === true,
    isActiveOnly: given["active"] === true,
    weekStart,
  };
}

/** A context whose positional period, such as yesterday or 7d, is given as the options of its range. Throws bad_usage. */
export function withPeriod(context: Context): Context {
  const { args, options: given } = context;
  const [period, ...more] = args;
  if (period === undefined) return context;
  if (more.length > 0 || !isPeriod(period)) {
    const what = clean(args.join(" "));
    throw new PawprintError("bad_usage", `not a period: ${what}`, "write it as today, yesterday, 7d or 2026-11-20");
  }
  if ([given["since"], given["until"], given["last"]].some((one) => one !== undefined)) {
    const message = `the period ${clean(period)} cannot be combined with --since, --until or --last`;
    throw new PawprintError("bad_usage", message, "leave out either");
  }
  return { ...context, args: [], options: { ...given, ...periodOptions(period) } };
}

/** How the options sort and shorten the rows. Throws bad_usage. */
export function arrangementOf({ options: given }: Pick<Context, "options">): Arrangement {
  const limit = stringOf(given["limit"]);
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new PawprintError("bad_usage", `--limit is not a number of rows: ${clean(limit)}`, "for example: --limit 10");
  return {
    sort: stringOf(given["sort"]),
    order: choiceOf<RowOrder>(given, "order", ["asc", "desc"]),
    limit: limit === undefined ? undefined : Number(limit),
  };
}

/** The value of an option that has only some values; undefined if it was not given. Throws bad_usage with all of them. */
export function choiceOf<T extends string>(
  given: Context["options"],
  name: string,
  values: readonly T[],
): T | undefined {
  const value = stringOf(given[name]);
  const choice = values.find((one) => one === value?.toLowerCase());
  if (value === undefined || choice !== undefined) return choice;
  throw unknownName(`value of --${name}`, value, values);
}

/** The session whose id begins with the value of --id. Throws bad_usage, listing the newest it may be, where that is not exactly one. */
async function selectedSession(
  given: Context["options"],
  { queries }: OpenedLedger["ledger"],
): Promise<string | undefined> {
  const wanted = stringOf(given["id"]);
  if (wanted === undefined) return undefined;
  const everything: Filter = { from: 0, to: FOREVER };
  const used = await queries.usage(everything, [{ ...everything, offsetMs: 0 }], ["source", "session"]);
  const days = new Map<string, number>();
  for (const { session, day } of used) days.set(session, Math.max(day, days.get(session) ?? 0));
  for (const { session, last } of await queries.sessions(everything))
    days.set(session, Math.max(last / 86_400_000, days.get(session) ?? 0));
  if (days.has(wanted)) return wanted;
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

const stringOf = (value: string | true | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

/** The time zone of the options, else of this machine. Throws bad_usage. */
export function zoneFor({ options: given, env }: Context): SystemZone {
  const requested = stringOf(given["timezone"]);
  if (requested === undefined) return systemZone(env, zoneFiles);
  const zone = zoneOf(requested);
  if (zone !== null) return { zone, problem: null };
  throw new PawprintError("bad_usage", `unknown time zone "${clean(requested)}"`, "for example UTC or Asia/Kolkata");
}

/** A note about a zone that could not be read; none where it could. */
export function zoneNotes({ problem }: SystemZone): string[] {
  return problem === null ? [] : [`Days and hours are in UTC: ${clean(problem, 300)}.`];
}
