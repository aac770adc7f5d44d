import { gitOperations } from "../../model/git.ts";
import { type Action, type ActionSeen, noAction, type SessionSeen } from "../../model/observation.ts";
import { countOf, type Fields, fields, isTime, listOf, text, timeOf } from "../../utils/json.ts";
import { type Chunk, type Findings, objectsIn } from "../contract.ts";
import { eventOf, placeOf, RESPONSE, TOOL } from "./line.ts";
import { classesOf, countsOfEvent } from "./usage.ts";

/** Tells an action by an id that is its own within its session. */
type Tell = (action: Action, id: string, seen: Partial<ActionSeen>) => void;

/** What sessions did: prompts, tools, changed files, git operations, subagents, compressions. Never a text of anybody. */
export function readActivity(chunk: Chunk, findings: Findings): void {
  const stretches = new Map<string, SessionSeen>();
  for (const { line } of objectsIn(chunk, findings)) {
    const at = timeOf(line["timestamp"]);
    if (at === null) continue;
    const place = placeOf(line, chunk.path);
    const { session } = place;
    const known = stretches.get(session);
    if (isTime(at))
      stretches.set(session, {
        ...(known ?? { ...place, agent: "" }),
        first: Math.min(known?.first ?? at, at),
        last: Math.max(known?.last ?? at, at),
        reason: null,
        version: text(line["version"], 40) || (known?.version ?? ""),
      });
    const keyOf = (action: Action, id: string): string => `action:${action}:qwen-code:${session}:${id}`;
    readLine(line, at, (action, id, { tool = null, ...seen }) =>
      findings.observed({
        kind: "action",
        key: keyOf(action, id),
        body: { ...noAction, ...place, ...seen, action, tool: tool && keyOf("tool", tool) },
      }),
    );
  }
  for (const body of stretches.values()) findings.observed({ kind: "session", key: `session:${body.session}`, body });
}

function readLine(line: Fields, at: number, tell: Tell): void {
  const id = text(line["uuid"], 200);
  const type = line["type"];
  const subtype = line["subtype"];
  if (type === "assistant") readAnswer(line, id, at, tell);
  else if (type === "tool_result") readResult(line, at, tell);
  else if (subtype === "ui_telemetry") readEvent(eventOf(line), id, at, tell);
  else if (subtype === "chat_compression") tell("compaction", id, { name: "", at });
  else if (type === "user" && !subtype && line["isSidechain"] !== true && (line["provenance"] ?? TYPED) === TYPED) {
    const { length } = partsOf(line)
      .map((part) => text(part["text"], 100_000_000))
      .join("\n");
    if (length > 0) tell("prompt", id, { name: "", at, length });
  }
}

/** Where a prompt comes from that the user typed; older versions do not tell. */
const TYPED = "real_user";

const partsOf = (line: Fields): Fields[] => listOf(fields(line["message"])["parts"]);

/** Tools that the model asks for. One that was cut tells no usage; subagents tell theirs on another line. */
function readAnswer(line: Fields, id: string, at: number, tell: Tell): void {
  const model = text(line["model"], 200);
  for (const part of partsOf(line)) {
    const call = fields(part["functionCall"]);
    const tool = text(call["id"], 200);
    const name = text(call["name"], 200);
    if (tool && name) tell("tool", tool, { name, at, model: model || null });
  }
  if (line["isSidechain"] !== true && line["usageMetadata"] === undefined)
    tell("unrecorded", id, { name: "interrupted", at, model });
}

/** The outcome of a tool, and what it changed. */
function readResult(line: Fields, at: number, tell: Tell): void {
  const result = fields(line["toolCallResult"]);
  const tool = text(result["callId"], 200);
  if (!tool) return;
  const shown = fields(result["resultDisplay"]);
  const answer = partsOf(line).map((part) => fields(fields(part["functionResponse"])["response"]));
  const ok =
    (result["status"] ?? "success") === "success" &&
    (shown["exitCode"] ?? 0) === 0 &&
    !answer.some((response) => "error" in response);
  // Lines of tools that ran side by side are written when the last has ended: their events are nearer, and go before.
  tell("tool", tool, { copy: 1, ended: at, ok, duration: countOf(result["durationMs"]) });
  const target = text(shown["filePath"]);
  const change = changeOf(shown["diffStat"]);
  // What was there before is told also where it was nothing.
  if (ok && target && change)
    tell("file", tool, { name: shown["originalContent"] ? "update" : "create", at, target, tool, ...change });
}

function changeOf(told: unknown): { added: number; removed: number } | null {
  const [added, removed] = [countOf(fields(told)["model_added_lines"]), countOf(fields(told)["model_removed_lines"])];
  return added === null || removed === null ? null : { added, removed };
}

/** What telemetry tells of tools, those of subagents too, and of responses without usage. */
function readEvent(event: Fields, line: string, written: number, tell: Tell): void {
  const at = timeOf(event["event.timestamp"]) ?? written;
  if (event["event.name"] === RESPONSE) {
    const { input, output, cacheRead } = classesOf(countsOfEvent(event, () => {}));
    if (input + output + cacheRead === 0)
      tell("unrecorded", line, { name: "unreported", at, model: text(event["model"], 200) });
    return;
  }
  const tool = text(event["call_id"], 200);
  const name = text(event["function_name"], 200);
  if (event["event.name"] !== TOOL || !tool || !name) return;
  const given = fields(event["function_args"]);
  const ok = event["success"] === true;
  tell("tool", tool, { name, ended: at, ok, duration: countOf(event["duration_ms"]) });
  if (name === "agent" || name === "task")
    tell("agent", tool, { name: text(given["subagent_type"], 200) || "subagent", at, tool });
  if (name === "run_shell_command") {
    for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries())
      tell("git", `${tool}:${index}`, { name: operation, at, target: directory ?? "", tool });
  }
  const target = text(given["file_path"]);
  const change = changeOf(event["metadata"]);
  // Whether the file is new, the result tells, but for a subagent's.
  if (ok && target && change) tell("file", tool, { copy: 1, name: "update", at, target, tool, ...change });
}
