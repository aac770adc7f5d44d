import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { dumpOf, type Totals } from "../../ledger/dump.ts";
import { responseLine, TEN } from "../../ledger/home.ts";
import { randomBelow, type Campaign, type Scale, Tally } from "./campaign.ts";
import { checkLedger, runScan, scannedHome, type ScannedHome, totalsOf } from "./scanning.ts";

const NUMBERS = {
  quick: { megabytes: 2, rounds: 1, scans: 4, everyMs: 12, openings: 8 },
  full: { megabytes: 40, rounds: 10, scans: 12, everyMs: 4, openings: 40 },
} as const satisfies Record<Scale, object>;
const OUTPUT = 10;

/** Several processes that scan a growing home into one ledger. */
export const ledgerTwo: Campaign = {
  name: "ledger-two",
  promise: "two and four processes that scan at once lose nothing, count nothing twice, and do not fail",
  async run(scale) {
    const tally = new Tally();
    const { megabytes, rounds, scans, everyMs, openings } = NUMBERS[scale];
    using home = scannedHome(megabytes);
    for (let opening = 0; opening < openings; opening++) await checkConcurrentOpen(tally, home, opening);
    const late = new LateLines(home);
    for (let round = 0; round < rounds; round++) {
      for (const processes of [2, 4]) {
        const what = `${processes} processes, round ${round + 1}`;
        const ledger = home.ledger(what);
        const job = { ledger, home: home.home, scans };
        const all = Promise.all(
          Array.from({ length: processes }, (_, at) => runScan({ ...job, threads: at % 2 === 0 })),
        );
        await late.during(all, everyMs);
        for (const failure of await all) tally.equal(`${what}: one of them`, failure, null);
        tally.equal(`${what}: a last scan`, await runScan({ ...job, scans: 1 }), null);
        const alone = home.ledger(`${what}, alone`);
        tally.equal(`${what}: a scan alone`, await runScan({ ...job, ledger: alone, scans: 1 }), null);
        checkLedger(tally, what, ledger, late.totals(), dumpOf(alone));
      }
    }
    tally.figure("rounds of 2 and 4", rounds);
    tally.figure("lines appended during the scans", late.count);
    tally.figure("megabytes", home.truth.bytes / 1e6);
    return tally;
  },
};

/** Eight processes that create a ledger at once. */
async function checkConcurrentOpen(tally: Tally, home: ScannedHome, opening: number): Promise<void> {
  const job = { ledger: home.ledger(`opening ${opening}`), home: `${home.home}/nothing`, scans: 1 };
  const failures = await Promise.all(Array.from({ length: 8 }, () => runScan(job)));
  tally.equal("eight processes that create a ledger at once", failures.filter(Boolean), []);
}

/** Responses that are written during scans, some of them in two halves. */
class LateLines {
  count = 0;
  readonly #home: ScannedHome;
  readonly #folder: string;

  constructor(home: ScannedHome) {
    this.#home = home;
    const projects = join(home.home, ".claude/projects");
    this.#folder = join(projects, readdirSync(projects).toSorted()[0] ?? "");
  }

  /** Totals of all responses so far. */
  totals(): Totals {
    const truth = totalsOf(this.#home.truth);
    return {
      ...truth,
      responses: truth.responses + this.count,
      input: truth.input + this.count,
      output: truth.output + this.count * OUTPUT,
    };
  }

  /** Writes until a promise is resolved. */
  async during(something: Promise<unknown>, everyMs: number): Promise<void> {
    const state = { isOver: false };
    const over = (): void => {
      state.isOver = true;
    };
    something.then(over, over);
    while (!state.isOver) {
      const id = this.count++;
      const session = `late${id % 5}`;
      const line = `${responseLine(`late${id}`, { session, at: TEN + id * 1_000, output: OUTPUT })}\n`;
      const path = join(this.#folder, `${session}.jsonl`);
      const cut = randomBelow(2) === 0 ? 0 : randomBelow(line.length);
      if (cut > 0) {
        appendFileSync(path, line.slice(0, cut));
        await Bun.sleep(Math.random() * everyMs);
      }
      appendFileSync(path, line.slice(cut));
      await Bun.sleep(Math.random() * everyMs * 2);
    }
  }
}
