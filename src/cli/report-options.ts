import type { Context, Option, RefusedOption } from "../commands/contract.ts";
import { costModes } from "../pricing/costs.ts";
import type { Report } from "../reports/contract.ts";
import { assistantNamed } from "../reports/shared/assistants.ts";
import { BY, HEATMAP_OF, type ReportOptionName, WEEKDAYS } from "../reports/shared/options.ts";
import { stringOf } from "../reports/shared/query.ts";
import { reports } from "../reports/registry.ts";
import type { Source } from "../sources/contract.ts";
import { sources } from "../sources/registry.ts";

/** The option that selects one assistant. */
export const sourceOption: Option = {
  name: "source",
  value: "assistant",
  values: sources.map(({ name }) => name),
  group: "filters",
  description: "only one assistant; the beginning of its name is enough, such as claude",
};

/** Options of every report. */
const ALWAYS = ["json", "csv", "timezone", "color", "no-color", "hub", "machine", "person"] as const;
type Name = (typeof ALWAYS)[number] | ReportOptionName;

/** All options of reports, in the order of the help. */
const all: Readonly<Record<Name, Omit<Option, "name">>> = {
  json: {
    group: "output",
    aliases: ["j"],
    description: "print JSON; daily, weekly, monthly, session and blocks have the same fields as ccusage",
  },
  csv: { group: "output", description: "print CSV" },
  since: {
    group: "days",
    aliases: ["s"],
    value: "2026-11-01",
    description: "first day to include: a date, today, yesterday, or a length such as 7d",
  },
  until: {
    group: "days",
    aliases: ["u"],
    value: "2026-11-30",
    description: "last day to include: a date, today or yesterday",
  },
  last: {
    group: "days",
    value: "24h, 7d, 4w or 3m",
    description:
      "only the last hours, days, weeks or months, including today; daily, weekly and monthly also take a number of their periods",
  },
  project: {
    group: "filters",
    aliases: ["p"],
    value: "name",
    description: "only one project or worktree: its path, the end of its path, or a part of its name",
  },
  account: {
    group: "filters",
    value: "directory",
    description: "only one account, by its configuration directory; pawprint accounts lists them",
  },
  model: { group: "filters", value: "text", description: "only models whose name contains this" },
  branch: { group: "filters", value: "name", description: "only one git branch" },
  source: sourceOption,
  id: {
    group: "filters",
    aliases: ["i"],
    value: "session",
    description: "only one session, by the beginning of its id",
  },
  match: {
    group: "filters",
    value: "text",
    description:
      "only sessions named so; a part of the project, branch, model, assistant, machine, person or id, in any case",
  },
  hub: {
    group: "filters",
    description:
      "over all machines of the hub: that of this machine (hub.db), or that of PET_HUB_URL or pawprint login",
  },
  machine: {
    group: "filters",
    value: "name",
    description: "only one machine of the hub, by its name or id; all for every machine",
  },
  person: { group: "filters", value: "name", description: "only the machines of one person at the hub" },
  active: { group: "filters", aliases: ["a"], description: "only the window that is open now" },
  breakdown: {
    group: "rows",
    aliases: ["b"],
    description: "also print a row for each model; also for each assistant if there are several",
  },
  instances: { group: "rows", aliases: ["i"], description: "split each day by project; the same as --by project" },
  by: {
    group: "rows",
    value: "what",
    values: BY,
    description: "split by this, such as model; machines and persons are those of a hub",
  },
  of: { group: "rows", value: "what", values: HEATMAP_OF, description: "what the heatmap counts; by default prompts" },
  "all-days": { group: "days", description: "also print periods without usage, as rows of zeros" },
  "start-of-week": {
    group: "days",
    aliases: ["w"],
    value: "day",
    values: WEEKDAYS,
    description: "first day of a week; by default Sunday, in the heatmap Monday",
  },
  "cost-mode": {
    group: "rows",
    aliases: ["m", "mode"],
    value: "mode",
    values: costModes,
    description:
      "which costs to show: auto, those that the assistant reported, else tokens times price; calculate, always tokens times price; display, only reported costs",
  },
  sort: {
    group: "rows",
    value: "column",
    description:
      "sort by a column, by its name or its field in JSON; numbers from the largest, texts and times from the first",
  },
  order: {
    group: "rows",
    aliases: ["o"],
    value: "direction",
    values: ["asc", "desc"],
    description: "smallest or largest, oldest or newest first",
  },
  limit: {
    group: "rows",
    value: "10",
    description:
      "print only so many rows: the first ones, or the newest of a list by time; totals stay those of all rows",
  },
  offset: {
    group: "rows",
    value: "10",
    description: "pass over so many rows first; with --limit, the pages of a list",
  },
  offline: {
    group: "output",
    aliases: ["O"],
    description: "accepted from scripts for ccusage: no price is ever fetched",
  },
  all: { group: "output", description: "accepted from scripts for ccusage: all assistants are included without it" },
  timezone: {
    group: "days",
    aliases: ["z"],
    value: "Asia/Kolkata",
    description: "time zone of days and hours, instead of this machine's",
  },
  color: { group: "output", description: "print colours although the output is not a terminal" },
  "no-color": { group: "output", description: "print no colours" },
};
const entries = Object.entries(all) as [Name, Omit<Option, "name">][];

