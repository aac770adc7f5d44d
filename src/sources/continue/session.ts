import type { Place, SkipReason } from "../../model/observation.ts";
import { type Fields, fields, listOf, parse, text } from "../../utils/json.ts";
import type { Document, Emitter, SourceFile } from "../contract.ts";
import { contains, type ContinueCounts, type ContinueUsage, noCounts, plus, sumOf, usageOf } from "./usage.ts";

/** An item of a session's history. */
export interface ContinueItem {
  readonly item: Fields;
  readonly message: Fields;
  readonly usage: ContinueUsage | null;
  /**
   * Identifies the answer, since it has no id: a digest of its usage, text and tools, equal in every copy. Empty for
   * other messages.
   */
  readonly fingerprint: string;
  /** Whether it is a copy, with which a fork begins. */
  readonly isCopy: boolean;
}

/** A session. */
export interface ContinueSession {
  readonly items: readonly ContinueItem[];
  /** The sum of its own usage, also of what its history no longer contains; null if it keeps none. */
  readonly sum: ContinueCounts | null;
  readonly place: Place;
  /** Its start, epoch milliseconds: nothing in it has a time. */
  readonly at: number;
  /** When its file was last written, epoch milliseconds. */
  readonly modifiedAt: number;
}

/** Reads a session; null if the document is none. */
export function sessionOf(document: Document, emitter: Emitter): ContinueSession | null {
  const skip = (reason: SkipReason): void => emitter.skip(0, reason);
  const whole = parse(document.bytes.toString("utf8"));
  const history = whole?.["history"];
  const id = text(whole?.["sessionId"], 200);
  if (!whole || !id || !Array.isArray(history)) {
    skip(whole ? "unknown_format" : "bad_json");
    return null;
  }
  const created = createdAt(document, id);
  if (created === null) skip("no_time");
  const all = listOf(history).map((item) => {
    const message = fields(item["message"]);
    const usage = usageOf(message, skip);
    return { item, message, usage, fingerprint: message["role"] === "assistant" ? fingerprintOf(message) : "" };
  });
  const sum = sumOf(whole, skip);
  const own = sum ? startOfOwn(all, sum) : 0;
  return {
    items: all.map((one, index) => ({ ...one, isCopy: index < own })),
    sum,
    place: {
      session: id,
      project: text(whole["workspaceDirectory"], 4_096).replace(/^file:\/\//, ""),
      branch: "",
      agent: "",
    },
    at: created ?? document.modifiedAt,
    modifiedAt: document.modifiedAt,
  };
}

const fingerprintOf = ({ usage, content, toolCalls }: Fields): string => {
  const ids = listOf(toolCalls).map(({ id }) => id);
  return Bun.hash.xxHash64(JSON.stringify([usage, content, ids])).toString(16);
};

/**
 * The index of the first item that is the session's own. A fork begins with a copy of another session's history, and its
 * sum starts at 0. So its own items, which begin with a prompt, are as many at the end as the sum can contain: usually
 * they add up to it, and it is larger after a compaction or with subagents.
 */
function startOfOwn(items: readonly Pick<ContinueItem, "message" | "usage">[], sum: ContinueCounts): number {
  let counts = noCounts;
  let start = items.length;
  for (const [at, { message, usage }] of [...items.entries()].toReversed()) {
    counts = plus(counts, usage?.summed ?? noCounts);
    if (!contains(sum, counts)) break;
    if (at === 0 || message["role"] === "user") start = at;
  }
  return start;
}

/** The time when a session was created, from the list of all sessions: epoch milliseconds, or null if it is not there. */
function createdAt({ readSibling }: SourceFile, session: string): number | null {
  const list = readSibling("sessions.json");
  const start = list?.indexOf(`"${session}"`) ?? -1;
  if (!list || start < 0) return null;
  // The list may be long, and it is needed for each session.
  const next = list.indexOf('"sessionId"', start);
  const entry = list.toString("utf8", start, next < 0 ? undefined : next);
  const [, created] = /"dateCreated"\s*:\s*"(\d{1,16})"/.exec(entry) ?? [];
  return created === undefined ? null : Number(created);
}
