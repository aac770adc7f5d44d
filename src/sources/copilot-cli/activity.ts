import { gitOperations } from "../../shell/git.ts";
import { type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { countOf, fields, isTime, listOf, text } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { type CopilotSession, type Event, readEvents, reportsRunTotals } from "./event.ts";

/** A request that was sent and not answered yet. */
interface UnansweredRequest {
  readonly agent: string;
  /** The event that started it. */
  readonly id: string;
  readonly at: number;
  readonly copy: number;
}

/** A session and its unfinished requests. Stored between scans. */
interface CopilotActivityMemory extends CopilotSession {
  asked: UnansweredRequest[];
  /**
   * Responses whose usage is reported only by the total at the end of the run: the first one's id, the last one's time,
   * and their number.
   */
  owed: { readonly first: string; readonly at: number; readonly count: number } | null;
}

type EmitCopilotAction = (id: string, details: Partial<ActionObservation> & Pick<ActionObservation, "action">) => void;
type EventHandler = (
  event: Event & { readonly at: number },
  emit: EmitCopilotAction,
  memory: CopilotActivityMemory,
) => void;

/** Unanswered requests that are tracked at once. */
const MAX_UNANSWERED = 50;

const handlers: Readonly<Record<string, EventHandler>> = {
  "session.start"(_, __, memory) {
    memory.asked = [];
    memory.owed = null;
  },
  "session.resume"({ copy }, emit, memory) {
    emitUnanswered(memory, emit, copy, "interrupted");
    const { first, at, count } = memory.owed ?? { first: "", at: 0, count: 0 };
    for (let index = 0; index < count; index++)
      emit(`unrecorded:copilot-cli:${first}:${index}`, { action: "unrecorded", name: "interrupted", at });
    memory.owed = null;
  },
  "session.shutdown"({ copy }, emit, memory) {
    emitUnanswered(memory, emit, copy, "interrupted");
    memory.owed = null;
  },
  abort: ({ copy }, emit, memory) => emitUnanswered(memory, emit, copy, "interrupted"),
  "user.message"({ id, agent, at, copy, data }, emit, memory) {
    emitUnanswered(memory, emit, copy, "failed", agent);
    const typed = data["content"];
    if (agent === "" && id && typeof typed === "string" && typed !== "")
      emit(`prompt:copilot-cli:${id}`, { action: "prompt", name: "", at, length: typed.length });
  },
  "assistant.turn_start"({ agent, id, at, copy }, emit, memory) {
    emitUnanswered(memory, emit, copy, "failed", agent);
    memory.asked = [...memory.asked.slice(1 - MAX_UNANSWERED), { agent, id, at, copy }];
  },
  "session.usage_record": ({ agent }, _, memory) => removeAnswered(memory, agent),
  "assistant.message"({ agent, id, at, copy, data }, _, memory) {
    removeAnswered(memory, agent);
    if (copy > 0 || typeof data["outputTokens"] !== "number" || !reportsRunTotals(memory.version)) return;
    memory.owed = { first: memory.owed?.first ?? id, at, count: (memory.owed?.count ?? 0) + 1 };
  },
  "subagent.started"({ agent, at, data, place }, emit) {
    if (agent)
      emit(`agent:copilot-cli:${agent}`, { action: "agent", at, name: place.agent, model: text(data["model"], 200) });
  },
  "session.compaction_complete"({ at, data }, emit) {
    const id = text(data["compactionAttemptId"], 200);
    const name = text(data["trigger"], 100);
    if (id)
      emit(`compaction:copilot-cli:${id}`, { action: "compaction", name, ended: at, ok: data["success"] === true });
  },
  "tool.execution_start": beginTool,
  "tool.execution_complete": endTool,
};
const wanted = Object.keys(handlers);

/**
 * Emits what sessions did: prompts, tools, changed files, git operations, subagents, compactions, and responses without
 * usage. Never emits any text of a conversation.
 */
export function readActivity(chunk: LineChunk, emitter: Emitter): void {
  const intervals = new Map<string, SessionObservation>();
  readEvents(
    chunk,
    emitter,
    wanted,
    (session): CopilotActivityMemory => ({ ...session, asked: [], owed: null }),
    (event, memory) => {
      const { at, place, copy, type, data } = event;
      if (at === null) return;
      const emit: EmitCopilotAction = (id, details) =>
        emitter.emit({ kind: "action", key: `action:${id}`, body: { ...noAction, ...place, copy, ...details } });
      handlers[type]?.({ ...event, at }, emit, memory);
      if (copy > 0 || !isTime(at)) return;
      const known = intervals.get(place.session);
      const [first, last] = [Math.min(known?.first ?? at, at), Math.max(known?.last ?? at, at)];
      const reason = type === "session.shutdown" ? text(data["shutdownType"], 100) : null;
      intervals.set(place.session, { ...place, agent: "", first, last, reason, version: memory.version });
    },
  );
  for (const body of intervals.values()) emitter.emit({ kind: "session", key: `session:${body.session}`, body });
}

function removeAnswered(memory: CopilotActivityMemory, agent: string): void {
  memory.asked = memory.asked.filter((one) => one.agent !== agent);
}

/** Emits the unanswered requests of one agent, or of all, as unrecorded, because they will not be answered any more. */
function emitUnanswered(
  memory: CopilotActivityMemory,
  emit: EmitCopilotAction,
  copy: number,
  name: string,
  agent?: string,
): void {
  const isLost = (one: UnansweredRequest): boolean => agent === undefined || one.agent === agent;
  for (const one of memory.asked.filter(isLost))
    // A request that was open when the session was forked may have been answered in the original.
    if (one.copy === copy) emit(`unrecorded:copilot-cli:${one.id}`, { action: "unrecorded", name, at: one.at });
  memory.asked = memory.asked.filter((one) => !isLost(one));
}

function beginTool({ at, data }: Event, emit: EmitCopilotAction): void {
  const [id, name] = [text(data["toolCallId"], 200), text(data["toolName"], 200)];
  if (!id || !name) return;
  const model = text(data["model"], 200) || null;
  emit(`tool:copilot-cli:${id}`, { action: "tool", name, at, model });
  const command = text(fields(data["arguments"])["command"], 1_000_000);
  for (const [index, { operation, directory }] of gitOperations(command).entries()) {
    const tool = `action:tool:copilot-cli:${id}`;
    emit(`git:copilot-cli:${id}:${index}`, {
      action: "git",
      name: operation,
      at,
      model,
      target: directory ?? "",
      tool,
    });
  }
}

function endTool({ at, data }: Event, emit: EmitCopilotAction): void {
  const id = text(data["toolCallId"], 200);
  if (!id) return;
  const ok = data["success"] === true && (exitCodeOf(data) ?? 0) === 0;
  emit(`tool:copilot-cli:${id}`, { action: "tool", ended: at, ok });
  if (data["success"] !== true) return;
  const metrics = fields(fields(data["toolTelemetry"])["metrics"]);
  for (const [index, edit] of listOf(data["fileEdits"]).entries()) {
    const target = text(edit["path"], 4_096);
    // Line counts are reported for the whole call.
    const [added, removed] =
      index > 0 ? [0, 0] : [countOf(metrics["linesAdded"]) ?? 0, countOf(metrics["linesRemoved"]) ?? 0];
    const name = edit["kind"] === "create" ? "create" : "update";
    const tool = `action:tool:copilot-cli:${id}`;
    if (target) emit(`file:copilot-cli:${id}:${index}`, { action: "file", name, at, target, tool, added, removed });
  }
}

/**
 * Returns the exit code of a shell command, which is separate from the tool's success; old versions write it in the
 * text. Null if there is none.
 */
function exitCodeOf(data: Event["data"]): number | null {
  const exitCode = fields(data["shellExecution"])["exitCode"];
  if (typeof exitCode === "number") return exitCode;
  const content = fields(data["result"])["content"];
  const [, code] =
    /<exited with exit code (\d+)>\s*$/.exec(typeof content === "string" ? content.slice(-100) : "") ?? [];
  return code === undefined ? null : Number(code);
}
