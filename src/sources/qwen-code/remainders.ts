import { basename } from "node:path";
import type { SkipReason } from "../../model/observation.ts";
import { type Fields, fields, lineOf, linesIn, msOf, text } from "../../utils/json.ts";
import { type Emitter, type LineChunk, objectsIn } from "../contract.ts";
import { responseOf, type TelemetryResponse, telemetryResponses } from "./telemetry.ts";
import { type QwenCounts, countsOfRecord, minus, noCounts, plus } from "./usage.ts";

/**
 * Total usage of a run of the program for a session, starting from the responses that the session had when it was
 * resumed.
 */
interface QwenRun {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly project: string;
  readonly models: ReadonlyMap<string, QwenCounts>;
}

const SAFE = /^[\w-]{1,100}$/;

/**
 * Emits the remainders of finished runs. Background requests, such as for suggested prompts, are in no chat. Their
 * usage is the run's total minus all responses in the session's chat up to the run's end.
 */
export function readRecords(chunk: LineChunk, emitter: Emitter): void {
  const records = chunk.readSibling(basename(chunk.path)) ?? chunk.bytes;
  const done = new Set<string>();
  for (const { line, place } of objectsIn(chunk, emitter)) {
    const skip = (reason: SkipReason): void => emitter.skip(place, reason);
    const session = text(line["sessionId"], 200);
    if (!SAFE.test(session) || !runOf(line, skip)) skip("unknown_format");
    else if (!done.has(session)) {
      const chat = chatOf(chunk, text(line["project"]), session);
      if (chat) {
        done.add(session);
        emitRemainders(records, () => chat, session, 0, emitter);
      } else skip("no_history");
    }
  }
}

/** Reads a chat. A project's folder is named after its path, in lower case on Windows. */
function chatOf({ readSibling }: LineChunk, project: string, session: string): Buffer | null {
  const folder = project.replace(/[^a-zA-Z0-9]/g, "-");
  const chat = (name: string): Buffer | null => readSibling(`projects/${name}/chats/${session}.jsonl`);
  return chat(folder) ?? chat(folder.toLowerCase());
}

/**
 * Emits the remainders of a session's runs if one of them ended at or after `since`. `wholeChat` is called only then,
 * because it reads the whole chat; it returns null if the chat is not complete yet.
 */
export function emitRemainders(
  records: Buffer,
  wholeChat: () => Buffer | null,
  session: string,
  since: number,
  emitter: Emitter,
): void {
  const runs = runsIn(records, session);
  const chat = runs.some(({ end }) => end >= since) ? wholeChat() : null;
  if (!chat) return;
  const responses = new Map(
    Array.from(telemetryResponses(chat, WHOLE_CHAT, IGNORE_SKIPS), (one) => [one.id || one, one]),
  );
  for (const [index, run] of runs.entries()) {
    // A run may be recorded twice, the second time including the usage of the first.
    const before = runs.findLast(({ start }, at) => at < index && start === run.start);
    for (const [model, totals] of run.models) {
      const known = plus(
        before?.models.get(model) ?? noCounts,
        sumOf(responses.values(), model, before?.end ?? 0, run.end),
      );
      const place = { session, project: run.project, branch: "", agent: "background" };
      emitter.emit({
        kind: "rest",
        key: `rest:qwen-code:${session}:${run.end}:${model}`,
        body: responseOf(place, run.end, model, minus(totals, known)),
      });
    }
  }
}

const WHOLE_CHAT = { offset: 0, isOpen: true };
/** Lines of a chat that cannot be read are recorded when the chat itself is read. */
const IGNORE_SKIPS = { skip(): void {} };

/** Adds up the responses of a model after one time and up to another. */
function sumOf(all: Iterable<TelemetryResponse>, model: string, after: number, until: number): QwenCounts {
  let sum = noCounts;
  for (const one of all)
    if (one.model === model && one.at !== null && one.at > after && one.at <= until) sum = plus(sum, one.counts);
  return sum;
}

/** Returns the runs of a session in the order of their ends. */
function runsIn(records: Buffer, session: string): QwenRun[] {
  const runs: QwenRun[] = [];
  for (const { from, to } of linesIn(records)) {
    if (!records.subarray(from, to).includes(session)) continue;
    const line = lineOf(records, from, to);
    const run = line?.["sessionId"] === session ? runOf(line, () => {}) : null;
    if (run) runs.push(run);
  }
  return runs.toSorted((a, b) => a.end - b.end);
}

function runOf(line: Fields, skip: (reason: SkipReason) => void): QwenRun | null {
  const end = msOf(line["timestamp"]);
  const models = Object.entries(fields(line["models"]));
  if (end === null || models.length === 0) return null;
  return {
    end,
    start: msOf(line["startTime"]) ?? end,
    project: text(line["project"]),
    models: new Map(models.map(([model, sums]) => [model.slice(0, 200), countsOfRecord(fields(sums), skip)])),
  };
}
