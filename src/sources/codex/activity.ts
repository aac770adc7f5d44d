import { gitOperations } from "../../shell/git.ts";
import { type ActionObservation, noAction, type SessionObservation } from "../../model/observation.ts";
import { type Fields, fields, isTime, listOf, text } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { type RolloutLine, rolloutLines } from "./line.ts";
import { type PendingRequest, RequestTracker } from "./requests.ts";
import { follow, isFollowed, isSince, isOwn, placeOf, RECORDS_SINCE, type CodexThread } from "./thread.ts";
import {
  type PatchChange,
  changesIn,
  commandOf,
  durationOf,
  isAborted,
  outcomeOf,
  patchIn,
  scriptOf,
} from "./tools.ts";
import { responsesIn, noTotals, type Totals } from "./usage.ts";

interface CodexActivityMemory {
  readonly thread: CodexThread;
  readonly totals: Totals;
  readonly calls: Call[];
  request: PendingRequest | null;
}

/** A tool call without its output yet, and the changes in its patch. */
interface Call {
  readonly id: string;
  /** Empty if the call itself is not emitted. */
  readonly name: string;
  /** The call runs a command or a patch. */
  readonly runs: boolean;
  readonly changes: readonly PatchChange[];
}

/** Calls that may be open at once. When there are more, the oldest is dropped. */
const MAX_CALLS = 32;
/** Minor version since which finished tools are written as items, with the changes they made. */
const ITEMS_SINCE = 150;
/** Tools that only run other calls, which are counted themselves: a script of calls, and waiting for a command. */
const WRAPPERS = new Set(["custom_tool_call exec", "function_call write_stdin"]);

const EVENTS =
  "token_count task_complete turn_aborted user_message item_completed exec_command_end patch_apply_end".split(" ");
const CALLS = "function_call function_call_output custom_tool_call custom_tool_call_output local_shell_call".split(" ");
const WANTED = new Set([...EVENTS, ...CALLS]);

const isWanted = (type: string, kind: string): boolean =>
  isFollowed(type, kind) || WANTED.has(kind) || type === "token_usage_record";

/**
 * Emits what threads did: prompts, tools, changed files, git operations, subagents, compactions. Never emits any text
 * of a conversation.
 */
export function readActivity(chunk: LineChunk, emitter: Emitter): void {
  let memory = emitter.memory as CodexActivityMemory | null;
  let interval: SessionObservation | null = null;
  for (const line of rolloutLines(chunk, emitter, isWanted)) {
    const isFirst = memory === null;
    const thread = follow(memory?.thread ?? null, line, chunk, emitter);
    memory ??= { thread, totals: noTotals(), calls: [], request: null };
    const reader = new CodexActivityReader(memory, line, emitter);
    if (isFirst && thread.agent) reader.emitAgent();
    const own = isOwn(thread, line);
    reader.read(own);
    if (own && line.at !== null && isTime(line.at) && line.type !== "session_meta")
      interval = extendInterval(interval, thread, line.at);
  }
  if (interval) emitter.emit({ kind: "session", key: `session:${interval.session}`, body: interval });
  emitter.memory = memory;
}

function extendInterval(interval: SessionObservation | null, thread: CodexThread, at: number): SessionObservation {
  if (interval) return { ...interval, first: Math.min(interval.first, at), last: Math.max(interval.last, at) };
  return { ...placeOf(thread), agent: "", first: at, last: at, reason: null, version: thread.version };
}

type ActionDetails = Partial<ActionObservation> & Pick<ActionObservation, "action">;

/** Reads one line. */
class CodexActivityReader {
  readonly #memory: CodexActivityMemory;
  readonly #thread: CodexThread;
  readonly #line: RolloutLine;
  readonly #emitter: Emitter;
  readonly #requests: RequestTracker;
  readonly #at: number;

