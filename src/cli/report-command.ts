import { type CostMode, costModes, Costs } from "../pricing/costs.ts";
import { priceTable } from "../pricing/price-table.ts";
import type { Assistant } from "../reports/shared/assistants.ts";
import { priceFields, priceNotes } from "../pricing/price-notes.ts";
import { matchAccounts, shownPath } from "../reports/shared/usage/accounts.ts";
import { wrapWords } from "../reports/shared/truncate.ts";
import type { ReportResult, ReportContext, ReportQuery } from "../reports/shared/report.ts";
import type { ScanResult } from "../collector/Collector.ts";
import { type OpenedLedger, openLedger } from "../collector/open.ts";
import type { Command, Context, Option } from "../commands/contract.ts";
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
import type { Report } from "../reports/contract.ts";
import { checkLogSettings } from "../install/machine.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import type { Phase, Source } from "../sources/contract.ts";
import { sources } from "../sources/registry.ts";
import { csvOf } from "../render/csv.ts";
import { tableOf } from "../render/table.ts";
import { PawprintError } from "../utils/errors.ts";
import { realPath, zoneFiles } from "../utils/files.ts";
import { ledgerPath, logDirectory } from "../utils/paths.ts";
import { isFields } from "../utils/json.ts";
import { find } from "../utils/registry.ts";
import { clean, duration, isTerminal, jsonText, type Style, styleOf } from "../utils/terminal.ts";

/** The option that selects one assistant. */
export const sourceOption: Option = {
  name: "source",
  value: "name",
  description: "one assistant: see pawprint sources --json",
};

const options: readonly Option[] = [
  { name: "json", description: "for programs; daily, weekly, monthly, session and blocks have the fields of ccusage" },
  { name: "csv", description: "for spreadsheets" },
  { name: "since", value: "2026-11-01", description: "first day, local" },
  { name: "until", value: "2026-11-30", description: "last day, local" },
  {
    name: "last",
    value: "24h, 7d, 4w or 3m",
    description: "only the last hours, days, weeks or months, including today",
  },
  { name: "timezone", value: "Asia/Kolkata", description: "time zone of days and hours, instead of this machine's" },
  {
    name: "project",
    value: "name",
    description: "one project or worktree, by its path, the end of its path, or part of its name",
  },
  {
    name: "account",
    value: "directory",
    description: "one account, by its configuration directory: see pawprint accounts",
  },
  { name: "model", value: "text", description: "models whose name contains this" },
  { name: "branch", value: "name", description: "one git branch" },
  sourceOption,
  { name: "breakdown", description: "a row for each model as well, by assistant where there are several" },
  {
    name: "cost-mode",
    value: costModes.join("|"),
    description:
      "auto: the cost that the assistant reported, else tokens times price; calculate: always tokens times price; display: reported costs only",
  },
];

/** How long a report reads session activity, milliseconds; a note then says how far it has been read. */
const ACTIVITY_TIMEOUT_MS = 1_500;
/** Maximum length of a note, characters. */
const MAX_NOTE_LENGTH = 4_000;
/** Time before a progress bar is shown, milliseconds. */
const PROGRESS_DELAY_MS = 300;

/** A report as a command: reads new data, runs the report, and prints the result. */
export function reportCommand(report: Report): Command {
  return {
    name: report.name,
    description: report.description,
    options,
    isReport: true,
    async run(context) {
      using opened = openLedgerFor(context);
      await readNew(report, opened, context);
      const zone = zoneFor(context);
      print(await runReport(report, opened, context, zone), context);
      // JSON and CSV have no place for notes.
      if (context.options["json"] || context.options["csv"]) zoneNotes(zone).forEach((note) => context.warn(note));
      return 0;
    },
  };
}

/** Opens the user's ledger, or that at `path`, with its collector. Throws bad_setting before a wrong path creates a ledger. */
export function openLedgerFor(context: Context, assistants?: readonly Source[], path?: string): OpenedLedger {
  checkLogSettings(context);
  const { settings, places, env, clock, entryFile } = context;
  const scanEnvironment = { env, home: places.home, now: () => clock.now(), help: { entryFile } };
  return openLedger(path ?? ledgerPath(settings, places), scanEnvironment, { assistants });
}

/** Runs a report with the options of a context. Throws bad_usage and bad_setting. */
export async function runReport(
  report: Report,
  opened: OpenedLedger,
  context: Context,
  zone: SystemZone = zoneFor(context),
): Promise<ReportResult> {
  const query = queryOf(context, opened, zone);
  opened.ledger.keepDays(query.intervals);
  const reportContext = await reportContextOf(context, opened);
  const result = await report.run(query, reportContext);
  const activityNotes = report.needsActivity ? unreadActivityNotes(opened) : [];
  const notes = [...priceNotes(reportContext.costs), ...zoneNotes(zone), ...activityNotes];
  return notes.length === 0 ? result : withNotes(result, notes, priceFields(reportContext.costs));
}

/** A result with more notes and JSON fields. Its getters stay lazy. */
const withNotes = (result: ReportResult, notes: readonly string[], fields: object): ReportResult =>
  Object.create(result, {
    notes: { value: [...result.notes, ...notes] },
    json: { get: () => (isFields(result.json) ? { ...result.json, ...fields } : result.json) },
  }) as ReportResult;

/** A note that says how far session activity has been read; none when all of it is read. */
function unreadActivityNotes({ ledger }: OpenedLedger): string[] {
  const { usage, activity } = ledger.files.progress();
  if (activity >= usage) return [];
  const percent = Math.floor((activity / usage) * 100);
  const part = `session activity has been read from ${percent}% of the transcripts`;
  return [`Incomplete: ${part}; pawprint scan --wait reads the rest.`];
}

