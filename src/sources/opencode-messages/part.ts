import { gitOperations } from "../../shell/git.ts";
import { countOf, type Fields, fields, lineCountOf, listOf, msOf, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import { type OpencodeMessage, emitAction } from "./message.ts";

/** Emits what a part of a message shows: a prompt, or a finished tool. */
export function emitPart(part: Fields, message: OpencodeMessage, emitter: Emitter): void {
  if (part["type"] === "tool") emitTool(part, message, emitter);
  else if (part["type"] === "text") emitPrompt(part, message, emitter);
}

function emitPrompt(part: Fields, message: OpencodeMessage, emitter: Emitter): void {
  const { info, origin, created, stamp } = message;
  const typed = part["text"];
  if (info["role"] !== "user" || origin.isSub || part["synthetic"] === true || part["ignored"] === true) return;
  if (typeof typed !== "string" || typed === "" || created === null) return;
  emitAction(message, emitter, `prompt:${stamp}`, { action: "prompt", name: "", at: created, length: typed.length });
}

/** Emits a finished tool. Until it has finished, even its start is rewritten. */
function emitTool(part: Fields, message: OpencodeMessage, emitter: Emitter): void {
  const state = fields(part["state"]);
  const call = text(part["callID"], 200);
  const name = text(part["tool"], 200);
  const isDone = state["status"] === "completed";
  if (!call || !name || (!isDone && state["status"] !== "error")) return;
  const time = fields(state["time"]);
  const at = msOf(time["start"]) ?? message.created;
  const [input, metadata] = [fields(state["input"]), fields(state["metadata"])];
  // A failed shell command is a completed tool with an exit code; a null code means that the command was stopped.
  const ok = isDone && (metadata["exit"] === undefined || metadata["exit"] === 0);
  const id = `${message.stamp}:${call}`;
  const tool = `action:tool:${id}`;
  emitAction(message, emitter, `tool:${id}`, { action: "tool", name, at, ended: msOf(time["end"]), ok });
  for (const [index, { operation, directory }] of gitOperations(text(input["command"], 1_000_000)).entries())
    emitAction(message, emitter, `git:${id}:${index}`, {
      action: "git",
      name: operation,
      at,
      target: directory ?? "",
      tool,
    });
  if (name === "task")
    emitAction(message, emitter, `agent:${id}`, { action: "agent", name: text(input["subagent_type"], 100), at, tool });
  if (!isDone) return;
  for (const [index, change] of changesOf(name, input, metadata).entries())
    emitAction(message, emitter, `file:${id}:${index}`, { action: "file", at, tool, ...change });
}

interface FileEdit {
  readonly name: "create" | "update";
  readonly target: string;
  readonly added: number;
  readonly removed: number;
}

/** Files that a tool changed. For an overwritten file only the new content is recorded, not the change. */
function changesOf(tool: string, input: Fields, metadata: Fields): FileEdit[] {
  const path = text(input["filePath"], 4_096);
  if (tool === "write" && path) {
    const isNew = metadata["exists"] === false;
    return [
      { name: isNew ? "create" : "update", target: path, added: isNew ? lineCountOf(input["content"]) : 0, removed: 0 },
    ];
  }
  const diff = fields(metadata["filediff"]);
  const edits = Object.keys(diff).length > 0 ? [diff] : listOf(metadata["files"]);
  return edits.flatMap((edit): FileEdit[] => {
    const target = text(edit["file"] ?? edit["filePath"], 4_096) || path;
    const name = edit["type"] === "add" ? "create" : "update";
    return target
      ? [{ name, target, added: countOf(edit["additions"]) ?? 0, removed: countOf(edit["deletions"]) ?? 0 }]
      : [];
  });
}
