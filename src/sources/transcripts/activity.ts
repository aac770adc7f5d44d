import { gitOperations } from "../../shell/git.ts";
import type { CostStateObservation, ModelTotal } from "../../model/observation.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { type Fields, fields, isFields, lineOf, linesIn, listOf, outlineOf, text } from "../../utils/json.ts";
import { compactionsIn } from "./iterations.ts";
import { timeIn, transcriptOf } from "./line.ts";
import { responsesIn, USAGE } from "./responses.ts";
import { type Tell, Transcript } from "./transcript.ts";
import { WORKTREE_STATE, type Worktrees } from "./worktrees.ts";

/** Lines that begin with their type and are none of these need not be parsed; requests and snapshots hold most of the bytes. */
const TYPED = '{"type":"';
const BRACE = 123;
const WANTED = new Set(["user", "assistant", "system", "cost-state", "pr-link", WORKTREE_STATE]);
/** What the program writes for the user, which nobody typed as a prompt. */
const NO_PROMPT = /^\s*<(?:local-command|command-|bash-|task-notification|system-reminder|user-memory-input)/;

/** What sessions did: prompts, tools, changed files, git operations, links, beginnings and ends. Never a text of anybody. */
export function readActivity(chunk: Chunk, findings: Emitter): void {
  const { bytes, offset, path, written, isOpen } = chunk;
  const transcript = new Transcript(chunk, findings);
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (!isWanted(bytes, from, to)) continue;
    const line = withoutOutput(bytes, from, to) ?? lineOf(bytes, from, to);
    if (line) {
      readLine(line, path, findings, transcript, offset + from);
      if (line["type"] === "assistant" && !hasUsage(bytes, from, to))
        readHidden(line, path, written, transcript.worktrees, findings);
    } else if (isComplete || !isOpen) findings.skipped(offset + from, "bad_json");
  }
  transcript.end();
}

/** Bytes at the end of a line in which its usage nearly always stands. */
const END = 1_024;

const hasUsage = (bytes: Buffer, from: number, to: number): boolean =>
  bytes.subarray(Math.max(to - END, from), to).includes(USAGE) || bytes.subarray(from, to).includes(USAGE);

/** Bytes of a line that holds more than a few words. */
const LARGE = 8_192;

/**
 * A line without what a tool gave back, which is most of what there is to read and of which nothing is told. Null where
 * it is none, or may tell of its long texts: the length of a prompt, the lines of a new file.
 */
function withoutOutput(bytes: Buffer, from: number, to: number): Fields | null {
  if (to - from < LARGE) return null;
  const line = outlineOf(bytes, from, to);
  const isOutput = line?.["type"] === "user" && resultsIn(line).length > 0;
  return isOutput && fields(line["toolUseResult"])["type"] !== "create" ? line : null;
}

/** A response whose key "usage" is written with escaped letters: the first pass, which does not parse every line, cannot see it. */
function readHidden(line: Fields, path: string, written: number, worktrees: Worktrees, findings: Emitter): void {
  if (!isFields(fields(line["message"])["usage"])) return;
  const time = timeIn(line["timestamp"]) ?? written;
  for (const one of responsesIn(line, path, time, worktrees, () => {})) findings.observed(one);
}

function isWanted(bytes: Buffer, from: number, to: number): boolean {
  // A blank line, or what an editor or a crash left of one.
  if (to - from < 2) return false;
  if (bytes[from] === BRACE && bytes[from + 2] !== TYPED.charCodeAt(2)) return true;
  const start = bytes.toString("latin1", from, Math.min(from + 40, to));
  if (!start.startsWith(TYPED)) return start.trim() !== "" && start.trim() !== "\0";
  return WANTED.has(start.slice(TYPED.length, start.indexOf('"', TYPED.length)));
}

function readLine(line: Fields, path: string, findings: Emitter, transcript: Transcript, offset: number): void {
  const type = line["type"];
  if (type === "cost-state") return readCostState(line, path, findings);
  if (type === WORKTREE_STATE) return transcript.enter(line);
  const at = timeIn(line["timestamp"]);
  if (at === null) {
    // Of a response the first pass says so.
    const { timestamp } = line;
    if (type !== "assistant" && timestamp !== undefined && timestamp !== null) findings.skipped(offset, "bad_time");
    return;
  }
  const results = type === "user" ? resultsIn(line) : [];
  transcript.take(line, at, type === "assistant" ? "response" : results.length > 0 ? "result" : "other");
  const { tell } = transcript;
  if (type === "assistant") readTools(line, at, tell);
  else if (results.length > 0) for (const result of results) readResult(line, result, at, tell);
  else if (type === "user") readPrompt(line, at, tell);
  else if (type === "pr-link") {
    const target = text(line["prUrl"]);
    if (target) tell(`link:${transcriptOf(line, path)}:${target}`, { action: "link", name: "pr", at, target });
  }
}

