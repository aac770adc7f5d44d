import type { Observation, ResponseSeen, SkipReason } from "../../model/observation.ts";
import type { Chunk, Findings } from "../contract.ts";
import { countOf, type Fields, fields, isFields, lineOf, listOf, parse, text, timeOf } from "../../utils/json.ts";
import { placeOf } from "./line.ts";

const NEWLINE = 10;
/** Of nearly every line that tells usage this key is a part, however the JSON is spaced; within a string its quotes are escaped. */
export const USAGE = Buffer.from('"usage"');
/** Written by the program itself in place of a response. */
const SYNTHETIC = "<synthetic>";

type Told = Observation<"response">;

/**
 * Responses of a chunk. Only lines that hold the key "usage" are looked into, a tenth of the bytes. Lines of one response
 * that differ in their time and their progress only are told as one: the last time of the largest output, the largest counts.
 */
export function readResponses({ bytes, offset, path, written, isOpen }: Chunk, findings: Findings): void {
  const told = new Map<string, Told>();
  let time = written;
  for (let at = bytes.indexOf(USAGE); at >= 0;) {
    const from = bytes.lastIndexOf(NEWLINE, at) + 1;
    const end = bytes.indexOf(NEWLINE, at);
    const to = end < 0 ? bytes.length : end;
    let next = bytes.indexOf(USAGE, at + 1);
    const line = (next < 0 || next > to ? withoutContent(bytes, from, to, at) : null) ?? lineOf(bytes, from, to);
    const skip = (reason: SkipReason): void => findings.skipped(offset + from, reason);
    if (line) {
      time = timeOf(line["timestamp"]) ?? time;
      for (const one of responsesIn(line, path, time, skip)) join(told, one);
    } else if (end >= 0 || !isOpen) skip("bad_json");
    while (next >= 0 && next < to) next = bytes.indexOf(USAGE, next + 1);
    at = next;
  }
  for (const one of told.values()) findings.observed(one);
}

/** The beginning of what a response says, and what follows on it; neither can stand within a string. */
const CONTENT = Buffer.from('"content":[');
const AFTER_CONTENT = Buffer.from('],"stop_reason"');

/**
 * A line without what its response says, which is most of it and of which nothing is counted; parsing the rest takes a
 * fifth of the time. Null where the line is not written in the usual order: then it is parsed whole. What is cut out lies
 * between two brackets, and the rest is taken only if it is an assistant's message with id, model and usage.
 */
function withoutContent(bytes: Buffer, from: number, to: number, usage: number): Fields | null {
  const open = bytes.indexOf(CONTENT, from);
  const close = bytes.lastIndexOf(AFTER_CONTENT, usage);
  if (open < 0 || close < open + CONTENT.length) return null;
  const line = parse(bytes.toString("utf8", from, open + CONTENT.length) + bytes.toString("utf8", close, to));
  const message = fields(line?.["message"]);
  return line?.["type"] === "assistant" && message["id"] && message["model"] && isFields(message["usage"])
    ? line
    : null;
}

/** What a line tells: its response and those of advisors that took part in it. `time` stands in for a time that it lacks. */
export function responsesIn(line: Fields, path: string, time: number, skip: (reason: SkipReason) => void): Told[] {
  const isProgress = line["type"] === "progress" && fields(line["data"])["type"] === "agent_progress";
  const inner = isProgress ? fields(fields(line["data"])["message"]) : line;
  const message = fields(inner["message"]);
  const usage = message["usage"];
  const no = whyNone(inner, message);
  if (no !== null || !isFields(usage)) {
    skip(no ?? "not_a_response");
    return [];
  }
  const at = timeOf(inner["timestamp"]) ?? timeOf(line["timestamp"]);
  if (at === null) skip("no_time");
  const counts = countsOf(usage, skip);
  const fork = line["forkedFrom"];
  const isForked = isFields(fork);
  const { session, project, branch, agent } = placeOf(line, path, isProgress || line["isSidechain"] === true);
  const id = text(message["id"]) || text(inner["uuid"]) || `${session}@${at ?? time}`;
  const iterations = listOf(usage["iterations"]);
  const body: ResponseSeen = {
    session: (isForked && text(fork["sessionId"], 200)) || session,
    project,
    branch,
    agent,
    at: at ?? time,
    request: text(inner["requestId"]) || null,
    model: text(message["model"], 200),
    copy: (isProgress ? 2 : line["isSidechain"] === true ? 1 : 0) + (isForked ? 4 : 0),
    ...counts,
    prompt: longestPrompt(iterations, counts),
    speed: text(usage["speed"], 40) || "standard",
    tier: text(usage["service_tier"], 40) || "standard",
    region: regionOf(usage["inference_geo"]),
    cost: costOf(line["costUSD"]),
    reasoning: null,
    isReckoned: false,
  };
  return [{ kind: "response", key: `response:${id}`, body }, ...advisorsIn(iterations, id, body, skip)];
}

