import type { Database, Statement } from "bun:sqlite";
import type { Kind } from "../../model/observation.ts";
import type { Days } from "./Days.ts";
import { areSame, type ColumnValue, type FactRow, DIMENSION_COLUMN } from "../fold/prepare.ts";
import { BUCKET_MS } from "../rows.ts";
import { RollUp } from "./RollUp.ts";
import { Dimensions } from "./Dimensions.ts";

interface FactTable {
  readonly insert: Statement<unknown, ColumnValue[]>;
  readonly find: Statement<ColumnValue[], [string]>;
  readonly remove: Statement<unknown, [string]>;
}

const RESPONSE =
  "key part at slice input output cache_write_5m cache_write_1h cache_read searches cost reasoning".split(" ");
const ACTION = "key action at slice name ok duration target tool added removed length".split(" ");
/** Index of the first column of actions that is summed as it is. */
const FIRST_COUNT_COLUMN = 9;
const ACTION_SUMS = ["count", "failed", "timed", "duration", "added", "removed", "length"];

/** Facts and their roll-ups: whatever is inserted or removed here is summed in the same transaction. */
export class Facts {
  readonly #dimensions: Dimensions;
  readonly #usage: RollUp;
  readonly #days: Days;
  readonly #actions: RollUp;
  readonly #tables: Readonly<Record<Kind, FactTable>>;

  constructor(database: Database, days: Days) {
    this.#dimensions = new Dimensions(database);
    this.#days = days;
    this.#usage = new RollUp(database, "usage_quarter", ["quarter", "slice"], ["responses", ...RESPONSE.slice(4)]);
    this.#actions = new RollUp(database, "action_quarter", ["quarter", "slice", "action", "name"], ACTION_SUMS);
    const table = (name: string, columns: readonly string[] | number): FactTable => ({
      insert: database.prepare(
        `INSERT OR IGNORE INTO ${name} VALUES (${Array(typeof columns === "number" ? columns : columns.length)
          .fill("?")
          .join(", ")})`,
      ),
      find: database.prepare(
        `SELECT ${typeof columns === "number" ? "*" : columns.join(", ")} FROM ${name} WHERE key = ?`,
      ),
      remove: database.prepare(`DELETE FROM ${name} WHERE key = ?`),
    });
    const responses = table("response", RESPONSE);
    this.#tables = {
      response: responses,
      rest: responses,
      action: table("action", ACTION),
      session: table("session", 10),
      "cost-state": table("cost_state", 5),
      limit: table("rate_limit", 9),
      day: table("day", 12),
      worktree: table("worktree", 6),
    };
  }

  /** Inserts the facts of a key; returns false if the key has facts already, which then stay. */
  put(kind: Kind, rows: readonly FactRow[]): boolean {
    for (const { cells, dimensions } of rows) {
      if (dimensions) cells[DIMENSION_COLUMN] = this.#dimensions.idOf(dimensions);
      if (this.#tables[kind].insert.run(...cells).changes === 0) return false;
      this.#sum(kind, cells, 1);
    }
    return true;
  }

  /** Replaces the facts of a key. Another line about the same key seldom changes them. */
  replace(kind: Kind, key: string, rows: readonly FactRow[]): void {
    const { find, remove } = this.#tables[kind];
    const known = find.values(key) as ColumnValue[][];
    for (const { cells, dimensions } of rows)
      if (dimensions) cells[DIMENSION_COLUMN] = this.#dimensions.idOf(dimensions);
    if (known.length === rows.length && rows.every(({ cells }, at) => areSame(cells, known[at] ?? []))) return;
    remove.run(key);
    for (const row of known) this.#sum(kind, row, -1);
    this.put(kind, rows);
  }

  /** Writes the sums. Call once at the end of the transaction. */
  flush(): void {
    this.#days.update(this.#usage.flush());
    this.#actions.flush();
  }

  /** Forgets the sums of a transaction that was rolled back. */
  forget(): void {
    this.#dimensions.forget();
    this.#usage.forget();
    this.#actions.forget();
  }

  #sum(kind: Kind, row: readonly ColumnValue[], sign: 1 | -1): void {
    const isUsage = kind === "response" || kind === "rest";
    if (!isUsage && kind !== "action") return;
    const bucket = Math.floor(number(row[2]) / BUCKET_MS);
    const dimensionId = number(row[DIMENSION_COLUMN]);
    if (isUsage) {
      const sums = this.#usage.at(bucket, dimensionId);
      add(sums, 0, sign);
      for (let at = DIMENSION_COLUMN + 1; at < RESPONSE.length; at++)
        add(sums, at - DIMENSION_COLUMN, sign * number(row[at]));
    } else {
      const sums = this.#actions.at(bucket, dimensionId, String(row[1]), String(row[4]));
      add(sums, 0, sign);
      if (row[5] === 0) add(sums, 1, sign);
      if (row[6] !== null) add(sums, 2, sign);
      add(sums, 3, sign * number(row[6]));
      for (let at = FIRST_COUNT_COLUMN; at < ACTION.length; at++)
        add(sums, at - FIRST_COUNT_COLUMN + 4, sign * number(row[at]));
    }
  }
}

const number = (cell: ColumnValue | undefined): number => (cell ?? 0) as number;

function add(sums: number[], at: number, value: number): void {
  sums[at] = number(sums[at]) + value;
}
