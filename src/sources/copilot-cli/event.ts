import { type Fields, fields, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Place, SkipReason } from "../../model/observation.ts";
import type { Chunk, Emitter } from "../contract.ts";

/** What the lines before say about those that follow. */
export interface Session {
  id: string;
  /** When its file was begun, epoch milliseconds: a fork begins with copies of older lines. */
  started: number;
  /** Version of the program that began it; one that resumes it does not tell its own. */
  version: string;
  project: string;
  branch: string;
  /** Names of its newest subagents by their ids. */
  agents: (readonly [id: string, name: string])[];
}

/** One line of events.jsonl. */
export interface Event {
  readonly type: string;
  /** The same in a fork's copy. */
  readonly id: string;
  readonly data: Fields;
  /** Epoch milliseconds; null where it is not told. */
  readonly at: number | null;
  /** Id of the subagent that it belongs to; empty for the main thread. */
  readonly agent: string;
  readonly place: Place;
  /** 0 the session's own line, 4 a fork's copy. */
  readonly copy: 0 | 4;
  skip(reason: SkipReason): void;
}

const TYPED = '{"type":"';
/** Begins the lines that tell usage: within another one it was written on behind what a crash had left. */
const TORN = '{"type":"session.';
/** What tells the session that lines belong to. */
const CONTEXT = ["session.start", "session.resume", "subagent.started"];

/**
 * Reads the events of a chunk in turn. Lines begin with their type; those of types that are not wanted need not be parsed,
 * and what the program sent to a model, which is most of the bytes, is among them.
 */
export function readEvents<Memory extends Session>(
  chunk: Chunk,
  findings: Emitter,
  wanted: readonly string[],
  begin: (session: Session) => Memory,
  read: (event: Event, memory: Memory) => void,
): void {
  const { bytes, offset, path, isOpen } = chunk;
  const types = new Set([...CONTEXT, ...wanted]);
  const memory = (findings.memory as Memory | null) ?? begin(sessionByPath(path));
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (!isWanted(bytes, from, to, types)) continue;
    const skip = (reason: SkipReason): void => findings.skipped(offset + from, reason);
    const line = lineOf(bytes, from, to);
    if (line) {
      const event = eventOf(line, memory, skip);
      if (types.has(event.type)) read(event, memory);
    } else if (isComplete || !isOpen) skip("bad_json");
  }
  findings.memory = memory;
}

function isWanted(bytes: Buffer, from: number, to: number, types: ReadonlySet<string>): boolean {
  if (to - from < 2) return false;
  const start = bytes.toString("latin1", from, Math.min(from + 80, to));
  if (!start.startsWith(TYPED)) return !/^[\s\0]*$/.test(start);
  const type = start.slice(TYPED.length, start.indexOf('"', TYPED.length));
  return types.has(type) || bytes.subarray(from + 1, to).includes(TORN);
}

function eventOf(line: Fields, session: Session, skip: (reason: SkipReason) => void): Event {
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

/** How many subagents are remembered by name: those that run at once. */
const AGENTS = 50;

function follow(session: Session, type: string, data: Fields, at: number | null, agent: string): void {
  if (type === "subagent.started") {
    session.agents = [...session.agents.slice(1 - AGENTS), [agent, text(data["agentName"], 100)]];
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

/** What the path alone tells: .../session-state/<session>/events.jsonl */
const sessionByPath = (path: string): Session => ({
  id: path.split(/[\\/]/).at(-2) ?? "",
  started: 0,
  version: "",
  project: "",
  branch: "",
  agents: [],
});

/** The last version whose sums at the end of a run are those of that run, and which keeps no table of responses. */
const LAST_OF_RUNS = [1, 0, 74];

/** Whether a version tells its responses only in sums, one for each run. */
export function tellsRuns(version: string): boolean {
  const [, ...parts] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  if (parts.length === 0) return false;
  const at = parts.findIndex((part, index) => Number(part) !== LAST_OF_RUNS[index]);
  return at < 0 || Number(parts[at]) < (LAST_OF_RUNS[at] ?? 0);
}