function whyNone(inner: Fields, message: Fields): SkipReason | null {
  if (inner["type"] !== "assistant") return "not_a_response";
  if (message["model"] === SYNTHETIC) return "synthetic";
  return inner["isApiErrorMessage"] === true ? "error_message" : null;
}

/** An advisor is another model that was asked on the way: it is no part of the sums of the response, and is paid apart. */
function advisorsIn(iterations: Fields[], id: string, body: ResponseSeen, skip: (reason: SkipReason) => void): Told[] {
  return iterations.flatMap((one, index): Told[] => {
    const model = text(one["model"], 200);
    if (one["type"] !== "advisor_message" || !model) return [];
    const counts = countsOf(one, skip);
    const own = { ...body, ...counts, model, prompt: promptOf(counts), speed: "standard", cost: null };
    return [{ kind: "response", key: `response:${id}:advisor:${index}`, body: own }];
  });
}

/**
 * The longest prompt that was sent for a response, in tokens. A response of several requests tells each of them, and the
 * program prices each by its own length, but only where they add up to the whole.
 */
function longestPrompt(iterations: readonly Fields[], whole: Counts): number {
  if (iterations.length === 0) return promptOf(whole);
  const parts = iterations.filter((one) => one["type"] === "message").map((one) => countsOf(one, () => {}));
  const isWhole = (["input", "output", "cacheWrite", "cacheRead"] as const).every(
    (name) => parts.reduce((sum, part) => sum + part[name], 0) === whole[name],
  );
  return isWhole && parts.length > 0 ? Math.max(...parts.map(promptOf)) : promptOf(whole);
}

const promptOf = ({ input, cacheWrite, cacheRead }: Counts): number => input + cacheWrite + cacheRead;

type Counts = Pick<
  ResponseSeen,
  "input" | "output" | "cacheWrite" | "cacheWrite5m" | "cacheWrite1h" | "cacheRead" | "searches"
>;

/** The counts of a usage object. What is missing or null is 0; so is what is no count, which is told as skipped. */
function countsOf(usage: Fields, skip: (reason: SkipReason) => void): Counts {
  const split = fields(usage["cache_creation"]);
  const count = (value: unknown): number => {
    const told = countOf(value);
    if (told === null && value !== undefined && value !== null) skip("bad_count");
    return told ?? 0;
  };
  const short = count(split["ephemeral_5m_input_tokens"]);
  const long = count(split["ephemeral_1h_input_tokens"]);
  return {
    input: count(usage["input_tokens"]),
    output: count(usage["output_tokens"]),
    cacheWrite: count(usage["cache_creation_input_tokens"]),
    cacheWrite5m: short,
    cacheWrite1h: long,
    cacheRead: count(usage["cache_read_input_tokens"]),
    searches: count(fields(usage["server_tool_use"])["web_search_requests"]),
  };
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
    if (isSameTeller(known.body, one.body)) return void told.set(slot, { ...one, body: larger(known.body, one.body) });
  }
}

const isSameTeller = (a: ResponseSeen, b: ResponseSeen): boolean =>
  a.session === b.session &&
  a.project === b.project &&
  a.branch === b.branch &&
  a.agent === b.agent &&
  a.request === b.request &&
  a.model === b.model &&
  a.copy === b.copy &&
  a.speed === b.speed &&
  a.tier === b.tier &&
  a.region === b.region;

/** Two lines of one response by one teller as one line. The split of cache writes is kept whole: see foldResponse. */
function larger(a: ResponseSeen, b: ResponseSeen): ResponseSeen {
  const own = a.output > b.output || (a.output === b.output && a.at >= b.at) ? a : b;
  const bySplit = a.cacheWrite5m + a.cacheWrite1h - (b.cacheWrite5m + b.cacheWrite1h);
  const split = bySplit > 0 || (bySplit === 0 && a.cacheWrite1h >= b.cacheWrite1h) ? a : b;
  return {
    ...own,
    input: Math.max(a.input, b.input),
    cacheWrite: Math.max(a.cacheWrite, b.cacheWrite),
    cacheWrite5m: split.cacheWrite5m,
    cacheWrite1h: split.cacheWrite1h,
    cacheRead: Math.max(a.cacheRead, b.cacheRead),
    searches: Math.max(a.searches, b.searches),
    cost: a.cost === null ? b.cost : b.cost === null ? a.cost : Math.max(a.cost, b.cost),
  };
}
