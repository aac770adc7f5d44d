import { countOf, type Fields, fields, text } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { type CopilotSession, type Event, readEvents, reportsRunTotals } from "./event.ts";
import { fingerprintOf, responseOf, type UsageEvent } from "./response.ts";

const WANTED = ["session.usage_record", "session.compaction_complete", "session.shutdown"];

/**
 * A session, and whether the responses of the current run were reported one by one. Then the run's totals only repeat
 * them. Stored between scans.
 */
interface CopilotUsageMemory extends CopilotSession {
  isTold: boolean;
}

/**
 * Emits the responses of a chunk: those with a usage record, compactions, and for old versions the totals of each run.
 */
export function readResponses(chunk: LineChunk, emitter: Emitter): void {
  let stored: boolean | null = null;
  // The database contains each response that has only a total here.
  const isStored = (): boolean => (stored ??= chunk.listFolder("../..").includes("session-store.db"));
  readEvents(
    chunk,
    emitter,
    WANTED,
    (session): CopilotUsageMemory => ({ ...session, isTold: false }),
    (event, memory) => {
      if (event.type === "session.usage_record") {
        memory.isTold = true;
        emitRecord(event, chunk, emitter);
      } else if (event.type === "session.compaction_complete") emitCompaction(event, chunk, emitter, isStored);
      else if (event.type === "session.shutdown") emitTotals(event, memory, chunk, emitter, isStored);
      else if (event.type !== "subagent.started") memory.isTold = false;
    },
  );
}

const usageEventOf = (model: unknown, usage: Fields): UsageEvent => ({
  model: text(model, 200),
  input: usage["inputTokens"],
  output: usage["outputTokens"],
  cacheRead: usage["cacheReadTokens"],
  cacheWrite: usage["cacheWriteTokens"],
  reasoning: usage["reasoningTokens"],
});

function emitRecord({ data, at, agent, place, copy, skip }: Event, { modifiedAt }: LineChunk, emitter: Emitter): void {
  const usage = fields(data["usage"]);
  if (!text(usage["model"])) return skip("not_a_response");
  if (at === null) skip("no_time");
  const event = usageEventOf(usage["model"], usage);
  // A subagent's usage names a session id here that has no file.
  const paidBy = copy > 0 && !agent ? text(fields(usage["accounting"])["sourceSessionId"], 200) : "";
  const key = fingerprintOf(event, usage["duration"], usage["timeToFirstTokenMs"]);
  const own = { ...place, session: paidBy || place.session };
  emitter.emit(responseOf(key, own, at ?? modifiedAt, copy, event, skip));
}

function emitCompaction(
  { data, at, place, copy, skip }: Event,
  { modifiedAt }: LineChunk,
  emitter: Emitter,
  isStored: () => boolean,
): void {
  const usage = fields(data["compactionTokensUsed"]);
  if (Object.keys(usage).length === 0) return;
  if (!text(usage["model"])) return skip("not_a_response");
  const requests = countOf(usage["requestCount"] ?? 1);
  if (requests === null) skip("bad_count");
  // The database contains several requests one by one.
  else if (requests !== 1 && isStored()) return;
  if (at === null) skip("no_time");
  const event = usageEventOf(usage["model"], usage);
  const key = fingerprintOf(event, usage["duration"], usage["timeToFirstTokenMs"]);
  emitter.emit(responseOf(key, place, at ?? modifiedAt, copy, event, skip));
}

/**
 * Emits the totals at the end of a run if its responses are recorded nowhere else. Old versions report the total of the
 * run. Newer ones report the total of the session so far: the largest counts, and only if the database is missing.
 */
function emitTotals(
  { data, id, at, place, copy, skip }: Event,
  memory: CopilotUsageMemory,
  { modifiedAt }: LineChunk,
  emitter: Emitter,
  isStored: () => boolean,
): void {
  const isRun = reportsRunTotals(memory.version);
  if (memory.isTold || (!isRun && (copy > 0 || isStored()))) return;
  if (at === null) skip("no_time");
  for (const [model, metrics] of Object.entries(fields(data["modelMetrics"]))) {
    const event = usageEventOf(model, fields(fields(metrics)["usage"]));
    const key = `${isRun ? id : place.session}:${event.model}`;
    const { kind, key: whole, body } = responseOf(key, place, at ?? modifiedAt, copy, event, skip);
    // The longest prompt of its requests is unknown.
    emitter.emit({ kind, key: whole, body: { ...body, prompt: 0 } });
  }
}
