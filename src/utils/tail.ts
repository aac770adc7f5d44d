import { closeSync, fstatSync } from "node:fs";
import { openOwn, readAt } from "./files.ts";

const NEWLINE = 0x0a;
const BLOCK = 65_536;

/** Index just behind the last newline in the first `size` bytes of a file, 0 where there is none. */
export function lastLineEnd(fd: number, size: number): number {
  for (let end = size; end > 0;) {
    const start = Math.max(end - BLOCK, 0);
    const at = readAt(fd, start, end - start).lastIndexOf(NEWLINE);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}

/** Characters of a line; a longer one is no record of ours. */
export const LONGEST = 16 * 1_048_576;
/** Bytes of a file, the most that PET_LOG_MAX_SIZE allows; of a larger one the end is read. */
const LARGEST = 1_073_741_824;

/** The complete lines of one of our files in order, read in blocks; an unfinished last line and those that are too long are left out. */
export function* readLines(path: string): Generator<string> {
  const fd = openOwn(path, "read");
  try {
    const { size } = fstatSync(fd);
    const decoder = new TextDecoder();
    // The line that has begun, in parts, since joining them at each block takes time by its square; null once it is too long.
    const from = Math.max(size - LARGEST, 0);
    let begun: string[] | null = from > 0 ? null : [];
    let length = 0;
    for (let at = from; at < size; at += BLOCK) {
      const lines = decoder.decode(readAt(fd, at, Math.min(BLOCK, size - at)), { stream: true }).split("\n");
      const rest = lines.pop() ?? "";
      if (lines.length > 0) {
        const [first = "", ...others] = lines;
        if (begun !== null) yield begun.join("") + first;
        yield* others;
        [begun, length] = [[], 0];
      }
      length += rest.length;
      begun = length > LONGEST ? null : begun;
      begun?.push(rest);
    }
  } finally {
    closeSync(fd);
  }
}
