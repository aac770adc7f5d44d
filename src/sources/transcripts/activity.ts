import { gitOperations } from "../../shell/git.ts";
import type { CostStateObservation, ModelTotal } from "../../model/observation.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import {
  type Fields,
  fields,
  isFields,
  lineCountOf,
  lineOf,
  linesIn,
  listOf,
  outlineOf,
  text,
} from "../../utils/json.ts";
import { compactionsIn } from "./iterations.ts";
import { timeIn, transcriptOf } from "./line.ts";
import { responsesIn, USAGE } from "./responses.ts";
import { type EmitTranscriptAction, Transcript } from "./transcript.ts";
import { WORKTREE_STATE, type Worktrees } from "./worktrees.ts";

/**
 * Lines that begin with another type than these are not parsed. Requests and file snapshots make up most of the bytes.
 */
const TYPED = '{"type":"';
const BRACE = 123;
const WANTED = new Set(["user", "assistant", "system", "cost-state", "pr-link", WORKTREE_STATE]);
/** Text that the program inserts into user messages; nobody typed it as a prompt. */
const NO_PROMPT = /^\s*<(?:local-command|command-|bash-|task-notification|system-reminder|user-memory-input)/;

/**
 * Emits what sessions did: prompts, tools, changed files, git operations, links, and when sessions were active. Never
 * emits any text of a conversation.
 */
export function readActivity(chunk: LineChunk, emitter: Emitter): void {
  const { bytes, offset, path, modifiedAt, isOpen } = chunk;
  const transcript = new Transcript(chunk, emitter);
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (!isWanted(bytes, from, to)) continue;
    const line = parseWithoutOutput(bytes, from, to) ?? lineOf(bytes, from, to);
    if (line) {
      readLine(line, path, emitter, transcript, offset + from);
      if (line["type"] === "assistant" && !hasUsage(bytes, from, to))
        readEscapedUsage(line, path, modifiedAt, transcript.worktrees, emitter);
    } else if (isComplete || !isOpen) emitter.skip(offset + from, "bad_json");
  }
  transcript.finish();
}

/** Bytes at the end of a line that nearly always contain its usage. */
const END = 1_024;

const hasUsage = (bytes: Buffer, from: number, to: number): boolean =>
  bytes.subarray(Math.max(to - END, from), to).includes(USAGE) || bytes.subarray(from, to).includes(USAGE);

/** Bytes from which on a line is parsed without its long strings. */
const LARGE = 8_192;

/**
 * Returns a line without its long strings if it is a tool result, because its output is most of the bytes and is not
 * needed. Returns null if the line is not a tool result, or if the length of a long text matters: a prompt, or the
 * content of a new file.
 */
function parseWithoutOutput(bytes: Buffer, from: number, to: number): Fields | null {
  if (to - from < LARGE) return null;
  const line = outlineOf(bytes, from, to);
  const isOutput = line?.["type"] === "user" && resultsIn(line).length > 0;
  return isOutput && fields(line["toolUseResult"])["type"] !== "create" ? line : null;
}

/**
 * Emits a response whose "usage" key is written with escaped letters. The usage phase cannot find it because it does
 * not parse every line.
 */
function readEscapedUsage(
  line: Fields,
  path: string,
  modifiedAt: number,
  worktrees: Worktrees,
  emitter: Emitter,
): void {
  if (!isFields(fields(line["message"])["usage"])) return;
  const time = timeIn(line["timestamp"]) ?? modifiedAt;
  for (const one of responsesIn(line, path, time, worktrees, () => {})) emitter.emit(one);
}

function isWanted(bytes: Buffer, from: number, to: number): boolean {
  // Blank lines, or the remains of a line after an edit or a crash.
  if (to - from < 2) return false;
  if (bytes[from] === BRACE && bytes[from + 2] !== TYPED.charCodeAt(2)) return true;
  const start = bytes.toString("latin1", from, Math.min(from + 40, to));
  if (!start.startsWith(TYPED)) return start.trim() !== "" && start.trim() !== "\0";
  return WANTED.has(start.slice(TYPED.length, start.indexOf('"', TYPED.length)));
}

function readLine(line: Fields, path: string, emitter: Emitter, transcript: Transcript, offset: number): void {
  const type = line["type"];
  if (type === "cost-state") return readCostState(line, path, emitter);
  if (type === WORKTREE_STATE) return transcript.enterWorktree(line);
  const at = timeIn(line["timestamp"]);
  if (at === null) {
    // Responses without a valid time are reported by the usage phase.
    const { timestamp } = line;
    if (type !== "assistant" && timestamp !== undefined && timestamp !== null) emitter.skip(offset, "bad_time");
    return;
  }
  const results = type === "user" ? resultsIn(line) : [];
  transcript.startLine(line, at, type === "assistant" ? "response" : results.length > 0 ? "result" : "other");
  const { emit } = transcript;
  if (type === "assistant") readTools(line, at, emit);
  else if (results.length > 0) for (const result of results) readResult(line, result, at, emit);
  else if (type === "user") readPrompt(line, at, emit);
  else if (line["subtype"] === "compact_boundary") readCompaction(line, at, emit);
  else if (type === "pr-link") {
    const target = text(line["prUrl"]);
    if (target) emit(`link:${transcriptOf(line, path)}:${target}`, { action: "link", name: "pr", at, target });
  }
}

