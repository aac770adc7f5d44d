import { readBytes, readSmall } from "../utils/small-files.ts";

/** Bytes of a table that are read: HEAD sorts before all names that start with "refs/", so it is in the first block. */
const MAX_TABLE_BYTES = 65_536;
/** Maximum number of tables; git merges them, so that a repository has few. */
const MAX_TABLES = 64;
/** How often the list of tables is read when a table is missing: git may have just merged them. */
const ATTEMPTS = 3;

/** The record of HEAD in a table: the text of a HEAD file, "deleted", "none", or "unreadable" for a damaged table. */
export type HeadRecord = { readonly text: string } | "deleted" | "none" | "unreadable";

/**
 * Returns the HEAD of a git directory with reftables, as the text that a HEAD file would contain; null when there is none or a
 * table is unreadable. An older table is not used then, because it may be out of date.
 * Format: https://git-scm.com/docs/reftable. A linked worktree has its own tables in its git directory.
 */
export async function headInReftables(directory: string): Promise<string | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const list = await readSmall(`${directory}/reftable/tables.list`, MAX_TABLE_BYTES);
    const names = (list ?? "").split("\n").filter((name) => name !== "");
    if (names.length === 0 || names.length > MAX_TABLES || !names.every((name) => /^[\w.-]+$/.test(name))) return null;
    const record = await newestRecord(names.map((name) => `${directory}/reftable/${name}`));
    if (record !== "missing") return typeof record === "object" ? record.text : null;
  }
  return null;
}

/** Returns the record of HEAD in the newest table that has one; `paths` are ordered from oldest to newest. */
async function newestRecord(paths: readonly string[]): Promise<HeadRecord | "missing"> {
  for (const path of paths.toReversed()) {
    const bytes = await readBytes(path, MAX_TABLE_BYTES);
    if (bytes === null) return "missing";
    const record = headIn(bytes);
    if (record !== "none") return record;
  }
  return "none";
}

const [BLOCK_OF_REFS, HEADER_BYTES] = [0x72, 4];
const MAGIC = "REFT";
const HASH_BYTES: Readonly<Record<string, number>> = { sha1: 20, s256: 32 };
/** Longest name accepted before HEAD, in bytes: such names are short, and copying a long one for each record is slow. */
const MAX_NAME = 255;
const HEAD_NAME = Buffer.from("HEAD");
const [DELETED, COMMIT, TAG, SYMBOLIC] = [0, 1, 2, 3];

/** Returns the record of HEAD in the first bytes of a table, at most 64 KB. Never throws. */
export function headIn(given: Uint8Array): HeadRecord {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (bytes.length < 24 || bytes.toString("latin1", 0, 4) !== MAGIC) return "unreadable";
  const version = bytes[4];
  const header = version === 1 ? 24 : 28;
  const hashBytes = version === 1 ? 20 : version === 2 ? HASH_BYTES[bytes.toString("latin1", 24, 28)] : undefined;
  if (hashBytes === undefined) return "unreadable";
  const blockSize = bytes.readUIntBE(5, 3);
  // The first block includes the file header; its length and offsets count from the start of the file.
  for (let start = 0, at = header; ;) {
    if (at + HEADER_BYTES > bytes.length) return "unreadable";
    if (bytes[at] !== BLOCK_OF_REFS) return "none";
    const length = bytes.readUIntBE(at + 1, 3);
    const records = recordsEnd(bytes, start + length);
    if (records < at + HEADER_BYTES) return "unreadable";
    const found = findHead(bytes, at + HEADER_BYTES, records, hashBytes);
    if (found !== null) return found;
    if (records === bytes.length) return "unreadable";
    // Blocks are padded with NUL to the block size, or the next one follows directly.
    const isPadded = length < blockSize && bytes[start + length] === 0;
    start += isPadded ? blockSize : length;
    at = start;
  }
}

/** Returns where the records of a block end and its restart points begin; at most the number of bytes read. */
function recordsEnd(bytes: Buffer, end: number): number {
  if (end > bytes.length) return bytes.length;
  return end < 2 ? 0 : end - 2 - 3 * bytes.readUInt16BE(end - 2);
}

/** Returns the record of HEAD between two offsets; null when all names sort before HEAD. */
function findHead(bytes: Buffer, from: number, to: number, hashBytes: number): HeadRecord | null {
  const reader = new ReftableReader(bytes, from, to);
  let name = Buffer.alloc(0);
  while (reader.at < to) {
    const prefix = reader.varint();
    const suffix = reader.varint();
    if (prefix > name.length) return "unreadable";
    name = Buffer.concat([name.subarray(0, prefix), reader.take(Math.floor(suffix / 8))]);
    reader.varint();
    const kind = suffix % 8;
    const value = valueOf(reader, kind, hashBytes);
    if (value === null || reader.isBroken) return "unreadable";
    const order = Buffer.compare(name, HEAD_NAME);
    if (order > 0) return "none";
    if (order < 0 && name.length <= MAX_NAME) continue;
    if (order < 0) return "unreadable";
    if (kind === DELETED) return "deleted";
    return { text: kind === SYMBOLIC ? `ref: ${value.toString("utf8")}` : value.toString("hex", 0, hashBytes) };
  }
  return null;
}

function valueOf(reader: ReftableReader, kind: number, hashBytes: number): Buffer | null {
  if (kind === DELETED) return reader.take(0);
  if (kind === COMMIT) return reader.take(hashBytes);
  if (kind === TAG) return reader.take(2 * hashBytes);
  return kind === SYMBOLIC ? reader.take(reader.varint()) : null;
}

/** Reads numbers and bytes in sequence. Reading beyond the end returns nothing and sets isBroken. */
class ReftableReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  at: number;
  isBroken = false;

  constructor(bytes: Buffer, from: number, end: number) {
    this.#bytes = bytes;
    this.at = from;
    this.#end = end;
  }

  /** Reads a number encoded like an offset in git's pack files. */
  varint(): number {
    let value = 0;
    for (let read = 0; read < 10 && this.at < this.#end; read++) {
      const byte = this.#bytes[this.at++] ?? 0;
      value = (read === 0 ? 0 : (value + 1) * 128) + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    this.isBroken = true;
    return 0;
  }

  take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.#end) this.isBroken = true;
    const taken = this.#bytes.subarray(this.at, Math.min(end, this.#end));
    this.at = Math.min(end, this.#end);
    return taken;
  }
}
