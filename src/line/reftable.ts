import { readBytes, readSmall } from "../utils/small-files.ts";

/** Bytes of a table that are read: HEAD stands before all names that begin with "refs/", so in the first block. */
const CAP = 65_536;
/** Git keeps the tables of a repository few by merging them. */
const MAX_TABLES = 64;
/** How often the list of tables is read again when one of them is gone: git may just have merged them. */
const ATTEMPTS = 3;

/** What a table says of HEAD: as the text of a HEAD file, that it is deleted, nothing, or that the table cannot be read. */
export type HeadRecord = { readonly text: string } | "deleted" | "none" | "unreadable";

/**
 * The HEAD of a git directory that keeps its references in reftables, as the text that a HEAD file would hold; null where it
 * has none or where its tables cannot be read: then an older table is not asked, for what it says may be out of date.
 * Format: https://git-scm.com/docs/reftable. A linked worktree has tables of its own in its git directory.
 */
export async function headInReftables(directory: string): Promise<string | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const list = await readSmall(`${directory}/reftable/tables.list`, CAP);
    const names = (list ?? "").split("\n").filter((name) => name !== "");
    if (names.length === 0 || names.length > MAX_TABLES || !names.every((name) => /^[\w.-]+$/.test(name))) return null;
    const record = await newestRecord(names.map((name) => `${directory}/reftable/${name}`));
    if (record !== "missing") return typeof record === "object" ? record.text : null;
  }
  return null;
}

/** The record of the newest table that has one; paths are from the oldest to the newest. */
async function newestRecord(paths: readonly string[]): Promise<HeadRecord | "missing"> {
  for (const path of paths.toReversed()) {
    const bytes = await readBytes(path, CAP);
    if (bytes === null) return "missing";
    const record = headIn(bytes);
    if (record !== "none") return record;
  }
  return "none";
}

const [BLOCK_OF_REFS, HEADER_BYTES] = [0x72, 4];
const MAGIC = "REFT";
const HASH_BYTES: Readonly<Record<string, number>> = { sha1: 20, s256: 32 };
/** Names that stand before HEAD are short words; a copy of a long one for each record could take long. */
const MAX_NAME = 255;
const WANTED = Buffer.from("HEAD");
const [DELETED, COMMIT, TAG, SYMBOLIC] = [0, 1, 2, 3];

/** What the first bytes of a table, at most 64 KB, say of HEAD. Never throws, whatever the bytes are. */
export function headIn(given: Uint8Array): HeadRecord {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (bytes.length < 24 || bytes.toString("latin1", 0, 4) !== MAGIC) return "unreadable";
  const version = bytes[4];
  const header = version === 1 ? 24 : 28;
  const hashBytes = version === 1 ? 20 : version === 2 ? HASH_BYTES[bytes.toString("latin1", 24, 28)] : undefined;
  if (hashBytes === undefined) return "unreadable";
  const blockSize = bytes.readUIntBE(5, 3);
  // The first block begins with the header of the file, and its length and offsets count from there.
  for (let start = 0, at = header; ;) {
    if (at + HEADER_BYTES > bytes.length) return "unreadable";
    if (bytes[at] !== BLOCK_OF_REFS) return "none";
    const length = bytes.readUIntBE(at + 1, 3);
    const records = recordsEnd(bytes, start + length);
    if (records < at + HEADER_BYTES) return "unreadable";
    const found = headAmong(bytes, at + HEADER_BYTES, records, hashBytes);
    if (found !== null) return found;
    if (records === bytes.length) return "unreadable";
    // Blocks are padded to their size with NUL, unless the next follows at once.
    const isPadded = length < blockSize && bytes[start + length] === 0;
    start += isPadded ? blockSize : length;
    at = start;
  }
}

/** Where the records of a block end, behind which are its restart points; the end of what was read where that is sooner. */
function recordsEnd(bytes: Buffer, end: number): number {
  if (end > bytes.length) return bytes.length;
  return end < 2 ? 0 : end - 2 - 3 * bytes.readUInt16BE(end - 2);
}

/** The record of HEAD between two places; null where all names are before it. */
function headAmong(bytes: Buffer, from: number, to: number, hashBytes: number): HeadRecord | null {
  const reader = new Reader(bytes, from, to);
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
    const order = Buffer.compare(name, WANTED);
    if (order > 0) return "none";
    if (order < 0 && name.length <= MAX_NAME) continue;
    if (order < 0) return "unreadable";
    if (kind === DELETED) return "deleted";
    return { text: kind === SYMBOLIC ? `ref: ${value.toString("utf8")}` : value.toString("hex", 0, hashBytes) };
  }
  return null;
}

function valueOf(reader: Reader, kind: number, hashBytes: number): Buffer | null {
  if (kind === DELETED) return reader.take(0);
  if (kind === COMMIT) return reader.take(hashBytes);
  if (kind === TAG) return reader.take(2 * hashBytes);
  return kind === SYMBOLIC ? reader.take(reader.varint()) : null;
}

/** Reads numbers and bytes one after the other; what would lie behind the end is empty, and makes it broken. */
class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  at: number;
  isBroken = false;

  constructor(bytes: Buffer, from: number, end: number) {
    this.#bytes = bytes;
    this.at = from;
    this.#end = end;
  }

  /** A number as in an offset of git's packs. */
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
