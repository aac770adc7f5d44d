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

/** The complete lines within the last `bytes` bytes before `size`, oldest first. */
export function lastLines(fd: number, size: number, bytes: number): string[] {
  const start = Math.max(size - bytes, 0);
  const text = new TextDecoder().decode(readAt(fd, start, size - start));
  const lines = text.split("\n");
  if (start > 0) lines.shift();
  return lines.filter((line) => line !== "");
}

/** Reads the complete lines of one of our files in order, block by block; an unfinished last line is left out. */
export function* readLines(path: string): Generator<string> {
  const fd = openOwn(path, "read");
  try {
    const { size } = fstatSync(fd);
    const decoder = new TextDecoder();
    let rest = "";
    for (let at = 0; at < size; at += BLOCK) {
      const lines = (rest + decoder.decode(readAt(fd, at, Math.min(BLOCK, size - at)), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    closeSync(fd);
  }
}
