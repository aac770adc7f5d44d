import type { Observation, ResponseSeen, SkipReason } from "../../model/observation.ts";
import type { Chunk, Findings } from "../contract.ts";
import { type Fields, fields, isFields, lineOf, parse, text } from "../../utils/json.ts";
import { advisorsIn, compactionsIn, countsOf, longestPrompt, promptOf } from "./iterations.ts";
import { copied, FORKED, originalOf, placeOf, timeIn } from "./line.ts";
import { firstWorktrees, withWorktree, WORKTREE_STATE, worktreeIn, type Worktrees } from "./worktrees.ts";

const NEWLINE = 10;
/** Of nearly every line that tells usage this key is a part, however the JSON is spaced; within a string its quotes are escaped. */
export const USAGE = bytesOf('"usage"');
/** Written by the program itself in place of a response. */
const SYNTHETIC = "<synthetic>";

/** The end of that key: looking for it takes three fifths of the time, since its first letter is rarer than a quote. */
const USAGE_END = USAGE.subarray(1);
const QUOTE = 34;

type Told = Observation<"response">;

/** The end of the type of a line about worktrees: letters that are rare are found in half of the time. */
const STATE = bytesOf(`${WORKTREE_STATE.slice(4)}"`);

/**
 * Responses of a chunk. Only lines that hold the key "usage" are looked into, a tenth of the bytes. Lines of one response
 * that differ in their time and their progress only are told as one: the last time of the largest output.
 */
export function readResponses(chunk: Chunk, findings: Findings): void {
  const { bytes, offset, path, written, isOpen } = chunk;
  const told = new Map<string, Told>();
  const branches = new Branches(chunk, findings);
  let time = written;
  for (let at = nextUsage(bytes, 0); at >= 0;) {
    const from = bytes.lastIndexOf(NEWLINE, at) + 1;
    const end = bytes.indexOf(NEWLINE, at);
    const to = end < 0 ? bytes.length : end;
    let next = nextUsage(bytes, at + 1);
    const line = (next < 0 || next > to ? withoutContent(bytes, from, to, at) : null) ?? lineOf(bytes, from, to);
    const skip = (reason: SkipReason): void => findings.skipped(offset + from, reason);
    if (line) {
      time = timeIn(line["timestamp"]) ?? time;
      for (const one of responsesIn(line, path, time, branches.before(from), skip)) join(told, one);
    } else if (end >= 0 || !isOpen) skip("bad_json");
    while (next >= 0 && next < to) next = nextUsage(bytes, next + 1);
    at = next;
  }
  for (const one of told.values()) findings.observed(one);
  const worktrees = branches.before(bytes.length);
  findings.memory = worktrees.length > 0 ? worktrees : null;
}

/** Where USAGE stands at or behind a place; -1 for nowhere. */
function nextUsage(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(USAGE_END, from + 1); at >= 0; at = bytes.indexOf(USAGE_END, at + 1)) {
    if (bytes[at - 1] === QUOTE) return at - 1;
  }
  return -1;
}

/** The worktrees that the lines of a chunk name, in the order of its bytes; each is observed. */
class Branches {
  readonly #bytes: Buffer;
  readonly #findings: Findings;
  #known: Worktrees;
  #next: number;

  constructor(chunk: Chunk, findings: Findings) {
    this.#bytes = chunk.bytes;
    this.#findings = findings;
    // Only at the beginning: the session's own transcript, which is read for it, may be long.
    this.#known = (findings.memory as Worktrees | null) ?? (chunk.offset === 0 ? firstWorktrees(chunk) : []);
    this.#next = chunk.bytes.indexOf(STATE);
  }

  /** Those known at a place, which is not before that of the last call. */
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
    if (worktree) this.#findings.observed(worktree);
  }
}

/** The beginning of what a response says, and what follows on it; neither can stand within a string. */
const CONTENT = bytesOf('"content":[');
const AFTER_CONTENT = bytesOf('],"stop_reason"');

/**
 * A line without what its response says, which is most of it and of which nothing is counted; parsing the rest takes a
 * fifth of the time. Null where the line is not written in the usual order: then it is parsed whole. What is cut out lies
 * between the last brackets of that name, so that the rest of a line behind a torn one, or of one within which they are
 * nested, is no JSON; and it is taken only if it is an assistant's message with id, model and usage.
 */
