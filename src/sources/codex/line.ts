import { type Fields, fields, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";

/** One line of a rollout. */
export interface Line {
  /** Where it begins, in bytes of the file. */
  readonly offset: number;
  /** "session_meta", "turn_context", "event_msg", "response_item", ... */
  readonly type: string;
  /** The payload's own type, where it has one: "token_count", "function_call", ... */
  readonly kind: string;
  /** Epoch milliseconds; null where the line tells none. */
  readonly at: number | null;
  /** Place in the thread; null before Codex 0.150. */
  readonly ordinal: number | null;
  /** Null where only the line's head was read. */
  readonly payload: Fields | null;
}

/** The head of a line as every version writes it. No text of anybody stands before it, so that nothing quoted can look like it. */
const HEAD = /^\{"timestamp":"([^"]{0,40})",(?:"ordinal":(\d+),)?"type":"(\w+)","payload":\{(?:"type":"(\w+)")?/;
/** What stands in lines that tell usage; within a text of anybody its quotes are escaped. */
const USAGE = ['"type":"token_usage_record"', '"type":"token_count"'];
/** No head is longer. */
const LONGEST_HEAD = 200;

/**
 * Lines of a chunk. Those that are not wanted by their heads are told by their heads alone and never parsed: they hold nearly
 * all of the bytes. What begins otherwise is parsed to see what it is.
 */
export function* rolloutLines(
  { bytes, offset, isOpen }: Chunk,
  findings: Emitter,
  isWanted: (type: string, kind: string) => boolean,
): Generator<Line> {
  const finders = USAGE.map((words) => finderOf(bytes, words));
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (to === from) continue;
    const isWhole = isComplete || !isOpen;
    const head = HEAD.exec(bytes.toString("latin1", from, Math.min(from + LONGEST_HEAD, to)));
    if (head) {
      const [, time = "", ordinal, type = "", kind = ""] = head;
      // Usage within another line was written on behind what a crash had left of that one.
      if (!isWanted(type, kind) && !finders.some((holds) => holds(from, to))) {
        if (isWhole) yield headOf(offset + from, type, kind, ordinal, time);
        continue;
      }
    }
    const line = lineOf(bytes, from, to);
    if (line) yield lineFrom(line, offset + from);
    else if (isWhole && !isBlank(bytes, from, to)) findings.skipped(offset + from, "bad_json");
  }
}

/** Tells of stretches of some bytes, one after the other, whether words stand in them. */
function finderOf(bytes: Buffer, words: string): (from: number, to: number) => boolean {
  let at = bytes.indexOf(words);
  return (from, to) => {
    if (at >= 0 && at < from) at = bytes.indexOf(words, from);
    return at >= 0 && at < to;
  };
}

/** A line of which only the head was read. Few ask for its time, which takes as long to read as all the rest. */
const headOf = (offset: number, type: string, kind: string, ordinal: string | undefined, time: string): Line => ({
  offset,
  type,
  kind,
  ordinal: ordinal === undefined ? null : Number(ordinal),
  payload: null,
  get at() {
    return timeOf(time);
  },
});

/** Before the lines had payloads, each was its own, without a time but for the first one. */
function lineFrom(line: Fields, offset: number): Line {
  const isBare = line["payload"] === undefined && (line["timestamp"] === undefined || line["type"] === undefined);
  const payload = isBare ? line : fields(line["payload"]);
  const ordinal = line["ordinal"];
  return {
    offset,
    type: isBare ? bareType(line) : text(line["type"], 100),
    kind: text(payload["type"], 100),
    at: timeOf(line["timestamp"]),
    ordinal: typeof ordinal === "number" ? ordinal : null,
    payload,
  };
}

function bareType(line: Fields): string {
  if (typeof line["type"] === "string") return "response_item";
  return typeof line["id"] === "string" ? "session_meta" : "";
}

/** Whether nothing but spaces and the NULs of a crash stands there. */
const isBlank = (bytes: Buffer, from: number, to: number): boolean =>
  bytes.subarray(from, to).every((byte) => byte <= 32);
