import { LOGGED_ASSISTANT } from "../../model/record.ts";
import { Costs, PricedTotals } from "../../pricing/costs.ts";
import { priceTable } from "../../pricing/price-table.ts";
import { type Opened, openLedger } from "../../collector/open.ts";
import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import type { ResponseRow } from "../../ledger/rows.ts";
import { addDays, dateOf, offsetsIn, startOfDay, type Zone } from "../../model/calendar.ts";
import type { Spent } from "../../model/state.ts";
import { type Tokens, totalOf } from "../../model/tokens.ts";
import type { Accounting, UsageWindow, UsageSnapshot, UsageDelta } from "../types.ts";
import type { Phase } from "../../sources/contract.ts";
import type { Clock } from "../../utils/clock.ts";
import type { Environment } from "../../utils/config.ts";
import { lastTold, shownOf } from "./limits.ts";

/** What an accountant needs of the machine. */
export interface AccountantOptions {
  /** Path of the ledger. */
  readonly ledger: string;
  /** The user's home directory, and ~/.claude/pets below it. */
  readonly home: string;
  readonly pets: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** The file of this program that runs, for processes that read databases of other programs; this one reads them where it is missing. */
  readonly entryFile?: string;
  /** The zone whose midnight ends a day. */
  readonly zone: Zone;
  /** Milliseconds that reading may take: before a record, and after it. The piece at hand is finished in any case. */
  readonly patience: { readonly before: number; readonly after: number };
}

/** How long another writer of the ledger is waited for, which is what a transaction takes: a record must not wait long, and the next one makes up for it. */
const BUSY_MS = 1_500;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Minutes over which the burn rate is reckoned: long enough for a few responses. */
const BURN_MINUTES = 10;
/** How long after its time something new about a response is still noticed. */
const SETTLING_MS = HOUR_MS;

/** Keeps the ledger up to date for the logger's worker, and answers it from there. The ledger is opened when it is first needed. */
export class UsageAccounting implements Accounting, Disposable {
  readonly #options: AccountantOptions;
  #opened: Opened | null = null;
  /** What there is to be read after the record; null where the ledger was not reached. */
  #next: Phase | null = null;

  constructor(options: AccountantOptions) {
    this.#options = options;
  }

  /**
   * Reads what was appended, and tells what Claude Code used since the last reckoning, what all assistants used lately, and
   * the limits of the others. Null while the ledger is behind. Throws what Ledger throws; another writer is waited for half
   * a second.
   */
  async collect(last: UsageWindow, now: number): Promise<UsageSnapshot | null> {
    const { ledger, collector } = this.#open();
    const { isCut } = await collector.scan("usage", { ...within(this.#options.patience.before), databases: "none" });
    this.#next = isCut ? "usage" : "activity";
    if (isCut) return null;
    const costs = await this.#costs();
    const rows = ledger.queries.responses({ from: Math.min(last.from, now - SETTLING_MS), to: now });
    const own = rows.filter(({ source }) => source === LOGGED_ASSISTANT);
    const since = (from: number): UsageWindow => usageIn(own, costs, from, now);
    const burn = burnOf(usageIn(rows, costs, now - BURN_MINUTES * MINUTE_MS, now));
    const limits = lastTold(ledger.queries, now);
    return {
      used: growth(last, since(last.from)),
      window: since(now - SETTLING_MS),
      spent: { today: this.#today(ledger, costs, now), burn, at: now },
      limits,
      assistant: shownOf(limits, ledger.queries, now),
    };
  }

  /**
   * Reads what is new in databases of other programs, for which waiting may be long: to be done before the log's lock is
   * taken. What fails is read before the next record.
   */
  async readDatabases(): Promise<void> {
    try {
      await this.#open().collector.scan("usage", { ...within(this.#options.patience.before), databases: "only" });
    } catch {
      // The record does without, and says what it knows.
    }
  }

  /** Reads on for a while: what sessions did, or what settle had no time for. What it does not come to the next worker does. */
  async readOn(): Promise<void> {
    if (this.#next === null) return;
    try {
      await this.#open().collector.scan(this.#next, within(this.#options.patience.after));
    } catch {
      // The record is written, and the next worker reads from where this one came to.
    }
  }

  [Symbol.dispose](): void {
    this.#opened?.[Symbol.dispose]();
    this.#opened = null;
  }

  #open(): Opened {
    const { ledger, env, home, clock, entryFile } = this.#options;
    const help = entryFile === undefined ? undefined : { entryFile, threads: 0 };
    return (this.#opened ??= openLedger(ledger, { env, home, now: () => clock.now(), help }, { busyMs: BUSY_MS }));
  }

  /** With a price file that is broken nothing has a price, because its rows were meant to win. */
  async #costs(): Promise<Costs | null> {
    const prices = await priceTable(this.#options.pets).catch(() => null);
    return prices && new Costs(prices, "auto");
  }

  #today(ledger: Ledger, costs: Costs | null, now: number): Spent["today"] {
    const { zone } = this.#options;
    const date = dateOf(zone, now);
    const [from, to] = [startOfDay(zone, date), startOfDay(zone, addDays(date, 1))];
    const rows = ledger.queries.usage({ from, to }, offsetsIn(zone, from, to));
    const sum = new PricedTotals();
    for (const row of rows) sum.add(row, row.responses, costs?.of(row, Date.parse(date)) ?? null);
    return { date, endsAt: to, tokens: sum.total, micros: sum.unpriced.size > 0 ? null : sum.micros };
  }
}

const within = (ms: number) => ({ signal: AbortSignal.timeout(ms) });

function usageIn(rows: readonly ResponseRow[], costs: Costs | null, from: number, until: number): UsageWindow {
  const sum = new PricedTotals();
  for (const row of rows) if (row.at >= from) sum.add(row, 1, costs?.of(row, row.at) ?? null);
  const { input, output, cacheWrite5m, cacheWrite1h, cacheRead, micros } = sum;
  const unpriced = sum.unpriced.values().reduce((all, tokens) => all + tokens, 0);
  return { from, until, tokens: { input, output, cacheWrite5m, cacheWrite1h, cacheRead }, micros, unpriced };
}

/** What came to a stretch since it was reckoned. Never below zero, as it would be where a clock was set back. */
function growth(before: UsageWindow, after: UsageWindow): UsageDelta {
  const more = (name: keyof Tokens): number => Math.max(after.tokens[name] - before.tokens[name], 0);
  return {
    tokens: {
      input: more("input"),
      output: more("output"),
      cacheWrite5m: more("cacheWrite5m"),
      cacheWrite1h: more("cacheWrite1h"),
      cacheRead: more("cacheRead"),
    },
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
