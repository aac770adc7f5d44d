import { isAbsolute, join } from "node:path";
import { gitOperations } from "../../shell/git.ts";
import { type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { type Fields, fields, isTime, lineCountOf, listOf, text } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { type PiEntry, readEntries, type PiSession, usageOf } from "./session.ts";

type EmitPiAction = (id: string, details: Partial<ActionObservation> & Pick<ActionObservation, "action">) => void;

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
    if (at === null) return;
    const place = { session: session.id, project: session.project, branch: "", agent: "" };
    if (copy === 0 && isTime(at)) {
      const { first = at, last = at } = intervals.get(session.id) ?? {};
      intervals.set(session.id, {
        ...place,
        first: Math.min(first, at),
        last: Math.max(last, at),
        reason: null,
        version: "",
      });
    }
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

function readEntry(session: PiSession, { entry, key }: PiEntry, at: number, emit: EmitPiAction): void {
  const message = fields(entry["message"]);
  if (entry["type"] === "message") {
    if (message["role"] === "assistant") readResponse(session, message, key, at, emit);
    else if (message["role"] === "toolResult") readResult(session, message, at, emit);
    else if (message["role"] === "user") {
      const length = lengthOf(message["content"]);
      if (length > 0) emit(`prompt:${key}`, { action: "prompt", name: "", at, length });
    }
  } else if (entry["type"] === "compaction") {
    emit(`compaction:${key}`, { action: "compaction", name: "", at, model: session.model });
  }
  const isSummary = entry["type"] === "compaction" || entry["type"] === "branch_summary";
  // Summaries by extensions need not come from a model.
  const name =
    message["role"] === "assistant"
      ? noUsageReason(message)
      : isSummary && !entry["fromHook"]
        ? text(entry["type"])
        : "";
  if (name && !usageOf(entry)) emit(`unrecorded:${key}`, { action: "unrecorded", name, at, model: session.model });
}

/** Why a response has no usage: failed and interrupted responses are recorded with zeros. */
const noUsageReason = ({ stopReason }: Fields): string =>
  stopReason === "aborted" ? "interrupted" : stopReason === "error" ? "failed" : "unreported";

function readResponse(session: PiSession, message: Fields, key: string, at: number, emit: EmitPiAction): void {
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
    if ((name === "edit" || name === "write") && path && session.writes.length < MAX_WRITES)
      session.writes.push([id, pathOf(session, path), lineCountOf(given["content"])]);
    if (name !== "bash") continue;
    for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries()) {
      const details = { name: operation, at, model, target: directory ?? "", tool: `action:${tool}` };
      emit(`git:${key}:${id}:${index}`, { action: "git", ...details });
    }
  }
}

/**
 * Emits the outcome of a tool and what it changed. A command with an exit code other than 0 is recorded as an error.
 */
function readResult(session: PiSession, message: Fields, at: number, emit: EmitPiAction): void {
  const id = text(message["toolCallId"], 200);
  const name = text(message["toolName"], 200);
  if (!id) return;
  const call = `${session.turn}:${id}`;
  const ok = message["isError"] !== true;
  emit(`tool:${call}`, { action: "tool", name: name || null, ended: at, ok });
  const [, target, lines] = session.writes.find(([written]) => written === id) ?? [];
  if (!ok || target === undefined) return;
  const { patch, diff } = fields(message["details"]);
  const change =
    name === "write"
      ? { name: "create", added: lines ?? 0 }
      : { name: "update", ...changeOf(text(patch ?? diff, 100_000_000)) };
  emit(`file:${call}`, { action: "file", at, target, tool: `action:tool:${call}`, ...change });
}

/** Counts the lines that a patch, or a list of lines with leading signs, adds and removes. */
function changeOf(patch: string): { added: number; removed: number } {
  const lines = patch.slice(Math.max(patch.search(/^@@/m), 0)).split("\n");
  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  return { added: count("+"), removed: count("-") };
}

const pathOf = ({ project }: PiSession, path: string): string =>
  isAbsolute(path) || path.startsWith("~") || !project ? path : join(project, path);

/** Counts the characters that the user typed. */
function lengthOf(content: unknown): number {
  if (typeof content === "string") return content.length;
  const texts = listOf(content).filter((block) => block["type"] === "text" && typeof block["text"] === "string");
  return texts.map((block) => String(block["text"])).join("\n").length;
}
