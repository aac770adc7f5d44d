import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A record whose content is determined by its id and size, so that every byte can be checked. */
export interface NumberedRecord {
  readonly id: string;
  readonly size: number;
  readonly text: string;
}

/** The record with that id and `size` characters of text. */
export function numberedRecord(id: string, size: number): NumberedRecord {
  return { id, size, text: `${id}.`.repeat(Math.ceil(size / (id.length + 1))).slice(0, size) };
}

/** The content of a log of numbered records. */
export interface Audit {
  /** Number of intact records by id. */
  readonly ids: ReadonlyMap<string, number>;
  /** Number of lines that are not intact records. */
  readonly torn: number;
  /** Whether the newest file ends within a line. */
  readonly isUnfinished: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Number of files larger than the limit. */
  readonly overLimit: number;
  /** Files that other users can access. */
  readonly wide: readonly string[];
}

/** The files of a log, oldest first, listed without the code under test. */
export function filesOf(path: string): string[] {
  const name = basename(path);
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) return [];
  const rotated = readdirSync(dirname(path))
    .filter((one) => one.startsWith(`${name}.`) && /^\d+$/.test(one.slice(name.length + 1)))
    .toSorted();
  return [...rotated, name].map((one) => join(dirname(path), one));
}

/** Reads a whole log of numbered records and checks every byte of it. */
export function audit(path: string, maxSize: number): Audit {
  const ids = new Map<string, number>();
  const found = { torn: 0, bytes: 0, overLimit: 0 };
  const files = filesOf(path);
  let isUnfinished = false;
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    found.bytes += text.length;
    if (statSync(file).size > maxSize) found.overLimit++;
    isUnfinished = text !== "" && !text.endsWith("\n");
    for (const line of text.split("\n").slice(0, isUnfinished ? undefined : -1)) {
      const id = idOf(line);
      if (id === null) found.torn++;
      else ids.set(id, (ids.get(id) ?? 0) + 1);
    }
  }
  const all = readdirSync(dirname(path));
  const wide = all.filter((name) => {
    const stat = statSync(join(dirname(path), name));
    return stat.isFile() && (stat.mode & 0o777) !== 0o600;
  });
  return { ids, ...found, isUnfinished, files: files.length, wide };
}

function idOf(line: string): string | null {
  try {
    const { id, size, text } = JSON.parse(line) as NumberedRecord;
    return numberedRecord(id, size).text === text ? id : null;
  } catch {
    return null;
  }
}

/** Number of incomplete lines that were moved aside so far. */
export function tornAside(path: string): number {
  const start = `${basename(path)}.torn-`;
  const numbers = readdirSync(dirname(path)).filter((name) => name.startsWith(start));
  return Math.max(0, ...numbers.map((name) => Number(name.slice(start.length))));
}
