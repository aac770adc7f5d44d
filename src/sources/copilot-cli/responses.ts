import { countOf, type Fields, fields, text } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { type Event, readEvents, type Session, tellsRuns } from "./event.ts";
import { fingerprintOf, responseOf, type UsageEvent } from "./response.ts";

const WANTED = ["session.usage_record", "session.compaction_complete", "session.shutdown"];

/** A session with whether responses of the run at hand were told one by one: then its sums only repeat them. */
interface Run extends Session {
  isTold: boolean;
}

/** Responses of a chunk: those that have a record, those that summed up a history, and of old versions the sums of each run. */
export function readResponses(chunk: Chunk, findings: Emitter): void {
  let stored: boolean | null = null;
  // The database tells each response of which only a sum stands here.
  const isStored = (): boolean => (stored ??= chunk.names("../..").includes("session-store.db"));
  readEvents(
    chunk,
    findings,
    WANTED,
    (session): Run => ({ ...session, isTold: false }),
    (event, run) => {
      if (event.type === "session.usage_record") {
        run.isTold = true;
        tellRecord(event, chunk, findings);
      } else if (event.type === "session.compaction_complete") tellCompaction(event, chunk, findings, isStored);
      else if (event.type === "session.shutdown") tellSums(event, run, chunk, findings, isStored);
      else if (event.type !== "subagent.started") run.isTold = false;
    },
  );
}

const toldBy = (model: unknown, usage: Fields): UsageEvent => ({
  model: text(model, 200),
  input: usage["inputTokens"],
  output: usage["outputTokens"],
  cacheRead: usage["cacheReadTokens"],
  cacheWrite: usage["cacheWriteTokens"],
  reasoning: usage["reasoningTokens"],
});

function tellRecord({ data, at, agent, place, copy, skip }: Event, { written }: Chunk, findings: Emitter): void {
  const usage = fields(data["usage"]);
  if (!text(usage["model"])) return skip("not_a_response");
  if (at === null) skip("no_time");
  const told = toldBy(usage["model"], usage);
  // A subagent names a session of its own here, which no file has.
  const paidBy = copy > 0 && !agent ? text(fields(usage["accounting"])["sourceSessionId"], 200) : "";
  const key = fingerprintOf(told, usage["duration"], usage["timeToFirstTokenMs"]);
  const own = { ...place, session: paidBy || place.session };
  findings.observed(responseOf(key, own, at ?? written, copy, told, skip));
}

function tellCompaction(
  { data, at, place, copy, skip }: Event,
  { written }: Chunk,
  findings: Emitter,
  isStored: () => boolean,
): void {
  const usage = fields(data["compactionTokensUsed"]);
  if (Object.keys(usage).length === 0) return;
  if (!text(usage["model"])) return skip("not_a_response");
  const requests = countOf(usage["requestCount"] ?? 1);
  if (requests === null) skip("bad_count");
  // The database tells several one by one.
  else if (requests !== 1 && isStored()) return;
  if (at === null) skip("no_time");
  const told = toldBy(usage["model"], usage);
  const key = fingerprintOf(told, usage["duration"], usage["timeToFirstTokenMs"]);
  findings.observed(responseOf(key, place, at ?? written, copy, told, skip));
}

/**
 * Sums at the end of a run, where its responses stand nowhere else. Old versions sum up the run; newer ones the session
 * since it began, of which the largest sum holds, and which only counts where the database is lost.
 */
function tellSums(
  { data, id, at, place, copy, skip }: Event,
  run: Run,
  { written }: Chunk,
  findings: Emitter,
  isStored: () => boolean,
): void {
  const isRun = tellsRuns(run.version);
  if (run.isTold || (!isRun && (copy > 0 || isStored()))) return;
  if (at === null) skip("no_time");
  for (const [model, metrics] of Object.entries(fields(data["modelMetrics"]))) {
    const told = toldBy(model, fields(fields(metrics)["usage"]));
    const key = `${isRun ? id : place.session}:${told.model}`;
    const { kind, key: whole, body } = responseOf(key, place, at ?? written, copy, told, skip);
    // What the longest of its prompts was is not known.
    findings.observed({ kind, key: whole, body: { ...body, prompt: 0 } });
  }
}
