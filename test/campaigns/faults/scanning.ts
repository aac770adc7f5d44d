import { join } from "node:path";
import { makeCorpus, type Truth } from "../../ledger/corpus.ts";
import { type Dump, dumpOf, integrityOf, type Totals, totalsIn, wrongSums } from "../../ledger/dump.ts";
import { scratch, type Tally } from "./campaign.ts";
import type { Failure, ScannerArgs } from "./drivers/scanner.ts";
import { startDriver, type LineProcess } from "./processes.ts";

const SCANNER = new URL("./drivers/scanner.ts", import.meta.url);

/** A generated home with transcripts whose true totals are known, and paths for ledgers. */
export interface ScannedHome extends Disposable {
  readonly home: string;
  readonly truth: Truth;
  /** Path of a ledger that does not exist yet. */
  ledger(name: string): string;
}

/** Creates a home with some megabytes of short lines. */
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

/** Starts a process that scans. */
export const startScanner = (args: ScannerArgs, through: readonly string[] = []): LineProcess =>
  startDriver(SCANNER, args, through);

/** Runs a scan in a process until it ends; returns null if it succeeded, otherwise the failure. */
export async function runScan(args: ScannerArgs, through: readonly string[] = []): Promise<Failure | null> {
  const scanner = startScanner(args, through);
  const err = await scanner.ended;
  const failed = scanner.lines.find((line) => line.startsWith("failed "));
  if (failed !== undefined) return JSON.parse(failed.slice("failed ".length)) as Failure;
  return scanner.lines.includes("done") ? null : { code: "died", message: err.slice(0, 300), isOwn: false };
}

/** The true totals in the form of a ledger's roll-up. */
export function totalsOf({ responses, input, output, cacheWrite5m, cacheWrite1h, cacheRead }: Truth): Totals {
  return { responses, input, output, cacheWrite5m, cacheWrite1h, cacheRead };
}

/** Checks a ledger: the file is intact, its totals are correct, nothing is lost and nothing is counted twice. */
export function checkLedger(tally: Tally, what: string, path: string, totals: Totals, dump: Dump | null = null): void {
  tally.equal(`${what}: SQLite finds the file intact`, integrityOf(path), "ok");
  tally.equal(`${what}: totals are correct`, totalsIn(path), totals);
  tally.equal(`${what}: roll-ups match the facts`, wrongSums(path), []);
  if (dump === null) return;
  const found = dumpOf(path);
  for (const part of ["facts", "sums"] as const) {
    const strange = found[part].filter((line, at) => line !== dump[part][at]).slice(0, 2);
    const isSame = found[part].length === dump[part].length && strange.length === 0;
    tally.check(`${what}: ${part} match an undisturbed scan`, isSame, strange);
  }
}
