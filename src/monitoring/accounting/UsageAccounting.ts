import { LOGGED_ASSISTANT } from "../../model/record.ts";
import { Costs, PricedTotals } from "../../pricing/costs.ts";
import { priceTable } from "../../pricing/price-table.ts";
import { type OpenedLedger, openLedger } from "../../collector/open-ledger.ts";
import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import type { ResponseRow } from "../../ledger/rows.ts";
import { addDays, dateOf, offsetsIn, startOfDay, type Zone } from "../../model/calendar.ts";
import type { Spent } from "../../model/state.ts";
import { byTokenClass, totalOf } from "../../model/tokens.ts";
import type { Accounting, UsageWindow, UsageSnapshot, UsageDelta } from "../types.ts";
import type { Phase } from "../../sources/contract.ts";
import type { Clock } from "../../utils/clock.ts";
import type { Environment } from "../../utils/config.ts";
import { latestLimits, shownLimits } from "./limits.ts";

/** The dependencies of UsageAccounting. */
export interface AccountingOptions {
  /** Path of the ledger. */
  readonly ledger: string;
  /** The home directory, and ~/.claude/pets in it. */
  readonly home: string;
  readonly pets: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** Entry file of this program, to start processes that read databases of other programs; if undefined, this process reads them. */
  readonly entryFile?: string;
  /** The time zone whose midnight ends a day. */
  readonly zone: Zone;
  /** Time limit for reading before and after a record, milliseconds. The current chunk is always finished. */
  readonly timeoutMs: { readonly before: number; readonly after: number };
}

/**
 * How long to wait for another writer of the ledger, milliseconds: about one transaction. A record must not wait
 * long, and the next one includes what it missed.
 */
const BUSY_MS = 1_500;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Window of the burn rate, minutes: long enough for a few responses. */
const BURN_MINUTES = 10;
/** Updates of a response are counted up to this long after its time, milliseconds. */
const LATE_MS = HOUR_MS;

/** Updates the ledger for the logger's worker and returns the usage in it. The ledger is opened on first use. */
export class UsageAccounting implements Accounting, Disposable {
  readonly #options: AccountingOptions;
  #opened: OpenedLedger | null = null;
  /** The phase to read after the record; null if the ledger was not reached. */
  #nextPhase: Phase | null = null;

  constructor(options: AccountingOptions) {
    this.#options = options;
  }

  /**
   * Reads what was appended; returns what Claude Code used since the last usage window, the recent usage of all assistants, and
   * the limits of the others. Null while the ledger is behind. Throws the errors of Ledger; waits up to BUSY_MS for another
   * writer.
   */
  async collect(last: UsageWindow, now: number): Promise<UsageSnapshot | null> {
    const { ledger, collector } = this.#open();
    const { isStopped } = await collector.scan("usage", {
      ...timeLimit(this.#options.timeoutMs.before),
      databases: "none",
    });
    this.#nextPhase = isStopped ? "usage" : "activity";
    if (isStopped) return null;
    const costs = await this.#costs();
    const rows = await ledger.queries.responses({ from: Math.min(last.from, now - LATE_MS), to: now });
    const own = rows.filter(({ source }) => source === LOGGED_ASSISTANT);
    const since = (from: number): UsageWindow => usageIn(own, costs, from, now);
    const burn = burnOf(usageIn(rows, costs, now - BURN_MINUTES * MINUTE_MS, now));
    const limits = await latestLimits(ledger.queries, now);
    return {
      delta: deltaBetween(last, since(last.from)),
      window: since(now - LATE_MS),
      spent: { today: await this.#today(ledger, costs, now), burn, at: now },
      limits,
      assistant: await shownLimits(limits, ledger.queries, now),
    };
  }

  /**
   * Reads what is new in databases of other programs. They may be locked for long, so call it before taking the log's lock.
   * Ignores errors: the next record tries again.
   */
  async readDatabases(): Promise<void> {
    try {
      await this.#open().collector.scan("usage", { ...timeLimit(this.#options.timeoutMs.before), databases: "only" });
    } catch {
      // The record is written without them.
    }
  }

  /** Reads the activity of sessions, or the usage that collect had no time for, up to the time limit. The next worker continues. */
  async readRemaining(): Promise<void> {
    if (this.#nextPhase === null) return;
    try {
      await this.#open().collector.scan(this.#nextPhase, timeLimit(this.#options.timeoutMs.after));
    } catch {
      // The record is already written, and the next worker continues here.
    }
  }

  [Symbol.dispose](): void {
    this.#opened?.[Symbol.dispose]();
    this.#opened = null;
  }

  #open(): OpenedLedger {
    const { ledger, env, home, clock, entryFile } = this.#options;
    const readers = entryFile === undefined ? undefined : { entryFile, threads: 0 };
    return (this.#opened ??= openLedger(ledger, { env, home, now: () => clock.now(), readers }, { busyMs: BUSY_MS }));
  }

  /** Returns null for an invalid price file: nothing is priced then, because its rows would take precedence. */
  async #costs(): Promise<Costs | null> {
    const prices = await priceTable(this.#options.pets).catch(() => null);
    return prices && new Costs(prices, "auto");
  }

  async #today(ledger: Ledger, costs: Costs | null, now: number): Promise<Spent["today"]> {
    const { zone } = this.#options;
    const date = dateOf(zone, now);
    const [from, to] = [startOfDay(zone, date), startOfDay(zone, addDays(date, 1))];
    const rows = await ledger.queries.usage({ from, to }, offsetsIn(zone, from, to));
    const sum = new PricedTotals();
    for (const row of rows) sum.add(row, row.responses, costs?.of(row, Date.parse(date)) ?? null);
    return { date, endsAt: to, tokens: sum.total, micros: sum.unpriced.size > 0 ? null : sum.micros };
  }
}

const timeLimit = (ms: number) => ({ signal: AbortSignal.timeout(ms) });

function usageIn(rows: readonly ResponseRow[], costs: Costs | null, from: number, until: number): UsageWindow {
  const sum = new PricedTotals();
  for (const row of rows) if (row.at >= from) sum.add(row, 1, costs?.of(row, row.at) ?? null);
  return { from, until, tokens: byTokenClass((name) => sum[name]), micros: sum.micros, unpriced: sum.unpricedTokens };
}

/** Returns the growth of a usage window since it was saved. Never negative, even if the clock was set back. */
function deltaBetween(before: UsageWindow, after: UsageWindow): UsageDelta {
  return {
    tokens: byTokenClass((name) => Math.max(after.tokens[name] - before.tokens[name], 0)),
    micros: after.unpriced > before.unpriced ? null : Math.max(after.micros - before.micros, 0),
  };
}

function burnOf({ tokens, micros, unpriced }: UsageWindow): Spent["burn"] {
  return {
    tokensPerMinute: Math.round(totalOf(tokens) / BURN_MINUTES),
    microsPerHour: unpriced > 0 ? null : Math.round((micros * 60) / BURN_MINUTES),
    windowMinutes: BURN_MINUTES,
  };
}
