import type { Emitter, LineStore, Phase } from "../../sources/contract.ts";
import { LONGEST_LINE } from "../chunks.ts";
import { sourceFileOf } from "../source-file.ts";
import type { Step, Task } from "./contract.ts";

/** Bytes of a packed file, and of what it unpacks to: what is larger is none of an assistant's, or made to fill the memory. */
const LARGEST = { packed: 256 * 1_048_576, unpacked: 2_048 * 1_048_576 };
/** Bytes of lines that are handed on together. */
const TOGETHER = 4 * 1_048_576;
const NEWLINE = 10;

/**
 * Reads a file of lines that was packed with zstd, piece by piece. Of one that is damaged or cut short, lines that were
 * complete before are told, and that the rest is not. Throws what the system refuses.
 */
export async function* readPacked(pass: Phase, task: Task<LineStore>, findings: Emitter): AsyncGenerator<Step> {
  const { path, store, to, mark } = task;
  const file = sourceFileOf(path, mark.mtime);
  let left = to;
  let [offset, have, isSkipping] = [0, 0, false];
  let held: Buffer[] = [];
  /** Hands on what is held, up to the last newline or all of it; what is left of it is held on. */
  const hand = (isLast: boolean): void => {
    const bytes = Buffer.concat(held, have);
    const end = isLast ? have : bytes.lastIndexOf(NEWLINE) + 1;
    const start = isSkipping && end > 0 ? bytes.indexOf(NEWLINE) + 1 : 0;
    if (end > start && !(isSkipping && start === 0)) {
      store.read(pass, { ...file, bytes: bytes.subarray(start, end), offset: offset + start, isOpen: false }, findings);
    }
    if (end > 0) isSkipping = false;
    const rest = bytes.subarray(end);
    if (isSkipping || rest.length >= LONGEST_LINE) {
      if (!isSkipping) findings.skipped(offset + end, "line_too_long");
      isSkipping = true;
      [held, have, offset] = [[], 0, offset + bytes.length];
    } else [held, have, offset] = [[Buffer.from(rest)], rest.length, offset + end];
  };
  if (to > LARGEST.packed) findings.skipped(0, "file_too_large");
  else {
    try {
      // Waits until something stands there to be handed on, so that a long line is not looked through at each piece.
      let enough = TOGETHER;
      for await (const piece of Bun.file(path).stream().pipeThrough(new DecompressionStream("zstd"))) {
        held.push(Buffer.from(piece));
        have += piece.length;
        if (offset + have > LARGEST.unpacked) break;
        if (have < enough) continue;
        hand(false);
        enough = Math.max(TOGETHER, Math.min(have * 2, LONGEST_LINE));
        const bytes = Math.min(left, TOGETHER);
        left -= bytes;
        yield { bytes, reached: null };
      }
      if (offset + have > LARGEST.unpacked) findings.skipped(offset, "file_too_large");
      else if (have > 0) hand(true);
    } catch (error) {
      if (error instanceof Error && "syscall" in error) throw error;
      if (have > 0) hand(false);
      findings.skipped(offset, "unknown_format");
    }
  }
  yield { bytes: left, reached: to };
}
