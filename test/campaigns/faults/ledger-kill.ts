import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { dumpOf, totalsIn } from "../../ledger/dump.ts";
import { randomBelow, type Campaign, type Scale, Tally } from "./campaign.ts";
import { checkLedger, runScan, scannedHome, type ScannedHome, startScanner, totalsOf } from "./scanning.ts";

const NUMBERS = {
  quick: { kills: 6, megabytes: 3 },
  full: { kills: 300, megabytes: 40 },
} as const satisfies Record<Scale, object>;

/** Scans killed with SIGKILL at random moments and started again. */
export const ledgerKill: Campaign = {
  name: "ledger-kill",
  promise: "a scan that is killed at any moment, however often, loses no tokens and counts none twice",
  async run(scale) {
    const tally = new Tally();
    const { kills, megabytes } = NUMBERS[scale];
    using home = scannedHome(megabytes);
    const reference = home.ledger("undisturbed");
    const began = performance.now();
    tally.equal("an undisturbed scan", await runScan({ ledger: reference, home: home.home, scans: 1 }), null);
    const wholeMs = performance.now() - began;
    tally.equal("an undisturbed scan: totals are correct", totalsIn(reference), totalsOf(home.truth));
    const dump = dumpOf(reference);
    const counters = { kills: 0, amid: 0, ledgers: 0 };
    while (counters.kills < kills) {
      const ledger = home.ledger(`killed-${counters.ledgers++}`);
      await killScans(home, ledger, wholeMs, kills, counters);
      checkLedger(tally, `ledger ${counters.ledgers}`, ledger, totalsOf(home.truth), dump);
      rmSync(dirname(ledger), { recursive: true });
    }
    tally.figure("kills", counters.kills);
    tally.figure("after the ledger was open", counters.amid);
    tally.figure("ledgers", counters.ledgers);
    tally.figure("megabytes", home.truth.bytes / 1e6);
    tally.figure("a whole scan, ms", wholeMs);
    tally.check("kills hit scans", counters.amid > kills / 4, counters);
    return tally;
  },
};

/** Kills several scans one after the other, unless one finishes first, and lets the last one finish. */
async function killScans(
  { home }: ScannedHome,
  ledger: string,
  wholeMs: number,
  kills: number,
  seen: { kills: number; amid: number },
): Promise<void> {
  const planned = Math.min(kills - seen.kills, 1 + randomBelow(8));
  for (let done = 0; done < planned; done++) {
    const scanner = startScanner({ ledger, home, scans: 1, threads: seen.kills % 2 === 0 });
    const timer = setTimeout(() => scanner.kill("SIGKILL"), Math.random() * wholeMs);
    const err = await scanner.ended;
    clearTimeout(timer);
    if (err !== "" || scanner.lines.some((line) => line.startsWith("failed"))) {
      throw new Error(`a scanner failed: ${err}${scanner.lines.join(" ")}`);
    }
    if (scanner.lines.includes("done")) return;
    seen.kills++;
    if (scanner.lines.includes("open")) seen.amid++;
  }
  const failure = await runScan({ ledger, home, scans: 1 });
  if (failure !== null) throw new Error(`the last scan failed: ${JSON.stringify(failure)}`);
}
