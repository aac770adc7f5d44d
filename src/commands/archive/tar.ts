import { readAt } from "../../utils/files.ts";

/** A file in a tar archive: where its content is, bytes. */
export interface TarEntry {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** Bytes of a block: every header and content begins at a multiple. */
const BLOCK_BYTES = 512;
/** More than the octal digits of a header can hold; larger sizes are in binary, as GNU tar writes and reads them. */
const OCTAL_LIMIT = 8 ** 11;
const MAX_NAME = 100;
/** Positions of the fields that differ between headers: name, size, time of change, checksum. */
const FIELDS = { name: 0, size: 124, time: 136, checksum: 148 };

/** What ends an archive. */
export const END_OF_ARCHIVE: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);

/** Bytes from the end of a content to the next header. */
export const paddingOf = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

/**
 * The header of a regular file with mode 0600, in the format that POSIX calls ustar
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html). `seconds` is the time of change.
 */
export function headerOf(name: string, size: number, seconds: number): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(name, FIELDS.name, MAX_NAME, "latin1");
  header.write(octal(0o600, 7) + octal(0, 7) + octal(0, 7), 100, "latin1");
  if (size < OCTAL_LIMIT) header.write(octal(size, 11), FIELDS.size, "latin1");
  else {
    header.writeBigUInt64BE(BigInt(size), FIELDS.size + 4);
    header[FIELDS.size] = 0x80;
  }
  header.write(octal(seconds, 11), FIELDS.time, "latin1");
  // The checksum counts its own field as spaces.
  header.write(" ".repeat(8), FIELDS.checksum, "latin1");
  header.write("0", 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)} `, FIELDS.checksum, "latin1");
  return header;
}

/**
 * The entries of an archive that was written with these headers only; null if a single byte outside of the contents is
 * different, such as in an archive that is cut, or has links, folders, or anything after its end.
 */
export function entriesIn(fd: number, length: number, maxEntries: number): TarEntry[] | null {
  const entries: TarEntry[] = [];
  let at = 0;
  while (at + END_OF_ARCHIVE.length < length) {
    const header = Buffer.from(readAt(fd, at, BLOCK_BYTES));
    const name = header.toString("latin1", 0, MAX_NAME).replace(/\0.*$/s, "");
    const size = sizeIn(header);
    const seconds = Number.parseInt(header.toString("latin1", FIELDS.time, FIELDS.time + 11), 8);
    const isKnown = Number.isSafeInteger(size) && Number.isSafeInteger(seconds);
    if (!isKnown || name === "" || entries.length === maxEntries) return null;
    if (!header.equals(headerOf(name, size, seconds))) return null;
    entries.push({ name, offset: at + BLOCK_BYTES, size });
    const end = at + BLOCK_BYTES + size;
    const padding = paddingOf(size);
    if (end + padding + END_OF_ARCHIVE.length > length) return null;
    if (readAt(fd, end, padding).some((byte) => byte !== 0)) return null;
    at = end + padding;
  }
  const isEnded =
    at + END_OF_ARCHIVE.length === length && Buffer.from(readAt(fd, at, length - at)).equals(END_OF_ARCHIVE);
  return isEnded ? entries : null;
}

function sizeIn(header: Buffer): number {
  if (header[FIELDS.size] === 0x80) return Number(header.readBigUInt64BE(FIELDS.size + 4));
  return Number.parseInt(header.toString("latin1", FIELDS.size, FIELDS.size + 11), 8);
}
