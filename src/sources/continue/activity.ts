import { gitOperations } from "../../shell/git.ts";
import { type Action, type ActionObservation, noAction } from "../../model/observation.ts";
import { type Fields, fields, lineCountOf, listOf, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import type { ContinueItem, ContinueSession } from "./session.ts";

/** Emits an action under an id that is unique within its session. */
type EmitContinueAction = (action: Action, id: string, details: Partial<ActionObservation>) => void;

/** A tool that runs commands, and one that starts another agent. */
const [COMMAND, AGENT] = ["Bash", "Subagent"];
/** Arguments of tools that change a file: its path, and what is written. */
const PATHS = ["filepath", "file_path"];
/** States of finished tools, and whether they succeeded. */
const OUTCOMES: ReadonlyMap<unknown, boolean> = new Map([
  ["done", true],
  ["errored", false],
  ["canceled", false],
]);

/**
 * Emits what a session did: prompts, tools, changed files, git operations, subagents, compactions. What a fork has copied
 * belongs to the session that it was copied from. Never emits any text of a conversation.
 */
export function emitActivity({ items, place, at, modifiedAt }: ContinueSession, emitter: Emitter): void {
  const { session } = place;
  const keyOf = (action: Action, id: string): string => `action:${action}:continue:${session}:${id}`;
  const emit: EmitContinueAction = (action, id, { tool = null, ...details }) =>
    emitter.emit({
      kind: "action",
      key: keyOf(action, id),
      body: { ...noAction, ...place, at, ...details, action, tool: tool && keyOf("tool", tool) },
    });
  /** Prompts have no ids: they are counted from the last answer. */
  let [answer, prompts] = ["", 0];
  for (const one of items) {
    const isPrompt = one.message["role"] === "user";
    if (one.fingerprint) [answer, prompts] = [one.fingerprint, 0];
    else if (isPrompt) prompts++;
    if (!one.isCopy) readItem(one, `${answer}:${prompts}`, emit);
  }
  const body = { ...place, first: at, last: Math.max(at, modifiedAt), reason: null, version: "" };
  emitter.emit({ kind: "session", key: `session:${session}`, body });
}

function readItem({ item, message, fingerprint }: ContinueItem, prompt: string, emit: EmitContinueAction): void {
  if (message["role"] === "user") {
    const length = lengthOf(message["content"]);
    if (length > 0) emit("prompt", prompt, { name: "", length });
  }
  if (item["conversationSummary"]) emit("compaction", fingerprint || prompt, { name: "" });
  const model = text(fields(message["usage"])["model"], 200);
  for (const state of listOf(item["toolCallStates"])) readTool(state, model, emit);
}

function readTool(state: Fields, model: string, emit: EmitContinueAction): void {
  const id = text(state["toolCallId"], 200);
  const name = text(fields(fields(state["toolCall"])["function"])["name"], 200);
  if (!id || !name) return;
  const given = fields(state["parsedArgs"]);
  const outcome = OUTCOMES.get(state["status"]) ?? null;
  // A command that fails is recorded like one that succeeds.
  emit("tool", id, { name, model, ok: name === COMMAND && outcome ? null : outcome });
  if (name === AGENT) emit("agent", id, { name: text(given["subagent_name"], 200) || "subagent", model, tool: id });
  if (name === COMMAND) {
    for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries())
      emit("git", `${id}:${index}`, { name: operation, model, target: directory ?? "", tool: id });
  }
  const target = PATHS.map((path) => text(given[path], 4_096)).find(Boolean);
  const change = outcome && target ? changeOf(given, state["output"]) : null;
  if (target && change) emit("file", id, { model, target, tool: id, ...change });
}

/** What a tool writes into a file, as far as its arguments show; null if it writes none. */
function changeOf(given: Fields, output: unknown) {
  if (typeof given["content"] === "string") {
    const isNew = listOf(output).some(({ content }) => text(content).startsWith("Successfully created"));
    return { name: isNew ? "create" : "update", added: lineCountOf(given["content"]), removed: 0 };
  }
  const edits = [given, ...listOf(given["edits"])].filter((edit) => typeof edit["new_string"] === "string");
  const lines = (name: string): number => edits.reduce((sum, edit) => sum + lineCountOf(edit[name]), 0);
  return edits.length > 0 ? { name: "update", added: lines("new_string"), removed: lines("old_string") } : null;
}

/** Counts the characters that the user typed. */
function lengthOf(content: unknown): number {
  if (typeof content === "string") return content.length;
  const texts = listOf(content).map((part) => text(part["text"], 100_000_000));
  return texts.join("\n").length;
}
