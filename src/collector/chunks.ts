import { fstatSync, readSync } from "node:fs";
import type { LineChunk } from "../sources/contract.ts";
import { sourceFileOf } from "./source-file.ts";

const NEWLINE = 10;
/** Bytes read at once; a longer line makes the buffer grow. */
const BUFFER_BYTES = 4 * 1_048_576;
/**
 * Lines of this many bytes or more are not read: no assistant writes any, and reading one takes several times as much
 * memory.
 */
export const MAX_LINE_BYTES = 128 * 1_048_576;
/** Buffer size that suffices for what was appended to a file. */
const MIN_BUFFER_BYTES = 65_536;

/** A part of a line that is too long to be read, or of the remaining line if reading began inside one. */
interface SkippedBytes {
  /** Offset at which the line begins; null if this piece continues it. */
  readonly tooLong: number | null;
  /** Bytes of the line in this piece, and the offset behind them. */
  readonly length: number;
  readonly end: number;
}

/** A piece of a file: complete lines, the unfinished last line, or a part of a line that is too long. */
export type FilePiece = LineChunk | SkippedBytes;

/**
 * Reads a file by complete lines. The buffer of a piece is reused for the next one, so callers must not keep it. A last
 * line without a newline comes last, alone, with `isOpen`.
 */
export class LineReader {
  #buffer = Buffer.allocUnsafeSlow(MIN_BUFFER_BYTES);

  /**
   * Yields the pieces between two offsets, `to` exclusive; `to` may be behind the end of the file. If `from` is inside
   * a line, the beginning of that line was too long, so its rest is skipped.
   */
  *read(fd: number, path: string, from: number, to: number): Generator<FilePiece> {
    const file = sourceFileOf(path, fstatSync(fd).mtimeMs);
    if (to - from > MIN_BUFFER_BYTES && this.#buffer.length < BUFFER_BYTES)
      this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    let offset = from;
    let filled = 0;
    let isSkipping = !endsLine(fd, from);
    for (;;) {
      const capacity = Math.min(this.#buffer.length - filled, to - offset - filled);
      const bytesRead = capacity > 0 ? readSync(fd, this.#buffer, filled, capacity, offset + filled) : 0;
      filled += bytesRead;
      const isEnd = bytesRead === 0;
      const held = this.#buffer.subarray(0, filled);
      const end = (isEnd ? held.lastIndexOf(NEWLINE) : lastNewline(held, bytesRead)) + 1;
      if (end > 0) {
        const start = isSkipping ? held.indexOf(NEWLINE) + 1 : 0;
        isSkipping = false;
        if (start > 0) yield { tooLong: null, length: start, end: offset + start };
        if (end > start) yield { ...file, bytes: held.subarray(start, end), offset: offset + start, isOpen: false };
        this.#buffer.copyWithin(0, end, filled);
        offset += end;
        filled -= end;
      } else if (isSkipping || filled >= MAX_LINE_BYTES) {
        if (filled > 0) yield { tooLong: isSkipping ? null : offset, length: filled, end: offset + filled };
        if (isEnd) break;
        isSkipping = true;
        offset += filled;
        filled = 0;
        if (this.#buffer.length > BUFFER_BYTES) this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
      } else if (isEnd) {
        if (filled > 0) yield { ...file, bytes: held, offset, isOpen: true };
        break;
      } else if (filled === this.#buffer.length) this.#grow();
    }
    if (this.#buffer.length > BUFFER_BYTES * 4) this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#buffer.length * 2);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** Index of the last newline among the bytes just read, -1 for none; the bytes before them contain none. */
function lastNewline(held: Buffer, bytesRead: number): number {
  const at = held.subarray(held.length - bytesRead).lastIndexOf(NEWLINE);
  return at < 0 ? -1 : held.length - bytesRead + at;
}

/** Whether a line may begin at this offset: at the beginning of the file, or after a newline. */
export function endsLine(fd: number, at: number): boolean {
  if (at === 0) return true;
  const byte = Buffer.alloc(1);
  return readSync(fd, byte, 0, 1, at - 1) === 1 && byte[0] === NEWLINE;
}
