import { join } from "node:path";
import { makeCorpus, type Truth } from "../../ledger/corpus.ts";
import { type Dump, dumpOf, integrityOf, type Totals, totalsIn, wrongSums } from "../../ledger/dump.ts";
import { scratch, type Tally } from "./campaign.ts";
import type { Failure, ScannerArgs } from "./drivers/scanner.ts";
import { startDriver, type Talker } from "./processes.ts";

const SCANNER = new URL("./drivers/scanner.ts", import.meta.url);

/** A made-up home with transcripts whose truth is known, and places for ledgers. */
export interface ScannedHome extends Disposable {
  readonly home: string;
  readonly truth: Truth;
  /** Path of a ledger that is not there yet. */
  ledger(name: string): string;
}

/** A home of so many megabytes, of many short lines. */
export function scannedHome(megabytes: number): ScannedHome {
  const place = scratch();
  const home = join(place.path, "home");
  const truth = makeCorpus(home, { megabytes, files: 40, seed: 11, results: [20, 80] });
  return {
    home,
    truth,
    ledger: (name) => join(place.path, name, "ledger.db"),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  };
}

/** A process that scans. */
export const startScanner = (args: ScannerArgs, through: readonly string[] = []): Talker =>
  startDriver(SCANNER, args, through);

/** Lets a process scan to its end: null when all went well, else how it failed. */
export async function scanned(args: ScannerArgs, through: readonly string[] = []): Promise<Failure | null> {
  const scanner = startScanner(args, through);
  const err = await scanner.ended;
  const failed = scanner.lines.find((line) => line.startsWith("failed "));
  if (failed !== undefined) return JSON.parse(failed.slice("failed ".length)) as Failure;
  return scanner.lines.includes("done") ? null : { code: "died", message: err.slice(0, 300), isOwn: false };
}

/** The sums of a truth as a ledger's roll-up has them. */
export function totalsOf({ responses, input, output, cacheWrite5m, cacheWrite1h, cacheRead }: Truth): Totals {
  return { responses, input, output, cacheWrite5m, cacheWrite1h, cacheRead };
}

/** What must hold of a ledger, whatever happened: sound, summed rightly, nothing lost, nothing doubled. */
export function judge(tally: Tally, what: string, path: string, totals: Totals, dump: Dump | null = null): void {
  tally.equal(`${what}: SQLite finds the file sound`, integrityOf(path), "ok");
  tally.equal(`${what}: totals are the truth`, totalsIn(path), totals);
  tally.equal(`${what}: sums are those of the facts`, wrongSums(path), []);
  if (dump === null) return;
  const found = dumpOf(path);
  for (const part of ["facts", "sums"] as const) {
    const strange = found[part].filter((line, at) => line !== dump[part][at]).slice(0, 2);
    const isSame = found[part].length === dump[part].length && strange.length === 0;
    tally.check(`${what}: ${part} are those of an undisturbed scan`, isSame, strange);
  }
}
