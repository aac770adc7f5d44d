import { gitOperations } from "../../shell/git.ts";
import { type Action, type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { countOf, type Fields, fields, isFields, isTime, listOf, text, timeOf } from "../../utils/json.ts";
import { type Emitter, extendSession } from "../contract.ts";
import type { ChatMessage } from "./messages.ts";
import { countsOf } from "./responses.ts";

/** The model's answer that the program inserts into a compressed history. */
const COMPRESSED = "Got it. Thanks for the additional context!";
/** Message that is written when the user presses Escape. */
const CANCELLED = "Request cancelled.";
/** The first message of each session, inserted by the program. */
const CONTEXT = "<session_context>";
/** Line that the shell tool writes after a command's output, unless the exit code is 0. */
const EXIT =
  /^Exit Code: (-?\d+)$(?=\n(?:Signal|Background PIDs|Process Group PGID): |\n<\/untrusted_context>|\n?$(?![^]))/gm;
/** States of finished tools. */
const ENDED = new Set<unknown>(["success", "error", "cancelled"]);

/** Emits an action under an id that is unique within the chat. */
type EmitGeminiAction = (action: Action, id: string, details: Partial<ActionObservation>) => void;

/**
 * Emits what chats did: prompts, tools, changed files, git operations, subagents, compressions. Never emits any text of
 * a conversation.
 */
export function emitActivity(messages: Iterable<ChatMessage>, emitter: Emitter): void {
  let interval: SessionObservation | null = null;
  for (const one of messages) {
    const { at, chat, place, isCopy } = one;
    const emit: EmitGeminiAction = (action, id, { tool = null, ...details }) =>
      emitter.emit({
        kind: "action",
        key: keyOf(action, chat, id),
        body: { ...noAction, ...place, ...details, action, tool: tool && keyOf("tool", chat, tool) },
      });
    if (isCopy) readCopy(one, emit);
    else if (at !== null) {
      readMessage(one, emit);
      if (!isTime(at)) continue;
      interval = extendSession(interval, { ...place, agent: "" }, at);
    }
  }
  if (interval) emitter.emit({ kind: "session", key: `session:${interval.session}`, body: interval });
}

const keyOf = (action: Action, chat: string, id: string): string => `action:${action}:gemini-cli:${chat}:${id}`;

/** A snapshot shows nothing new except that the history was compressed. */
function readCopy({ message, at }: ChatMessage, emit: EmitGeminiAction): void {
  const id = text(message["id"], 200);
  if (id && message["type"] === "gemini" && textOf(message["content"]) === COMPRESSED)
    emit("compaction", id, { name: "", at });
}

function readMessage({ message, at, place }: ChatMessage, emit: EmitGeminiAction): void {
  const id = text(message["id"], 200);
  const type = message["type"];
  if (!id) return;
  if (type === "gemini") {
    const model = text(message["model"], 200);
    for (const call of listOf(message["toolCalls"])) readTool(call, model, emit);
    if (isEmpty(message["tokens"])) emit("unrecorded", id, { name: "unreported", at, model });
  } else if (type === "user") {
    const prompt = textOf(message["displayContent"] ?? message["content"]);
    if (prompt === "" || prompt.startsWith(CONTEXT) || place.agent) return;
    emit("prompt", id, { name: "", at, length: prompt.length });
  } else if (type === "info" && textOf(message["content"]) === CANCELLED)
    emit("unrecorded", id, { name: "interrupted", at });
}

/** Tokens that the provider did not report are written as zeros. */
function isEmpty(tokens: unknown): boolean {
  if (!isFields(tokens)) return false;
  const { prompt, output } = countsOf(tokens, () => {});
  return prompt + output === 0;
}

/**
 * Emits a tool call and its outcome. Only its end has a time, because before it the user may have been asked for
 * permission.
 */
function readTool(call: Fields, model: string, emit: EmitGeminiAction): void {
  const id = text(call["id"], 200);
  const name = text(call["name"], 200);
  if (!id || !name) return;
  const given = fields(call["args"]);
  const display = fields(call["resultDisplay"]);
  const isShell = name === "run_shell_command";
  const ok = call["status"] === "success" && !(isShell && exitCodeOf(call["result"]) !== 0);
  const at = timeOf(call["timestamp"]);
  emit("tool", id, { name, model, ended: at, ok: ENDED.has(call["status"]) ? ok : null });
  const agent = text(call["agentId"], 200);
  if (agent) {
    const agentName = text(display["agentName"], 200) || text(given["agent_name"], 200) || "subagent";
    emit("agent", agent, { name: agentName, at, model });
  }
  if (isShell) {
    for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries())
      emit("git", `${id}:${index}`, { name: operation, at, model, target: directory ?? "", tool: id });
  }
  const target = text(display["filePath"]) || text(given["file_path"]);
  const change = fields(display["diffStat"]);
  const [added, removed] = [countOf(change["model_added_lines"]), countOf(change["model_removed_lines"])];
  if (!ok || !target || added === null || removed === null) return;
  emit("file", id, {
    name: display["isNewFile"] === true ? "create" : "update",
    at,
    model,
    target,
    tool: id,
    added,
    removed,
  });
}

/**
 * Returns a command's exit code from the text given to the model: the tool's own status is "success" for any exit code.
 */
function exitCodeOf(result: unknown): number {
  const outputs = listOf(result).map((part) => fields(fields(part["functionResponse"])["response"])["output"]);
  // A command may print the same text; the tool's line comes last.
  const statuses = outputs.flatMap((output) => [...text(output, 10_000_000).matchAll(EXIT)].map((match) => match[1]));
  return Number(statuses.at(-1) ?? 0);
}

/** Returns the text of a message; empty if it contains a tool's result. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = listOf(content);
  if (parts.some((part) => "functionResponse" in part)) return "";
  return parts.map((part) => text(part["text"], Infinity)).join("\n");
}
