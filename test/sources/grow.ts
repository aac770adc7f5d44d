import { Database } from "bun:sqlite";
import { growsByLines, type HomeFile } from "./home.ts";
import type { Random } from "./random.ts";

/** A file of which only the first bytes exist yet. */
export interface Piece {
  readonly file: HomeFile;
  /** Number of bytes from the start. */
  readonly to: number;
}

const NEWLINE = 10;

/** Places at which a file may be cut: the ends of its lines, or random bytes. */
function ends({ bytes }: HomeFile, how: "lines" | "bytes", count: number, random: Random): number[] {
  const all: number[] = [];
  if (how === "lines")
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) all.push(at + 1);
  else
    for (let n = 0; n < count; n++) {
      const at = random.below(bytes.length + 1);
      // Every other cut is within a multi-byte character, if there is one after it.
      const wide = n % 2 === 0 ? -1 : bytes.subarray(at).findIndex((byte) => byte >= 0xc0);
      all.push(wide < 0 ? at : at + wide + 1);
    }
  return [...new Set([...all, bytes.length])].toSorted((a, b) => a - b);
}

/**
 * A home while it grows: each file's pieces in order, with the pieces of several files mixed at random. A file that
 * does not grow by lines appears as a whole. There are at most about `most` pieces; neighbouring ones are merged.
 */
export function growth(files: readonly HomeFile[], how: "lines" | "bytes", most: number, random: Random): Piece[] {
  const each = Math.max(Math.ceil(most / files.length), 2);
  const queues = files.map((file) => {
    if (!growsByLines(file)) return [{ file, to: file.bytes.length }];
    const all = ends(file, how, each - 1, random);
    const kept =
      all.length <= each ? all : all.filter((at) => at === file.bytes.length || random.below(all.length) < each);
    return kept.map((to) => ({ file, to }));
  });
  const order = random.shuffled(queues.flatMap((queue, index) => queue.map(() => index)));
  return order.map((index) => queues[index]?.shift()).filter((piece) => piece !== undefined);
}

/** What is left after a program removed data: some lines, a truncated document, or tables without rows. */
export function shortened(bytes: Buffer, random: Random): Buffer {
  if (isDatabase(bytes)) return emptied(bytes);
  const end = bytes.lastIndexOf(NEWLINE, random.below(Math.max(bytes.length - 1, 1))) + 1;
  return bytes.subarray(0, end > 0 ? end : bytes.length / 2);
}

/** Whether a file is a SQLite database. */
export const isDatabase = (bytes: Buffer): boolean => bytes.subarray(0, 15).toString("latin1") === "SQLite format 3";

/** Opens a database file's bytes as a database in memory. */
export function openBytes(bytes: Buffer): Database {
  // A database with a write-ahead log cannot be opened in memory, so its header is changed.
  const plain = Buffer.from(bytes);
  plain.fill(1, 18, 20);
  return Database.deserialize(plain);
}

function emptied(bytes: Buffer): Buffer {
  using database = openBytes(bytes);
  for (const name of tablesOf(database)) database.run(`DELETE FROM "${name}"`);
  return Buffer.from(database.serialize());
}

/** Tables of a database that have row ids. */
export const tablesOf = (database: Database): string[] =>
  database
    .query<{ name: string }, []>(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr = 0 AND name NOT LIKE 'sqlite_%'",
    )
    .all()
    .map(({ name }) => name);