function readTools(line: Fields, at: number, emit: EmitTranscriptAction): void {
  const message = fields(line["message"]);
  const model = text(message["model"], 200);
  const usage = fields(message["usage"]);
  const compactions = usage["iterations"] === undefined ? 0 : compactionsIn(usage).length;
  for (let index = 0; index < compactions; index++)
    emit(`compaction:${text(message["id"], 200)}:${index}`, { action: "compaction", name: "", at, model });
  for (const block of listOf(message["content"])) {
    const id = text(block["id"], 200);
    const name = text(block["name"], 200);
    if (block["type"] !== "tool_use" || !id || !name) continue;
    emit(`tool:${id}`, { action: "tool", name, at, model });
    if (name !== "Bash" && name !== "PowerShell") continue;
    const command = text(fields(block["input"])["command"], 1_000_000);
    for (const [index, { operation, directory }] of gitOperations(command).entries()) {
      const tool = `action:tool:${id}`;
      emit(`git:${id}:${index}`, { action: "git", name: operation, at, model, target: directory ?? "", tool });
    }
  }
}

function readPrompt(line: Fields, at: number, emit: EmitTranscriptAction): void {
  const isTyped = line["isMeta"] !== true && line["isSidechain"] !== true && line["isCompactSummary"] !== true;
  const prompt = promptOf(fields(line["message"])["content"]);
  const id = text(line["uuid"], 200);
  if (!isTyped || !id || prompt === "" || NO_PROMPT.test(prompt)) return;
  emit(`prompt:${id}`, { action: "prompt", name: "", at, length: prompt.length });
}

/** Emits that the program compacted the history; the request for that is in no transcript. */
function readCompaction(line: Fields, at: number, emit: EmitTranscriptAction): void {
  const id = text(line["uuid"], 200);
  const duration = fields(line["compactMetadata"])["durationMs"];
  const isKnown = typeof duration === "number" && duration >= 0;
  if (id) emit(`compaction:${id}`, { action: "compaction", name: "", at, duration: isKnown ? duration : null });
}

const resultsIn = (line: Fields): Fields[] =>
  listOf(fields(line["message"])["content"]).filter((block) => block["type"] === "tool_result");

/** Emits the outcome of a tool and what it changed. */
function readResult(line: Fields, result: Fields, at: number, emit: EmitTranscriptAction): void {
  const id = text(result["tool_use_id"], 200);
  if (!id) return;
  const output = fields(line["toolUseResult"]);
  const duration = [output["durationMs"], output["totalDurationMs"]].find((ms) => typeof ms === "number" && ms >= 0);
  const ok = result["is_error"] !== true;
  emit(`tool:${id}`, { action: "tool", ended: at, ok, duration: duration === undefined ? null : Number(duration) });
  const target = text(output["filePath"]);
  if (!ok || !target || !Array.isArray(output["structuredPatch"])) return;
  const name = output["type"] === "create" ? "create" : "update";
  const tool = `action:tool:${id}`;
  emit(`file:${id}`, { action: "file", name, at, target, tool, ...changeOf(output) });
}

/**
 * Counts added and removed lines in the diff that the program computed. A new file has no diff: all of its lines are
 * added.
 */
function changeOf(output: Fields): { added: number; removed: number } {
  const lines = listOf(output["structuredPatch"]).flatMap((hunk) =>
    Array.isArray(hunk["lines"]) ? hunk["lines"] : [],
  );
  if (lines.length === 0 && output["type"] === "create") {
    return { added: lineCountOf(output["content"]), removed: 0 };
  }
  const count = (sign: string): number => lines.filter((one) => typeof one === "string" && one.startsWith(sign)).length;
  return { added: count("+"), removed: count("-") };
}

/** Returns the text that the user typed. Only its length is recorded. */
function promptOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((block) => (block["type"] === "text" ? text(block["text"], Infinity) : ""))
    .join("\n");
}

/** Emits the totals that a session writes when it closes. A fork's totals include those of its parent. */
function readCostState(line: Fields, path: string, emitter: Emitter): void {
  const session = transcriptOf(line, path);
  const models = Object.entries(fields(line["modelUsage"])).map(([name, sums]) => [
    name.slice(0, 200),
    totalOf(fields(sums)),
  ]);
  const body: CostStateObservation = {
    session,
    duration: amountOf(line["totalDuration"]),
    cost: nano(line["totalCostUSD"]),
    models: Object.fromEntries(models),
  };
  emitter.emit({ kind: "cost-state", key: `cost-state:${session}`, body });
}

function totalOf(sums: Fields): ModelTotal {
  const write = amountOf(sums["cacheCreationInputTokens"]);
  const cacheWrite1h = amountOf(sums["cacheCreationEphemeral1hInputTokens"]);
  return {
    input: amountOf(sums["inputTokens"]),
    output: amountOf(sums["outputTokens"]),
    cacheWrite5m: Math.max(write - cacheWrite1h, 0),
    cacheWrite1h,
    cacheRead: amountOf(sums["cacheReadInputTokens"]),
    searches: amountOf(sums["webSearchRequests"]),
    cost: nano(sums["costUSD"]),
  };
}

/** A sum of a session; 0 if it is missing or damaged. */
const amountOf = (value: unknown): number =>
  typeof value === "number" && value >= 0 && value < Number.MAX_SAFE_INTEGER ? value : 0;
const nano = (dollars: unknown): number => Math.round(Math.min(amountOf(dollars), 1e6) * 1e9);