function readTools(line: Fields, at: number, tell: Tell): void {
  const message = fields(line["message"]);
  const model = text(message["model"], 200);
  const usage = fields(message["usage"]);
  const compactions = usage["iterations"] === undefined ? 0 : compactionsIn(usage).length;
  for (let index = 0; index < compactions; index++)
    tell(`compaction:${text(message["id"], 200)}:${index}`, { action: "compaction", name: "", at, model });
  for (const block of listOf(message["content"])) {
    const id = text(block["id"], 200);
    const name = text(block["name"], 200);
    if (block["type"] !== "tool_use" || !id || !name) continue;
    tell(`tool:${id}`, { action: "tool", name, at, model });
    if (name !== "Bash" && name !== "PowerShell") continue;
    const command = text(fields(block["input"])["command"], 1_000_000);
    for (const [index, { operation, directory }] of gitOperations(command).entries()) {
      const tool = `action:tool:${id}`;
      tell(`git:${id}:${index}`, { action: "git", name: operation, at, model, target: directory ?? "", tool });
    }
  }
}

function readPrompt(line: Fields, at: number, tell: Tell): void {
  const isTyped = line["isMeta"] !== true && line["isSidechain"] !== true && line["isCompactSummary"] !== true;
  const prompt = promptOf(fields(line["message"])["content"]);
  const id = text(line["uuid"], 200);
  if (!isTyped || !id || prompt === "" || NO_PROMPT.test(prompt)) return;
  tell(`prompt:${id}`, { action: "prompt", name: "", at, length: prompt.length });
}

const resultsIn = (line: Fields): Fields[] =>
  listOf(fields(line["message"])["content"]).filter((block) => block["type"] === "tool_result");

/** The outcome of a tool, and what it changed. */
function readResult(line: Fields, result: Fields, at: number, tell: Tell): void {
  const id = text(result["tool_use_id"], 200);
  if (!id) return;
  const told = fields(line["toolUseResult"]);
  const duration = [told["durationMs"], told["totalDurationMs"]].find((ms) => typeof ms === "number" && ms >= 0);
  const ok = result["is_error"] !== true;
  tell(`tool:${id}`, { action: "tool", ended: at, ok, duration: duration === undefined ? null : Number(duration) });
  const target = text(told["filePath"]);
  if (!ok || !target || !Array.isArray(told["structuredPatch"])) return;
  const name = told["type"] === "create" ? "create" : "update";
  const tool = `action:tool:${id}`;
  tell(`file:${id}`, { action: "file", name, at, target, tool, ...changeOf(told) });
}

/** Lines added and removed, from the diff that the program made; a new file has none and is all added. */
function changeOf(told: Fields): { added: number; removed: number } {
  const lines = listOf(told["structuredPatch"]).flatMap((hunk) => (Array.isArray(hunk["lines"]) ? hunk["lines"] : []));
  if (lines.length === 0 && told["type"] === "create") {
    const content = typeof told["content"] === "string" ? told["content"] : "";
    return { added: content === "" ? 0 : content.split("\n").length - +content.endsWith("\n"), removed: 0 };
  }
  const count = (sign: string): number => lines.filter((one) => typeof one === "string" && one.startsWith(sign)).length;
  return { added: count("+"), removed: count("-") };
}

/** What the user typed, of which only the length is kept. */
function promptOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((block) => (block["type"] === "text" && typeof block["text"] === "string" ? block["text"] : ""))
    .join("\n");
}

/** The sums that a session leaves when it is closed. A fork begins with those of its parent. */
function readCostState(line: Fields, path: string, findings: Emitter): void {
  const session = transcriptOf(line, path);
  const models = Object.entries(fields(line["modelUsage"])).map(([name, sums]) => [
    name.slice(0, 200),
    totalOf(fields(sums)),
  ]);
  const body: CostStateObservation = {
    session,
    duration: numberOf(line["totalDuration"]),
    cost: nano(line["totalCostUSD"]),
    models: Object.fromEntries(models),
  };
  findings.observed({ kind: "cost-state", key: `cost-state:${session}`, body });
}

function totalOf(sums: Fields): ModelTotal {
  const write = numberOf(sums["cacheCreationInputTokens"]);
  const cacheWrite1h = numberOf(sums["cacheCreationEphemeral1hInputTokens"]);
  return {
    input: numberOf(sums["inputTokens"]),
    output: numberOf(sums["outputTokens"]),
    cacheWrite5m: Math.max(write - cacheWrite1h, 0),
    cacheWrite1h,
    cacheRead: numberOf(sums["cacheReadInputTokens"]),
    searches: numberOf(sums["webSearchRequests"]),
    cost: nano(sums["costUSD"]),
  };
}

const numberOf = (value: unknown): number =>
  typeof value === "number" && value >= 0 && value < Number.MAX_SAFE_INTEGER ? value : 0;
const nano = (dollars: unknown): number => Math.round(Math.min(numberOf(dollars), 1e6) * 1e9);
