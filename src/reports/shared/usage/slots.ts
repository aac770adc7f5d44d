import type { SqliteQueries } from "../../../ledger/sqlite/SqliteQueries.ts";
import { BUCKET_MS } from "../../../ledger/sqlite/RollUp.ts";
import type { Filter } from "../../../ledger/rows.ts";
import type { Slot } from "./blocks.ts";
import type { Owned } from "./tally.ts";

/** What was used in a slot. */
export interface Used {
  readonly usage: Owned;
  readonly responses: number;
}

/** A slot with what was used in it. */
export interface UsageSlot extends Slot {
  readonly used: readonly Used[];
}

/** A quarter of an hour, whose first and last response are looked up when somebody asks. */
class Quarter implements UsageSlot {
  readonly from: number;
  readonly used: readonly Used[];
  readonly #ledger: SqliteQueries;
  readonly #range: Filter;

  constructor(from: number, used: readonly Used[], ledger: SqliteQueries, filter: Filter) {
    this.from = from;
    this.used = used;
    this.#ledger = ledger;
    this.#range = { ...filter, from, to: from + BUCKET_MS };
  }

  get first(): number {
    return this.#ledger.firstAt(this.#range) ?? this.from;
  }

  get last(): number {
    return this.#ledger.lastAt(this.#range) ?? this.from;
  }
}

/** Usage by quarter hours, by time; quarter hours in which a border lies (epoch ms) response by response. */
export function slotsOf(ledger: SqliteQueries, filter: Filter, borders: ReadonlySet<number>): UsageSlot[] {
  const stretch = { from: filter.from, to: filter.to, offsetMs: 0 };
  const cut = new Set([...borders].filter((at) => at % BUCKET_MS !== 0).map((at) => Math.floor(at / BUCKET_MS)));
  const quarters = Map.groupBy(ledger.usage(filter, [stretch], ["quarter"]), ({ quarter }) => quarter);
  return [...quarters.keys()]
    .toSorted((a, b) => a - b)
    .flatMap((quarter): UsageSlot[] => {
      const from = quarter * BUCKET_MS;
      if (cut.has(quarter)) {
        return ledger.responses({ ...filter, from, to: from + BUCKET_MS }).map((usage) => ({
          from: usage.at,
          first: usage.at,
          last: usage.at,
          used: [{ usage, responses: 1 }],
        }));
      }
      const used = (quarters.get(quarter) ?? []).map((usage) => ({ usage, responses: usage.responses }));
      return [new Quarter(from, used, ledger, filter)];
    });
}
