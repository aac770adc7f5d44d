import {
  type ActionObservation,
  noAction,
  noDetails,
  type Place,
  type ResponseObservation,
  type SkipReason,
} from "../../model/observation.ts";
import { countOf, type Fields, fields, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";

/** Where a message stands, and what it does not tell itself. */
export interface Origin {
  readonly session: string;
  /** The session's directory, for messages that name none. */
  readonly project: string;
  /** The session belongs to a subagent. */
  readonly isSub: boolean;
  /** 0 a table's row, 1 a document, which a newer version copied into its table and then left. */
  readonly copy: 0 | 1;
  /** Whether the session went on after this message, so that nothing will be added to it. */
  readonly isFollowed: boolean;
  /** Its row in a table. */
  readonly row: number;
  /** For what tells no time: epoch milliseconds. */
  readonly written: number;
  skip(reason: SkipReason): void;
}

/** A message with its id, as tables, events and documents tell it. */
export interface Message {
  readonly info: Fields;
  readonly origin: Origin;
  /** Epoch milliseconds; null where it is not told. */
  readonly created: number | null;
  readonly model: string;
  /** What a fork's copy shares with its original, whose id it does not: provider, model, and when it was created. */
  readonly stamp: string;
  readonly place: Place;
  readonly copy: number;
}

/** A message as an object that was read. */
export function messageOf(info: Fields, origin: Origin): Message {
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

/** Epoch milliseconds as they are written in JSON and in tables; null where they are none. */
export const msOf = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null;

const WRAP = 2 ** 36;

/**
 * Whether a message is a fork's copy. An id begins with the low 36 bits of the milliseconds at which it was made: those
 * of the message's creation, within a moment, unless the message was copied, which keeps the time and makes a new id.
 */
function isForked(id: string, created: number | null): boolean {
  const [, made] = /^msg_([0-9a-f]{9})/.exec(id) ?? [];
  if (made === undefined || created === null) return false;
  const apart = (((parseInt(made, 16) - created) % WRAP) + WRAP) % WRAP;
  return Math.min(apart, WRAP - apart) > 1_000;
}

interface Counts {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

function countsOf(tokens: Fields, skip: (reason: SkipReason) => void): Counts {
  const cache = fields(tokens["cache"]);
  const count = (value: unknown): number => {
    const told = countOf(value ?? 0);
    if (told === null) skip("bad_count");
    return told ?? 0;
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
 * Output with its reasoning. Versions differ in whether they count reasoning as output, so that each record's own total
 * decides; where there is none, reasoning that is more than the output cannot be part of it.
 */
function wholeOutput({ input, output, reasoning, cacheRead, cacheWrite }: Counts, total: unknown): number {
  const without = input + output + cacheRead + cacheWrite;
  const isBeside = total === without ? false : total === without + reasoning || reasoning > output;
  return isBeside ? output + reasoning : output;
}

/** Tells the response that a message is, if it used anything. One that may still grow is left until it does not. */
export function tellResponse({ info, origin, created, model, stamp, place, copy }: Message, findings: Emitter): void {
  if (info["role"] !== "assistant" || !(isClosed(info) || origin.isFollowed)) return;
  const tokens = fields(info["tokens"]);
  const counts = countsOf(tokens, origin.skip);
  const { input, output, reasoning, cacheRead, cacheWrite } = counts;
  if (input + output + reasoning + cacheRead + cacheWrite === 0) return;
  if (created === null) origin.skip("no_time");
  const body: ResponseObservation = {
    ...noDetails,
    ...place,
    at: created ?? origin.written,
    model,
    copy,
    input,
    output: wholeOutput(counts, tokens["total"]),
    cacheRead,
    cacheWrite,
    prompt: input + cacheRead + cacheWrite,
    cost: nano(info["cost"]),
    reasoning,
    isEstimated: true,
  };
  const key = `response:${stamp}:${[input, output, reasoning, cacheRead, cacheWrite].join("-")}`;
  findings.observed({ kind: "response", key, body });
}

/** Whether the program wrote that a response ended, however it ended. */
const isClosed = (info: Fields): boolean =>
  Boolean(info["finish"] || info["error"]) || msOf(fields(info["time"])["completed"]) !== null;

/** Nano-dollars; null also for 0, which it says of models whose price it does not know. */
const nano = (dollars: unknown): number | null =>
  typeof dollars === "number" && dollars > 0 && dollars < 1e6 ? Math.round(dollars * 1e9) : null;

/** Tells what a message itself shows that happened: a history that was summed up, or a response without usage. */
export function tellTurn(message: Message, findings: Emitter): void {
  const { info, origin, created, stamp } = message;
  if (info["role"] !== "assistant" || created === null) return;
  const ended = msOf(fields(info["time"])["completed"]);
  if (info["summary"] === true)
    tell(message, findings, `compaction:${stamp}`, { action: "compaction", name: "", at: created, ended });
  const counts = Object.values(countsOf(fields(info["tokens"]), () => {}));
  if (counts.some(Boolean) || !(isClosed(info) || origin.isFollowed)) return;
  const name = nameOfLoss(info);
  tell(message, findings, `unrecorded:${stamp}`, { action: "unrecorded", name, at: created, ended });
}

function nameOfLoss(info: Fields): string {
  const error = fields(info["error"])["name"];
  if (error !== undefined) return error === "MessageAbortedError" ? "interrupted" : "failed";
  return isClosed(info) ? "unmetered" : "interrupted";
}

/** Tells an action of a message. */
export function tell(
  { place, copy, model }: Message,
  findings: Emitter,
  id: string,
  seen: Partial<ActionObservation> & Pick<ActionObservation, "action">,
): void {
  findings.observed({ kind: "action", key: `action:${id}`, body: { ...noAction, ...place, copy, model, ...seen } });
}
