import { createHash } from "node:crypto";
import { PawprintError } from "../utils/errors.ts";

// https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/kern/cs_blobs.h and EXTERNAL_HEADERS/mach-o/loader.h
const MACH_O_64 = 0xfeedfacf;
const SEGMENT_64 = 0x19;
const CODE_SIGNATURE = 0x1d;
const SUPER_BLOB = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const CODE_DIRECTORY_VERSION = 0x20400;
const AD_HOC_BY_LINKER = 0x20002;
const MAIN_BINARY = 1n;
const SHA256 = 2;
const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;
/** Sizes in bytes of the header of a Mach-O file, of a code directory, and of a super blob with one entry. */
const HEADER = 32;
const DIRECTORY_SIZE = 88;
const SUPER_SIZE = 20;
const IDENTIFIER = "a.out\0";

/**
 * Returns an executable for macOS with an ad-hoc signature over all of its bytes, in place of the one that it has. macOS ends
 * programs with a wrong signature, and Bun 1.4.4 leaves the one of its own runtime on executables for x64. Throws internal.
 */
export function signed(program: Uint8Array): Uint8Array {
  const commands = loadCommands(program);
  const signature = commands.find(({ kind }) => kind === CODE_SIGNATURE)?.at;
  const segment = (name: string): number | undefined =>
    commands.find(({ kind, at }) => kind === SEGMENT_64 && textAt(program, at + 8).startsWith(`${name}\0`))?.at;
  const [text, linkEdit] = [segment("__TEXT"), segment("__LINKEDIT")];
  if (signature === undefined || text === undefined || linkEdit === undefined)
    throw new PawprintError("internal", "this is no executable for macOS with a signature", "check what Bun compiled");
  const limit = viewOf(program).getUint32(signature + 8, true);
  const pages = Math.ceil(limit / PAGE);
  const size = SUPER_SIZE + DIRECTORY_SIZE + IDENTIFIER.length + pages * 32;
  const made = new Uint8Array(limit + size);
  made.set(program.subarray(0, limit));
  const view = viewOf(made);
  view.setUint32(signature + 12, size, true);
  const used = BigInt(made.length) - view.getBigUint64(linkEdit + 40, true);
  view.setBigUint64(linkEdit + 48, used, true);
  if (view.getBigUint64(linkEdit + 32, true) < used) view.setBigUint64(linkEdit + 32, alignedToPages(used), true);
  // The pages are hashed last, because the first one contains what was just written.
  const segmentOfCode = [view.getBigUint64(text + 40, true), view.getBigUint64(text + 48, true)] as const;
  made.set(signatureOf(made.subarray(0, limit), size, segmentOfCode), limit);
  return made;
}

/** The signature of code: a super blob with a code directory, whose numbers have the most significant byte first. */
function signatureOf(code: Uint8Array, size: number, [base, length]: readonly [bigint, bigint]): Uint8Array {
  const blob = new Uint8Array(size);
  const view = viewOf(blob);
  const hashOffset = DIRECTORY_SIZE + IDENTIFIER.length;
  const pages = Math.ceil(code.length / PAGE);
  const directory = [CODE_DIRECTORY, size - SUPER_SIZE, CODE_DIRECTORY_VERSION, AD_HOC_BY_LINKER, hashOffset];
  const numbers = [SUPER_BLOB, size, 1, 0, SUPER_SIZE, ...directory, DIRECTORY_SIZE, 0, pages, code.length];
  for (const [index, number] of numbers.entries()) view.setUint32(index * 4, number);
  blob.set([32, SHA256, 0, PAGE_BITS], SUPER_SIZE + 36);
  view.setBigUint64(SUPER_SIZE + 64, base);
  view.setBigUint64(SUPER_SIZE + 72, length);
  view.setBigUint64(SUPER_SIZE + 80, MAIN_BINARY);
  blob.set(new TextEncoder().encode(IDENTIFIER), SUPER_SIZE + DIRECTORY_SIZE);
  for (let page = 0; page < pages; page++) {
    const bytes = code.subarray(page * PAGE, (page + 1) * PAGE);
    blob.set(createHash("sha256").update(bytes).digest(), SUPER_SIZE + hashOffset + page * 32);
  }
  return blob;
}

function loadCommands(program: Uint8Array): { kind: number; at: number }[] {
  const view = viewOf(program);
  if (program.length < HEADER || view.getUint32(0, true) !== MACH_O_64) return [];
  const found: { kind: number; at: number }[] = [];
  let at = HEADER;
  for (let left = view.getUint32(16, true); left > 0; left--) {
    found.push({ kind: view.getUint32(at, true), at });
    at += view.getUint32(at + 4, true);
  }
  return found;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const textAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 16));
/** Memory is mapped in pages of 16 KiB on arm64, and in smaller ones on x64. */
const alignedToPages = (size: bigint): bigint => ((size + 16_383n) / 16_384n) * 16_384n;
