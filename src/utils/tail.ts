import { closeSync, fstatSync } from "node:fs";
import { openOwn, readAt } from "./files.ts";

const NEWLINE = 0x0a;
const BLOCK = 65_536;

/** The offset after the last newline in the first `size` bytes of a file; 0 if there is none. */
export function lastLineEnd(fd: number, size: number): number {
  for (let end = size; end > 0;) {
    const start = Math.max(end - BLOCK, 0);
    const at = readAt(fd, start, end - start).lastIndexOf(NEWLINE);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}

/** Characters: no record has a longer line. */
export const MAX_LINE_LENGTH = 16 * 1_048_576;
/** Bytes: the most that PET_LOG_MAX_SIZE allows; only the end of a larger file is read. */
const MAX_FILE_SIZE = 1_073_741_824;

/**
 * Reads the complete lines of one of our files in order, block by block. An unfinished last line and lines that are too
 * long are left out.
 */
export function* readLines(path: string): Generator<string> {
  const fd = openOwn(path, "read");
  try {
    const { size } = fstatSync(fd);
    const decoder = new TextDecoder();
    // Parts of the current line, joined once at its end to stay linear; null once it is too long.
    const from = Math.max(size - MAX_FILE_SIZE, 0);
    let parts: string[] | null = from > 0 ? null : [];
    let length = 0;
    for (let at = from; at < size; at += BLOCK) {
      const lines = decoder.decode(readAt(fd, at, Math.min(BLOCK, size - at)), { stream: true }).split("\n");
      const rest = lines.pop() ?? "";
      if (lines.length > 0) {
        const [first = "", ...others] = lines;
        if (parts !== null) yield parts.join("") + first;
        yield* others;
        [parts, length] = [[], 0];
      }
      length += rest.length;
      parts = length > MAX_LINE_LENGTH ? null : parts;
      parts?.push(rest);
    }
  } finally {
    closeSync(fd);
  }
}
