import type { Database, Statement } from "bun:sqlite";
import type { Kind } from "../../model/observation.ts";
import type { Days } from "./Days.ts";
import { areSame, type Cell, type FactRow, DIMENSION_CELLS } from "../fold/prepare.ts";
import { BUCKET_MS, RollUp } from "./RollUp.ts";
import { Dimensions } from "./Dimensions.ts";

interface Table {
  readonly put: Statement<unknown, Cell[]>;
  readonly find: Statement<Cell[], [string]>;
  readonly take: Statement<unknown, [string]>;
}

const RESPONSE =
  "key part at slice input output cache_write_5m cache_write_1h cache_read searches cost reasoning".split(" ");
const ACTION = "key action at slice name ok duration target tool added removed length".split(" ");
/** Place of the first of the columns of actions that are summed up as they are. */
const COUNTS = 9;
const ACTION_SUMS = ["count", "failed", "timed", "duration", "added", "removed", "length"];

/** Facts and their roll-ups: whatever is put in or taken out here is summed up in the same transaction. */
export class Facts {
  readonly #slices: Dimensions;
  readonly #usage: RollUp;
  readonly #days: Days;
  readonly #actions: RollUp;
  readonly #tables: Readonly<Record<Kind, Table>>;

  constructor(database: Database, days: Days) {
    this.#slices = new Dimensions(database);
    this.#days = days;
    this.#usage = new RollUp(database, "usage_quarter", ["quarter", "slice"], ["responses", ...RESPONSE.slice(4)]);
    this.#actions = new RollUp(database, "action_quarter", ["quarter", "slice", "action", "name"], ACTION_SUMS);
    const table = (name: string, columns: readonly string[] | number): Table => ({
      put: database.prepare(
        `INSERT OR IGNORE INTO ${name} VALUES (${Array(typeof columns === "number" ? columns : columns.length)
          .fill("?")
          .join(", ")})`,
      ),
      find: database.prepare(
        `SELECT ${typeof columns === "number" ? "*" : columns.join(", ")} FROM ${name} WHERE key = ?`,
      ),
      take: database.prepare(`DELETE FROM ${name} WHERE key = ?`),
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

  /** Puts in the facts of a key; false when there are some of that key already, which then stay. */
  put(kind: Kind, rows: readonly FactRow[]): boolean {
    for (const { cells, slice } of rows) {
      if (slice) cells[DIMENSION_CELLS] = this.#slices.idOf(slice);
      if (this.#tables[kind].put.run(...cells).changes === 0) return false;
      this.#sum(kind, cells, 1);
    }
    return true;
  }

  /** Puts in the facts of a key instead of those that are there; what another line tells seldom changes them. */
  replace(kind: Kind, key: string, rows: readonly FactRow[]): void {
    const { find, take } = this.#tables[kind];
    const known = find.values(key) as Cell[][];
    for (const { cells, slice } of rows) if (slice) cells[DIMENSION_CELLS] = this.#slices.idOf(slice);
    if (known.length === rows.length && rows.every(({ cells }, at) => areSame(cells, known[at] ?? []))) return;
    take.run(key);
    for (const row of known) this.#sum(kind, row, -1);
    this.put(kind, rows);
  }

  /** Writes the sums. To be called once at the end of the transaction. */
  flush(): void {
    this.#days.update(this.#usage.flush());
    this.#actions.flush();
  }

  /** Forgets what a transaction that did not come to pass had gathered. */
  forget(): void {
    this.#slices.forget();
    this.#usage.forget();
    this.#actions.forget();
  }

  #sum(kind: Kind, row: readonly Cell[], sign: 1 | -1): void {
    const isUsage = kind === "response" || kind === "rest";
    if (!isUsage && kind !== "action") return;
    const quarter = Math.floor(number(row[2]) / BUCKET_MS);
    const slice = number(row[DIMENSION_CELLS]);
    if (isUsage) {
      const sums = this.#usage.at(quarter, slice);
      add(sums, 0, sign);
      for (let at = DIMENSION_CELLS + 1; at < RESPONSE.length; at++)
        add(sums, at - DIMENSION_CELLS, sign * number(row[at]));
    } else {
      const sums = this.#actions.at(quarter, slice, String(row[1]), String(row[4]));
      add(sums, 0, sign);
      if (row[5] === 0) add(sums, 1, sign);
      if (row[6] !== null) add(sums, 2, sign);
      add(sums, 3, sign * number(row[6]));
      for (let at = COUNTS; at < ACTION.length; at++) add(sums, at - COUNTS + 4, sign * number(row[at]));
    }
  }
}

const number = (cell: Cell | undefined): number => (cell ?? 0) as number;

function add(sums: number[], at: number, value: number): void {
  sums[at] = number(sums[at]) + value;
}
