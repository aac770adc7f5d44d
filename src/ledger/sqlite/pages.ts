import { fstatSync } from "node:fs";
import { readAt } from "../../utils/files.ts";

/** A value of a record; also null for blobs, which a ledger does not use. */
export type RecordValue = string | number | null;

/** The position of a page. */
type PagePlace = readonly [fd: number, offset: number];

const HEADER = "SQLite format 3\0";
/** Kinds of pages: of an index or a WITHOUT ROWID table, and the leaves of a table with rowids. */
const INTERIOR = 2;
const LEAF = 10;
const TABLE_LEAF = 13;
/** Page size if the file does not state one: that of ledgers created by pawprint. */
const DEFAULT_PAGE_BYTES = 16_384;
/** No record of a ledger is longer. */
const MAX_RECORD_BYTES = 16 * 1_048_576;
const LOG = { header: 32, frame: 24 };

/**
 * Yields the records of all tables and indexes found in the pages of a database and its write-ahead log,
 * in no particular order. An INTEGER PRIMARY KEY is null. Damaged ones are left out; deleted ones may be included. For
 * a database that SQLite can no longer read. Format: https://www.sqlite.org/fileformat2.html
 */
export function* recordsIn(database: number, log: number | null): Generator<RecordValue[]> {
  const size = pageSizeOf(database);
  const places: PagePlace[] = [];
  /** The newest position of each page, by number; later ones in the log replace earlier ones. */
  const newest = new Map<number, PagePlace>();
  const end = fstatSync(database).size;
  for (let offset = 0; offset + size <= end; offset += size) places.push([database, offset]);
  if (log !== null) {
    const logEnd = fstatSync(log).size;
    for (let frame = LOG.header; frame + LOG.frame + size <= logEnd; frame += LOG.frame + size) {
      const place: PagePlace = [log, frame + LOG.frame];
      places.push(place);
      newest.set(viewOf(readAt(log, frame, 4)).getUint32(0), place);
    }
  }
  const pageAt = (number: number): Uint8Array => {
    const [fd, offset] = newest.get(number) ?? [database, (number - 1) * size];
    return readAt(fd, offset, size);
  };
  for (const [fd, offset] of places) {
    const page = readAt(fd, offset, size);
    for (const payload of payloadsOf(page, offset === 0 && fd === database ? 100 : 0, pageAt)) {
      const record = recordOf(payload);
      if (record) yield record;
    }
  }
}

function pageSizeOf(fd: number): number {
  const header = readAt(fd, 0, 18);
  if (header.length < 18 || new TextDecoder().decode(header.subarray(0, 16)) !== HEADER) return DEFAULT_PAGE_BYTES;
  const size = viewOf(header).getUint16(16);
  const pageSize = size === 1 ? 65_536 : size;
  return pageSize >= 512 && (pageSize & (pageSize - 1)) === 0 ? pageSize : DEFAULT_PAGE_BYTES;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The complete payloads of the cells of a page; none of an interior page of a table with rowids, which has only keys. */
function* payloadsOf(page: Uint8Array, start: number, pageAt: (number: number) => Uint8Array): Generator<Uint8Array> {
  const kind = page[start];
  if (kind !== LEAF && kind !== INTERIOR && kind !== TABLE_LEAF) return;
  const view = viewOf(page);
  const cells = view.getUint16(start + 3);
  const pointers = start + (kind === INTERIOR ? 12 : 8);
  if (pointers + cells * 2 > page.length) return;
  const offsets = new Set<number>();
  for (let cell = 0; cell < cells; cell++) {
    const at = view.getUint16(pointers + cell * 2) + (kind === INTERIOR ? 4 : 0);
    if (offsets.has(at)) continue;
    offsets.add(at);
    const payload = payloadAt(page, at, kind === TABLE_LEAF, pageAt);
    if (payload) yield payload;
  }
}

function payloadAt(
  page: Uint8Array,
  at: number,
  hasRowid: boolean,
  pageAt: (number: number) => Uint8Array,
): Uint8Array | null {
  const [length, afterLength] = varint(page, at);
  if (length <= 0 || length > MAX_RECORD_BYTES) return null;
  const from = hasRowid ? varint(page, afterLength)[1] : afterLength;
  const most = hasRowid ? page.length - 35 : Math.floor(((page.length - 12) * 64) / 255) - 23;
  const least = Math.floor(((page.length - 12) * 32) / 255) - 23;
  const remainder = least + ((length - least) % (page.length - 4));
  const local = length <= most ? length : remainder <= most ? remainder : least;
  const overflows = local < length;
  if (from + local + (overflows ? 4 : 0) > page.length) return null;
  if (!overflows) return page.subarray(from, from + length);
  const payload = new Uint8Array(length);
  payload.set(page.subarray(from, from + local));
  let next = viewOf(page).getUint32(from + local);
  for (let done = local; done < length;) {
    const more = next === 0 ? page.subarray(0, 0) : pageAt(next);
    if (more.length < page.length) return null;
    const part = more.subarray(4, 4 + Math.min(length - done, page.length - 4));
    payload.set(part, done);
    done += part.length;
    next = viewOf(more).getUint32(0);
  }
  return payload;
}

/** Reads a number of one to nine bytes; returns its value, -1 if it does not fit, and the offset behind it. */
function varint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) break;
    value = index === 8 ? value * 256 + byte : value * 128 + (byte & 0x7f);
    if (byte < 0x80 || index === 8) return [Number.isSafeInteger(value) ? value : -1, at + index + 1];
  }
  return [-1, at];
}

/** Sizes of values in bytes, by serial types below 12. */
const SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];
const FLOAT = 7;
const [ZERO, ONE] = [8, 9];

function recordOf(payload: Uint8Array): RecordValue[] | null {
  const [end, first] = varint(payload, 0);
  if (end < first || end > payload.length) return null;
  const types: number[] = [];
  for (let at = first; at < end;) {
    const [type, next] = varint(payload, at);
    if (type < 0 || next > end || type === 10 || type === 11) return null;
    types.push(type);
    at = next;
  }
  const values: RecordValue[] = [];
  let at = end;
  for (const type of types) {
    const size = type < 12 ? (SIZES[type] ?? 0) : (type - 12) >> 1;
    if (at + size > payload.length) return null;
    values.push(valueOf(type, payload.subarray(at, at + size)));
    at += size;
  }
  return at === payload.length ? values : null;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function valueOf(type: number, bytes: Uint8Array): RecordValue {
  if (type === ZERO || type === ONE) return type - ZERO;
  if (type === FLOAT) return viewOf(bytes).getFloat64(0);
  if (type > 0 && type < FLOAT) return Number(BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toHex()}`)));
  if (type < 13 || type % 2 === 0) return null;
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
