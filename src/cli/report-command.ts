import { priceTable } from "../pricing/price-table.ts";
import type { Assistant } from "../reports/shared/assistants.ts";
import { shownPath } from "../reports/shared/usage/accounts.ts";
import { wrapWords } from "../reports/shared/truncate.ts";
import { needsHub } from "../reports/shared/options.ts";
import { MIN_COLUMNS, type ReportResult } from "../reports/shared/report.ts";
import { needsActivity, type ReportPlace, runWithOptions, zoneNotes } from "../reports/shared/run.ts";
import type { ScanEnvironment, ScanResult } from "../collector/Collector.ts";
import { type OpenedLedger, openLedger } from "../collector/open-ledger.ts";
import type { LedgerOptions } from "../ledger/sqlite/database.ts";
import type { Command, Context } from "../commands/contract.ts";
import type { SystemZone } from "../model/calendar.ts";
import { dayNames } from "../model/range.ts";
import type { Report } from "../reports/contract.ts";
import { optionsOf, refusedBy } from "./report-options.ts";
import { withPeriod, zoneFor } from "./report-query.ts";
import { arrange } from "../reports/shared/arrange.ts";
import { checkSettings } from "../install/machine.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import type { Phase, Source } from "../sources/contract.ts";
import { sources } from "../sources/registry.ts";
import { csvOf } from "../render/csv.ts";
import { tableOf } from "../render/table.ts";
import { realPath } from "../utils/files.ts";
import { ledgerPath, logDirectory, withHome } from "../utils/paths.ts";
import { clean, duration, isTerminal, jsonText, type Style, styleOf } from "../utils/terminal.ts";

/** How long a report reads session activity, milliseconds; a note then says how far it has been read. */
const ACTIVITY_TIMEOUT_MS = 1_500;
/** Maximum length of a note, characters. */
const MAX_NOTE_LENGTH = 4_000;
/** What shows the rest of a list that is shortened for a terminal. */
const SHOW_MORE = " --limit sets how many.";
/** Time before a progress bar is shown, milliseconds. */
const PROGRESS_DELAY_MS = 300;

/** A report as a command: reads new data, runs the report, and prints the result. */
export function reportCommand(report: Report): Command {
  return {
    ...report,
    ...(report.options.includes("since") && { args: "[period]", argValues: [dayNames] }),
    options: optionsOf(report),
    get refused() {
      return refusedBy(report);
    },
    isReport: true,
    async run(given) {
      const context = withPeriod(given);
      const zone = zoneFor(context);
      const result = (await overHub(report, context, zone)) ?? (await overLedger(report, context, zone));
      print(result, context);
      // JSON and CSV have no place for notes.
      const notes = [...(context.options["csv"] && result.showing ? [result.showing] : []), ...zoneNotes(zone)];
      if (context.options["json"] || context.options["csv"]) notes.forEach((note) => context.warn(note));
      return 0;
    },
  };
}

/** The result over the hub if the options ask for that; else null. Nothing of the hub is loaded otherwise. */
async function overHub(report: Report, context: Context, zone: SystemZone): Promise<ReportResult | null> {
  const { hub, machine, person, by } = context.options;
  if (!report.isAboutHub && !needsHub(by) && [hub, machine, person].every((one) => one === undefined)) return null;
  return (await import("./hub-report.ts")).hubResult(report, context, zone);
}

/** The result over this machine's ledger, after reading what is new. */
async function overLedger(report: Report, context: Context, zone: SystemZone): Promise<ReportResult> {
  using opened = openLedgerFor(context);
  await readNew(report, opened, context);
  // What is left of --machine here is the name of this machine.
  const { machine: _, ...options } = context.options;
  return await runReport(report, opened, { ...context, options }, zone);
}

/**
 * Opens the user's ledger, or that at `path`, with its collector. `how` says how long to wait for other writers, if not as long as
 * usual, and for what the ledger is opened. Throws bad_setting before a wrong path creates a ledger.
 */
export function openLedgerFor(
  context: Context,
  assistants?: readonly Source[],
  path?: string,
  how: Pick<LedgerOptions, "busyMs" | "profile"> = {},
): OpenedLedger {
  checkSettings(context, "logging");
  const { settings, places, env, clock, entryFile } = context;
  const scanEnvironment: ScanEnvironment = {
    env: withHome(env, places),
    home: places.home,
    now: () => clock.now(),
    readers: { entryFile },
  };
  return openLedger(path ?? ledgerPath(settings, places), scanEnvironment, { assistants, ...how });
}

/** Runs a report with the options of a context. Throws bad_usage and bad_setting. */
export const runReport = async (
  report: Report,
  opened: OpenedLedger,
  context: Context,
  zone: SystemZone = zoneFor(context),
): Promise<ReportResult> => runWithOptions(report, context.options, zone, await placeOf(context, opened));

/** A result as lines for a terminal, of at most `width` columns. */
export function resultLines(whole: ReportResult, style: Style, width: number): string[] {
  const result = arrange(whole, { limit: whole.maxRows });
  const lines = result.draw?.(style, width, result.rows) ?? tableOf(result, { width, style });
  const showing = result.showing === undefined ? [] : [result.showing + (whole.showing ? "" : SHOW_MORE)];
  const noteLines = [...showing, ...result.notes]
    .flatMap((note) => wrapWords(clean(note, MAX_NOTE_LENGTH), width))
    .map((note) => style.paint("quiet", note));
  return [...lines, ...noteLines].map((line) => line.replaceAll("\n", " "));
}

async function readNew(report: Report, opened: OpenedLedger, context: Context): Promise<void> {
  await scanWithProgress("usage", opened, context);
  if (needsActivity(report, context.options))
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

/** This machine's ledger, with the settings of its user, as reports see them. */
export async function placeOf(context: Context, { ledger }: Pick<OpenedLedger, "ledger">): Promise<ReportPlace> {
  return {
    queries: ledger.queries,
    now: context.clock.now(),
    home: context.places.home,
    assistants: sources.map((source) => assistantOf(source, context)),
    prices: await priceTable(context.places.pets),
    modelNames: context.settings.modelNames,
    planDollars: context.settings.planDollars,
    keepDays: (intervals) => ledger.keepDays(intervals),
    async log(kind, since) {
      const sink = openSink(context.settings, context.places, await logDirectory(context.settings, context.places));
      try {
        return [...sink.read(kind, since)].toSorted((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
      } finally {
        sink.close();
      }
    },
    logDirectory: async () => shownPath(await logDirectory(context.settings, context.places), context.places.home),
  };
}

/** An assistant, from its source; its directories are resolved on access. */
function assistantOf(
  { name, title, tested, gaps, responseUnit, resume, stores }: Source,
  { env, places }: Context,
): Assistant {
  const { home } = places;
  return {
    name,
    title,
    tested,
    gaps,
    responseUnit,
    resume,
    get roots() {
      const roots = new Set(stores.flatMap((store) => store.roots(withHome(env, places), home)));
      return Array.from(roots, (path) => {
        const real = realPath(path);
        return { path: real ?? path, shown: shownPath(path, home), exists: real !== null };
      });
    },
  };
}

function print(result: ReportResult, { options: given, settings, terminal, print: printLine }: Context): void {
  if (given["json"]) return printLine(jsonText(result.json(result.rows), 2));
  if (given["csv"]) return printLine(csvOf(result).slice(0, -2));
  const { theme, glyphs } = settings;
  const style = styleOf({ theme, glyphs, colour: terminal.colour, links: false });
  for (const line of resultLines(result, style, Math.max(terminal.columns, MIN_COLUMNS))) printLine(line);
}
