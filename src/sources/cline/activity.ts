import { gitOperations } from "../../shell/git.ts";
import { type Action, type ActionObservation, noAction } from "../../model/observation.ts";
import { type Fields, fields, isFields, isTime, lineCountOf, listOf, parseValue, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import type { ClineMessage, ClineSession } from "./messages.ts";

/** Emits an action under an id that is unique among all sessions. */
type EmitClineAction = (action: Action, id: string, details: Partial<ActionObservation>) => void;

/** A tool call: the id of its action and what the model passed to it. */
interface ClineCall {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly given: Fields;
}

/** Tools that start another agent, and what it is. */
const AGENTS: ReadonlyMap<string, string> = new Map([
  ["spawn_agent", "subagent"],
  ["team_run_task", "teammate"],
]);

/**
 * Emits what a session did: prompts, tools, changed files, git operations, subagents, compactions, failed requests.
 * Never emits any text of a conversation.
 */
export function emitActivity({ messages, place, version }: ClineSession, emitter: Emitter): void {
  /** The latest call with each id: small servers reuse ids. */
  const calls = new Map<string, ClineCall>();
  let [first, last] = [Infinity, -Infinity];
  for (const one of messages) {
    const { at, copy } = one;
    if (at === null) continue;
    if (copy === 0 && isTime(at)) [first, last] = [Math.min(first, at), Math.max(last, at)];
    readMessage(one, at, calls, place.agent !== "", (action, id, { tool = null, ...details }) =>
      emitter.emit({
        kind: "action",
        key: keyOf(action, id),
        body: { ...noAction, ...place, copy, ...details, action, tool: tool && keyOf("tool", tool) },
      }),
    );
  }
  if (last < first) return;
  const body = { ...place, agent: "", first, last, reason: null, version };
  emitter.emit({ kind: "session", key: `session:${place.session}`, body });
}

const keyOf = (action: Action, id: string): string => `action:${action}:cline:${id}`;

function readMessage(
  { message, id }: ClineMessage,
  at: number,
  calls: Map<string, ClineCall>,
  isAgent: boolean,
  emit: EmitClineAction,
): void {
  const metadata = fields(message["metadata"]);
  if (metadata["kind"] === "compaction_summary") {
    emit("compaction", String(at), { name: "", at });
    // The request for the summary is recorded nowhere.
    emit("unrecorded", `compaction:${at}`, { name: "compaction", at });
  } else if (!id) return;
  else if (message["role"] === "assistant") readAnswer(message, id, at, calls, emit);
  else if (message["role"] === "user") {
    for (const result of blocksOf(message, "tool_result")) readResult(result, at, calls, emit);
    const length = lengthOf(message);
    if (length > 0 && !isAgent) emit("prompt", id, { name: "", at, length });
  }
}

const blocksOf = (message: Fields, type: string): Fields[] =>
  listOf(message["content"]).filter((block) => block["type"] === type);

function readAnswer(
  message: Fields,
  id: string,
  at: number,
  calls: Map<string, ClineCall>,
  emit: EmitClineAction,
): void {
  const model = text(fields(message["modelInfo"])["id"], 200);
  if (fields(message["metadata"])["displayRole"] === "error") emit("unrecorded", id, { name: "failed", at, model });
  for (const block of blocksOf(message, "tool_use")) {
    const own = text(block["id"], 200);
    const name = text(block["name"], 200);
    if (!own || !name) continue;
    const call = { id: `${id}:${own}`, name, model, given: fields(block["input"]) };
    calls.set(own, call);
    emit("tool", call.id, { name, at, model });
    const agent = AGENTS.get(name);
    if (agent) emit("agent", call.id, { name: agent, at, model, tool: call.id });
    const commands = call.given["commands"];
    const all = (Array.isArray(commands) ? commands : []).map((command) => text(command, 1_000_000));
    for (const [index, { operation, directory }] of all.flatMap((command) => gitOperations(command)).entries())
      emit("git", `${call.id}:${index}`, { name: operation, at, model, target: directory ?? "", tool: call.id });
  }
}

/** Emits the outcome of a tool and what it changed. */
function readResult(result: Fields, at: number, calls: ReadonlyMap<string, ClineCall>, emit: EmitClineAction): void {
  const call = calls.get(text(result["tool_use_id"], 200));
  if (!call) return;
  const { id, name, model, given } = call;
  const outcomes = outcomesOf(result["content"]);
  const ok = outcomes.every((one) => one["success"] !== false && !one["error"]);
  emit("tool", id, { ended: at, ok });
  const target = text(given["path"], 4_096);
  if (name !== "editor" || !ok || !target) return;
  const [diff] = outcomes.map((one) => text(one["result"], 100_000_000));
  const isNew = given["old_text"] === undefined && !diff?.includes("```diff");
  const change = isNew
    ? { name: "create", added: lineCountOf(given["new_text"]) }
    : { name: "update", ...changeIn(diff ?? "") };
  emit("file", id, { at, model, target, tool: id, ...change });
}

/** The outcomes of a call, one for each command or file: a list, or JSON text of one. */
function outcomesOf(content: unknown): Fields[] {
  const value = typeof content === "string" ? parseValue(content) : content;
  return isFields(value) ? [value] : listOf(value);
}

/** Counts the lines that a result's diff adds and removes: "+3: text". */
const changeIn = (diff: string): { added: number; removed: number } => ({
  added: diff.match(/^\+\d+: /gm)?.length ?? 0,
  removed: diff.match(/^-\d+: /gm)?.length ?? 0,
});

/** Counts the characters that the user typed, which are enclosed in an element. */
function lengthOf(message: Fields): number {
  const all = blocksOf(message, "text").map((block) => text(block["text"], 100_000_000));
  const typed = all.join("\n");
  return (/^<user_input[^>]*>(.*)<\/user_input>/s.exec(typed)?.[1] ?? typed).length;
}
