import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import type { Clock } from "../utils/clock.ts";

const DAY_MS = 86_400_000;
/** Rows of the journal that are looked at in one transaction, and the pause after it, milliseconds. */
const STEP_ROWS = 5_000;
const PAUSE_MS = 50;

/** Removes old rows from a hub's journal; facts and sums stay. */
export class Retention {
  readonly #ledger: SharedLedger;
  readonly #clock: Clock;
  readonly #days: number;
  #isStopped = false;

  /** `days` is how many days of rows stay. */
  constructor(ledger: SharedLedger, clock: Clock, days: number) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#days = days;
  }

  /** Removes what is too old once, in small steps, so that machines do not wait. Returns the number of rows. */
  async run(): Promise<number> {
    const beforeDay = Math.floor(this.#clock.now() / DAY_MS) - this.#days;
    const newest =
      this.#ledger.database.query<{ seq: number | null }, []>("SELECT MAX(seq) AS seq FROM journal").get()?.seq ?? 0;
    let removed = 0;
    this.#ledger.refreshOrigins();
    for (let after = 0; after < newest && !this.#isStopped; after += STEP_ROWS) {
      removed += this.#ledger.prune(beforeDay, { after, upto: after + STEP_ROWS });
      this.#ledger.commit();
      await this.#clock.sleep(PAUSE_MS);
    }
    return removed;
  }

  /** Ends a run after its current step. */
  stop(): void {
    this.#isStopped = true;
  }
}
