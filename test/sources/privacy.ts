import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";
import { parseValue } from "../../src/utils/json.ts";
import { isDatabase, openBytes, tablesOf } from "./grow.ts";
import type { HomeFile } from "./home.ts";

/** Length of the pieces that are searched for, in characters. */
const PIECE = 24;
/** Pieces with fewer words may be names and are not searched for. */
const WORDS = 3;

/** Returns the beginnings and middles of all texts of several words in a home's files. */
export function piecesOf(files: readonly HomeFile[]): string[] {
  const pieces = new Set<string>();
  const collect = (value: unknown, depth = 0): void => {
    if (depth > 40) return;
    if (typeof value === "string") {
      const inner = /^\s*[[{]/.test(value) ? parseValue(value) : undefined;
      if (typeof inner === "object") return collect(inner, depth + 1);
      for (const from of [0, Math.max(Math.floor((value.length - PIECE) / 2), 0)])
        pieces.add(value.slice(from, from + PIECE));
    } else if (typeof value === "object" && value !== null)
      for (const one of Object.values(value)) collect(one, depth + 1);
  };
  for (const file of files) for (const value of valuesOf(file)) collect(value);
  return [...pieces].filter((piece) => piece.trim().split(/\s+/).length >= WORDS);
}

function valuesOf({ path, bytes }: HomeFile): unknown[] {
  if (isDatabase(bytes)) return cellsOf(bytes);
  const plain = path.endsWith(".zst") ? Buffer.from(Bun.zstdDecompressSync(bytes)) : bytes;
  const whole = plain.toString("utf8");
  return [parseValue(whole) ?? whole.split("\n").map((line) => parseValue(line) ?? line)];
}

function cellsOf(bytes: Buffer): unknown[] {
  using database = openBytes(bytes);
  return tablesOf(database).flatMap((name) => database.query(`SELECT * FROM "${name}"`).all());
}

/** Returns the pieces that a ledger contains: in the bytes of its file, or in a cell that spans several pages. */
export function leaksIn(path: string, pieces: readonly string[]): string[] {
  using database = new Database(path);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const tables = database.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const rows = tables.map(({ name }) => JSON.stringify(database.query(`SELECT * FROM "${name}"`).all()));
  const places = [readFileSync(path), Buffer.from(rows.join("\n"))];
  return pieces.filter((piece) => forms(piece).some((form) => places.some((bytes) => bytes.includes(form))));
}

/** A text as it is, as JSON, and as JSON within JSON. */
function forms(piece: string): string[] {
  const once = JSON.stringify(piece).slice(1, -1);
  return [...new Set([piece, once, JSON.stringify(once).slice(1, -1)])];
}
