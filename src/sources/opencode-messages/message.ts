import {
  type ActionObservation,
  noAction,
  noDetails,
  type Place,
  type ResponseObservation,
  type SkipReason,
} from "../../model/observation.ts";
import { countOf, type Fields, fields, msOf, nanoDollarsOf, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";

/** Where a message comes from, and information that it does not contain itself. */
export interface Origin {
  readonly session: string;
  /** The session's directory, used if the message names none. */
  readonly project: string;
  /** The session belongs to a subagent. */
  readonly isSub: boolean;
  /** 0 for a table row; 1 for a document, which a newer version copied into its table and left in place. */
  readonly copy: 0 | 1;
  /** Whether a later message exists, so that nothing will be added to this one. */
  readonly isFollowed: boolean;
  /** Its row in a table. */
  readonly row: number;
  /** Time for a message without one, epoch milliseconds. */
  readonly modifiedAt: number;
  skip(reason: SkipReason): void;
}

/** A message with its id, from a table, an event or a document. */
export interface OpencodeMessage {
  readonly info: Fields;
  readonly origin: Origin;
  /** Epoch milliseconds; null if unknown. */
  readonly created: number | null;
  readonly model: string;
  /**
   * Key part that a fork's copy shares with its original, because their ids differ: provider, model and creation time.
   * It names the format: a message keeps its key if another program with this format takes it over.
   */
  readonly stamp: string;
  readonly place: Place;
  readonly copy: number;
}

/** Builds a message from its JSON. */
export function messageOf(info: Fields, origin: Origin): OpencodeMessage {
  const created = msOf(fields(info["time"])["created"]);
  const asked = fields(info["model"]);
  const provider = text(info["providerID"] ?? asked["providerID"], 100);
  const model = text(info["modelID"] ?? asked["modelID"], 200);
  const id = text(info["id"], 100);
  return {
    info,
    origin,
    created,
    model,
    stamp: `opencode:${created === null ? id : `${provider}/${model}@${created}`}`,
    place: {
      session: origin.session,
      project: text(fields(info["path"])["cwd"]) || origin.project,
      branch: "",
      agent: origin.isSub ? text(info["agent"], 100) || "subagent" : "",
    },
    copy: origin.copy + (isForked(id, created) ? 4 : 0),
  };
}

const WRAP = 2 ** 36;

/**
 * Whether a message is a fork's copy. An id begins with the low 36 bits of the milliseconds at which the id was made.
 * They match the message's creation time, unless the message was copied: a copy keeps the time and gets a new id.
 */
function isForked(id: string, created: number | null): boolean {
  const [, made] = /^msg_([0-9a-f]{9})/.exec(id) ?? [];
  if (made === undefined || created === null) return false;
  const difference = (((parseInt(made, 16) - created) % WRAP) + WRAP) % WRAP;
  return Math.min(difference, WRAP - difference) > 1_000;
}

interface OpencodeCounts {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

function countsOf(tokens: Fields, skip: (reason: SkipReason) => void): OpencodeCounts {
  const cache = fields(tokens["cache"]);
  const count = (value: unknown): number => {
    const amount = countOf(value ?? 0);
    if (amount === null) skip("bad_count");
    return amount ?? 0;
  };
  return {
    input: count(tokens["input"]),
    output: count(tokens["output"]),
    reasoning: count(tokens["reasoning"]),
    cacheRead: count(cache["read"]),
    cacheWrite: count(cache["write"]),
  };
}

/**
 * Returns the output including reasoning. Versions differ in whether output includes reasoning, so each record's own
 * total decides. Without a total, reasoning that exceeds the output cannot be included in it.
 */
function wholeOutput({ input, output, reasoning, cacheRead, cacheWrite }: OpencodeCounts, total: unknown): number {
  const without = input + output + cacheRead + cacheWrite;
  const isSeparate = total === without ? false : total === without + reasoning || reasoning > output;
  return isSeparate ? output + reasoning : output;
}

/** Emits a message's response if it used any tokens. A response that may still grow is emitted once it is finished. */
export function emitResponse(
  { info, origin, created, model, stamp, place, copy }: OpencodeMessage,
  emitter: Emitter,
): void {
  if (info["role"] !== "assistant" || !(isClosed(info) || origin.isFollowed)) return;
  const tokens = fields(info["tokens"]);
  const counts = countsOf(tokens, origin.skip);
  const { input, output, reasoning, cacheRead, cacheWrite } = counts;
  if (input + output + reasoning + cacheRead + cacheWrite === 0) return;
  if (created === null) origin.skip("no_time");
  const body: ResponseObservation = {
    ...noDetails,
    ...place,
    at: created ?? origin.modifiedAt,
    model,
    copy,
    input,
    output: wholeOutput(counts, tokens["total"]),
    cacheRead,
    cacheWrite,
    prompt: input + cacheRead + cacheWrite,
    // 0 is recorded for models without a known price.
    cost: nanoDollarsOf(info["cost"]) || null,
    reasoning,
    isEstimated: true,
  };
  const key = `response:${stamp}:${[input, output, reasoning, cacheRead, cacheWrite].join("-")}`;
  emitter.emit({ kind: "response", key, body });
}

/** Whether the program recorded that a response ended, successfully or not. */
const isClosed = (info: Fields): boolean =>
  Boolean(info["finish"] || info["error"]) || msOf(fields(info["time"])["completed"]) !== null;

/** Emits what a message shows on its own: a compaction, or a response without usage. */
export function emitTurn(message: OpencodeMessage, emitter: Emitter): void {
  const { info, origin, created, stamp } = message;
  if (info["role"] !== "assistant" || created === null) return;
  const ended = msOf(fields(info["time"])["completed"]);
  if (info["summary"] === true)
    emitAction(message, emitter, `compaction:${stamp}`, { action: "compaction", name: "", at: created, ended });
  const counts = Object.values(countsOf(fields(info["tokens"]), () => {}));
  if (counts.some(Boolean) || !(isClosed(info) || origin.isFollowed)) return;
  const name = unrecordedReason(info);
  emitAction(message, emitter, `unrecorded:${stamp}`, { action: "unrecorded", name, at: created, ended });
}

function unrecordedReason(info: Fields): string {
  const error = fields(info["error"])["name"];
  if (error !== undefined) return error === "MessageAbortedError" ? "interrupted" : "failed";
  return isClosed(info) ? "unmetered" : "interrupted";
}

/** Emits an action of a message. */
export function emitAction(
  { place, copy, model }: OpencodeMessage,
  emitter: Emitter,
  id: string,
  details: Partial<ActionObservation> & Pick<ActionObservation, "action">,
): void {
  emitter.emit({ kind: "action", key: `action:${id}`, body: { ...noAction, ...place, copy, model, ...details } });
}
