import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A record whose content follows from its id and size, so that every byte of it can be checked. */
export interface NumberedRecord {
  readonly id: string;
  readonly size: number;
  readonly text: string;
}

/** The record of that id with `size` characters of text. */
export function numberedRecord(id: string, size: number): NumberedRecord {
  return { id, size, text: `${id}.`.repeat(Math.ceil(size / (id.length + 1))).slice(0, size) };
}

/** What stands in a log of numbered records. */
export interface Audit {
  /** How often each id stands there in an intact record. */
  readonly ids: ReadonlyMap<string, number>;
  /** Lines that are no intact record. */
  readonly torn: number;
  /** Whether the newest file ends within a line. */
  readonly isUnfinished: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Files that are larger than the limit. */
  readonly overLimit: number;
  /** Files that are open to others. */
  readonly wide: readonly string[];
}

/** The files of a log, oldest first, found without the code under test. */
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

/** How many fragments of torn lines were put aside so far. */
export function tornAside(path: string): number {
  const start = `${basename(path)}.torn-`;
  const numbers = readdirSync(dirname(path)).filter((name) => name.startsWith(start));
  return Math.max(0, ...numbers.map((name) => Number(name.slice(start.length))));
}
