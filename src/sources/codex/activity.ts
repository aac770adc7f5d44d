import { gitOperations } from "../../shell/git.ts";
import { type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { type Fields, fields, isTime, listOf, text } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { type Line, rolloutLines } from "./line.ts";
import { type Request, Requests } from "./requests.ts";
import { follow, isFollowed, isFrom, isOwn, placeOf, RECORDS, type Thread } from "./thread.ts";
import { type Change, changesIn, commandOf, durationOf, isAborted, outcomeOf, patchIn, scriptOf } from "./tools.ts";
import { grownBy, noTotals, type Totals } from "./usage.ts";

interface Memory {
  readonly thread: Thread;
  readonly totals: Totals;
  readonly calls: Call[];
  request: Request | null;
}

/** A tool whose output is still to come, and what its patch is to change. */
interface Call {
  readonly id: string;
  /** Empty where the tool itself is not told. */
  readonly name: string;
  /** It runs a command or a patch, whose outcome is its own. */
  readonly runs: boolean;
  readonly changes: readonly Change[];
}

/** So many calls may be open at once; of one more the oldest is forgotten. */
const MOST_CALLS = 32;
/** Since when a tool that ended is told as an item, with what it changed. */
const ITEMS = 150;
/** Tools through which others are used that are counted themselves: a script of calls, and waiting for a command. */
const THROUGH = new Set(["custom_tool_call exec", "function_call write_stdin"]);

const EVENTS =
  "token_count task_complete turn_aborted user_message item_completed exec_command_end patch_apply_end".split(" ");
const CALLS = "function_call function_call_output custom_tool_call custom_tool_call_output local_shell_call".split(" ");
const WANTED = new Set([...EVENTS, ...CALLS]);

const isWanted = (type: string, kind: string): boolean =>
  isFollowed(type, kind) || WANTED.has(kind) || type === "token_usage_record";

/** What threads did: prompts, tools, changed files, git operations, subagents, compactions. Never a text of anybody. */
export function readActivity(chunk: Chunk, findings: Emitter): void {
  let memory = findings.memory as Memory | null;
  let stretch: SessionObservation | null = null;
  for (const line of rolloutLines(chunk, findings, isWanted)) {
    const isFirst = memory === null;
    const thread = follow(memory?.thread ?? null, line, chunk, findings);
    memory ??= { thread, totals: noTotals(), calls: [], request: null };
    const reader = new Reader(memory, line, findings);
    if (isFirst && thread.agent) reader.tellAgent();
    const own = isOwn(thread, line);
    reader.read(own);
    if (own && line.at !== null && isTime(line.at) && line.type !== "session_meta")
      stretch = extended(stretch, thread, line.at);
  }
  if (stretch) findings.observed({ kind: "session", key: `session:${stretch.session}`, body: stretch });
  findings.memory = memory;
}

function extended(stretch: SessionObservation | null, thread: Thread, at: number): SessionObservation {
  if (stretch) return { ...stretch, first: Math.min(stretch.first, at), last: Math.max(stretch.last, at) };
  return { ...placeOf(thread), agent: "", first: at, last: at, reason: null, version: thread.version };
}

type Told = Partial<ActionObservation> & Pick<ActionObservation, "action">;

/** Reads one line. */
class Reader {
  readonly #memory: Memory;
  readonly #thread: Thread;
  readonly #line: Line;
  readonly #findings: Emitter;
  readonly #requests: Requests;
  readonly #at: number;

  constructor(memory: Memory, line: Line, findings: Emitter) {
    this.#memory = memory;
    this.#thread = memory.thread;
    this.#line = line;
    this.#findings = findings;
    this.#at = line.at ?? memory.thread.time;
    this.#requests = new Requests(memory.request, isFrom(memory.thread, RECORDS), (at, name) =>
      this.#tell(`unrecorded:${this.#thread.id}:${at}`, { action: "unrecorded", at, name, model: this.#thread.model }),
    );
  }

  /** The thread itself is a subagent. */
  tellAgent(): void {
    const { id, agent } = this.#thread;
    this.#tell(`agent:${id}`, { action: "agent", at: this.#at, name: agent, agent: "" });
  }

  /** Of a line that was copied only the sums matter, from which the thread's own go on. */
  read(own: boolean): void {
    const { payload, type, kind } = this.#line;
    if (kind === "token_count" && payload) this.#readCount(payload, own);
    else if (own && type === "compacted")
      this.#tell(`compaction:${this.#thread.id}:${this.#at}`, { action: "compaction", at: this.#at, name: "" });
    else if (own && payload) this.#readOwn(payload, type, kind);
    this.#memory.request = this.#requests.left;
  }

  #readOwn(payload: Fields, type: string, kind: string): void {
    if (type === "turn_context") this.#requests.asked(this.#at);
    else if (type === "token_usage_record") {
      this.#memory.totals.recorded = this.#thread.turn;
      this.#requests.recorded();
    } else if (type === "response_item") this.#readItem(payload, kind);
    else if (kind === "item_completed") this.#readCompleted(payload);
    else if (kind === "user_message") this.#readPrompt(text(payload["message"], Infinity));
    else if (kind === "exec_command_end") this.#readCommand(text(payload["call_id"], 200), payload);
    else if (kind === "patch_apply_end") this.#readPatch(text(payload["call_id"], 200), payload);
    else if (kind === "turn_aborted") this.#requests.interrupted();
    else if (kind === "task_complete") this.#requests.completed(payload["error"]);
    else if (kind === "task_started") this.#requests.started();
  }

  #readCount(payload: Fields, own: boolean): void {
    const { thread, totals } = this.#memory;
    const grown = grownBy(payload, this.#line, thread, totals, own, this.#findings);
    if (grown.length > 0) this.#requests.recorded();
    else if (own) this.#requests.passed();
  }

  #readItem(payload: Fields, kind: string): void {
    if (kind === "message") {
      // Only lines without heads come here whole: versions that wrote no event for a prompt.
      const prompt = payload["role"] === "user" ? textOf(payload["content"]) : "";
      if (!this.#thread.version && !prompt.startsWith("<")) this.#readPrompt(prompt);
    } else if (kind.endsWith("_output")) this.#readOutput(payload);
    else if (kind.endsWith("_call")) this.#readCall(payload, kind);
  }

  #readCompleted(payload: Fields): void {
    const item = fields(payload["item"]);
    // A review's items stand in its parent's file, too.
    if ((text(payload["thread_id"], 200) || this.#thread.id) !== this.#thread.id) return;
    const id = text(item["id"], 200);
    if (item["type"] === "UserMessage") this.#readPrompt(textOf(item["content"]));
    else if (item["type"] === "CommandExecution") this.#readCommand(id, item);
    else if (item["type"] === "FileChange") this.#readPatch(id, item);
    else if (item["type"] === "AgentMessage" || item["type"] === "Reasoning") this.#requests.answered(this.#at);
  }

  /** What the user typed; what a subagent is told was written by a model. */
  #readPrompt({ length }: string): void {
    if (length === 0 || this.#thread.agent) return;
    // Its own id is another one after the program has migrated the file.
    const when = this.#line.at ?? `@${this.#line.offset}`;
    this.#tell(`prompt:${this.#thread.id}:${when}`, { action: "prompt", name: "", at: this.#at, length });
  }

  #readCall(payload: Fields, kind: string): void {
    const id = text(payload["call_id"], 200);
    const name = text(payload["name"], 200) || (kind === "local_shell_call" ? "local_shell" : "");
    if (!id || !name) return;
    this.#requests.answered(this.#at);
    const { script, folder } = commandOf(payload, this.#thread.project);
    // Where items tell what was changed, they know better than the patch.
    const changes = isFrom(this.#thread, ITEMS) ? [] : patchIn(script, folder);
    const { calls } = this.#memory;
    const isThrough = THROUGH.has(`${kind} ${name}`);
    calls.push({ id, name: isThrough ? "" : name, runs: script !== "", changes });
    if (calls.length > MOST_CALLS) calls.shift();
    if (isThrough) return;
    this.#tellTool(id, { name, at: this.#at, model: this.#thread.model });
    this.#tellGit(id, script, folder);
  }

  #readOutput(payload: Fields): void {
    const id = text(payload["call_id"], 200);
    if (!isAborted(payload["output"])) this.#requests.asked(this.#at);
    const { calls } = this.#memory;
    const place = calls.findIndex((call) => call.id === id);
    const call = place < 0 ? null : calls.splice(place, 1)[0];
    if (!id || call?.name === "") return;
    const told = outcomeOf(payload["output"]);
    // What runs nothing fails only if it says so.
    const ok = told.ok ?? (call && !call.runs ? true : null);
    this.#tellTool(id, { ended: this.#at, ok, duration: isFrom(this.#thread, ITEMS) ? null : told.duration });
    if (ok) for (const change of call?.changes ?? []) this.#tellFile(id, change);
  }

  /** A command that ended. One that the user typed is no tool's. */
  #readCommand(id: string, told: Fields): void {
    if (!id || told["source"] === "user_shell") return;
    this.#tellTool(id, {
      ...this.#scripted(id, "exec_command"),
      ok: told["exit_code"] === 0,
      duration: durationOf(told["duration"]),
    });
    if (isScripted(id)) this.#tellGit(id, scriptOf(told["command"]), "");
  }

  #readPatch(id: string, told: Fields): void {
    if (!id) return;
    const ok = told["status"] === "completed" || told["success"] === true;
    this.#tellTool(id, { ...this.#scripted(id, "apply_patch"), ok });
    if (ok) for (const change of changesIn(told["changes"])) this.#tellFile(id, change);
  }

  /** What the call itself tells where there was one. */
  #scripted(id: string, name: string): Partial<ActionObservation> {
    return isScripted(id) ? { name, at: this.#at, ended: this.#at, model: this.#thread.model } : {};
  }

  #tellTool(id: string, seen: Partial<ActionObservation>): void {
    this.#tell(`tool:${this.#thread.id}:${id}`, { action: "tool", ...seen });
  }

  #tellFile(id: string, { path, name, added, removed }: Change): void {
    const told = { at: this.#at, name, target: path, tool: `action:tool:${this.#thread.id}:${id}`, added, removed };
    this.#tell(`file:${this.#thread.id}:${id}:${path}`, { action: "file", ...told });
  }

  #tellGit(id: string, script: string, folder: string): void {
    const { id: thread, model, project } = this.#thread;
    for (const [index, { operation, directory }] of gitOperations(script).entries()) {
      const target = directory ?? (folder === project ? "" : folder);
      const told = { at: this.#at, name: operation, model, target, tool: `action:tool:${thread}:${id}` };
      this.#tell(`git:${thread}:${id}:${index}`, { action: "git", ...told });
    }
  }

  #tell(id: string, seen: Told): void {
    const body = { ...noAction, ...placeOf(this.#thread), ...seen };
    this.#findings.observed({ kind: "action", key: `action:${id}`, body });
  }
}

/** Whether a model's script used the tool: no other line tells of that. */
const isScripted = (id: string): boolean => id.startsWith("exec-");

const textOf = (content: unknown): string =>
  listOf(content)
    .map((part) => text(part["text"], Infinity))
    .join("\n");
