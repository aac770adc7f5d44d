import { basename } from "node:path";
import { type Fields, isTime, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";

/** Returns the session that a file belongs to: <session>.jsonl or <session>.settings.json. */
export const sessionOf = (path: string): string => basename(path).replace(/\.(?:jsonl|settings\.json)$/, "");

/** How a session began, from its first line. */
export interface DroidOrigin {
  /** The session that it continues, was forked from, or was rewound from; empty if there is none. */
  readonly parent: string;
  /** The last message that was copied from the parent; empty unless it is a fork. */
  readonly forkedAt: string;
  readonly project: string;
  /** Whether another session called it. */
  readonly isSub: boolean;
}

/** The origin of a session whose first line is not known. */
export const noOrigin: DroidOrigin = { parent: "", forkedAt: "", project: "", isSub: false };

/** Reads a session's first line. */
export const originOf = (line: Fields): DroidOrigin => ({
  parent: text(line["parent"], 200),
  forkedAt: text(line["forkedAtMessageId"], 200),
  project: text(line["cwd"], 4_096),
  isSub: text(line["callingSessionId"], 200) !== "",
});

/** What a transcript says about the total of its session, as far as it was read. */
export interface DroidTranscript {
  /** Null until its first line was read. */
  readonly origin: DroidOrigin | null;
  /** Time of the summary with which the session began, epoch milliseconds; null if it did not. */
  readonly summaryAt: number | null;
  readonly hasMessages: boolean;
  /** Time of the last answer, epoch milliseconds; null if there is none with a possible time. */
  readonly lastAnswerAt: number | null;
}

/** Reads on in a transcript: what its lines so far say, and the lines that follow. */
export function readOn(known: DroidTranscript | null, lines: Buffer): DroidTranscript {
  let { origin = null, summaryAt = null, hasMessages = false } = known ?? {};
  for (const { from, to } of hasMessages ? [] : linesIn(lines)) {
    const line = lineOf(lines, from, to);
    if (line?.["type"] === "session_start") origin ??= originOf(line);
    else if (line?.["type"] === "compaction_state") summaryAt ??= timeOf(line["timestamp"]) ?? 0;
    hasMessages = line?.["type"] === "message";
    if (hasMessages) break;
  }
  return { origin, summaryAt, hasMessages, lastAnswerAt: lastAnswerAt(lines) ?? known?.lastAnswerAt ?? null };
}

/**
 * When a session began with a summary of its parent and a copy of its total, epoch milliseconds; null if it did not. Forks
 * may begin with the same summary, but their totals begin with zero.
 */
export const copiedAtOf = ({ origin, summaryAt }: DroidTranscript): number | null =>
  origin !== null && origin.parent !== "" && origin.forkedAt === "" ? summaryAt : null;

const ANSWER = '"role":"assistant"';

function lastAnswerAt(lines: Buffer): number | null {
  for (let at = lines.lastIndexOf(ANSWER); at >= 0;) {
    const from = lines.lastIndexOf("\n", at) + 1;
    const end = lines.indexOf("\n", at);
    const line = lineOf(lines, from, end < 0 ? lines.length : end);
    const time = line && isAnswer(line) ? timeOf(line["timestamp"]) : null;
    if (time !== null && isTime(time)) return time;
    at = from === 0 ? -1 : lines.lastIndexOf(ANSWER, from - 1);
  }
  return null;
}

const isAnswer = ({ message }: Fields): boolean => (message as Fields | undefined)?.["role"] === "assistant";
