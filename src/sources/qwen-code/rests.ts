import { basename } from "node:path";
import type { SkipReason } from "../../model/observation.ts";
import { type Fields, fields, lineOf, linesIn, text } from "../../utils/json.ts";
import { type Chunk, type Findings, objectsIn } from "../contract.ts";
import { responseOf, type Told, toldIn } from "./telemetry.ts";
import { type Counts, countsOfRecord, minus, noCounts, plus } from "./usage.ts";

/** What a run of the program used in all for a session, from the responses on that the session had when it was resumed. */
interface Run {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly project: string;
  readonly models: ReadonlyMap<string, Counts>;
}

const SAFE = /^[\w-]{1,100}$/;

/**
 * Runs that ended. Requests in the background, such as for suggested prompts, stand in no chat: they are what is left of a
 * run when all responses that the session's chat tells up to its end are taken from it.
 */
export function readRecords(chunk: Chunk, findings: Findings): void {
  const records = chunk.beside(basename(chunk.path)) ?? chunk.bytes;
  const done = new Set<string>();
  for (const { line, place } of objectsIn(chunk, findings)) {
    const skip = (reason: SkipReason): void => findings.skipped(place, reason);
    const session = text(line["sessionId"], 200);
    if (!SAFE.test(session) || !runOf(line, skip)) skip("unknown_format");
    else if (!done.has(session)) {
      const chat = chatOf(chunk, text(line["project"]), session);
      if (chat) {
        done.add(session);
        tellRests(records, () => chat, session, 0, findings);
      } else skip("no_history");
    }
  }
}

/** A project's folder is named by its path; on Windows in small letters. */
function chatOf({ beside }: Chunk, project: string, session: string): Buffer | null {
  const folder = project.replace(/[^a-zA-Z0-9]/g, "-");
  const chat = (name: string): Buffer | null => beside(`projects/${name}/chats/${session}.jsonl`);
  return chat(folder) ?? chat(folder.toLowerCase());
}

/**
 * Tells what is left of a session's runs if one of them ended at a time or later. The chat is asked for only then, since it
 * is read whole; null where it cannot be told yet.
 */
export function tellRests(
  records: Buffer,
  wholeChat: () => Buffer | null,
  session: string,
  since: number,
  findings: Findings,
): void {
  const runs = runsIn(records, session);
  const chat = runs.some(({ end }) => end >= since) ? wholeChat() : null;
  if (!chat) return;
  const told = new Map(Array.from(toldIn(chat, WHOLE, QUIET), (one) => [one.id || one, one]));
  for (const [index, run] of runs.entries()) {
    // One run may be told twice, the second time with all that it used the first time.
    const before = runs.findLast(({ start }, at) => at < index && start === run.start);
    for (const [model, totals] of run.models) {
      const known = plus(before?.models.get(model) ?? noCounts, sumOf(told.values(), model, before?.end ?? 0, run.end));
      const place = { session, project: run.project, branch: "", agent: "background" };
      findings.observed({
        kind: "rest",
        key: `rest:qwen-code:${session}:${run.end}:${model}`,
        body: responseOf(place, run.end, model, minus(totals, known)),
      });
    }
  }
}

const WHOLE = { offset: 0, isOpen: true };
/** What of a chat cannot be read is told when the chat itself is read. */
const QUIET = { skipped(): void {} };

/** Responses of a model after one time and up to another. */
function sumOf(all: Iterable<Told>, model: string, after: number, until: number): Counts {
  let sum = noCounts;
  for (const one of all)
    if (one.model === model && one.at !== null && one.at > after && one.at <= until) sum = plus(sum, one.counts);
  return sum;
}

/** Runs of a session in the order of their ends. */
function runsIn(records: Buffer, session: string): Run[] {
  const runs: Run[] = [];
  for (const { from, to } of linesIn(records)) {
    if (!records.subarray(from, to).includes(session)) continue;
    const line = lineOf(records, from, to);
    const run = line?.["sessionId"] === session ? runOf(line, () => {}) : null;
    if (run) runs.push(run);
  }
  return runs.toSorted((a, b) => a.end - b.end);
}

function runOf(line: Fields, skip: (reason: SkipReason) => void): Run | null {
  const end = timeIn(line["timestamp"]);
  const models = Object.entries(fields(line["models"]));
  if (end === null || models.length === 0) return null;
  return {
    end,
    start: timeIn(line["startTime"]) ?? end,
    project: text(line["project"]),
    models: new Map(models.map(([model, sums]) => [model.slice(0, 200), countsOfRecord(fields(sums), skip)])),
  };
}

const timeIn = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 && Number(value) < 8.64e15 ? Number(value) : null;
