import { writeSync } from "node:fs";
import { join } from "node:path";
import { openLedger } from "../../../../src/collector/open-ledger.ts";
import type { ReaderOptions } from "../../../../src/collector/thread-pool.ts";
import { systemClock } from "../../../../src/utils/clock.ts";
import { errnoOf, messageOf, PawprintError } from "../../../../src/utils/errors.ts";

/** Arguments of a process that scans. */
export interface ScannerArgs {
  readonly ledger: string;
  readonly home: string;
  /** Number of scans, one after the other. */
  readonly scans: number;
  /** Whether to use threads even for little data. */
  readonly threads?: boolean;
}

/** The output for a failed scan. */
export interface Failure {
  /** The code of our error, or that of the system or SQLite. */
  readonly code: string | null;
  readonly message: string;
  /** Whether it is one of our errors, which have a hint. */
  readonly isOwn: boolean;
}

/** Days in two zones, one of them with a half-hour offset. */
const DAYS = [0, 19_800_000].map((offsetMs) => ({ from: 0, to: 1, offsetMs }));

// Scans a home into a ledger, in both phases. Prints "open" once the ledger is open, "wrote" after the first phase, and "done"
// or "failed <Failure as JSON>" at the end.
const { ledger: path, home, scans, threads } = JSON.parse(Bun.argv[2] ?? "") as ScannerArgs;
const readers: ReaderOptions | undefined = threads
  ? { entryFile: join(import.meta.dir, "../../../../src/cli.ts"), minBytes: 0, threads: 1 }
  : undefined;
const say = (line: string): number => writeSync(1, `${line}\n`);
try {
  using opened = openLedger(path, { env: {}, home, now: () => systemClock.now(), readers });
  say("open");
  // As reports do between scans; one that cannot write at that moment leaves it to the next.
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
