import type { Collector, ScanResult } from "../collector/Collector.ts";
import type { Progress } from "../ledger/rows.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { FOREVER } from "../model/calendar.ts";
import type { SkipReason } from "../model/observation.ts";
import type { Phase } from "../sources/contract.ts";
import { openLedgerFor } from "../cli/report-command.ts";
import { selectedSource, sourceOption } from "../cli/report-options.ts";
import { bytesText, count } from "../render/format.ts";
import { clean, jsonText, styleOf } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { withLineNumbers, type NotCounted, reasonTexts } from "./scan/not-counted.ts";
import { ProgressLine } from "./scan/progress-line.ts";

/** The exit status of a program interrupted by SIGINT, by shell convention. */
const INTERRUPTED = 130;

/** Reads new data from the assistants' files into the ledger. */
export const scan: Command = {
  name: "scan",
  purpose: "ledger",
  description: "read new usage of all assistants into the ledger",
  options: [
    sourceOption,
    {
      name: "wait",
      description: "also read all session activity (tools, files, git), which is otherwise read later, in small parts",
    },
    { name: "explain", description: "list every line that was skipped or corrected, and why" },
    { name: "json", description: "print JSON" },
  ],
  examples: [
    { args: "scan", description: "read what is new" },
    { args: "scan --wait", description: "also read all session activity" },
    { args: "scan --explain", description: "list the lines that were not counted, and why" },
  ],
  related: ["sources", "verify"],
  async run(context) {
    const { options, clock, print } = context;
    const source = selectedSource(options);
    // Before anything is awaited, so that Ctrl-C stops the scan from its beginning.
    using interruption = new Interruption();
    using opened = openLedgerFor(context, source && [source]);
    const { ledger, collector } = opened;
    const before = await responsesIn(ledger, source?.name);
    const started = clock.now();
    const wanted: readonly Phase[] = options["wait"] ? ["usage", "activity"] : ["usage"];
    const phases = await runPhases(collector, context, wanted, interruption.signal);
    const responses = await responsesIn(ledger, source?.name);
    const found: ScanSummary = {
      files: phases.usage.files,
      bytes: phases.usage.bytes,
      activityBytes: phases.activity?.bytes ?? null,
      responses,
      fresh: responses - before,
      skipped: ledger.files.skippedCounts(source?.name),
      unreadable: phases.usage.unreadable,
      seconds: (clock.now() - started) / 1_000,
      cut: interruptionOf([phases.usage, phases.activity]),
      progress: await ledger.queries.progress(source?.name),
    };
    const notCounted = options["explain"] ? await withLineNumbers(ledger.files.skipped(source?.name)) : null;
    if (options["json"]) print(jsonText({ ...found, ...(notCounted && { notCounted }) }, 2));
    else for (const line of [...notCountedLines(notCounted), ...summaryLines(found)]) print(line);
    return found.cut ? INTERRUPTED : 0;
  },
};

/** The result of a scan. */
interface ScanSummary {
  /** Number of files with new data, and bytes read from them. */
  readonly files: number;
  readonly bytes: number;
  /** Bytes read for session activity; null without --wait. */
  readonly activityBytes: number | null;
  /** Number of responses in the ledger, and of those added by this scan. */
  readonly responses: number;
  readonly fresh: number;
  /** Lines not counted as written, including those of earlier scans, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly unreadable: readonly string[];
  readonly seconds: number;
  /** Progress of the interrupted phase in bytes; null if the scan was complete. */
  readonly cut: { readonly bytes: number; readonly total: number } | null;
  readonly progress: Progress;
}

/** The result of a phase, and the number of bytes it had to read. */
interface PhaseResult extends ScanResult {
  readonly total: number;
}

/** Stops what has its signal at the first Ctrl-C; a second one ends the process at once, without waiting for the current chunk. */
class Interruption implements Disposable {
  readonly #stop = new AbortController();
  readonly #interrupt = (): void => this.#stop.abort();

  constructor() {
    process.once("SIGINT", this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#interrupt);
  }
}

/** Runs the phases until they are done or interrupted, with a progress bar if stderr is a terminal. */
async function runPhases(
  collector: Collector,
  { settings, clock }: Context,
  phases: readonly Phase[],
  signal: AbortSignal,
): Promise<{ usage: PhaseResult; activity?: PhaseResult }> {
  const style = styleOf({ theme: settings.theme, glyphs: settings.glyphs, colour: false, links: false });
  const line = process.stderr.isTTY ? new ProgressLine(process.stderr, clock, style) : null;
  const run = async (phase: Phase): Promise<PhaseResult> => {
    line?.begin(phase === "usage" ? "responses" : "session activity");
    let total = 0;
    const progress = (read: number, of: number): void => {
      total = of;
      line?.show(read, of);
    };
    return { ...(await collector.scan(phase, { signal, progress })), total };
  };
  try {
    const usage = await run("usage");
    return phases.includes("activity") && !usage.isStopped ? { usage, activity: await run("activity") } : { usage };
  } finally {
    line?.end();
  }
}

const WHOLE = { from: 0, to: FOREVER };

const responsesIn = async ({ queries }: Ledger, source: string | undefined): Promise<number> =>
  (await queries.usage({ ...WHOLE, source }, [{ ...WHOLE, offsetMs: 0 }])).reduce((sum, row) => sum + row.responses, 0);

/** Returns the progress of the interrupted phase, or null. */
function interruptionOf(phases: readonly (PhaseResult | undefined)[]): ScanSummary["cut"] {
  const ran = phases.find((one) => one?.isStopped);
  return ran ? { bytes: ran.bytes, total: ran.total } : null;
}

function notCountedLines(notCounted: readonly NotCounted[] | null): string[] {
  if (notCounted === null) return [];
  const lines = notCounted.map(
    ({ path, line, offset, reason }) =>
      `${clean(path, 500)}:${line ?? `byte ${offset} of a missing file`}: ${reasonTexts[reason]}`,
  );
  return lines.length === 0 ? ["no line was skipped or corrected", ""] : [...lines, ""];
}

function summaryLines(found: ScanSummary): string[] {
  const { files, bytes, activityBytes, responses, fresh, skipped, unreadable, seconds, cut, progress } = found;
  const reasons = Object.entries(skipped) as [SkipReason, number][];
  const behind = progress.usage - progress.activity;
  const activity = activityBytes === null ? "" : `, session activity from ${bytesText(activityBytes)}`;
  return [
    `${count(files)} ${files === 1 ? "file" : "files"} with new data: ${bytesText(bytes)}${activity}, in ${seconds.toFixed(1)} s`,
    `${count(responses)} responses, ${count(fresh)} of them new`,
    ...(reasons.length === 0 ? [] : ["skipped or corrected (--explain lists them):"]),
    ...reasons
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, number]) => `  ${count(number)} ${number === 1 ? "line" : "lines"}: ${reasonTexts[reason]}`),
    ...unreadable.map((path) => `could not be read: ${clean(path, 500)}`),
    ...(behind > 0 ? [`session activity: ${bytesText(behind)} not read yet (--wait reads it)`] : []),
    ...(cut
      ? [
          `interrupted after ${bytesText(cut.bytes)} of ${bytesText(cut.total)}: progress is saved, and the next scan continues from there`,
        ]
      : []),
  ];
}
