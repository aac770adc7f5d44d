import type { Observation, ResponseSeen, SkipReason } from "../../model/observation.ts";
import type { Chunk, Findings } from "../contract.ts";
import { type Fields, fields, lineOf, placeOf, text, timeOf } from "./line.ts";

const NEWLINE = 10;
/** Of every line that tells usage this key is a part, however the JSON is spaced; within a string its quotes are escaped. */
const USAGE = '"usage"';
/** Written by the program itself in place of a response. */
const SYNTHETIC = "<synthetic>";

type Told = Observation<"response">;

/**
 * Responses of a chunk. Only lines that hold the key "usage" are looked into, a tenth of the bytes. Lines of one response
 * that differ in their time and their progress only are told as one: the last time of the largest output, the largest counts.
 */
export function readResponses({ bytes, offset, path, isOpen }: Chunk, findings: Findings): void {
  const told = new Map<string, Told>();
  for (let at = bytes.indexOf(USAGE); at >= 0;) {
    const from = bytes.lastIndexOf(NEWLINE, at) + 1;
    const end = bytes.indexOf(NEWLINE, at);
    const to = end < 0 ? bytes.length : end;
    const line = lineOf(bytes, from, to);
    if (line) {
      const found = responsesIn(line, path);
      if (typeof found === "string") findings.skipped(offset + from, found);
      else for (const one of found) join(told, one);
    } else if (end >= 0 || !isOpen) findings.skipped(offset + from, "bad_json");
    at = end < 0 ? -1 : bytes.indexOf(USAGE, end);
  }
  for (const one of told.values()) findings.observed(one);
}

/** What a line tells: its response and those of advisors that took part in it, or why it tells none. */
function responsesIn(line: Fields, path: string): Told[] | SkipReason {
  const isProgress = line["type"] === "progress" && fields(line["data"])["type"] === "agent_progress";
  const inner = isProgress ? fields(fields(line["data"])["message"]) : line;
  const message = fields(inner["message"]);
  const usage = message["usage"];
  if (inner["type"] !== "assistant" || typeof usage !== "object" || usage === null) return "not_a_response";
  if (message["model"] === SYNTHETIC) return "synthetic";
  if (inner["isApiErrorMessage"] === true) return "error_message";
  const at = timeOf(inner["timestamp"]) ?? timeOf(line["timestamp"]);
  if (at === null) return "no_time";
  const counts = countsOf(fields(usage));
  if (!counts) return "bad_count";
  const id = text(message["id"]) || text(inner["uuid"]) || `${text(inner["sessionId"])}@${at}`;
  const isForked = typeof line["forkedFrom"] === "object" && line["forkedFrom"] !== null;
  const body: ResponseSeen = {
    ...placeOf(line, path, isProgress),
    at,
    request: text(inner["requestId"]) || null,
    model: text(message["model"], 200),
    copy: (isProgress ? 2 : line["isSidechain"] === true ? 1 : 0) + (isForked ? 4 : 0),
    ...counts,
    speed: text(fields(usage)["speed"], 40) || "standard",
    tier: text(fields(usage)["service_tier"], 40) || "standard",
    region: regionOf(fields(usage)["inference_geo"]),
    cost: costOf(line["costUSD"]),
  };
  return [{ kind: "response", key: `response:${id}`, body }];
}

type Counts = Pick<
  ResponseSeen,
  "input" | "output" | "cacheWrite" | "cacheWrite5m" | "cacheWrite1h" | "cacheRead" | "searches"
>;

/** The counts of a usage object; what is missing or null is 0, and null where one of them is no count at all. */
function countsOf(usage: Fields): Counts | null {
  const split = fields(usage["cache_creation"]);
  const counts = {
    input: countOf(usage["input_tokens"]),
    output: countOf(usage["output_tokens"]),
    cacheWrite: countOf(usage["cache_creation_input_tokens"]),
    cacheWrite5m: countOf(split["ephemeral_5m_input_tokens"]),
    cacheWrite1h: countOf(split["ephemeral_1h_input_tokens"]),
    cacheRead: countOf(usage["cache_read_input_tokens"]),
    searches: countOf(fields(usage["server_tool_use"])["web_search_requests"]),
  };
  return Object.values(counts).every((count) => count >= 0) ? counts : null;
}

/** More than any response can have; beyond it a number is damage. */
const MOST = 1e12;
const countOf = (value: unknown): number =>
  value === undefined || value === null ? 0 : Number.isInteger(value) && (value as number) <= MOST ? Number(value) : -1;

/** Where the response was computed, empty where that is nowhere in particular. */
function regionOf(value: unknown): string {
  const region = text(value, 40);
  return region === "not_available" || region === "global" ? "" : region;
}

/** Nano-dollars that transcripts of 2025 told with each response. */
const costOf = (value: unknown): number | null =>
  typeof value === "number" && value >= 0 && value < 1e6 ? Math.round(value * 1e9) : null;

function join(told: Map<string, Told>, one: Told): void {
  const { key, body } = one;
  const { session, project, branch, agent, request, model, copy, speed, tier, region } = body;
  const who = `${key}\n${session}\n${project}\n${branch}\n${agent}\n${request}\n${model}\n${copy}${speed}${tier}${region}`;
  const known = told.get(who)?.body;
  told.set(who, known ? { ...one, body: larger(known, body) } : one);
}

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
