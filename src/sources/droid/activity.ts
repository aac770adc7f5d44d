import { isAbsolute, join } from "node:path";
import { gitOperations } from "../../shell/git.ts";
import { type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { countOf, type Fields, fields, isTime, lineCountOf, listOf, parse, text, timeOf } from "../../utils/json.ts";
import { type Emitter, extendSession, type LineChunk, objectsIn } from "../contract.ts";
import { type DroidOrigin, noOrigin, originOf, sessionOf } from "./session.ts";

/** State needed to continue in the middle of a transcript. Stored between scans. */
interface DroidSession extends DroidOrigin {
  /** Whether the lines that follow were copied from the parent. */
  isCopying: boolean;
  /** Whether the first line was read. */
  hasBegun: boolean;
  /** The last answer: results of tools that follow belong to it. */
  turn: string;
  model: string;
  /** Time of the last line that has one, epoch milliseconds; lines without a time follow directly. */
  at: number | null;
  /** Files that its tools write: call id, path, and the number of lines if the file is created, else -1. */
  writes: [call: string, path: string, lines: number][];
}

type EmitDroidAction = (id: string, details: Partial<ActionObservation> & Pick<ActionObservation, "action">) => void;

/** More files than the tools of one answer write. */
const MAX_WRITES = 1_000;
const NEW: DroidSession = {
  ...noOrigin,
  isCopying: false,
  hasBegun: false,
  turn: "",
  model: "",
  at: null,
  writes: [],
};

/**
 * Emits what sessions did: prompts, tools, changed files, git operations, subagents, compactions, interrupted responses.
 * Never emits any text of a conversation.
 */
export function readActivity(chunk: LineChunk, emitter: Emitter): void {
  const id = sessionOf(chunk.path);
  const session = (emitter.memory as DroidSession | null) ?? { ...NEW };
  let interval: SessionObservation | null = null;
  for (const { line } of objectsIn(chunk, emitter)) {
    if (line["type"] === "session_start" && !session.hasBegun) {
      const origin = originOf(line);
      Object.assign(session, origin, { hasBegun: true, isCopying: origin.forkedAt !== "" });
    }
    const isCopy = session.isCopying;
    if (isCopy && line["id"] === session.forkedAt) session.isCopying = false;
    const at = timeOf(line["timestamp"]) ?? session.at;
    if (at === null) continue;
    if (isTime(at)) session.at = at;
    const place = { session: id, project: session.project, branch: "", agent: session.isSub ? "subagent" : "" };
    if (!isCopy && isTime(at)) interval = extendSession(interval, { ...place, agent: "" }, at);
    const own = isCopy ? { ...place, session: session.parent || id, copy: 4 } : place;
    readLine(session, line, at, (name, details) =>
      emitter.emit({ kind: "action", key: `action:${name}`, body: { ...noAction, ...own, ...details } }),
    );
  }
  if (interval) emitter.emit({ kind: "session", key: `session:${id}`, body: interval });
  emitter.memory = session;
}

function readLine(session: DroidSession, line: Fields, at: number, emit: EmitDroidAction): void {
  const id = text(line["id"], 200);
  const message = fields(line["message"]);
  if (line["type"] === "compaction_state" && id)
    emit(`compaction:droid:${id}`, { action: "compaction", name: "", at, model: session.model });
  else if (line["type"] === "agent_turn_outcome") {
    const turn = text(line["turnId"], 200);
    if (turn && line["reason"] === "cancelled")
      emit(`unrecorded:droid:${turn}`, { action: "unrecorded", name: "interrupted", at, model: session.model });
  } else if (line["type"] === "message" && id) {
    if (message["role"] === "assistant") readAnswer(session, message, id, at, emit);
    else if (message["role"] === "user") readUser(session, message, id, at, emit);
  }
}

function readUser(session: DroidSession, message: Fields, id: string, at: number, emit: EmitDroidAction): void {
  const blocks = listOf(message["content"]);
  const results = blocks.filter((block) => block["type"] === "tool_result");
  for (const result of results) readResult(session, result, at, emit);
  // The program talks to the model itself, and a subagent's prompt is its caller's.
  if (results.length > 0 || message["visibility"] === "llm_only" || session.isSub) return;
  const { content } = message;
  const typed =
    typeof content === "string"
      ? content
      : blocks.map((block) => (block["type"] === "text" ? text(block["text"], Infinity) : "")).join("\n");
  if (typed !== "") emit(`prompt:droid:${id}`, { action: "prompt", name: "", at, length: typed.length });
}

function readAnswer(session: DroidSession, message: Fields, id: string, at: number, emit: EmitDroidAction): void {
  const model = text(message["modelId"], 200) || session.model;
  Object.assign(session, { model, turn: id, writes: [] });
  for (const block of listOf(message["content"])) {
    const call = text(block["id"], 200);
    const name = text(block["name"], 200);
    if (block["type"] !== "tool_use" || !call || !name) continue;
    const given = fields(block["input"]);
    const key = `droid:${id}:${call}`;
    const tool = `action:tool:${key}`;
    emit(`tool:${key}`, { action: "tool", name, at, model });
    const path = text(given["file_path"], 4_096);
    if (path && (name === "Create" || name === "Edit") && session.writes.length < MAX_WRITES) {
      const target = isAbsolute(path) || !session.project ? path : join(session.project, path);
      session.writes.push([call, target, name === "Create" ? lineCountOf(given["content"]) : -1]);
    }
    if (name === "Task")
      emit(`agent:${key}`, { action: "agent", name: text(given["subagent_type"], 100) || "subagent", at, model, tool });
    if (name !== "Execute") continue;
    for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries())
      emit(`git:${key}:${index}`, { action: "git", name: operation, at, model, target: directory ?? "", tool });
  }
}

/** Emits the outcome of a tool and what it changed. A command with an exit code other than 0 is recorded as an error. */
function readResult(session: DroidSession, result: Fields, at: number, emit: EmitDroidAction): void {
  const call = text(result["tool_use_id"], 200);
  if (!call) return;
  const key = `droid:${session.turn}:${call}`;
  const ok = result["is_error"] !== true;
  emit(`tool:${key}`, { action: "tool", ended: at, ok });
  const [, target, lines] = session.writes.find(([written]) => written === call) ?? [];
  if (!ok || target === undefined || lines === undefined) return;
  const change = lines >= 0 ? { name: "create", added: lines } : { name: "update", ...changeOf(result["content"]) };
  emit(`file:${key}`, { action: "file", at, target, tool: `action:tool:${key}`, ...change });
}

/** Returns the numbers of lines that an edit added and removed, from its result: JSON as text. */
function changeOf(content: unknown): { added: number; removed: number } {
  const { linesAdded, linesRemoved } = fields(parse(text(content, 10_000_000)));
  return { added: countOf(linesAdded) ?? 0, removed: countOf(linesRemoved) ?? 0 };
}
