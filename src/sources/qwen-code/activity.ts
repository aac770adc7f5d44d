import { gitOperations } from "../../shell/git.ts";
import { type Action, type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { countOf, type Fields, fields, isTime, listOf, text, timeOf } from "../../utils/json.ts";
import { type Emitter, type LineChunk, objectsIn } from "../contract.ts";
import { eventOf, placeOf, RESPONSE, TOOL } from "./line.ts";
import { classesOf, countsOfEvent } from "./usage.ts";

/** Emits an action under an id that is unique within its session. */
type EmitQwenAction = (action: Action, id: string, details: Partial<ActionObservation>) => void;

/**
 * Emits what sessions did: prompts, tools, changed files, git operations, subagents, compressions. Never emits any text
 * of a conversation.
 */
export function readActivity(chunk: LineChunk, emitter: Emitter): void {
  const intervals = new Map<string, SessionObservation>();
  for (const { line } of objectsIn(chunk, emitter)) {
    const at = timeOf(line["timestamp"]);
    if (at === null) continue;
    const place = placeOf(line, chunk.path);
    const { session } = place;
    const known = intervals.get(session);
    if (isTime(at))
      intervals.set(session, {
        ...(known ?? { ...place, agent: "" }),
        first: Math.min(known?.first ?? at, at),
        last: Math.max(known?.last ?? at, at),
        reason: null,
        version: text(line["version"], 40) || (known?.version ?? ""),
      });
    const keyOf = (action: Action, id: string): string => `action:${action}:qwen-code:${session}:${id}`;
    readLine(line, at, (action, id, { tool = null, ...details }) =>
      emitter.emit({
        kind: "action",
        key: keyOf(action, id),
        body: { ...noAction, ...place, ...details, action, tool: tool && keyOf("tool", tool) },
      }),
    );
  }
  for (const body of intervals.values()) emitter.emit({ kind: "session", key: `session:${body.session}`, body });
}

function readLine(line: Fields, at: number, emit: EmitQwenAction): void {
  const id = text(line["uuid"], 200);
  const type = line["type"];
  const subtype = line["subtype"];
  if (type === "assistant") readAnswer(line, id, at, emit);
  else if (type === "tool_result") readResult(line, at, emit);
  else if (subtype === "ui_telemetry") readEvent(eventOf(line), id, at, emit);
  else if (subtype === "chat_compression") emit("compaction", id, { name: "", at });
  else if (type === "user" && !subtype && line["isSidechain"] !== true && (line["provenance"] ?? TYPED) === TYPED) {
    const { length } = partsOf(line)
      .map((part) => text(part["text"], 100_000_000))
      .join("\n");
    if (length > 0) emit("prompt", id, { name: "", at, length });
  }
}

/** Provenance of prompts that the user typed. Older versions do not record it. */
const TYPED = "real_user";

const partsOf = (line: Fields): Fields[] => listOf(fields(line["message"])["parts"]);

/** Emits the tools that the model calls. An interrupted answer has no usage; a subagent's usage is on another line. */
function readAnswer(line: Fields, id: string, at: number, emit: EmitQwenAction): void {
  const model = text(line["model"], 200);
  for (const part of partsOf(line)) {
    const call = fields(part["functionCall"]);
    const tool = text(call["id"], 200);
    const name = text(call["name"], 200);
    if (tool && name) emit("tool", tool, { name, at, model: model || null });
  }
  if (line["isSidechain"] !== true && line["usageMetadata"] === undefined)
    emit("unrecorded", id, { name: "interrupted", at, model });
}

/** Emits the outcome of a tool and what it changed. */
function readResult(line: Fields, at: number, emit: EmitQwenAction): void {
  const result = fields(line["toolCallResult"]);
  const tool = text(result["callId"], 200);
  if (!tool) return;
  const display = fields(result["resultDisplay"]);
  const answer = partsOf(line).map((part) => fields(fields(part["functionResponse"])["response"]));
  const ok =
    (result["status"] ?? "success") === "success" &&
    (display["exitCode"] ?? 0) === 0 &&
    !answer.some((response) => "error" in response);
  // Results of parallel tools are written when the last one has finished. Their telemetry events are more precise, so
  // those win.
  emit("tool", tool, { copy: 1, ended: at, ok, duration: countOf(result["durationMs"]) });
  const target = text(display["filePath"]);
  const change = changeOf(display["diffStat"]);
  // The original content is recorded even if it was empty.
  if (ok && target && change)
    emit("file", tool, { name: display["originalContent"] ? "update" : "create", at, target, tool, ...change });
}

function changeOf(change: unknown): { added: number; removed: number } | null {
  const [added, removed] = [
    countOf(fields(change)["model_added_lines"]),
    countOf(fields(change)["model_removed_lines"]),
  ];
  return added === null || removed === null ? null : { added, removed };
}

/** Emits what telemetry contains about tools, including those of subagents, and about responses without usage. */
function readEvent(event: Fields, line: string, modifiedAt: number, emit: EmitQwenAction): void {
  const at = timeOf(event["event.timestamp"]) ?? modifiedAt;
  if (event["event.name"] === RESPONSE) {
    const { input, output, cacheRead } = classesOf(countsOfEvent(event, () => {}));
    if (input + output + cacheRead === 0)
      emit("unrecorded", line, { name: "unreported", at, model: text(event["model"], 200) });
    return;
  }
  const tool = text(event["call_id"], 200);
  const name = text(event["function_name"], 200);
  if (event["event.name"] !== TOOL || !tool || !name) return;
  const given = fields(event["function_args"]);
  const ok = event["success"] === true;
  emit("tool", tool, { name, ended: at, ok, duration: countOf(event["duration_ms"]) });
  if (name === "agent" || name === "task")
    emit("agent", tool, { name: text(given["subagent_type"], 200) || "subagent", at, tool });
  if (name === "run_shell_command") {
    for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries())
      emit("git", `${tool}:${index}`, { name: operation, at, target: directory ?? "", tool });
  }
  const target = text(given["file_path"]);
  const change = changeOf(event["metadata"]);
  // The tool's result says whether the file is new. Subagents have no such result.
  if (ok && target && change) emit("file", tool, { copy: 1, name: "update", at, target, tool, ...change });
}
