import { isAbsolute, join } from "node:path";
import { type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { countOf, type Fields, fields, isTime, lineCountOf, listOf, numberOf, text } from "../../utils/json.ts";
import { type Emitter, extendSession, type LineChunk } from "../contract.ts";
import { type EmitAction, emitGit, lengthOf, linesOf, noUsageReason } from "./message.ts";
import { type PiEntry, readEntries, type PiSession } from "./session.ts";
import { usageOf } from "./usage.ts";

/** More files than the tools of one response write. */
const MAX_WRITES = 1_000;

/**
 * Emits what sessions did: prompts, tools, changed files, git operations, compactions, responses without usage. Never
 * emits any text of a conversation.
 */
export function readActivity(chunk: LineChunk, emitter: Emitter): void {
  const intervals = new Map<string, SessionObservation>();
  readEntries(chunk, emitter, "", (session, one) => {
    const { at, copy, key } = one;
    // What was imported happened in another program, whose own files are read.
    if (at === null || one.isImported) return;
    const place = { session: session.id, project: session.project, branch: "", agent: session.agent };
    if (copy === 0 && isTime(at))
      intervals.set(session.id, extendSession(intervals.get(session.id) ?? null, place, at));
    const own = copy > 0 && session.parent ? { ...place, session: session.parent } : place;
    if (key === "") return;
    readEntry(session, one, at, (id, details) =>
      emitter.emit({ kind: "action", key: `action:${id}`, body: { ...noAction, ...own, copy, ...details } }),
    );
  });
  for (const body of intervals.values()) {
    emitter.emit({ kind: "session", key: `session:${body.session}`, body });
  }
}

function readEntry(session: PiSession, { entry, key }: PiEntry, at: number, emit: EmitAction): void {
  const message = fields(entry["message"]);
  if (entry["type"] === "message") {
    if (message["role"] === "assistant") readResponse(session, message, key, at, emit);
    else if (message["role"] === "toolResult") readResult(session, message, at, emit);
    else if (message["role"] === "user" && message["attribution"] !== "agent") {
      const length = lengthOf(message["content"]);
      if (length > 0) emit(`prompt:${key}`, { action: "prompt", name: "", at, length });
    }
  } else if (entry["type"] === "compaction") {
    emit(`compaction:${key}`, { action: "compaction", name: "", at, model: session.model });
  }
  const name =
    message["role"] === "assistant" ? noUsageReason(message) : isModelSummary(entry) ? text(entry["type"]) : "";
  if (name && !usageOf(entry)) emit(`unrecorded:${key}`, { action: "unrecorded", name, at, model: session.model });
}

/** Ways in which oh-my-pi shortens a history without a model. */
const WITHOUT_MODEL: ReadonlySet<unknown> = new Set(["shake", "snapcompact"]);

/** Whether a model wrote the summary that an entry holds. Those by extensions need not come from one. */
const isModelSummary = ({ type, fromHook, fromExtension, method }: Fields): boolean =>
  (type === "compaction" || type === "branch_summary") &&
  fromHook !== true &&
  fromExtension !== true &&
  !WITHOUT_MODEL.has(method);

function readResponse(session: PiSession, message: Fields, key: string, at: number, emit: EmitAction): void {
  const model = text(message["model"], 200) || session.model;
  session.model = model;
  session.turn = key;
  session.writes = [];
  for (const block of listOf(message["content"])) {
    const id = text(block["id"], 200);
    const name = text(block["name"], 200);
    if (block["type"] !== "toolCall" || !id || !name) continue;
    const given = fields(block["arguments"]);
    const tool = `tool:${key}:${id}`;
    emit(tool, { action: "tool", name, at, model });
    const path = text(given["path"]);
    if ((name === "edit" || name === "write") && isFile(path) && session.writes.length < MAX_WRITES)
      session.writes.push([id, pathOf(session, path), lineCountOf(given["content"])]);
    if (name === "task")
      for (const [index, type] of agentsOf(given).entries())
        emit(`agent:${key}:${id}:${index}`, { action: "agent", name: type, at, model, tool: `action:${tool}` });
    if (name === "bash") emitGit(`${key}:${id}`, given, at, model, emit);
  }
}

/** Whether a path is that of a file: oh-my-pi writes messages to subagents by the same tool ("agent://all"). */
const isFile = (path: string): boolean => path !== "" && !/^[a-z][a-z+.-]*:\/\//i.test(path);

/**
 * Emits the outcome of a tool and what it changed. A command with an exit code other than 0 is recorded as an error.
 */
function readResult(session: PiSession, message: Fields, at: number, emit: EmitAction): void {
  const id = text(message["toolCallId"], 200);
  const name = text(message["toolName"], 200);
  if (!id) return;
  const call = `${session.turn}:${id}`;
  const ok = message["isError"] !== true;
  const duration = countOf(Math.round(numberOf(message["durationMs"]) ?? -1));
  emit(`tool:${call}`, { action: "tool", name: name || null, ended: at, duration, ok });
  if (!ok) return;
  const [, target = "", lines = 0] = session.writes.find(([written]) => written === id) ?? [];
  for (const [index, { path, ...change }] of changesOf(name, fields(message["details"]), lines).entries()) {
    const changed = path === "" ? target : pathOf(session, path);
    const key = index === 0 ? `file:${call}` : `file:${call}:${index}`;
    if (changed !== "") emit(key, { action: "file", at, target: changed, tool: `action:tool:${call}`, ...change });
  }
}

/** The types of the subagents that a call of oh-my-pi's tool "task" starts. */
function agentsOf(given: Fields): string[] {
  const tasks = listOf(given["tasks"]);
  return (tasks.length > 0 ? tasks : [given]).map(({ agent }) => text(agent ?? given["agent"], 100) || "task");
}

interface PiFileChange extends Pick<ActionObservation, "added" | "removed"> {
  readonly name: "create" | "update";
  /** Empty if the result does not name the file. */
  readonly path: string;
}

/**
 * The changes in the result of a tool. Of a written file only the new content is known. oh-my-pi names the changed files
 * in the result, pi only in the arguments.
 */
function changesOf(tool: string, details: Fields, lines: number): PiFileChange[] {
  if (tool === "write")
    return [{ name: "create", path: text(details["resolvedPath"], 4_096), added: lines, removed: 0 }];
  const files = listOf(details["perFileResults"]);
  return (files.length > 0 ? files : [details]).flatMap(({ path, op, isError, patch, diff }) => {
    const change = linesOf(text(patch ?? diff, 100_000_000));
    const own = tool === "edit" ? text(path, 4_096) : "";
    return isError === true ? [] : [{ name: op === "create" ? "create" : "update", path: own, ...change }];
  });
}

const pathOf = ({ project }: PiSession, path: string): string =>
  isAbsolute(path) || path.startsWith("~") || !project ? path : join(project, path);
