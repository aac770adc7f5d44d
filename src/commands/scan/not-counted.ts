import type { SkippedLine } from "../../ledger/Files.ts";
import type { SkipReason } from "../../model/observation.ts";

const NEWLINE = 10;

/** Why a line is not counted as it stands, in words. */
export const words: Readonly<Record<SkipReason, string>> = {
  bad_json: "it is no complete JSON object, or one of more values than any assistant writes",
  bad_count: "one of its numbers is no count; taken as 0, the others are counted",
  no_time: "it has no time that can be read, or one outside 1970 to 2200; counted at the time of a line near it",
  bad_time: "one of its times cannot be read or lies outside 1970 to 2200; not counted",
  synthetic: "written by the program itself, no model answered",
  error_message: "an error message, no model answered",
  not_a_response: "it mentions usage but is no response",
  line_too_long: "the line, or the value in a database, is too long to be read",
  no_beginning: "the beginning of its file, which tells what it belongs to, is missing or cannot be read",
  no_history: "a sum from which nothing can be taken away: what it sums up is gone",
  unknown_format: "it is written in a way that this version does not know",
  bad_database: "the database cannot be read, or a row of it is damaged",
  file_too_large: "the file is larger than any that an assistant writes; the rest of it is not read",
  abandoned: "reading it took too long or too much memory and was stopped; it is tried again later",
};

/** A line that was not counted, by its number. */
export interface NotCounted extends SkippedLine {
  /** Counted from 1; null where the file is gone, or cannot be read up to there. */
  readonly line: number | null;
}

/** The lines by their numbers, as the files are now: the ledger keeps places in bytes, which cost nothing to keep. */
export async function inLines(skipped: readonly SkippedLine[]): Promise<NotCounted[]> {
  const byPath = Map.groupBy(skipped, ({ path }) => path);
  const found: NotCounted[] = [];
  for (const [path, lines] of byPath) {
    const numbers = await lineNumbers(
      path,
      lines.map(({ offset }) => offset),
    );
    found.push(...lines.map((one) => ({ ...one, line: numbers?.get(one.offset) ?? null })));
  }
  return found;
}

/** Numbers of the lines that begin at some bytes of a file; null where the file cannot be read. */
async function lineNumbers(path: string, offsets: readonly number[]): Promise<Map<number, number> | null> {
  const waiting = offsets.toSorted((a, b) => b - a);
  const numbers = new Map<number, number>();
  let [base, line] = [0, 1];
  try {
    const stream = Bun.file(path).stream();
    // A place in a packed file is one in what it unpacks to.
    for await (const chunk of path.endsWith(".zst") ? stream.pipeThrough(new DecompressionStream("zstd")) : stream) {
      let at = 0;
      for (let next = waiting.at(-1); next !== undefined && next < base + chunk.length; next = waiting.at(-1)) {
        line += newlines(chunk, at, next - base);
        at = next - base;
        numbers.set(next, line);
        waiting.pop();
      }
      if (waiting.length === 0) break;
      line += newlines(chunk, at, chunk.length);
      base += chunk.length;
    }
    return numbers;
  } catch {
    return null;
  }
}

function newlines(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0 && at < to; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
