import { fstatSync, readSync } from "node:fs";
import type { Chunk } from "../sources/contract.ts";
import { sourceFileOf } from "./source-file.ts";

const NEWLINE = 10;
/** Bytes that are read at once; a longer line makes the buffer grow. */
const USUAL = 4 * 1_048_576;
/** Bytes from which on a line is not read: none of an assistant's is, and reading one takes several times as much memory. */
export const LONGEST_LINE = 128 * 1_048_576;
/** Bytes that are enough for what was appended to a file. */
const LEAST = 65_536;

/** Some of a line that is too long to be read, or of the rest of one in whose middle the reading began. */
interface Skipped {
  /** The byte at which the line begins; null where this piece goes on with it. */
  readonly tooLong: number | null;
  /** Bytes of it in this piece, and the byte behind them. */
  readonly length: number;
  readonly end: number;
}

/** A stretch of a file: complete lines, or the unfinished last one, or some of a line that is too long to be read. */
export type Piece = Chunk | Skipped;

/**
 * Reads a file by complete lines. The buffer of a piece is used again for the next one, so nothing of it may be kept. The
 * last line without newline comes last, alone, and open.
 */
export class LineReader {
  #buffer = Buffer.allocUnsafeSlow(LEAST);

  /**
   * Pieces from one byte to another, exclusive; `to` may lie behind the end of the file. Where `from` stands within a line,
   * that line is one whose beginning was too long.
   */
  *read(fd: number, path: string, from: number, to: number): Generator<Piece> {
    const file = sourceFileOf(path, fstatSync(fd).mtimeMs);
    if (to - from > LEAST && this.#buffer.length < USUAL) this.#buffer = Buffer.allocUnsafeSlow(USUAL);
    let offset = from;
    let have = 0;
    let isSkipping = !endsLine(fd, from);
    for (;;) {
      const room = Math.min(this.#buffer.length - have, to - offset - have);
      const got = room > 0 ? readSync(fd, this.#buffer, have, room, offset + have) : 0;
      have += got;
      const isEnd = got === 0;
      const held = this.#buffer.subarray(0, have);
      const end = (isEnd ? held.lastIndexOf(NEWLINE) : lastNewline(held, got)) + 1;
      if (end > 0) {
        const start = isSkipping ? held.indexOf(NEWLINE) + 1 : 0;
        isSkipping = false;
        if (start > 0) yield { tooLong: null, length: start, end: offset + start };
        if (end > start) yield { ...file, bytes: held.subarray(start, end), offset: offset + start, isOpen: false };
        this.#buffer.copyWithin(0, end, have);
        offset += end;
        have -= end;
      } else if (isSkipping || have >= LONGEST_LINE) {
        if (have > 0) yield { tooLong: isSkipping ? null : offset, length: have, end: offset + have };
        if (isEnd) break;
        isSkipping = true;
        offset += have;
        have = 0;
        if (this.#buffer.length > USUAL) this.#buffer = Buffer.allocUnsafeSlow(USUAL);
      } else if (isEnd) {
        if (have > 0) yield { ...file, bytes: held, offset, isOpen: true };
        break;
      } else if (have === this.#buffer.length) this.#grow();
    }
    if (this.#buffer.length > USUAL * 4) this.#buffer = Buffer.allocUnsafeSlow(USUAL);
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#buffer.length * 2);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** The last newline among the bytes that were just read, -1 for none: what was there before has none. */
function lastNewline(held: Buffer, got: number): number {
  const at = held.subarray(held.length - got).lastIndexOf(NEWLINE);
  return at < 0 ? -1 : held.length - got + at;
}

/** Whether a line may begin at this byte: at the first, and behind a newline. */
export function endsLine(fd: number, at: number): boolean {
  if (at === 0) return true;
  const byte = Buffer.alloc(1);
  return readSync(fd, byte, 0, 1, at - 1) === 1 && byte[0] === NEWLINE;
}