function withoutContent(bytes: Buffer, from: number, to: number, usage: number): Fields | null {
  // Within the line alone: what it lacks would be looked for in all of the chunk, once for each line.
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
 * What a line tells: its response, and besides what its counts leave out: answers of advisors and compactions by the API.
 * `time` stands in for a time that it lacks.
 */
export function responsesIn(
  line: Fields,
  path: string,
  time: number,
  worktrees: Worktrees,
  skip: (reason: SkipReason) => void,
): Told[] {
  const isProgress = line["type"] === "progress" && fields(line["data"])["type"] === "agent_progress";
  const inner = isProgress ? fields(fields(line["data"])["message"]) : line;
  const message = fields(inner["message"]);
  const usage = message["usage"];
  const no = whyNone(inner, message);
  if (no !== null || !isFields(usage)) {
    skip(no ?? "not_a_response");
    return [];
  }
  const at = timeIn(inner["timestamp"]) ?? timeIn(line["timestamp"]);
  if (at === null) skip("no_time");
  const counts = countsOf(usage, () => skip("bad_count"));
  const place = placeOf(line, path, worktrees, isProgress || line["isSidechain"] === true);
  const original = originalOf(line, place.session);
  const id = text(message["id"]) || text(inner["uuid"]) || `${place.session}@${at ?? time}`;
  const body: ResponseSeen = {
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
    cost: costOf(line["costUSD"]),
    reasoning: null,
    isReckoned: false,
  };
  const whole = original === null ? body : { ...body, ...copied(place, original, formerOf(line, place.session)) };
  const told: Told[] = [{ kind: "response", key: `response:${id}`, body: whole }];
  const { iterations } = usage;
  return Array.isArray(iterations) && iterations.length > 0
    ? told.concat(besides(usage, iterations, id, whole, skip))
    : told;
}

/** The session that readers before version 2 named, who knew only of `forkedFrom`. */
const formerOf = (line: Fields, session: string): string =>
  text(fields(line["forkedFrom"])["sessionId"], 200) || session;

/**
 * Requests that a response's counts leave out, each by its place among those of its kind: other places change while a
 * response is written. Readers before version 2 named an advisor by its place among all requests.
 */
function besides(
  usage: Fields,
  all: readonly unknown[],
  id: string,
  body: ResponseSeen,
  skip: (reason: SkipReason) => void,
): Told[] {
  const told = (name: string, one: Fields, special: Partial<ResponseSeen>): Told => {
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
    told(`advisor-${index}`, one, { speed: "standard" }),
    told(`advisor:${all.indexOf(one)}`, one, { speed: "standard", isWithdrawn: true }),
  ]);
  const compactions = compactionsIn(usage).map((one, index) => told(`compaction-${index}`, one, { agent: COMPACTION }));
  return [...advisors, ...compactions];
}

/** Stands for the subagent of what a compaction by the API used. */
const COMPACTION = "compaction";

function whyNone(inner: Fields, message: Fields): SkipReason | null {
  if (inner["type"] !== "assistant") return "not_a_response";
  if (message["model"] === SYNTHETIC) return "synthetic";
  return inner["isApiErrorMessage"] === true ? "error_message" : null;
}

/** Where the response was computed, empty where that is nowhere in particular. */
function regionOf(value: unknown): string {
  const region = text(value, 40);
  return region === "not_available" || region === "global" ? "" : region;
}

/** Nano-dollars that transcripts of 2025 told with each response. */
const costOf = (value: unknown): number | null =>
  typeof value === "number" && value >= 0 && value < 1e6 ? Math.round(value * 1e9) : null;

function join(told: Map<string, Told>, one: Told): void {
  for (let slot = one.key; ; slot += "+") {
    const known = told.get(slot);
    if (!known) return void told.set(slot, one);
    if (!isSameTeller(known.body, one.body)) continue;
    const body = larger(known.body, one.body);
    return void told.set(slot, body === one.body ? one : { kind: one.kind, key: one.key, body });
  }
}

/** Whether two lines of one response differ in their time and their progress only. */
const isSameTeller = (a: ResponseSeen, b: ResponseSeen): boolean =>
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

/** Two such lines as one. */
function larger(a: ResponseSeen, b: ResponseSeen): ResponseSeen {
  const own = a.output > b.output || (a.output === b.output && a.at >= b.at) ? a : b;
  const searches = Math.max(a.searches, b.searches);
  const cost = a.cost === null ? b.cost : b.cost === null ? a.cost : Math.max(a.cost, b.cost);
  return own.searches === searches && own.cost === cost ? own : { ...own, searches, cost };
}

/** No Buffer: making the first one takes 0.1 ms, which a report that finds nothing new can do without. */
function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
