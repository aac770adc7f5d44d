import { type Fields, fields, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";

/** One line of a rollout. */
export interface RolloutLine {
  /** Start of the line in bytes from the start of the file. */
  readonly offset: number;
  /** "session_meta", "turn_context", "event_msg", "response_item", ... */
  readonly type: string;
  /** Type of the payload, if it has one: "token_count", "function_call", ... */
  readonly kind: string;
  /** Epoch milliseconds; null if the line has no timestamp. */
  readonly at: number | null;
  /** Position in the thread; null before Codex 0.150. */
  readonly ordinal: number | null;
  /** Null if only the line's head was read. */
  readonly payload: Fields | null;
}

/**
 * Head of a line as every version writes it. No text of a conversation comes before it, so quoted text cannot match.
 */
const HEAD = /^\{"timestamp":"([^"]{0,40})",(?:"ordinal":(\d+),)?"type":"(\w+)","payload":\{(?:"type":"(\w+)")?/;
/** Markers of lines with usage. Within text their quotes are escaped. */
const USAGE = ['"type":"token_usage_record"', '"type":"token_count"'];
/** Longer than any head. */
const MAX_HEAD_LENGTH = 200;

/**
 * Yields the lines of a chunk. A line that is unwanted by its head is yielded with its head only and never parsed;
 * these are nearly all of the bytes. Lines without a known head are parsed.
 */
export function* rolloutLines(
  { bytes, offset, isOpen }: LineChunk,
  emitter: Emitter,
  isWanted: (type: string, kind: string) => boolean,
): Generator<RolloutLine> {
  const finders = USAGE.map((words) => finderOf(bytes, words));
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (to === from) continue;
    const isWhole = isComplete || !isOpen;
    const head = HEAD.exec(bytes.toString("latin1", from, Math.min(from + MAX_HEAD_LENGTH, to)));
    if (head) {
      const [, time = "", ordinal, type = "", kind = ""] = head;
      // A line with usage may follow the remains of a line that a crash cut off.
      if (!isWanted(type, kind) && !finders.some((holds) => holds(from, to))) {
        if (isWhole) yield lineFromHead(offset + from, type, kind, ordinal, time);
        continue;
      }
    }
    const line = lineOf(bytes, from, to);
    if (line) yield lineFromJson(line, offset + from);
    else if (isWhole && !isBlank(bytes, from, to)) emitter.skip(offset + from, "bad_json");
  }
}

/** Returns a function that checks whether a byte range contains some text. Ranges must be passed in ascending order. */
function finderOf(bytes: Buffer, words: string): (from: number, to: number) => boolean {
  let at = bytes.indexOf(words);
  return (from, to) => {
    if (at >= 0 && at < from) at = bytes.indexOf(words, from);
    return at >= 0 && at < to;
  };
}

/**
 * A line of which only the head was read. Its time is parsed on access, because that takes as long as reading the rest
 * and is rarely needed.
 */
const lineFromHead = (
  offset: number,
  type: string,
  kind: string,
  ordinal: string | undefined,
  time: string,
): RolloutLine => ({
  offset,
  type,
  kind,
  ordinal: ordinal === undefined ? null : Number(ordinal),
  payload: null,
  get at() {
    return timeOf(time);
  },
});

/** Reads a parsed line. In old versions each line was its own payload, and only the first had a time. */
function lineFromJson(line: Fields, offset: number): RolloutLine {
  const isBare = line["payload"] === undefined && (line["timestamp"] === undefined || line["type"] === undefined);
  const payload = isBare ? line : fields(line["payload"]);
  const ordinal = line["ordinal"];
  return {
    offset,
    type: isBare ? typeOfBareLine(line) : text(line["type"], 100),
    kind: text(payload["type"], 100),
    at: timeOf(line["timestamp"]),
    ordinal: typeof ordinal === "number" ? ordinal : null,
    payload,
  };
}

function typeOfBareLine(line: Fields): string {
  if (typeof line["type"] === "string") return "response_item";
  return typeof line["id"] === "string" ? "session_meta" : "";
}

/** Whether a range holds only spaces and the NULs left by a crash. */
const isBlank = (bytes: Buffer, from: number, to: number): boolean =>
  bytes.subarray(from, to).every((byte) => byte <= 32);
