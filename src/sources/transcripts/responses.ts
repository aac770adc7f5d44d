import type { Observation, ResponseObservation, SkipReason } from "../../model/observation.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { type Fields, fields, isFields, lineOf, nanoDollarsOf, parse, text } from "../../utils/json.ts";
import { advisorsIn, compactionsIn, countsOf, longestPrompt, promptOf } from "./iterations.ts";
import { asCopyOf, FORKED, originalOf, placeOf, timeIn } from "./line.ts";
import { firstWorktrees, withWorktree, WORKTREE_STATE, worktreeIn, type Worktrees } from "./worktrees.ts";

const NEWLINE = 10;
/**
 * Nearly every line with usage contains this key, however the JSON is spaced. Within a string its quotes are escaped.
 */
export const USAGE = bytesOf('"usage"');
/** Model of messages that the program writes itself instead of a response. */
const SYNTHETIC = "<synthetic>";

/** End of that key. Searching for it takes three fifths of the time, because its first letter is rarer than a quote. */
const USAGE_END = USAGE.subarray(1);
const QUOTE = 34;

type TranscriptResponse = Observation<"response">;

/** End of the type of a worktree line. Searching for rare letters takes half of the time. */
const STATE = bytesOf(`${WORKTREE_STATE.slice(4)}"`);

/**
 * Emits the responses of a chunk. Only lines that contain the key "usage" are parsed, a tenth of the bytes. Lines of
 * one response that differ only in time and progress are merged: the largest output, with its latest time.
 */
export function readResponses(chunk: LineChunk, emitter: Emitter): void {
  const { bytes, offset, path, modifiedAt, isOpen } = chunk;
  const found = new Map<string, TranscriptResponse>();
  const branches = new WorktreeReader(chunk, emitter);
  let time = modifiedAt;
  for (let at = nextUsage(bytes, 0); at >= 0;) {
    const from = bytes.lastIndexOf(NEWLINE, at) + 1;
    const end = bytes.indexOf(NEWLINE, at);
    const to = end < 0 ? bytes.length : end;
    let next = nextUsage(bytes, at + 1);
    const line = (next < 0 || next > to ? parseWithoutContent(bytes, from, to, at) : null) ?? lineOf(bytes, from, to);
    const skip = (reason: SkipReason): void => emitter.skip(offset + from, reason);
    if (line) {
      time = timeIn(line["timestamp"]) ?? time;
      for (const one of responsesIn(line, path, time, branches.before(from), skip)) mergeInto(found, one);
    } else if (end >= 0 || !isOpen) skip("bad_json");
    while (next >= 0 && next < to) next = nextUsage(bytes, next + 1);
    at = next;
  }
  for (const one of found.values()) emitter.emit(one);
  const worktrees = branches.before(bytes.length);
  emitter.memory = worktrees.length > 0 ? worktrees : null;
}

/** Returns the position of the next USAGE at or after `from`, or -1. */
function nextUsage(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(USAGE_END, from + 1); at >= 0; at = bytes.indexOf(USAGE_END, at + 1)) {
    if (bytes[at - 1] === QUOTE) return at - 1;
  }
  return -1;
}

/** Reads and emits the worktrees that a chunk's lines name, in file order. */
class WorktreeReader {
  readonly #bytes: Buffer;
  readonly #emitter: Emitter;
  #known: Worktrees;
  #next: number;

  constructor(chunk: LineChunk, emitter: Emitter) {
    this.#bytes = chunk.bytes;
    this.#emitter = emitter;
    // Only at the beginning: it reads the session's own transcript, which may be long.
    this.#known = (emitter.memory as Worktrees | null) ?? (chunk.offset === 0 ? firstWorktrees(chunk) : []);
    this.#next = chunk.bytes.indexOf(STATE);
  }

