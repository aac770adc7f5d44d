import { noDetails, type ResponseObservation } from "../../model/observation.ts";
import { countOf, type Fields, isFields, text } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { Limits } from "./limits.ts";
import { type Line, rolloutLines } from "./line.ts";
import { follow, isFollowed, isFrom, isOwn, placeOf, RECORDS, type Thread } from "./thread.ts";

/** Tokens as the program writes them: `input` holds what was cached and what was written to a cache, `output` the reasoning. */
export interface Used {
  readonly input: number;
  readonly cached: number;
  readonly written: number;
  readonly output: number;
  readonly reasoning: number;
  /** It adds up to the sum that stands beside it, which damage would not leave so. */
  readonly isSum: boolean;
}

interface Memory {
  readonly thread: Thread;
  readonly totals: Totals;
}

/** The running sums of a thread's events. */
export interface Totals {
  /** Null before the first, and where lines before it are missing. */
  previous: Used | null;
  /** How often they began anew: before 0.98 with each time that the thread was taken up again. */
  restarts: number;
  /** The turn in which a response was written down by its id; its events say the same once more. */
  recorded: string | null;
}

/** Types of lines that hold what was said and done; any that is not known may tell usage in a way of its own. */
const OTHERS = new Set("event_msg response_item compacted world_state inter_agent_communication_metadata".split(" "));
const isWanted = (type: string, kind: string): boolean =>
  kind === "token_count" || isFollowed(type, kind) || !OTHERS.has(type);

/** Responses and limits of a chunk. */
export function readUsage(chunk: Chunk, findings: Emitter): void {
  const limits = new Limits();
  let memory = findings.memory as Memory | null;
  for (const line of rolloutLines(chunk, findings, isWanted)) {
    const thread = follow(memory?.thread ?? null, line, chunk, findings);
    memory ??= { thread, totals: noTotals() };
    const own = isOwn(thread, line);
    const { payload } = line;
    if (!payload) continue;
    if (line.type === "token_usage_record") readRecord(payload, line, memory, findings);
    else if (line.type === "event_msg" && line.kind === "token_count") {
      readCount(payload, line, memory, own, findings);
      if (own) limits.read(payload["rate_limits"], line.at ?? thread.time);
    } else if (!OTHERS.has(line.type) && (isFields(payload["usage"]) || isFields(payload["info"])))
      findings.skipped(line.offset, "unknown_format");
  }
  limits.tell(findings);
  findings.memory = memory;
}

/** Before the first event of a file. */
export const noTotals = (): Totals => ({ previous: null, restarts: 0, recorded: null });

/** A response by its id. In a fork's copy it is still the parent's. */
function readRecord(payload: Fields, line: Line, { thread, totals }: Memory, findings: Emitter): void {
  const used = usedOf(payload["usage"]);
  const owner = text(payload["thread_id"], 200) || thread.id;
  if (!used) return findings.skipped(line.offset, "bad_count");
  totals.recorded = thread.turn;
  const sum = usedOf(payload["thread_token_usage"]);
  const id = text(payload["response_id"], 300) || (sum && `${owner}:${keyOf(sum)}`) || `${owner}@${line.at ?? 0}`;
  const place =
    owner === thread.id
      ? { ...placeOf(thread), copy: 0 }
      : { ...placeOf(thread), session: text(payload["session_id"], 200) || owner, agent: "", copy: 4 };
  tell(id, used, place, line, thread, findings);
}

/** A sum of all responses so far, which tells of the last one what it grew by. */
function readCount(payload: Fields, line: Line, { thread, totals }: Memory, own: boolean, findings: Emitter): void {
  for (const { total, used } of grownBy(payload, line, thread, totals, own, findings)) {
    const id = `${thread.id}:${keyOf(total)}${totals.restarts > 0 ? `:${totals.restarts}` : ""}`;
    tell(id, used, { ...placeOf(thread), copy: 0 }, line, thread, findings);
  }
}

