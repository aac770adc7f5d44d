import type { OpenedLedger } from "../collector/open-ledger.ts";
import type { Context, Option } from "../commands/contract.ts";
import {
  addDays,
  dateOf,
  offsetsIn,
  rangeOf,
  startOfDay,
  systemZone,
  type SystemZone,
  zoneOf,
} from "../model/calendar.ts";
import { costModes } from "../pricing/costs.ts";
import type { ReportQuery } from "../reports/shared/report.ts";
import { matchAccounts } from "../reports/shared/usage/accounts.ts";
import type { Source } from "../sources/contract.ts";
import { sources } from "../sources/registry.ts";
import { PawprintError } from "../utils/errors.ts";
import { zoneFiles } from "../utils/files.ts";
import { find } from "../utils/registry.ts";
import { clean } from "../utils/terminal.ts";

/** The option that selects one assistant. */
export const sourceOption: Option = {
  name: "source",
  value: "assistant",
  values: sources.map(({ name }) => name),
  group: "filters",
  description: "only one assistant",
};

/** The options of every report. */
export const options: readonly Option[] = [
  {
    name: "json",
    group: "output",
    description: "print JSON; daily, weekly, monthly, session and blocks have the same fields as ccusage",
  },
  { name: "csv", group: "output", description: "print CSV" },
  { name: "since", value: "2026-11-01", group: "days", description: "first day to include" },
  { name: "until", value: "2026-11-30", group: "days", description: "last day to include" },
  {
    name: "last",
    value: "24h, 7d, 4w or 3m",
    group: "days",
    description: "only the last hours, days, weeks or months, including today",
  },
  {
    name: "timezone",
    value: "Asia/Kolkata",
    group: "days",
    description: "time zone of days and hours, instead of this machine's",
  },
  {
    name: "project",
    value: "name",
    group: "filters",
    description: "only one project or worktree, by its path, the end of its path, or part of its name",
  },
  {
    name: "account",
    value: "directory",
    group: "filters",
    description: "only one account, by its configuration directory; pawprint accounts lists them",
  },
  { name: "model", value: "text", group: "filters", description: "only models whose name contains this" },
  { name: "branch", value: "name", group: "filters", description: "only one git branch" },
  sourceOption,
  {
    name: "breakdown",
    group: "rows",
    description: "also print a row for each model, and for each assistant if there are several",
  },
  {
    name: "cost-mode",
    value: "mode",
    values: costModes,
    group: "rows",
    description:
      "auto: the cost that the assistant reported, else tokens times price; calculate: always tokens times price; display: reported costs only",
  },
];

/** The query of the options. Throws bad_usage. */
export async function queryOf(context: Context, { ledger }: OpenedLedger, { zone }: SystemZone): Promise<ReportQuery> {
  const { options: given, clock, places } = context;
  const account = stringOf(given["account"]);
  const now = clock.now();
  const [since, until, last] = ["since", "until", "last"].map((name) => stringOf(given[name]));
  const range = rangeOf({ since, until, last, zone, now });
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
  };
}

/** The assistant that the options select; undefined for all. Throws bad_usage with all names for an unknown one. */
export function selectedSource(given: Context["options"]): Source | undefined {
  const name = stringOf(given["source"]);
  return name === undefined ? undefined : find(sources, name, "assistant");
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
