import { fstatSync, readSync } from "node:fs";
import type { Chunk } from "../sources/contract.ts";
import { LARGEST, sourceFileOf } from "./source-file.ts";

const NEWLINE = 10;
/** Bytes that are read at once; a longer line makes the buffer grow. */
const USUAL = 4 * 1_048_576;
/** Bytes that are enough for what was appended to a file. */
const LEAST = 65_536;

/** A stretch of a file: complete lines, or the unfinished last one, or a line that is too long to be read. */
export type Piece = Chunk | { readonly tooLong: number };

/**
 * Reads a file by complete lines. The buffer of a piece is used again for the next one, so nothing of it may be kept. The
 * last line without newline comes last, alone, and open.
 */
export class LineReader {
  #buffer = Buffer.allocUnsafeSlow(LEAST);

  /** Pieces from one byte to another, exclusive; `to` may lie behind the end of the file. */
  *read(fd: number, path: string, from: number, to: number): Generator<Piece> {
    const file = sourceFileOf(path, fstatSync(fd).mtimeMs);
    if (to - from > LEAST && this.#buffer.length < USUAL) this.#buffer = Buffer.allocUnsafeSlow(USUAL);
    let offset = from;
    let have = 0;
    let skipping = false;
    for (;;) {
      const room = Math.min(this.#buffer.length - have, to - offset - have);
      const got = room > 0 ? readSync(fd, this.#buffer, have, room, offset + have) : 0;
      have += got;
      const isEnd = got === 0;
      const held = this.#buffer.subarray(0, have);
      const end = (isEnd ? held.lastIndexOf(NEWLINE) : lastNewline(held, got)) + 1;
      if (end > 0) {
        const start = skipping ? held.indexOf(NEWLINE) + 1 : 0;
        skipping = false;
        if (end > start) yield { ...file, bytes: held.subarray(start, end), offset: offset + start, isOpen: false };
        this.#buffer.copyWithin(0, end, have);
        offset += end;
        have -= end;
      } else if (isEnd) {
        if (have > 0 && !skipping) yield { ...file, bytes: held, offset, isOpen: true };
        break;
      } else if (have === this.#buffer.length) {
        if (have < LARGEST) this.#grow();
        else {
          if (!skipping) yield { tooLong: offset };
          skipping = true;
          offset += have;
          have = 0;
        }
      }
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
