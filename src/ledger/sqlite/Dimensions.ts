import type { Database, Statement } from "bun:sqlite";
import type { DimensionCells } from "../fold/prepare.ts";

/** Gives each slice its number. */
export class Dimensions {
  readonly #known = new Map<string, number>();
  /** The same by the very array, since what a session did shares one. */
  #met = new WeakMap<DimensionCells, number>();
  readonly #add: Statement<unknown, DimensionCells>;
  readonly #find: Statement<{ id: number }, DimensionCells>;

  constructor(database: Database) {
    this.#add = database.prepare("INSERT OR IGNORE INTO slice VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#find = database.prepare(
      `SELECT id FROM slice WHERE machine = ? AND source = ? AND session = ? AND project = ? AND branch = ? AND agent = ?
       AND model = ? AND speed = ? AND tier = ? AND region = ? AND context = ? AND is_priced = ?`,
    );
  }

  /** The number of a slice, new ones included. Only within a transaction. */
  idOf(slice: DimensionCells): number {
    const met = this.#met.get(slice);
    if (met !== undefined) return met;
    const text = slice.join("\x1f");
    const id = this.#known.get(text) ?? this.#find.get(...slice)?.id ?? Number(this.#add.run(...slice).lastInsertRowid);
    this.#known.set(text, id);
    this.#met.set(slice, id);
    return id;
  }

  /** Forgets what was given in a transaction that did not come to pass. */
  forget(): void {
    this.#known.clear();
    this.#met = new WeakMap();
  }
}
