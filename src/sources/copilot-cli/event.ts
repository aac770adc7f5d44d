import { type Fields, fields, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Place, SkipReason } from "../../model/observation.ts";
import type { Emitter, LineChunk } from "../contract.ts";

/** State of a session, collected from previous lines. Stored between scans. */
export interface CopilotSession {
  id: string;
  /** Start of its file, epoch milliseconds. A fork begins with copies of older lines. */
  started: number;
  /** Version that created the session; a version that resumes it is not recorded. */
  version: string;
  project: string;
  branch: string;
  /** Names of its most recent subagents by id. */
  agents: (readonly [id: string, name: string])[];
}

/** One line of events.jsonl. */
export interface Event {
  readonly type: string;
  /** The same in a fork's copy. */
  readonly id: string;
  readonly data: Fields;
  /** Epoch milliseconds; null if the line has no timestamp. */
  readonly at: number | null;
  /** Id of the subagent that it belongs to; empty for the main thread. */
  readonly agent: string;
  readonly place: Place;
  /** 0 for the session's own line, 4 for a fork's copy. */
  readonly copy: 0 | 4;
  skip(reason: SkipReason): void;
}

const TYPED = '{"type":"';
/** Start of lines with usage. Within another line it follows the remains of a line that a crash cut off. */
const TORN = '{"type":"session.';
/** Events that describe the session that the following lines belong to. */
const CONTEXT = ["session.start", "session.resume", "subagent.started"];

/**
 * Reads the events of a chunk in order. Lines begin with their type, and lines of unwanted types are not parsed: among
 * them are the texts sent to a model, which are most of the bytes.
 */
export function readEvents<Memory extends CopilotSession>(
  chunk: LineChunk,
  emitter: Emitter,
  wanted: readonly string[],
  begin: (session: CopilotSession) => Memory,
  read: (event: Event, memory: Memory) => void,
): void {
  const { bytes, offset, path, isOpen } = chunk;
  const types = new Set([...CONTEXT, ...wanted]);
  const memory = (emitter.memory as Memory | null) ?? begin(sessionFromPath(path));
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (!isWanted(bytes, from, to, types)) continue;
    const skip = (reason: SkipReason): void => emitter.skip(offset + from, reason);
    const line = lineOf(bytes, from, to);
    if (line) {
      const event = eventOf(line, memory, skip);
      if (types.has(event.type)) read(event, memory);
    } else if (isComplete || !isOpen) skip("bad_json");
  }
  emitter.memory = memory;
}

function isWanted(bytes: Buffer, from: number, to: number, types: ReadonlySet<string>): boolean {
  if (to - from < 2) return false;
  const start = bytes.toString("latin1", from, Math.min(from + 80, to));
  if (!start.startsWith(TYPED)) return !/^[\s\0]*$/.test(start);
  const type = start.slice(TYPED.length, start.indexOf('"', TYPED.length));
  return types.has(type) || bytes.subarray(from + 1, to).includes(TORN);
}

function eventOf(line: Fields, session: CopilotSession, skip: (reason: SkipReason) => void): Event {
  const [type, data] = [text(line["type"], 100), fields(line["data"])];
  const [agent, at] = [text(line["agentId"], 200), timeOf(line["timestamp"])];
  if (CONTEXT.includes(type)) follow(session, type, data, at, agent);
  const name = session.agents.findLast(([id]) => id === agent)?.[1];
  return {
    type,
    id: text(line["id"], 200),
    data,
    at,
    agent,
    place: {
      session: session.id,
      project: session.project,
      branch: session.branch,
      agent: agent && (name || "subagent"),
    },
    copy: at !== null && at < session.started ? 4 : 0,
    skip,
  };
}

/** Subagents whose names are kept: as many as may run at once. */
const MAX_AGENTS = 50;

function follow(session: CopilotSession, type: string, data: Fields, at: number | null, agent: string): void {
  if (type === "subagent.started") {
    session.agents = [...session.agents.slice(1 - MAX_AGENTS), [agent, text(data["agentName"], 100)]];
    return;
  }
  const context = fields(data["context"]);
  session.project = text(context["cwd"]) || session.project;
  session.branch = text(context["branch"], 250) || session.branch;
  if (type !== "session.start") return;
  session.id = text(data["sessionId"], 200) || session.id;
  session.started = timeOf(data["startTime"]) ?? at ?? session.started;
  session.version = text(data["copilotVersion"], 40);
}

/** Session as far as the path identifies it: .../session-state/<session>/events.jsonl */
const sessionFromPath = (path: string): CopilotSession => ({
  id: path.split(/[\\/]/).at(-2) ?? "",
  started: 0,
  version: "",
  project: "",
  branch: "",
  agents: [],
});

/** Last version whose totals at the end of a run cover that run, and which has no table of responses. */
const LAST_WITH_RUN_TOTALS = [1, 0, 74];

/** Whether a version reports its responses only as totals, one per run. */
export function reportsRunTotals(version: string): boolean {
  const [, ...parts] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  if (parts.length === 0) return false;
  const at = parts.findIndex((part, index) => Number(part) !== LAST_WITH_RUN_TOTALS[index]);
  return at < 0 || Number(parts[at]) < (LAST_WITH_RUN_TOTALS[at] ?? 0);
}
