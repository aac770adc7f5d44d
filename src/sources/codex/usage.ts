import { noDetails, type ResponseObservation } from "../../model/observation.ts";
import { countOf, type Fields, isFields, text } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { CodexLimits } from "./limits.ts";
import { type RolloutLine, rolloutLines } from "./line.ts";
import { follow, isFollowed, isSince, isOwn, placeOf, RECORDS_SINCE, type CodexThread } from "./thread.ts";

/** Tokens as Codex writes them: `input` includes cached tokens and cache writes, `output` includes reasoning. */
export interface TokenCounts {
  readonly input: number;
  readonly cached: number;
  readonly written: number;
  readonly output: number;
  readonly reasoning: number;
  /** Whether input and output add up to the recorded total; in damaged records they usually do not. */
  readonly isSum: boolean;
}

interface CodexUsageMemory {
  readonly thread: CodexThread;
  readonly totals: Totals;
}

/** Running totals of a thread's events. */
export interface Totals {
  /** Null before the first event, and if earlier lines are missing. */
  previous: TokenCounts | null;
  /** How often the totals started again. Before 0.98 this happened whenever the thread was resumed. */
  restarts: number;
  /** Turn in which a response was recorded by its id. Its "token_count" events repeat the same usage. */
  recorded: string | null;
}

/** Types of lines with conversation and tool data. A line of an unknown type may contain usage in a new format. */
const KNOWN_TYPES = new Set(
  "event_msg response_item compacted world_state inter_agent_communication_metadata".split(" "),
);
const isWanted = (type: string, kind: string): boolean =>
  kind === "token_count" || isFollowed(type, kind) || !KNOWN_TYPES.has(type);

/** Emits the responses and limits of a chunk. */
export function readUsage(chunk: LineChunk, emitter: Emitter): void {
  const limits = new CodexLimits();
  let memory = emitter.memory as CodexUsageMemory | null;
  for (const line of rolloutLines(chunk, emitter, isWanted)) {
    const thread = follow(memory?.thread ?? null, line, chunk, emitter);
    memory ??= { thread, totals: noTotals() };
    const own = isOwn(thread, line);
    const { payload } = line;
    if (!payload) continue;
    if (line.type === "token_usage_record") readRecord(payload, line, memory, emitter);
    else if (line.type === "event_msg" && line.kind === "token_count") {
      readCount(payload, line, memory, own, emitter);
      if (own) limits.read(payload["rate_limits"], line.at ?? thread.time);
    } else if (!KNOWN_TYPES.has(line.type) && (isFields(payload["usage"]) || isFields(payload["info"])))
      emitter.skip(line.offset, "unknown_format");
  }
  limits.emit(emitter);
  emitter.memory = memory;
}

/** Totals before the first event of a file. */
export const noTotals = (): Totals => ({ previous: null, restarts: 0, recorded: null });

/** Emits a response recorded by its id. A fork's copy of the record still belongs to the parent. */
function readRecord(payload: Fields, line: RolloutLine, { thread, totals }: CodexUsageMemory, emitter: Emitter): void {
  const used = tokenCountsOf(payload["usage"]);
  const owner = text(payload["thread_id"], 200) || thread.id;
  if (!used) return emitter.skip(line.offset, "bad_count");
  totals.recorded = thread.turn;
  const sum = tokenCountsOf(payload["thread_token_usage"]);
  const id = text(payload["response_id"], 300) || (sum && `${owner}:${keyOf(sum)}`) || `${owner}@${line.at ?? 0}`;
  const place =
    owner === thread.id
      ? { ...placeOf(thread), copy: 0 }
      : { ...placeOf(thread), session: text(payload["session_id"], 200) || owner, agent: "", copy: 4 };
  emitResponse(id, used, place, line, thread, emitter);
}

/** Emits the responses by which a thread's running total grew. */
function readCount(
  payload: Fields,
  line: RolloutLine,
  { thread, totals }: CodexUsageMemory,
  own: boolean,
  emitter: Emitter,
): void {
  for (const { total, used } of responsesIn(payload, line, thread, totals, own, emitter)) {
    const id = `${thread.id}:${keyOf(total)}${totals.restarts > 0 ? `:${totals.restarts}` : ""}`;
    emitResponse(id, used, { ...placeOf(thread), copy: 0 }, line, thread, emitter);
  }
}

/** A response and the running total after it, which is its key. */
interface ResponseInTotal {
  readonly used: TokenCounts;
  readonly total: TokenCounts;
}

