import { isAbsolute, join } from "node:path";
import { gitOperations } from "../../shell/git.ts";
import { type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { type Fields, fields, isTime, listOf, text } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { type Entry, readEntries, type Session, usageOf } from "./session.ts";

type Tell = (id: string, seen: Partial<ActionObservation> & Pick<ActionObservation, "action">) => void;

/** More files than the tools of one response write. */
const MOST_WRITES = 1_000;

/** What sessions did: prompts, tools, changed files, git operations, compactions, responses without usage. Never a text of anybody. */
export function readActivity(chunk: Chunk, findings: Emitter): void {
  const stretches = new Map<string, SessionObservation>();
  readEntries(chunk, findings, "", (session, one) => {
    const { at, copy, key } = one;
    if (at === null) return;
    const place = { session: session.id, project: session.project, branch: "", agent: "" };
    if (copy === 0 && isTime(at)) {
      const { first = at, last = at } = stretches.get(session.id) ?? {};
      stretches.set(session.id, {
        ...place,
        first: Math.min(first, at),
        last: Math.max(last, at),
        reason: null,
        version: "",
      });
    }
    const own = copy > 0 && session.parent ? { ...place, session: session.parent } : place;
    if (key === "") return;
    readEntry(session, one, at, (id, seen) =>
      findings.observed({ kind: "action", key: `action:${id}`, body: { ...noAction, ...own, copy, ...seen } }),
    );
  });
  for (const body of stretches.values()) {
    findings.observed({ kind: "session", key: `session:${body.session}`, body });
  }
}

function readEntry(session: Session, { entry, key }: Entry, at: number, tell: Tell): void {
  const message = fields(entry["message"]);
  if (entry["type"] === "message") {
    if (message["role"] === "assistant") readResponse(session, message, key, at, tell);
    else if (message["role"] === "toolResult") readResult(session, message, at, tell);
    else if (message["role"] === "user") {
      const length = lengthOf(message["content"]);
      if (length > 0) tell(`prompt:${key}`, { action: "prompt", name: "", at, length });
    }
  } else if (entry["type"] === "compaction") {
    tell(`compaction:${key}`, { action: "compaction", name: "", at, model: session.model });
  }
  const isSummary = entry["type"] === "compaction" || entry["type"] === "branch_summary";
  // What an extension summed up, it did in its own way.
  const name =
    message["role"] === "assistant" ? whyNone(message) : isSummary && !entry["fromHook"] ? text(entry["type"]) : "";
  if (name && !usageOf(entry)) tell(`unrecorded:${key}`, { action: "unrecorded", name, at, model: session.model });
}

/** Why a response has no usage: errors and interruptions are written down with zeros. */
const whyNone = ({ stopReason }: Fields): string =>
  stopReason === "aborted" ? "interrupted" : stopReason === "error" ? "failed" : "unreported";

function readResponse(session: Session, message: Fields, key: string, at: number, tell: Tell): void {
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
    tell(tool, { action: "tool", name, at, model });
    const path = text(given["path"]);
    if ((name === "edit" || name === "write") && path && session.writes.length < MOST_WRITES)
      session.writes.push([id, pathOf(session, path), linesOf(given["content"])]);
    if (name !== "bash") continue;
    for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries()) {
      const seen = { name: operation, at, model, target: directory ?? "", tool: `action:${tool}` };
      tell(`git:${key}:${id}:${index}`, { action: "git", ...seen });
    }
  }
}

/** The outcome of a tool, and what it changed. A command that exits with another status than 0 is an error here. */
function readResult(session: Session, message: Fields, at: number, tell: Tell): void {
  const id = text(message["toolCallId"], 200);
  const name = text(message["toolName"], 200);
  if (!id) return;
  const call = `${session.turn}:${id}`;
  const ok = message["isError"] !== true;
  tell(`tool:${call}`, { action: "tool", name: name || null, ended: at, ok });
  const [, target, lines] = session.writes.find(([written]) => written === id) ?? [];
  if (!ok || target === undefined) return;
  const { patch, diff } = fields(message["details"]);
  const change =
    name === "write"
      ? { name: "create", added: lines ?? 0 }
      : { name: "update", ...changeOf(text(patch ?? diff, 100_000_000)) };
  tell(`file:${call}`, { action: "file", at, target, tool: `action:tool:${call}`, ...change });
}

/** Lines that a patch, or a list of lines with signs before them, adds and removes. */
function changeOf(patch: string): { added: number; removed: number } {
  const lines = patch.slice(Math.max(patch.search(/^@@/m), 0)).split("\n");
  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  return { added: count("+"), removed: count("-") };
}

const pathOf = ({ project }: Session, path: string): string =>
  isAbsolute(path) || path.startsWith("~") || !project ? path : join(project, path);

function linesOf(content: unknown): number {
  const whole = text(content, 100_000_000);
  return whole === "" ? 0 : whole.split("\n").length - +whole.endsWith("\n");
}

/** Characters of what the user typed. */
function lengthOf(content: unknown): number {
  if (typeof content === "string") return content.length;
  const texts = listOf(content).filter((block) => block["type"] === "text" && typeof block["text"] === "string");
  return texts.map((block) => String(block["text"])).join("\n").length;
}