  constructor(memory: CodexActivityMemory, line: RolloutLine, emitter: Emitter) {
    this.#memory = memory;
    this.#thread = memory.thread;
    this.#line = line;
    this.#emitter = emitter;
    this.#at = line.at ?? memory.thread.time;
    this.#requests = new RequestTracker(memory.request, isSince(memory.thread, RECORDS_SINCE), (at, name) =>
      this.#emit(`unrecorded:${this.#thread.id}:${at}`, { action: "unrecorded", at, name, model: this.#thread.model }),
    );
  }

  /** Emits that the thread itself is a subagent. */
  emitAgent(): void {
    const { id, agent } = this.#thread;
    this.#emit(`agent:${id}`, { action: "agent", at: this.#at, name: agent, agent: "" });
  }

  /** Reads a line. Of a copied line only the totals are used, since the thread's own totals continue from them. */
  read(own: boolean): void {
    const { payload, type, kind } = this.#line;
    if (kind === "token_count" && payload) this.#readCount(payload, own);
    else if (own && type === "compacted")
      this.#emit(`compaction:${this.#thread.id}:${this.#at}`, { action: "compaction", at: this.#at, name: "" });
    else if (own && payload) this.#readOwn(payload, type, kind);
    this.#memory.request = this.#requests.pending;
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
    const grown = responsesIn(payload, this.#line, thread, totals, own, this.#emitter);
    if (grown.length > 0) this.#requests.recorded();
    else if (own) this.#requests.countedWithoutUsage();
  }

  #readItem(payload: Fields, kind: string): void {
    if (kind === "message") {
      // Only lines without a known head arrive here complete: those of versions that wrote no event for a prompt.
      const prompt = payload["role"] === "user" ? textOf(payload["content"]) : "";
      if (!this.#thread.version && !prompt.startsWith("<")) this.#readPrompt(prompt);
    } else if (kind.endsWith("_output")) this.#readOutput(payload);
    else if (kind.endsWith("_call")) this.#readCall(payload, kind);
  }

  #readCompleted(payload: Fields): void {
    const item = fields(payload["item"]);
    // A review's items are also written to its parent's file.
    if ((text(payload["thread_id"], 200) || this.#thread.id) !== this.#thread.id) return;
    const id = text(item["id"], 200);
    if (item["type"] === "UserMessage") this.#readPrompt(textOf(item["content"]));
    else if (item["type"] === "CommandExecution") this.#readCommand(id, item);
    else if (item["type"] === "FileChange") this.#readPatch(id, item);
    else if (item["type"] === "AgentMessage" || item["type"] === "Reasoning") this.#requests.answered(this.#at);
  }

  /** Emits a prompt of the user. A subagent's prompt was written by a model and is not emitted. */
  #readPrompt({ length }: string): void {
    if (length === 0 || this.#thread.agent) return;
    // Not the message's own id: it changes when the program migrates the file.
    const when = this.#line.at ?? `@${this.#line.offset}`;
    this.#emit(`prompt:${this.#thread.id}:${when}`, { action: "prompt", name: "", at: this.#at, length });
  }

  #readCall(payload: Fields, kind: string): void {
    const id = text(payload["call_id"], 200);
    const name = text(payload["name"], 200) || (kind === "local_shell_call" ? "local_shell" : "");
    if (!id || !name) return;
    this.#requests.answered(this.#at);
    const { script, folder } = commandOf(payload, this.#thread.project);
    // Items report the actual changes, so the patch is not needed.
    const changes = isSince(this.#thread, ITEMS_SINCE) ? [] : patchIn(script, folder);
    const { calls } = this.#memory;
    const isWrapper = WRAPPERS.has(`${kind} ${name}`);
    calls.push({ id, name: isWrapper ? "" : name, runs: script !== "", changes });
    if (calls.length > MAX_CALLS) calls.shift();
    if (isWrapper) return;
    this.#emitTool(id, { name, at: this.#at, model: this.#thread.model });
    this.#emitGit(id, script, folder);
  }

  #readOutput(payload: Fields): void {
    const id = text(payload["call_id"], 200);
    if (!isAborted(payload["output"])) this.#requests.asked(this.#at);
    const { calls } = this.#memory;
    const place = calls.findIndex((call) => call.id === id);
    const call = place < 0 ? null : calls.splice(place, 1)[0];
    if (!id || call?.name === "") return;
    const outcome = outcomeOf(payload["output"]);
    // A call that runs nothing has failed only if its output says so.
    const ok = outcome.ok ?? (call && !call.runs ? true : null);
    this.#emitTool(id, { ended: this.#at, ok, duration: isSince(this.#thread, ITEMS_SINCE) ? null : outcome.duration });
    if (ok) for (const change of call?.changes ?? []) this.#emitFile(id, change);
  }

  /** Reads a finished command. Commands that the user typed do not belong to a tool. */
  #readCommand(id: string, item: Fields): void {
    if (!id || item["source"] === "user_shell") return;
    this.#emitTool(id, {
      ...this.#scriptedDetails(id, "exec_command"),
      ok: item["exit_code"] === 0,
      duration: durationOf(item["duration"]),
    });
    if (isScripted(id)) this.#emitGit(id, scriptOf(item["command"]), "");
  }

  #readPatch(id: string, item: Fields): void {
    if (!id) return;
    const ok = item["status"] === "completed" || item["success"] === true;
    this.#emitTool(id, { ...this.#scriptedDetails(id, "apply_patch"), ok });
    if (ok) for (const change of changesIn(item["changes"])) this.#emitFile(id, change);
  }

  /** Details of a tool used by a script, which has no call line of its own. */
  #scriptedDetails(id: string, name: string): Partial<ActionObservation> {
    return isScripted(id) ? { name, at: this.#at, ended: this.#at, model: this.#thread.model } : {};
  }

  #emitTool(id: string, details: Partial<ActionObservation>): void {
    this.#emit(`tool:${this.#thread.id}:${id}`, { action: "tool", ...details });
  }

  #emitFile(id: string, { path, name, added, removed }: PatchChange): void {
    const details = { at: this.#at, name, target: path, tool: `action:tool:${this.#thread.id}:${id}`, added, removed };
    this.#emit(`file:${this.#thread.id}:${id}:${path}`, { action: "file", ...details });
  }

  #emitGit(id: string, script: string, folder: string): void {
    const { id: thread, model, project } = this.#thread;
    for (const [index, { operation, directory }] of gitOperations(script).entries()) {
      const target = directory ?? (folder === project ? "" : folder);
      const details = { at: this.#at, name: operation, model, target, tool: `action:tool:${thread}:${id}` };
      this.#emit(`git:${thread}:${id}:${index}`, { action: "git", ...details });
    }
  }

  #emit(id: string, details: ActionDetails): void {
    const body = { ...noAction, ...placeOf(this.#thread), ...details };
    this.#emitter.emit({ kind: "action", key: `action:${id}`, body });
  }
}

/** Whether a model's script used the tool: then no other line reports the call. */
const isScripted = (id: string): boolean => id.startsWith("exec-");

const textOf = (content: unknown): string =>
  listOf(content)
    .map((part) => text(part["text"], Infinity))
    .join("\n");