  /** Returns the worktrees known at a position. Positions must not decrease from call to call. */
  before(place: number): Worktrees {
    while (this.#next >= 0 && this.#next < place) {
      const from = this.#bytes.lastIndexOf(NEWLINE, this.#next) + 1;
      const end = this.#bytes.indexOf(NEWLINE, this.#next);
      const line = lineOf(this.#bytes, from, end < 0 ? this.#bytes.length : end);
      if (line?.["type"] === WORKTREE_STATE) this.#enter(line);
      this.#next = end < 0 ? -1 : this.#bytes.indexOf(STATE, end);
    }
    return this.#known;
  }

  #enter(line: Fields): void {
    this.#known = withWorktree(this.#known, line);
    const worktree = worktreeIn(line);
    if (worktree) this.#emitter.emit(worktree);
  }
}

/** Start of a response's content, and what follows it. Neither can occur within a string. */
const CONTENT = bytesOf('"content":[');
const AFTER_CONTENT = bytesOf('],"stop_reason"');

/**
 * Parses a line without its content, which is most of the bytes and not needed; this takes a fifth of the time. Returns
 * null if the keys are not in the usual order: then the whole line is parsed. The part between the last brackets of that
 * name is cut out: the rest of a line behind a torn one, or of one with nested brackets, is then invalid JSON. The rest is
 * accepted only if it is an assistant message with id, model and usage.
 */
function parseWithoutContent(bytes: Buffer, from: number, to: number, usage: number): Fields | null {
  // Search within the line only: a missing key would otherwise be searched for in the whole chunk, once per line.
  const own = bytes.subarray(from, to);
  const close = own.lastIndexOf(AFTER_CONTENT, usage - from);
  const open = close < CONTENT.length ? -1 : own.lastIndexOf(CONTENT, close - CONTENT.length);
  if (open < 0) return null;
  const line = parse(own.toString("utf8", 0, open + CONTENT.length) + own.toString("utf8", close));
  const message = fields(line?.["message"]);
  return line?.["type"] === "assistant" && message["id"] && message["model"] && isFields(message["usage"])
    ? line
    : null;
}

/**
 * Returns the response of a line, and the requests that its counts leave out: advisor responses and API compactions.
 * `time` is used if the line has no timestamp.
 */
export function responsesIn(
  line: Fields,
  path: string,
  time: number,
  worktrees: Worktrees,
  skip: (reason: SkipReason) => void,
): TranscriptResponse[] {
  const isProgress = line["type"] === "progress" && fields(line["data"])["type"] === "agent_progress";
  const inner = isProgress ? fields(fields(line["data"])["message"]) : line;
  const message = fields(inner["message"]);
  const usage = message["usage"];
  const skipReason = skipReasonOf(inner, message);
  if (skipReason !== null || !isFields(usage)) {
    skip(skipReason ?? "not_a_response");
    return [];
  }
  const at = timeIn(inner["timestamp"]) ?? timeIn(line["timestamp"]);
  if (at === null) skip("no_time");
  const counts = countsOf(usage, () => skip("bad_count"));
  const place = placeOf(line, path, worktrees, isProgress || line["isSidechain"] === true);
  const original = originalOf(line, place.session);
  const id = text(message["id"]) || text(inner["uuid"]) || `${place.session}@${at ?? time}`;
  const body: ResponseObservation = {
    session: place.session,
    project: place.project,
    branch: place.branch,
    agent: place.agent,
    at: at ?? time,
    request: text(inner["requestId"]) || null,
    model: text(message["model"], 200),
    copy: (isProgress ? 2 : line["isSidechain"] === true ? 1 : 0) + (original === null ? 0 : FORKED),
    input: counts.input,
    output: counts.output,
    cacheWrite: counts.cacheWrite,
    cacheWrite5m: counts.cacheWrite5m,
    cacheWrite1h: counts.cacheWrite1h,
    cacheRead: counts.cacheRead,
    searches: counts.searches,
    prompt: longestPrompt(usage, counts),
    speed: text(usage["speed"], 40) || "standard",
    tier: text(usage["service_tier"], 40) || "standard",
    region: regionOf(usage["inference_geo"]),
    // Transcripts of 2025 contain a cost for each response.
    cost: nanoDollarsOf(line["costUSD"]),
    reasoning: null,
    isEstimated: false,
  };
  const whole =
    original === null ? body : { ...body, ...asCopyOf(place, original, formerSessionOf(line, place.session)) };
  const responses: TranscriptResponse[] = [{ kind: "response", key: `response:${id}`, body: whole }];
  const { iterations } = usage;
  return Array.isArray(iterations) && iterations.length > 0
    ? responses.concat(extraRequests(usage, iterations, id, whole, skip))
    : responses;
}

