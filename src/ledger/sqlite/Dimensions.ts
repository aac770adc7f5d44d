import type { Database, Statement } from "bun:sqlite";
import type { DimensionCells } from "../fold/prepare.ts";

/** Gives each dimension set its id. */
export class Dimensions {
  readonly #idsByText = new Map<string, number>();
  /** By identity of the array, because consecutive actions of a session share one. */
  #idsByArray = new WeakMap<DimensionCells, number>();
  readonly #add: Statement<unknown, DimensionCells>;
  readonly #find: Statement<{ id: number }, DimensionCells>;

  constructor(database: Database) {
    this.#add = database.prepare("INSERT OR IGNORE INTO slice VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#find = database.prepare(
      `SELECT id FROM slice WHERE machine = ? AND source = ? AND session = ? AND project = ? AND branch = ? AND agent = ?
       AND model = ? AND speed = ? AND tier = ? AND region = ? AND context = ? AND is_priced = ?`,
    );
  }

  /** Returns the id of a dimension set and creates it if it is new. Call only within a transaction. */
  idOf(dimensions: DimensionCells): number {
    const known = this.#idsByArray.get(dimensions);
    if (known !== undefined) return known;
    const text = dimensions.join("\x1f");
    const id =
      this.#idsByText.get(text) ??
      this.#find.get(...dimensions)?.id ??
      Number(this.#add.run(...dimensions).lastInsertRowid);
    this.#idsByText.set(text, id);
    this.#idsByArray.set(dimensions, id);
    return id;
  }

  /** Forgets the ids of a transaction that was rolled back. */
  forget(): void {
    this.#idsByText.clear();
    this.#idsByArray = new WeakMap();
  }
}