/**
 * Returns the responses that only a "token_count" event reports. Returns none if the event repeats the previous one,
 * was copied from a fork's parent, describes a recorded response, or contains limits only. If the total grew by more
 * than the last response, an event is missing, and the difference is returned as its response.
 */
export function responsesIn(
  payload: Fields,
  { offset }: Pick<RolloutLine, "offset">,
  thread: CodexThread,
  totals: Totals,
  own: boolean,
  emitter: Emitter,
): ResponseInTotal[] {
  const info = payload["info"];
  if (!isFields(info)) return [];
  const total = tokenCountsOf(info["total_token_usage"]);
  const last = tokenCountsOf(info["last_token_usage"]);
  if (!total) emitter.skip(offset, "bad_count");
  const { previous } = totals;
  if (!total || (previous && isEqual(total, previous))) return [];
  totals.previous = total;
  const hasDecreased = previous !== null && names.some((name) => total[name] < previous[name]);
  const isRestart = last !== null && isEqual(total, last);
  if (hasDecreased && isRestart && own) totals.restarts++;
  // A continued thread repeats its parent's last total before it has recorded anything.
  const isRepeat = previous === null && thread.isContinued && isSince(thread, RECORDS_SINCE);
  if (!own || isRepeat || (totals.recorded !== null && totals.recorded === thread.turn)) return [];
  // The last usage of an incomplete response is zero.
  const used = last && (isRestart || !isZero(last)) ? last : previous && !hasDecreased ? minus(total, previous) : last;
  if (!used) emitter.skip(offset, "no_history");
  if (!used || isZero(used)) return [];
  const before = minus(total, used);
  const missing = previous && !hasDecreased && !isRestart ? minus(before, previous) : null;
  const isLost =
    missing && !isZero(missing) && names.every((name) => missing[name] >= 0) && total.isSum && previous?.isSum;
  return [...(isLost ? [{ used: missing, total: before }] : []), { used, total }];
}

const names = ["input", "cached", "written", "output", "reasoning"] as const;
const isEqual = (a: TokenCounts, b: TokenCounts): boolean => names.every((name) => a[name] === b[name]);
const isZero = ({ input, output }: TokenCounts): boolean => input + output === 0;
const keyOf = (used: TokenCounts): string => names.map((name) => used[name]).join("-");

const minus = (a: TokenCounts, b: TokenCounts): TokenCounts => ({
  input: a.input - b.input,
  cached: a.cached - b.cached,
  written: a.written - b.written,
  output: a.output - b.output,
  reasoning: a.reasoning - b.reasoning,
  isSum: a.isSum && b.isSum,
});

/**
 * Returns the counts of a usage object, or null if one of them is invalid. Versions before 0.145 do not report cache
 * writes.
 */
function tokenCountsOf(value: unknown): TokenCounts | null {
  if (!isFields(value)) return null;
  const input = countOf(value["input_tokens"]);
  const cached = countOf(value["cached_input_tokens"]);
  const written = countOf(value["cache_write_input_tokens"] ?? 0);
  const output = countOf(value["output_tokens"]);
  const reasoning = countOf(value["reasoning_output_tokens"]);
  if (input === null || cached === null || written === null || output === null || reasoning === null) return null;
  return { input, cached, written, output, reasoning, isSum: value["total_tokens"] === input + output };
}

type ResponsePlace = Pick<ResponseObservation, "session" | "project" | "branch" | "agent" | "copy">;

function emitResponse(
  id: string,
  used: TokenCounts,
  where: ResponsePlace,
  line: RolloutLine,
  thread: CodexThread,
  emitter: Emitter,
): void {
  if (line.at === null) emitter.skip(line.offset, "no_time");
  // If a provider reports more cached tokens than input, the cached tokens are capped at the input.
  const cached = Math.min(used.cached, used.input);
  const written = Math.min(used.written, used.input - cached);
  if (cached !== used.cached || written !== used.written) emitter.skip(line.offset, "bad_count");
  const body: ResponseObservation = {
    ...noDetails,
    ...where,
    at: line.at ?? thread.time,
    model: thread.model,
    input: used.input - cached - written,
    output: used.output,
    cacheWrite: written,
    cacheRead: cached,
    prompt: used.input,
    tier: thread.tier,
    reasoning: used.reasoning,
  };
  emitter.emit({ kind: "response", key: `response:codex:${id}`, body });
}
