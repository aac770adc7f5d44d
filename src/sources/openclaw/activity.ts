import { isAbsolute, join } from "node:path";
import { noAction } from "../../model/observation.ts";
import { countOf, type Fields, fields, listOf, msOf, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import { type EmitAction, emitGit, lengthOf, linesOf, noUsageReason } from "../pi-sessions/message.ts";
import { usageOf } from "../pi-sessions/usage.ts";
import type { OpenclawEvent, OpenclawSession } from "./event.ts";

/** Message that shows a tool that ran within another one. */
const NESTED = "openclaw.nested-tool.v1";
/** Tools that only run another tool, which is recorded itself. */
const CARRIER = "tool_call";

/**
 * Emits what an event shows: prompts, tools, changed files, git operations, subagents, compactions, responses without
 * usage. Never emits any text of a conversation.
 */
export function emitActions(
  session: OpenclawSession,
  one: OpenclawEvent,
  at: number,
  emitter: Pick<Emitter, "emit">,
): void {
  const { place, copy } = one;
  readEvent(session, one, at, (id, details) =>
    emitter.emit({ kind: "action", key: `action:${id}`, body: { ...noAction, ...place, copy, ...details } }),
  );
}

function readEvent(session: OpenclawSession, one: OpenclawEvent, at: number, emit: EmitAction): void {
  const { event, key } = one;
  const { model } = session;
  const message = fields(event["message"]);
  // The request that sums up the history is written without its usage.
  if (event["type"] === "compaction") {
    emit(`compaction:${key}`, { action: "compaction", name: "", at, model });
    if (!usageOf(event)) emit(`unrecorded:${key}`, { action: "unrecorded", name: "compaction", at, model });
  }
  if (event["type"] !== "message") return;
  if (message["role"] === "assistant") {
    if (!usageOf(event)) emit(`unrecorded:${key}`, { action: "unrecorded", name: noUsageReason(message), at, model });
    for (const block of listOf(message["content"]))
      if (block["type"] === "toolCall")
        readCall(session, text(block["id"], 200), text(block["name"], 200), fields(block["arguments"]), at, emit);
  } else if (message["role"] === "toolResult") {
    readResult(session, text(message["toolCallId"], 200), text(message["toolName"], 200), message, at, emit);
  } else if (message["role"] === "custom" && message["customType"] === NESTED) {
    const nested = fields(message["details"]);
    const [call, name] = [text(nested["toolCallId"], 200), text(nested["toolName"], 200)];
    readCall(session, call, name, fields(nested["input"]), msOf(nested["startedAt"]) ?? at, emit);
    const outcome = { ...fields(nested["result"]), isError: nested["isError"] };
    readResult(session, call, name, outcome, msOf(nested["timestamp"]) ?? at, emit);
  } else if (message["role"] === "user" && !session.isSub) {
    const length = lengthOf(message["content"]);
    if (length > 0) emit(`prompt:${key}`, { action: "prompt", name: "", at, length });
  }
}

function readCall(
  { turn, model }: OpenclawSession,
  call: string,
  name: string,
  given: Fields,
  at: number,
  emit: EmitAction,
): void {
  if (!call || !name || name === CARRIER) return;
  const id = `${turn}:${call}`;
  const tool = `action:tool:${id}`;
  emit(`tool:${id}`, { action: "tool", name, at, model });
  if (name === "sessions_spawn") {
    const agent = text(given["agentId"], 100) || "subagent";
    emit(`agent:${id}`, { action: "agent", name: agent, at, model, tool });
  }
  if (name === "exec") emitGit(id, given, at, model, emit);
}

/**
 * Emits the outcome of a tool and what it changed. A command with an exit code other than 0 is written as completed and
 * without an error.
 */
function readResult(
  session: OpenclawSession,
  call: string,
  name: string,
  { isError, details }: Fields,
  ended: number,
  emit: EmitAction,
): void {
  if (!call || name === CARRIER) return;
  const id = `${session.turn}:${call}`;
  const { exitCode, durationMs, patch, created } = fields(details);
  const ok = isError !== true && (exitCode === undefined || exitCode === 0);
  emit(`tool:${id}`, { action: "tool", name: name || null, ended, ok, duration: countOf(durationMs) });
  const change = ok ? changeOf(text(patch, 100_000_000)) : null;
  if (!change) return;
  const target = isAbsolute(change.path) || !session.project ? change.path : join(session.project, change.path);
  const { added, removed } = change;
  const kind = created === true ? "create" : "update";
  emit(`file:${id}`, { action: "file", name: kind, at: ended, target, tool: `action:tool:${id}`, added, removed });
}

/** Returns the file that a patch changes and the numbers of lines; null if it is not a patch. */
function changeOf(patch: string): { path: string; added: number; removed: number } | null {
  const [, path = ""] = /^\+\+\+ (.+)$/m.exec(patch) ?? [];
  return path === "" ? null : { path: path.slice(0, 4_096), ...linesOf(patch) };
}
