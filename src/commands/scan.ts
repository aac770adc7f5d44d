import { hostname } from "node:os";
import { Collector, type Scanned, type Watch } from "../collector/Collector.ts";
import type { Progress } from "../ledger/Files.ts";
import { Ledger } from "../ledger/Ledger.ts";
import { FOREVER } from "../model/calendar.ts";
import type { SkipReason } from "../model/observation.ts";
import type { Pass } from "../sources/contract.ts";
import { sources } from "../sources/all.ts";
import { count } from "../tables/format.ts";
import { ledgerPath } from "../utils/paths.ts";
import { clean, lookOf } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { inLines, type NotCounted, words } from "./scan/not-counted.ts";
import { bytesText, ProgressLine } from "./scan/progress-line.ts";

/** What the shell expects of a program that was interrupted. */
const INTERRUPTED = 130;

/** Reads what is new in the transcripts into the ledger. */
export const scan: Command = {
  name: "scan",
  meaning: "read what is new in all transcripts into the ledger",
  options: [
    { name: "wait", meaning: "also read what sessions did (tools, files, git), which otherwise follows by and by" },
    { name: "explain", meaning: "list every line that was not counted as it stands, and why" },
    { name: "json", meaning: "print JSON" },
  ],
  async run(context) {
    const { options, settings, places, clock, print } = context;
    using ledger = new Ledger(ledgerPath(settings, places), hostname());
    const before = responsesIn(ledger);
    const started = clock.now();
    const passes = await readAll(ledger, context, options["wait"] ? ["usage", "activity"] : ["usage"]);
    const responses = responsesIn(ledger);
    const found: Found = {
      files: passes.usage.files,
      bytes: passes.usage.bytes,
      responses,
      fresh: responses - before,
      skipped: countBy(ledger.files.skipped().map(({ reason }) => reason)),
      unreadable: passes.usage.unreadable,
      seconds: (clock.now() - started) / 1_000,
      isCut: passes.usage.isCut || passes.activity?.isCut === true,
      progress: ledger.files.progress(),
    };
    const notCounted = options["explain"] ? await inLines(ledger.files.skipped()) : null;
    if (options["json"]) print(JSON.stringify({ ...found, ...(notCounted && { notCounted }) }, null, 2));
    else for (const line of [...explained(notCounted), ...told(found)]) print(line);
    return found.isCut ? INTERRUPTED : 0;
  },
};

/** What a scan came to. */
interface Found {
  /** Files in which something was new, and bytes read of them. */
  readonly files: number;
  readonly bytes: number;
  /** Responses that the ledger holds, and those that came with this scan. */
  readonly responses: number;
  readonly fresh: number;
  /** All lines that are not counted as they stand, also of earlier scans. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly unreadable: readonly string[];
  readonly seconds: number;
  readonly isCut: boolean;
  readonly progress: Progress;
}

/** Runs the passes with a bar where somebody is watching, until they are done or interrupted. */
async function readAll(
  ledger: Ledger,
  { env, places, settings, clock }: Context,
  passes: readonly Pass[],
): Promise<{ usage: Scanned; activity?: Scanned }> {
  const collector = new Collector(ledger, sources, { env, home: places.home, now: () => clock.now(), crew: crewHere() });
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  // Once: who presses the keys a second time does not want to wait for the piece at hand.
  process.once("SIGINT", interrupt);
  const look = lookOf({ theme: settings.theme, glyphs: settings.glyphs, colour: false, links: false });
  const line = process.stderr.isTTY ? new ProgressLine(process.stderr, clock, look) : null;
  const run = async (pass: Pass): Promise<Scanned> => {
    line?.begin(pass === "usage" ? "responses" : "what sessions did");
    const watch: Watch = { signal: stop.signal, ...(line && { progress: (read, total) => line.show(read, total) }) };
    return await collector.scan(pass, watch);
  };
  try {
    const usage = await run("usage");
    return passes.includes("activity") && !usage.isCut ? { usage, activity: await run("activity") } : { usage };
  } finally {
    line?.end();
    process.off("SIGINT", interrupt);
  }
}

/** Threads run the door of this program, which is the main file unless it is used as a library. */
const crewHere = () =>
  /(?:^|\/)cli\.[jt]s$/.test(Bun.main) && navigator.hardwareConcurrency > 1 ? { path: Bun.main, size: 2 } : null;

const WHOLE = { from: 0, to: FOREVER };

const responsesIn = (ledger: Ledger): number =>
  ledger.questions.usage(WHOLE, [{ ...WHOLE, offsetMs: 0 }]).reduce((sum, row) => sum + row.responses, 0);

function countBy<K extends string>(items: readonly K[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

function explained(notCounted: readonly NotCounted[] | null): string[] {
  if (notCounted === null) return [];
  const lines = notCounted.map(
    ({ path, line, offset, reason }) =>
      `${clean(path, 500)}:${line ?? `byte ${offset} of a file that is gone`}: ${words[reason]}`,
  );
  return lines.length === 0 ? ["every line is counted as it stands", ""] : [...lines, ""];
}

function told({ files, bytes, responses, fresh, skipped, unreadable, seconds, isCut, progress }: Found): string[] {
  const rate = `${count(files)} ${files === 1 ? "file" : "files"} with something new, ${bytesText(bytes)} in ${seconds.toFixed(1)} s`;
  const reasons = Object.entries(skipped) as [SkipReason, number][];
  const behind = progress.usage - progress.activity;
  return [
    rate,
    `${count(responses)} responses, ${count(fresh)} of them new`,
    ...(reasons.length === 0 ? [] : ["not counted as they stand (--explain lists them):"]),
    ...reasons
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, number]) => `  ${count(number)} ${number === 1 ? "line" : "lines"}: ${words[reason]}`),
    ...unreadable.map((path) => `could not be read: ${clean(path, 500)}`),
    ...(behind > 0 ? [`what sessions did is read except for ${bytesText(behind)} (--wait reads it)`] : []),
    ...(isCut ? ["interrupted: what was read is kept, and the next scan goes on there"] : []),
  ];
}
