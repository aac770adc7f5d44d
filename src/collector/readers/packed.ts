import type { Emitter, LineStore, Phase } from "../../sources/contract.ts";
import { MAX_LINE_BYTES } from "../chunks.ts";
import { sourceFileOf } from "../source-file.ts";
import type { Step, Task } from "./contract.ts";

/**
 * Limits for a compressed file and its uncompressed content, bytes: a larger file is not an assistant's, or is meant to
 * exhaust the memory.
 */
const LIMITS = { packed: 256 * 1_048_576, unpacked: 2_048 * 1_048_576 };
/** Bytes of lines that are passed on together. */
const BATCH_BYTES = 4 * 1_048_576;
const NEWLINE = 10;

/**
 * Reads a file of lines compressed with zstd, piece by piece. If it is damaged or cut short, the complete lines before
 * that are read, and the rest is reported as skipped. Throws what the system throws.
 */
export async function* readPacked(phase: Phase, task: Task<LineStore>, emitter: Emitter): AsyncGenerator<Step> {
  const { path, store, to, mark } = task;
  const file = sourceFileOf(path, mark.mtime);
  let left = to;
  let [offset, heldBytes, isSkipping] = [0, 0, false];
  let held: Buffer[] = [];
  /** Passes on the lines held so far, up to the last newline or all of them; keeps the remainder. */
  const passOn = (isLast: boolean): void => {
    const bytes = Buffer.concat(held, heldBytes);
    const end = isLast ? heldBytes : bytes.lastIndexOf(NEWLINE) + 1;
    const start = isSkipping && end > 0 ? bytes.indexOf(NEWLINE) + 1 : 0;
    if (end > start && !(isSkipping && start === 0)) {
      store.read(phase, { ...file, bytes: bytes.subarray(start, end), offset: offset + start, isOpen: false }, emitter);
    }
    if (end > 0) isSkipping = false;
    const remaining = bytes.subarray(end);
    if (isSkipping || remaining.length >= MAX_LINE_BYTES) {
      if (!isSkipping) emitter.skip(offset + end, "line_too_long");
      isSkipping = true;
      [held, heldBytes, offset] = [[], 0, offset + bytes.length];
    } else [held, heldBytes, offset] = [[Buffer.from(remaining)], remaining.length, offset + end];
  };
  if (to > LIMITS.packed) emitter.skip(0, "file_too_large");
  else {
    try {
      // Waits for enough bytes, so that a long line is not searched again for each piece.
      let enough = BATCH_BYTES;
      for await (const piece of Bun.file(path).stream().pipeThrough(new DecompressionStream("zstd"))) {
        held.push(Buffer.from(piece));
        heldBytes += piece.length;
        if (offset + heldBytes > LIMITS.unpacked) break;
        if (heldBytes < enough) continue;
        passOn(false);
        enough = Math.max(BATCH_BYTES, Math.min(heldBytes * 2, MAX_LINE_BYTES));
        const bytes = Math.min(left, BATCH_BYTES);
        left -= bytes;
        yield { bytes, reached: null };
      }
      if (offset + heldBytes > LIMITS.unpacked) emitter.skip(offset, "file_too_large");
      else if (heldBytes > 0) passOn(true);
    } catch (error) {
      if (error instanceof Error && "syscall" in error) throw error;
      if (heldBytes > 0) passOn(false);
      emitter.skip(offset, "unknown_format");
    }
  }
  yield { bytes: left, reached: to };
}
