import type { SkippedLine } from "../../ledger/sqlite/Files.ts";
import type { SkipReason } from "../../model/observation.ts";

const NEWLINE = 10;

/** The text for each reason why a line was not counted as written. */
export const reasonTexts: Readonly<Record<SkipReason, string>> = {
  bad_json: "not a complete JSON object, or one with more values than any assistant writes",
  bad_count: "one of its numbers is not a valid count; it is taken as 0 and the others are counted",
  no_time: "its time is missing, unreadable or outside 1970 to 2200; counted at the time of a nearby line",
  bad_time: "one of its times is unreadable or outside 1970 to 2200; not counted",
  synthetic: "written by the assistant itself without a model response",
  error_message: "an error message without a model response",
  not_a_response: "mentions usage but is not a response",
  line_too_long: "the line is too long to read",
  no_beginning: "the beginning of its file, which says which session it belongs to, is missing or cannot be read",
  no_history: "a running total whose previous value is missing, so the difference cannot be computed",
  unknown_format: "written in a format that this version does not know",
  bad_database: "the database cannot be read, or one of its rows is damaged",
  file_too_large: "the file is larger than any that an assistant writes; the rest of it is not read",
  abandoned: "reading it took too long or too much memory and was stopped; it will be retried later",
};

/** A line that was not counted as written, with its line number. */
export interface NotCounted extends SkippedLine {
  /** Counted from 1; null if the file is missing or cannot be read that far. */
  readonly line: number | null;
}

/** Adds line numbers, computed from the files as they are now; the ledger stores only byte offsets. */
export async function withLineNumbers(skipped: readonly SkippedLine[]): Promise<NotCounted[]> {
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

/** Maps byte offsets of a file to line numbers; null if the file cannot be read. */
async function lineNumbers(path: string, offsets: readonly number[]): Promise<Map<number, number> | null> {
  const waiting = offsets.toSorted((a, b) => b - a);
  const numbers = new Map<number, number>();
  let [base, line] = [0, 1];
  try {
    const stream = Bun.file(path).stream();
    // Offsets in a compressed file are offsets in its decompressed content.
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