/** A result as lines for a terminal, of at most `width` columns. */
export function resultLines(result: ReportResult, style: Style, width: number): string[] {
  const { columns, rows, totals, empty, notes } = result;
  const lines =
    result.draw?.(style, width) ?? tableOf(columns, rows, { width, style, empty, ...(totals && { totals }) });
  const noteLines = notes
    .flatMap((note) => wrapWords(clean(note, MAX_NOTE_LENGTH), width))
    .map((note) => style.paint("quiet", note));
  return [...lines, ...noteLines].map((line) => line.replaceAll("\n", " "));
}

async function readNew(report: Report, opened: OpenedLedger, context: Context): Promise<void> {
  await scanWithProgress("usage", opened, context);
  if (report.needsActivity)
    await opened.collector.scan("activity", { signal: AbortSignal.timeout(ACTIVITY_TIMEOUT_MS) });
}

/** Reads new data, with a progress bar in a terminal when it takes long, and warns about files that cannot be read. */
export async function scanWithProgress(
  phase: Phase,
  { collector }: OpenedLedger,
  context: Context,
): Promise<ScanResult> {
  const { clock, settings } = context;
  const { theme, glyphs } = settings;
  const style = styleOf({ theme, glyphs, colour: false, links: false });
  const line = isTerminal(2)
    ? new (await import("../commands/scan/progress-line.ts")).ProgressLine(process.stderr, clock, style)
    : null;
  const began = clock.now();
  line?.begin(phase === "usage" ? "responses" : "session activity");
  const scanResult = await collector.scan(phase, {
    progress: (read, total) => (clock.now() - began > PROGRESS_DELAY_MS ? line?.show(read, total) : undefined),
  });
  line?.end();
  for (const path of scanResult.unreadable) context.warn(`pawprint: ${clean(path)} cannot be read and is not counted`);
  for (const { path, retryAt } of scanResult.abandoned) {
    const pause = duration(retryAt - clock.now());
    const problem = `reading ${clean(path)} took too long or too much memory`;
    context.warn(`pawprint: ${problem}: its new data is not counted; next attempt in ${pause}`);
  }
  return scanResult;
}

/** The query of the options. Throws bad_usage. */
function queryOf(context: Context, { ledger }: OpenedLedger, { zone }: SystemZone): ReportQuery {
  const { options: given, clock, places } = context;
  const account = stringOf(given["account"]);
  const now = clock.now();
  const [since, until, last] = ["since", "until", "last"].map((name) => stringOf(given[name]));
  const range = rangeOf({ since, until, last, zone, now });
  if ("problem" in range) throw new PawprintError("bad_usage", clean(range.problem), range.hint);
  const span = ledger.queries.span();
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
        account === undefined ? undefined : matchAccounts(account, ledger.queries.accounts().values(), places.home),
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
  return name === undefined ? undefined : find(sources, clean(name), "assistant");
}

const stringOf = (value: string | true | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

/** The time zone of the options, else of this machine. Throws bad_usage. */
function zoneFor({ options: given, env }: Context): SystemZone {
  const requested = stringOf(given["timezone"]);
  if (requested === undefined) return systemZone(env, zoneFiles);
  const zone = zoneOf(requested);
  if (zone !== null) return { zone, problem: null };
  throw new PawprintError("bad_usage", `unknown time zone "${clean(requested)}"`, "for instance UTC or Asia/Kolkata");
}

/** A note about a zone that could not be read; none where it could. */
function zoneNotes({ problem }: SystemZone): string[] {
  return problem === null ? [] : [`Days and hours are in UTC: ${clean(problem, 300)}.`];
}

async function reportContextOf(context: Context, { ledger }: OpenedLedger): Promise<ReportContext> {
  const mode = context.options["cost-mode"] ?? "auto";
  if (!costModes.includes(mode as CostMode)) {
    throw new PawprintError(
      "bad_usage",
      `unknown cost mode "${clean(String(mode))}"`,
      `one of: ${costModes.join(", ")}`,
    );
  }
  return {
    queries: ledger.queries,
    home: context.places.home,
    assistants: sources.map((source) => assistantOf(source, context)),
    costs: new Costs(await priceTable(context.places.pets), mode as CostMode),
    modelNames: context.settings.modelNames,
    get progress() {
      return ledger.files.progress();
    },
    async log(kind, since) {
      const sink = openSink(context.settings, context.places, await logDirectory(context.settings, context.places));
      try {
        return [...sink.read(kind, since)].toSorted((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
      } finally {
        sink.close();
      }
    },
  };
}

/** An assistant, from its source; its directories are resolved on access. */
function assistantOf({ name, title, tested, gaps, stores }: Source, { env, places: { home } }: Context): Assistant {
  return {
    name,
    title,
    tested,
    gaps,
    get roots() {
      const roots = new Set(stores.flatMap((store) => store.roots(env, home)));
      return Array.from(roots, (path) => ({
        path: realPath(path) ?? path,
        shown: shownPath(path, home),
      }));
    },
  };
}

function print(result: ReportResult, { options: given, settings, terminal, print: printLine }: Context): void {
  if (given["json"]) return printLine(jsonText(result.json, 2));
  if (given["csv"]) {
    const csv = csvOf(
      result.columns.map(({ name }) => name),
      result.rows,
    );
    return printLine(csv.slice(0, -2));
  }
  const { theme, glyphs } = settings;
  const style = styleOf({ theme, glyphs, colour: terminal.colour, links: false });
  for (const line of resultLines(result, style, Math.max(terminal.columns, 20))) printLine(line);
}
