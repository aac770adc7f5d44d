import { writeSync } from "node:fs";
import { join } from "node:path";
import { openLedger } from "../../../../src/collector/open.ts";
import { systemClock } from "../../../../src/utils/clock.ts";
import { errnoOf, messageOf, PawprintError } from "../../../../src/utils/errors.ts";

/** What a process that scans is told. */
export interface ScannerArgs {
  readonly ledger: string;
  readonly home: string;
  /** How often it scans, one scan after the other. */
  readonly scans: number;
  /** Whether threads read, however little there is to read. */
  readonly threads?: boolean;
}

/** What it says when a scan fails. */
export interface Failure {
  /** The code of our own error, or the system's or SQLite's name of it. */
  readonly code: string | null;
  readonly message: string;
  /** Whether it is an error that tells what to do about it. */
  readonly isOwn: boolean;
}

/** Days of two zones, one of them with a half hour. */
const DAYS = [0, 19_800_000].map((offsetMs) => ({ from: 0, to: 1, offsetMs }));

// Scans a home into a ledger, both passes. Says "open" once the ledger is, "wrote" when the first pass is over, "done" at the
// end, or "failed <Failure as JSON>".
const { ledger: path, home, scans, threads } = JSON.parse(Bun.argv[2] ?? "") as ScannerArgs;
const help = threads
  ? { entryFile: join(import.meta.dir, "../../../../src/cli.ts"), worthwhile: 0, threads: 1 }
  : undefined;
const say = (line: string): number => writeSync(1, `${line}\n`);
try {
  using opened = openLedger(path, { env: {}, home, now: () => systemClock.now(), help });
  say("open");
  // As reports do that come in between; whoever cannot write just then leaves it to the next.
  opened.ledger.keepDays(DAYS);
  for (let done = 0; done < scans; done++) {
    await opened.collector.scan("usage");
    if (done === 0) say("wrote");
    opened.ledger.keepDays(DAYS);
    await opened.collector.scan("activity");
  }
  say("done");
} catch (error) {
  const isOwn = error instanceof PawprintError;
  const failure: Failure = { code: isOwn ? error.code : errnoOf(error), message: messageOf(error), isOwn };
  say(`failed ${JSON.stringify(failure)}`);
  process.exitCode = 1;
}
