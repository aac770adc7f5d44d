import { type Stats, statSync } from "node:fs";
import type { TableStore } from "../../sources/contract.ts";
import type { StoreReader, FileStamp } from "./contract.ts";
import { sourceFileOf } from "../source-file.ts";
import { wholeTask } from "./whole.ts";

/** A smaller file that is not empty is not a database, although SQLite accepts it as an empty one. */
const MIN_DATABASE_BYTES = 512;

/** Reads SQLite databases of other programs. The offset of a row is its rowid if its source says so. */
export const tableStoreReader: StoreReader<TableStore> = {
  stamp: ({ path, stat }) => stampOf(path, stat),
  plan: (source, store, found, stamp, mark) => wholeTask(source, store, found, stamp, mark),
  async *read(phase, { path, store, to }, emitter) {
    // Loaded here, because most reports read no database of another program.
    const { DAMAGE, ForeignDatabase, hasLog, fileError, resultOf } = await import("../foreign-database.ts");
    const before = statSync(path);
    const isAtRest = !hasLog(path);
    let isDamaged = before.size > 0 && before.size < MIN_DATABASE_BYTES;
    let left = to;
    if (!isDamaged) {
      let bytesTaken = 0;
      try {
        using database = new ForeignDatabase(path, isAtRest);
        const file = sourceFileOf(path, stampOf(path, before).mtime);
        const tables = { ...file, ...database.tables((bytes) => (bytesTaken += bytes)) };
        for (const _ of store.read(phase, tables, emitter)) {
          const bytes = Math.min(bytesTaken, left);
          yield { bytes, reached: null };
          [bytesTaken, left] = [0, left - bytes];
        }
      } catch (error) {
        const result = resultOf(error);
        if (result === null) throw error;
        // A locked database can be read later; a damaged one stays damaged.
        if (!DAMAGE.has(result)) throw fileError(error);
        isDamaged = true;
      }
    }
    if (isAtRest && (hasLog(path) || statSync(path).mtimeMs !== before.mtimeMs))
      throw fileError(new Error("changed while it was read"));
    if (isDamaged) emitter.skip(0, "bad_database");
    yield { bytes: left, reached: to };
  },
};

function stampOf(path: string, stat: Stats): FileStamp {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return { size: stat.size + (log?.size ?? 0), mtime: Math.max(stat.mtimeMs, log?.mtimeMs ?? 0) };
}
