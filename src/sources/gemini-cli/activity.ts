import { gitOperations } from "../../shell/git.ts";
import { type Action, type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { countOf, type Fields, fields, isFields, isTime, listOf, text, timeOf } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import type { Message } from "./messages.ts";
import { countsOf } from "./responses.ts";

/** What the program puts into the model's mouth in a history that it compressed. */
const COMPRESSED = "Got it. Thanks for the additional context!";
/** What it says when the user presses Escape. */
const CANCELLED = "Request cancelled.";
/** The first message of each session, which nobody typed. */
const CONTEXT = "<session_context>";
/** A line that the shell tool writes after a command's output; it is missing where the status is 0. */
const EXIT =
  /^Exit Code: (-?\d+)$(?=\n(?:Signal|Background PIDs|Process Group PGID): |\n<\/untrusted_context>|\n?$(?![^]))/gm;
/** Statuses of tools that came to an end. */
const ENDED = new Set<unknown>(["success", "error", "cancelled"]);

/** Tells an action by an id that is its own within the chat. */
type Tell = (action: Action, id: string, seen: Partial<ActionObservation>) => void;

/** What chats did: prompts, tools, changed files, git operations, subagents, compressions. Never a text of anybody. */
export function tellActivity(messages: Iterable<Message>, findings: Emitter): void {
  let stretch: SessionObservation | null = null;
  for (const one of messages) {
    const { at, chat, place, isCopy } = one;
    const tell: Tell = (action, id, { tool = null, ...seen }) =>
      findings.observed({
        kind: "action",
        key: keyOf(action, chat, id),
        body: { ...noAction, ...place, ...seen, action, tool: tool && keyOf("tool", chat, tool) },
      });
    if (isCopy) readCopy(one, tell);
    else if (at !== null) {
      readMessage(one, tell);
      if (!isTime(at)) continue;
      const { first = at, last = at }: Partial<SessionObservation> = stretch ?? {};
      stretch = {
        ...place,
        agent: "",
        first: Math.min(first, at),
        last: Math.max(last, at),
        reason: null,
        version: "",
      };
    }
  }
  if (stretch) findings.observed({ kind: "session", key: `session:${stretch.session}`, body: stretch });
}

const keyOf = (action: Action, chat: string, id: string): string => `action:${action}:gemini-cli:${chat}:${id}`;

/** A snapshot tells nothing new but that the history was compressed. */
function readCopy({ message, at }: Message, tell: Tell): void {
  const id = text(message["id"], 200);
  if (id && message["type"] === "gemini" && textOf(message["content"]) === COMPRESSED)
    tell("compaction", id, { name: "", at });
}

function readMessage({ message, at, place }: Message, tell: Tell): void {
  const id = text(message["id"], 200);
  const type = message["type"];
  if (!id) return;
  if (type === "gemini") {
    const model = text(message["model"], 200);
    for (const call of listOf(message["toolCalls"])) readTool(call, model, tell);
    if (isEmpty(message["tokens"])) tell("unrecorded", id, { name: "unreported", at, model });
  } else if (type === "user") {
    const prompt = textOf(message["displayContent"] ?? message["content"]);
    if (prompt === "" || prompt.startsWith(CONTEXT) || place.agent) return;
    tell("prompt", id, { name: "", at, length: prompt.length });
  } else if (type === "info" && textOf(message["content"]) === CANCELLED)
    tell("unrecorded", id, { name: "interrupted", at });
}

/** Tokens that the provider did not tell are written as zeros. */
function isEmpty(tokens: unknown): boolean {
  if (!isFields(tokens)) return false;
  const { prompt, output } = countsOf(tokens, () => {});
  return prompt + output === 0;
}

/** A tool and its outcome. Only its end has a time: before it, the user may have been asked for leave. */
function readTool(call: Fields, model: string, tell: Tell): void {
  const id = text(call["id"], 200);
  const name = text(call["name"], 200);
  if (!id || !name) return;
  const given = fields(call["args"]);
  const shown = fields(call["resultDisplay"]);
  const isShell = name === "run_shell_command";
  const ok = call["status"] === "success" && !(isShell && exitOf(call["result"]) !== 0);
  const at = timeOf(call["timestamp"]);
  tell("tool", id, { name, model, ended: at, ok: ENDED.has(call["status"]) ? ok : null });
  const agent = text(call["agentId"], 200);
  if (agent) {
    const sort = text(shown["agentName"], 200) || text(given["agent_name"], 200) || "subagent";
    tell("agent", agent, { name: sort, at, model });
  }
  if (isShell) {
    for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries())
      tell("git", `${id}:${index}`, { name: operation, at, model, target: directory ?? "", tool: id });
  }
  const target = text(shown["filePath"]) || text(given["file_path"]);
  const change = fields(shown["diffStat"]);
  const [added, removed] = [countOf(change["model_added_lines"]), countOf(change["model_removed_lines"])];
  if (!ok || !target || added === null || removed === null) return;
  tell("file", id, {
    name: shown["isNewFile"] === true ? "create" : "update",
    at,
    model,
    target,
    tool: id,
    added,
    removed,
  });
}

/** A command's exit status, which stands in the text that the model was given: the tool's own is "success" with any. */
function exitOf(result: unknown): number {
  const outputs = listOf(result).map((part) => fields(fields(part["functionResponse"])["response"])["output"]);
  // What a command prints may look the same; what the tool writes comes last.
  const statuses = outputs.flatMap((output) => [...text(output, 10_000_000).matchAll(EXIT)].map((match) => match[1]));
  return Number(statuses.at(-1) ?? 0);
}

/** Texts of a message; empty where it answers a tool. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = listOf(content);
  if (parts.some((part) => "functionResponse" in part)) return "";
  return parts.map((part) => (typeof part["text"] === "string" ? part["text"] : "")).join("\n");
}
