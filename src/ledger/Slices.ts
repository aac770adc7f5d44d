import type { Database, Statement } from "bun:sqlite";
import type { SliceCells } from "./prepare.ts";

/** Gives each slice its number. */
export class Slices {
  readonly #known = new Map<string, number>();
  readonly #add: Statement<unknown, SliceCells>;
  readonly #find: Statement<{ id: number }, SliceCells>;

  constructor(database: Database) {
    this.#add = database.prepare("INSERT OR IGNORE INTO slice VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#find = database.prepare(
      `SELECT id FROM slice WHERE machine = ? AND source = ? AND session = ? AND project = ? AND branch = ? AND agent = ?
       AND model = ? AND speed = ? AND tier = ? AND region = ? AND context = ? AND is_priced = ?`,
    );
  }

  /** The number of a slice, new ones included. Only within a transaction. */
  idOf(slice: SliceCells): number {
    const text = slice.join("\x1f");
    let id = this.#known.get(text);
    if (id !== undefined) return id;
    id = this.#find.get(...slice)?.id ?? Number(this.#add.run(...slice).lastInsertRowid);
    this.#known.set(text, id);
    return id;
  }

  /** Forgets what was given in a transaction that did not come to pass. */
  forget(): void {
    this.#known.clear();
  }
}