/** A response that an event tells, and the total with it, which is its key. */
interface Grown {
  readonly used: Used;
  readonly total: Used;
}

/**
 * What a "token_count" event says of responses that nothing else tells: nothing where it repeats the one before, is copied from
 * the parent of a fork, stands for a recorded response, or tells limits only. Where the total grew by more than the last
 * response, the event before it is lost; what that one told is the rest.
 */
export function grownBy(
  payload: Fields,
  { offset }: Pick<Line, "offset">,
  thread: Thread,
  totals: Totals,
  own: boolean,
  findings: Emitter,
): Grown[] {
  const info = payload["info"];
  if (!isFields(info)) return [];
  const total = usedOf(info["total_token_usage"]);
  const last = usedOf(info["last_token_usage"]);
  if (!total) findings.skipped(offset, "bad_count");
  const { previous } = totals;
  if (!total || (previous && isSame(total, previous))) return [];
  totals.previous = total;
  const fell = previous !== null && names.some((name) => total[name] < previous[name]);
  const isAnew = last !== null && isSame(total, last);
  if (fell && isAnew && own) totals.restarts++;
  // A thread that goes on repeats its parent's last total before it has recorded anything.
  const isRepeat = previous === null && thread.isContinued && isFrom(thread, RECORDS);
  if (!own || isRepeat || (totals.recorded !== null && totals.recorded === thread.turn)) return [];
  // The last usage of an incomplete response is zero.
  const used = last && (isAnew || !isNone(last)) ? last : previous && !fell ? minus(total, previous) : last;
  if (!used) findings.skipped(offset, "no_history");
  if (!used || isNone(used)) return [];
  const before = minus(total, used);
  const rest = previous && !fell && !isAnew ? minus(before, previous) : null;
  const isLost = rest && !isNone(rest) && names.every((name) => rest[name] >= 0) && total.isSum && previous?.isSum;
  return [...(isLost ? [{ used: rest, total: before }] : []), { used, total }];
}

const names = ["input", "cached", "written", "output", "reasoning"] as const;
const isSame = (a: Used, b: Used): boolean => names.every((name) => a[name] === b[name]);
const isNone = ({ input, output }: Used): boolean => input + output === 0;
const keyOf = (used: Used): string => names.map((name) => used[name]).join("-");

const minus = (a: Used, b: Used): Used => ({
  input: a.input - b.input,
  cached: a.cached - b.cached,
  written: a.written - b.written,
  output: a.output - b.output,
  reasoning: a.reasoning - b.reasoning,
  isSum: a.isSum && b.isSum,
});

/** The counts of a usage object; null where one of them is none. Before 0.145 it did not tell what was written to a cache. */
function usedOf(value: unknown): Used | null {
  if (!isFields(value)) return null;
  const input = countOf(value["input_tokens"]);
  const cached = countOf(value["cached_input_tokens"]);
  const written = countOf(value["cache_write_input_tokens"] ?? 0);
  const output = countOf(value["output_tokens"]);
  const reasoning = countOf(value["reasoning_output_tokens"]);
  if (input === null || cached === null || written === null || output === null || reasoning === null) return null;
  return { input, cached, written, output, reasoning, isSum: value["total_tokens"] === input + output };
}

type Where = Pick<ResponseObservation, "session" | "project" | "branch" | "agent" | "copy">;

function tell(id: string, used: Used, where: Where, line: Line, thread: Thread, findings: Emitter): void {
  if (line.at === null) findings.skipped(line.offset, "no_time");
  // A provider that says that more was cached than was sent is not believed in what was cached.
  const cached = Math.min(used.cached, used.input);
  const written = Math.min(used.written, used.input - cached);
  if (cached !== used.cached || written !== used.written) findings.skipped(line.offset, "bad_count");
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
  findings.observed({ kind: "response", key: `response:codex:${id}`, body });
}
