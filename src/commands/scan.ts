import type { Collector, Scanned } from "../collector/Collector.ts";
import type { Progress } from "../ledger/Files.ts";
import type { Ledger } from "../ledger/Ledger.ts";
import { FOREVER } from "../model/calendar.ts";
import type { SkipReason } from "../model/observation.ts";
import type { Pass } from "../sources/contract.ts";
import { openFor, sourceOf, sourceOption } from "../report-command.ts";
import { bytesText, count } from "../tables/format.ts";
import { clean, jsonText, lookOf } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { inLines, type NotCounted, words } from "./scan/not-counted.ts";
import { ProgressLine } from "./scan/progress-line.ts";

/** What the shell expects of a program that was interrupted. */
const INTERRUPTED = 130;

/** Reads what is new in the transcripts into the ledger. */
export const scan: Command = {
  name: "scan",
  meaning: "read what is new in the files of all assistants into the ledger",
  options: [
    sourceOption,
    { name: "wait", meaning: "also read what sessions did (tools, files, git), which otherwise follows by and by" },
    { name: "explain", meaning: "list every line that was not counted as it stands, and why" },
    { name: "json", meaning: "print JSON" },
  ],
  async run(context) {
    const { options, clock, print } = context;
    const source = sourceOf(options);
    using opened = openFor(context, source && [source]);
    const { ledger, collector } = opened;
    const before = responsesIn(ledger, source?.name);
    const started = clock.now();
    const passes = await readAll(collector, context, options["wait"] ? ["usage", "activity"] : ["usage"]);
    const responses = responsesIn(ledger, source?.name);
    const found: Found = {
      files: passes.usage.files,
      bytes: passes.usage.bytes,
      activityBytes: passes.activity?.bytes ?? null,
      responses,
      fresh: responses - before,
      skipped: ledger.files.skippedCounts(source?.name),
      unreadable: passes.usage.unreadable,
      seconds: (clock.now() - started) / 1_000,
      cut: cutOf([passes.usage, passes.activity]),
      progress: ledger.files.progress(source?.name),
    };
    const notCounted = options["explain"] ? await inLines(ledger.files.skipped(source?.name)) : null;
    if (options["json"]) print(jsonText({ ...found, ...(notCounted && { notCounted }) }, 2));
    else for (const line of [...explained(notCounted), ...told(found)]) print(line);
    return found.cut ? INTERRUPTED : 0;
  },
};

/** What a scan came to. */
interface Found {
  /** Files in which something was new, and bytes read of them. */
  readonly files: number;
  readonly bytes: number;
  /** Bytes read for what sessions did; null where that was not asked for. */
  readonly activityBytes: number | null;
  /** Responses that the ledger holds, and those that came with this scan. */
  readonly responses: number;
  readonly fresh: number;
  /** All lines that are not counted as they stand, also of earlier scans. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly unreadable: readonly string[];
  readonly seconds: number;
  /** The pass that was interrupted. */
  readonly cut: { readonly bytes: number; readonly total: number } | null;
  readonly progress: Progress;
}

/** A pass, and how many bytes it had before it. */
interface Ran extends Scanned {
  readonly total: number;
}

/** Runs the passes with a bar where somebody is watching, until they are done or interrupted. */
async function readAll(
  collector: Collector,
  { settings, clock }: Context,
  passes: readonly Pass[],
): Promise<{ usage: Ran; activity?: Ran }> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  // Once: who presses the keys a second time does not want to wait for the piece at hand.
  process.once("SIGINT", interrupt);
  const look = lookOf({ theme: settings.theme, glyphs: settings.glyphs, colour: false, links: false });
  const line = process.stderr.isTTY ? new ProgressLine(process.stderr, clock, look) : null;
  const run = async (pass: Pass): Promise<Ran> => {
    line?.begin(pass === "usage" ? "responses" : "what sessions did");
    let total = 0;
    const progress = (read: number, of: number): void => {
      total = of;
      line?.show(read, of);
    };
    return { ...(await collector.scan(pass, { signal: stop.signal, progress })), total };
  };
  try {
    const usage = await run("usage");
    return passes.includes("activity") && !usage.isCut ? { usage, activity: await run("activity") } : { usage };
  } finally {
    line?.end();
    process.off("SIGINT", interrupt);
  }
}

const WHOLE = { from: 0, to: FOREVER };

const responsesIn = ({ questions }: Ledger, source: string | undefined): number =>
  questions.usage({ ...WHOLE, source }, [{ ...WHOLE, offsetMs: 0 }]).reduce((sum, row) => sum + row.responses, 0);

/** How far the pass came that was interrupted. */
function cutOf(passes: readonly (Ran | undefined)[]): Found["cut"] {
  const ran = passes.find((one) => one?.isCut);
  return ran ? { bytes: ran.bytes, total: ran.total } : null;
}

function explained(notCounted: readonly NotCounted[] | null): string[] {
  if (notCounted === null) return [];
  const lines = notCounted.map(
    ({ path, line, offset, reason }) =>
      `${clean(path, 500)}:${line ?? `byte ${offset} of a file that is gone`}: ${words[reason]}`,
  );
  return lines.length === 0 ? ["every line is counted as it stands", ""] : [...lines, ""];
}

function told(found: Found): string[] {
  const { files, bytes, activityBytes, responses, fresh, skipped, unreadable, seconds, cut, progress } = found;
  const reasons = Object.entries(skipped) as [SkipReason, number][];
  const behind = progress.usage - progress.activity;
  const did = activityBytes === null ? "" : `, what sessions did from ${bytesText(activityBytes)}`;
  return [
    `${count(files)} ${files === 1 ? "file" : "files"} with something new: ${bytesText(bytes)}${did}, in ${seconds.toFixed(1)} s`,
    `${count(responses)} responses, ${count(fresh)} of them new`,
    ...(reasons.length === 0 ? [] : ["not counted as they stand (--explain lists them):"]),
    ...reasons
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, number]) => `  ${count(number)} ${number === 1 ? "line" : "lines"}: ${words[reason]}`),
    ...unreadable.map((path) => `could not be read: ${clean(path, 500)}`),
    ...(behind > 0 ? [`what sessions did is read except for ${bytesText(behind)} (--wait reads it)`] : []),
    ...(cut
      ? [
          `interrupted after ${bytesText(cut.bytes)} of ${bytesText(cut.total)}: it is kept, and the next scan goes on there`,
        ]
      : []),
  ];
}
