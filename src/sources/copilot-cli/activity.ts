import { gitOperations } from "../../shell/git.ts";
import { type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { fields, isTime, listOf, text } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { type Event, readEvents, type Session, tellsRuns } from "./event.ts";

/** A request that was sent and not answered yet. */
interface Asked {
  readonly agent: string;
  /** The event that began it. */
  readonly id: string;
  readonly at: number;
  readonly copy: number;
}

/** A session with what is open in it. */
interface Run extends Session {
  asked: Asked[];
  /** Responses of which only the sum at the run's end will tell the usage: how many, the first and the time of the last. */
  owed: { readonly first: string; readonly at: number; readonly count: number } | null;
}

type Tell = (id: string, seen: Partial<ActionObservation> & Pick<ActionObservation, "action">) => void;
type Reader = (event: Event & { readonly at: number }, tell: Tell, run: Run) => void;

/** How many requests of subagents are waited for at once. */
const MOST_ASKED = 50;

const readers: Readonly<Record<string, Reader>> = {
  "session.start"(_, __, run) {
    run.asked = [];
    run.owed = null;
  },
  "session.resume"({ copy }, tell, run) {
    loseAsked(run, tell, copy, "interrupted");
    const { first, at, count } = run.owed ?? { first: "", at: 0, count: 0 };
    for (let index = 0; index < count; index++)
      tell(`unrecorded:copilot-cli:${first}:${index}`, { action: "unrecorded", name: "interrupted", at });
    run.owed = null;
  },
  "session.shutdown"({ copy }, tell, run) {
    loseAsked(run, tell, copy, "interrupted");
    run.owed = null;
  },
  abort: ({ copy }, tell, run) => loseAsked(run, tell, copy, "interrupted"),
  "user.message"({ id, agent, at, copy, data }, tell, run) {
    loseAsked(run, tell, copy, "failed", agent);
    const typed = data["content"];
    if (agent === "" && id && typeof typed === "string" && typed !== "")
      tell(`prompt:copilot-cli:${id}`, { action: "prompt", name: "", at, length: typed.length });
  },
  "assistant.turn_start"({ agent, id, at, copy }, tell, run) {
    loseAsked(run, tell, copy, "failed", agent);
    run.asked = [...run.asked.slice(1 - MOST_ASKED), { agent, id, at, copy }];
  },
  "session.usage_record": ({ agent }, _, run) => answer(run, agent),
  "assistant.message"({ agent, id, at, copy, data }, _, run) {
    answer(run, agent);
    if (copy > 0 || typeof data["outputTokens"] !== "number" || !tellsRuns(run.version)) return;
    run.owed = { first: run.owed?.first ?? id, at, count: (run.owed?.count ?? 0) + 1 };
  },
  "subagent.started"({ agent, at, data, place }, tell) {
    if (agent)
      tell(`agent:copilot-cli:${agent}`, { action: "agent", at, name: place.agent, model: text(data["model"], 200) });
  },
  "session.compaction_complete"({ at, data }, tell) {
    const id = text(data["compactionAttemptId"], 200);
    const name = text(data["trigger"], 100);
    if (id)
      tell(`compaction:copilot-cli:${id}`, { action: "compaction", name, ended: at, ok: data["success"] === true });
  },
  "tool.execution_start": beginTool,
  "tool.execution_complete": endTool,
};
const wanted = Object.keys(readers);

/** What sessions did: prompts, tools, changed files, git operations, subagents, compactions and what has no usage. Never a text of anybody. */
export function readActivity(chunk: Chunk, findings: Emitter): void {
  const stretches = new Map<string, SessionObservation>();
  readEvents(
    chunk,
    findings,
    wanted,
    (session): Run => ({ ...session, asked: [], owed: null }),
    (event, run) => {
      const { at, place, copy, type, data } = event;
      if (at === null) return;
      const tell: Tell = (id, seen) =>
        findings.observed({ kind: "action", key: `action:${id}`, body: { ...noAction, ...place, copy, ...seen } });
      readers[type]?.({ ...event, at }, tell, run);
      if (copy > 0 || !isTime(at)) return;
      const known = stretches.get(place.session);
      const [first, last] = [Math.min(known?.first ?? at, at), Math.max(known?.last ?? at, at)];
      const reason = type === "session.shutdown" ? text(data["shutdownType"], 100) : null;
      stretches.set(place.session, { ...place, agent: "", first, last, reason, version: run.version });
    },
  );
  for (const body of stretches.values()) findings.observed({ kind: "session", key: `session:${body.session}`, body });
}

function answer(run: Run, agent: string): void {
  run.asked = run.asked.filter((one) => one.agent !== agent);
}

/** Tells requests as unrecorded that will not be answered any more: of one agent, or of all. */
function loseAsked(run: Run, tell: Tell, copy: number, name: string, agent?: string): void {
  const isLost = (one: Asked): boolean => agent === undefined || one.agent === agent;
  for (const one of run.asked.filter(isLost))
    // One that was open when the session was forked may have been answered there.
    if (one.copy === copy) tell(`unrecorded:copilot-cli:${one.id}`, { action: "unrecorded", name, at: one.at });
  run.asked = run.asked.filter((one) => !isLost(one));
}

function beginTool({ at, data }: Event, tell: Tell): void {
  const [id, name] = [text(data["toolCallId"], 200), text(data["toolName"], 200)];
  if (!id || !name) return;
  const model = text(data["model"], 200) || null;
  tell(`tool:copilot-cli:${id}`, { action: "tool", name, at, model });
  const command = text(fields(data["arguments"])["command"], 1_000_000);
  for (const [index, { operation, directory }] of gitOperations(command).entries()) {
    const tool = `action:tool:copilot-cli:${id}`;
    tell(`git:copilot-cli:${id}:${index}`, {
      action: "git",
      name: operation,
      at,
      model,
      target: directory ?? "",
      tool,
    });
  }
}

function endTool({ at, data }: Event, tell: Tell): void {
  const id = text(data["toolCallId"], 200);
  if (!id) return;
  const ok = data["success"] === true && (exitCodeOf(data) ?? 0) === 0;
  tell(`tool:copilot-cli:${id}`, { action: "tool", ended: at, ok });
  if (data["success"] !== true) return;
  const metrics = fields(fields(data["toolTelemetry"])["metrics"]);
  for (const [index, edit] of listOf(data["fileEdits"]).entries()) {
    const target = text(edit["path"], 4_096);
    // Lines are told for the whole call.
    const [added, removed] = index > 0 ? [0, 0] : [numberOf(metrics["linesAdded"]), numberOf(metrics["linesRemoved"])];
    const name = edit["kind"] === "create" ? "create" : "update";
    const tool = `action:tool:copilot-cli:${id}`;
    if (target) tell(`file:copilot-cli:${id}:${index}`, { action: "file", name, at, target, tool, added, removed });
  }
}

/** The exit status of a shell command, which is no part of whether the tool succeeded; old versions tell it in words. */
function exitCodeOf(data: Event["data"]): number | null {
  const told = fields(data["shellExecution"])["exitCode"];
  if (typeof told === "number") return told;
  const content = fields(data["result"])["content"];
  const [, code] =
    /<exited with exit code (\d+)>\s*$/.exec(typeof content === "string" ? content.slice(-100) : "") ?? [];
  return code === undefined ? null : Number(code);
}

const numberOf = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);
