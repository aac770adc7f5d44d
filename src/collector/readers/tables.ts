import { type Stats, statSync } from "node:fs";
import type { TableStore } from "../../sources/contract.ts";
import type { StoreReader, FileLook } from "./contract.ts";
import { sourceFileOf } from "../source-file.ts";
import { wholeTask } from "./whole.ts";

/** A file that holds anything and is smaller is no database, though SQLite takes it for an empty one. */
const SMALLEST = 512;

/** SQLite databases of other programs. A row's place is its rowid where its source says so. */
export const tableEngine: StoreReader<TableStore> = {
  look: ({ path, stat }) => lookOf(path, stat),
  plan: (source, store, found, look, mark) => wholeTask(source, store, found, look, mark),
  async *read(pass, { path, store, to }, findings) {
    // Loaded here, since most reports read no database of another program.
    const { DAMAGE, ForeignDatabase, hasLog, refused, resultOf } = await import("../foreign-database.ts");
    const before = statSync(path);
    const isAtRest = !hasLog(path);
    let isDamaged = before.size > 0 && before.size < SMALLEST;
    let left = to;
    if (!isDamaged) {
      let taken = 0;
      try {
        using database = new ForeignDatabase(path, isAtRest);
        const file = sourceFileOf(path, lookOf(path, before).mtime);
        const tables = { ...file, ...database.tables((bytes) => (taken += bytes)) };
        for (const _ of store.read(pass, tables, findings)) {
          const bytes = Math.min(taken, left);
          yield { bytes, reached: null };
          [taken, left] = [0, left - bytes];
        }
      } catch (error) {
        const result = resultOf(error);
        if (result === null) throw error;
        // What another one keeps from us comes again; what is damaged stays so.
        if (!DAMAGE.has(result)) throw refused(error);
        isDamaged = true;
      }
    }
    if (isAtRest && (hasLog(path) || statSync(path).mtimeMs !== before.mtimeMs))
      throw refused(new Error("changed while it was read"));
    if (isDamaged) findings.skipped(0, "bad_database");
    yield { bytes: left, reached: to };
  },
};

function lookOf(path: string, stat: Stats): FileLook {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return { size: stat.size + (log?.size ?? 0), mtime: Math.max(stat.mtimeMs, log?.mtimeMs ?? 0) };
}