/** The session that readers before version 2 assigned the line to. They did not read `requestSessionId`. */
const formerSessionOf = (line: Fields, session: string): string =>
  text(fields(line["forkedFrom"])["sessionId"], 200) || session;

/**
 * Requests that a response's counts leave out, each numbered among those of its kind, because the position among all
 * requests changes while a response is written. Readers before version 2 used that position for advisors.
 */
function extraRequests(
  usage: Fields,
  all: readonly unknown[],
  id: string,
  body: ResponseObservation,
  skip: (reason: SkipReason) => void,
): TranscriptResponse[] {
  const responseFrom = (name: string, one: Fields, special: Partial<ResponseObservation>): TranscriptResponse => {
    const counts = countsOf(one, () => skip("bad_count"));
    const own = {
      ...body,
      ...counts,
      model: text(one["model"], 200) || body.model,
      prompt: promptOf(counts),
      cost: null,
    };
    return { kind: "response", key: `response:${id}:${name}`, body: { ...own, ...special } };
  };
  const advisors = advisorsIn(usage).flatMap((one, index) => [
    responseFrom(`advisor-${index}`, one, { speed: "standard" }),
    responseFrom(`advisor:${all.indexOf(one)}`, one, { speed: "standard", isWithdrawn: true }),
  ]);
  const compactions = compactionsIn(usage).map((one, index) =>
    responseFrom(`compaction-${index}`, one, { agent: COMPACTION }),
  );
  return [...advisors, ...compactions];
}

/** Stands in for the subagent of a compaction by the API. */
const COMPACTION = "compaction";

function skipReasonOf(inner: Fields, message: Fields): SkipReason | null {
  if (inner["type"] !== "assistant") return "not_a_response";
  if (message["model"] === SYNTHETIC) return "synthetic";
  return inner["isApiErrorMessage"] === true ? "error_message" : null;
}

/** Region where the response was computed; empty for global or unknown. */
function regionOf(value: unknown): string {
  const region = text(value, 40);
  return region === "not_available" || region === "global" ? "" : region;
}

function mergeInto(found: Map<string, TranscriptResponse>, one: TranscriptResponse): void {
  for (let slot = one.key; ; slot += "+") {
    const known = found.get(slot);
    if (!known) return void found.set(slot, one);
    if (!isSameResponse(known.body, one.body)) continue;
    const body = mergeLines(known.body, one.body);
    return void found.set(slot, body === one.body ? one : { kind: one.kind, key: one.key, body });
  }
}

/** Whether two lines of one response differ only in time and progress. */
const isSameResponse = (a: ResponseObservation, b: ResponseObservation): boolean =>
  a.session === b.session &&
  a.request === b.request &&
  a.copy === b.copy &&
  a.input === b.input &&
  a.cacheWrite === b.cacheWrite &&
  a.cacheWrite5m === b.cacheWrite5m &&
  a.cacheWrite1h === b.cacheWrite1h &&
  a.cacheRead === b.cacheRead &&
  a.prompt === b.prompt &&
  a.project === b.project &&
  a.branch === b.branch &&
  a.agent === b.agent &&
  a.model === b.model &&
  a.speed === b.speed &&
  a.tier === b.tier &&
  a.region === b.region &&
  a.formerSession === b.formerSession &&
  a.isWithdrawn === b.isWithdrawn;

/** Merges two such lines. */
function mergeLines(a: ResponseObservation, b: ResponseObservation): ResponseObservation {
  const own = a.output > b.output || (a.output === b.output && a.at >= b.at) ? a : b;
  const searches = Math.max(a.searches, b.searches);
  const cost = a.cost === null ? b.cost : b.cost === null ? a.cost : Math.max(a.cost, b.cost);
  return own.searches === searches && own.cost === cost ? own : { ...own, searches, cost };
}

/** Not a Buffer: creating the first one takes 0.1 ms, which a report without new data would waste. */
function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