/** Options of ccusage that no report takes, and what to do instead. */
const ccusageOnly: readonly RefusedOption[] = [
  { name: "no-offline", hint: "prices are part of the program and are never fetched; see: pawprint prices" },
  { name: "debug", aliases: ["d"], hint: "compare --cost-mode calculate with --cost-mode display" },
  { name: "debug-samples", hint: "compare --cost-mode calculate with --cost-mode display" },
  { name: "single-thread", hint: "leave it out: only what is new is read" },
  { name: "config", hint: "settings are read from ~/.claude/pets/.env and the environment; see: pawprint env" },
  { name: "compact", hint: "leave it out: a table fits the width of the terminal" },
  {
    name: "project-aliases",
    hint: "leave it out: projects are shown by the shortest end of their path that is unique",
  },
  { name: "recent", aliases: ["r"], hint: "use --last 3d" },
  { name: "token-limit", aliases: ["t"], hint: "pawprint limits shows the limits that Claude Code reports" },
  {
    name: "session-length",
    aliases: ["n"],
    hint: "leave it out: windows are those that Claude Code reports, else of five hours",
  },
  { name: "sections", hint: "run one report for each section" },
  { name: "by-agent", hint: "use --source, or --breakdown: its rows name their assistant" },
  { name: "no-cost", hint: "leave it out, and read only the columns or fields of tokens" },
];

/** Options that ccusage does not have; the others have the same meaning there. */
const ours: ReadonlySet<Name> = new Set([
  "of",
  "csv",
  "account",
  "model",
  "branch",
  "source",
  "all-days",
  "sort",
  "limit",
  "offset",
  "match",
  "hub",
  "machine",
  "person",
]);

/** Every option of the reports of ccusage, and what becomes of it here. */
export const ccusageOptions = (): readonly {
  readonly option: Omit<RefusedOption, "hint">;
  readonly here: string;
}[] => [
  ...entries
    .filter(([name]) => !ours.has(name))
    .map(([name, option]) => ({
      option: { ...option, name },
      here: option.description.startsWith("accepted") ? option.description : "the same",
    })),
  ...ccusageOnly.map(({ hint, ...option }) => ({ option, here: `refused; ${hint}` })),
];

/** All options of a report, in the order of the help. */
export function optionsOf(report: Report): readonly Option[] {
  const taken: ReadonlySet<Name> = new Set([...ALWAYS, ...report.options]);
  return entries.flatMap(([name, option]) => (taken.has(name) ? [{ ...option, name }] : []));
}

/** Options that a report refuses: those of other reports, which it names, and those of ccusage. */
export function refusedBy(report: Report): readonly RefusedOption[] {
  const taken = new Set(optionsOf(report).map(({ name }) => name));
  const ofOthers = entries.flatMap(([name, { aliases = [] }]) => {
    if (taken.has(name)) return [];
    const takers = reports.filter(({ options }) => options.some((one) => one === name)).map((one) => one.name);
    return [{ name, aliases, hint: `it would change nothing; it is an option of: ${takers.join(", ")}` }];
  });
  return [...ofOthers, ...ccusageOnly];
}

/** The assistant that the options select: see assistantNamed. */
export const selectedSource = (given: Context["options"]): Source | undefined =>
  assistantNamed(sources, stringOf(given["source"]));
