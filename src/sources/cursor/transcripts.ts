import { gitOperations } from "../../shell/git.ts";
import { type ActionObservation, noAction, type Place, TURN } from "../../model/observation.ts";
import { type Fields, fields, isTime, linesIn, listOf, text } from "../../utils/json.ts";
import { type Emitter, type LineChunk, objectsIn } from "../contract.ts";

/** State needed to continue in the middle of a transcript: its lines have no ids, and most have no time. */
interface CursorTranscriptMemory {
  /** Number of prompts and tools so far. Their numbers are used as ids. */
  turns: number;
  tools: number;
  /** The last answered turn; -1 before the first. */
  answered: number;
  /** Last recorded time, epoch milliseconds; 0 for none. */
  at: number;
  /**
   * State of reading a prompt in an old transcript: its characters so far; null outside of a prompt, -1 where one may
   * begin.
   */
  open: number | null;
}

type EmitCursorAction = (
  what: string,
  number: number | string,
  details: Partial<ActionObservation> & Pick<ActionObservation, "action">,
) => void;

/** One transcript: its conversation, and where to emit its actions. */
interface CursorTranscript {
  readonly memory: CursorTranscriptMemory;
  readonly conversation: string;
  readonly isAgent: boolean;
  /** Time for a record without a timestamp, epoch milliseconds: that of the prompt, else of the file. */
  now(): number;
  emit: EmitCursorAction;
}

/** The editor's state wins over transcripts, because it has times, outcomes and models. */
const COPY = 1;

/**
 * Emits prompts, tools and turns of the agent. No transcript contains tokens, so each turn is one whose usage is not
 * recorded. Prompts, turns and tools are identified by their number within the conversation, as in the editor's state.
 */
export function readTranscript(chunk: LineChunk, emitter: Emitter): void {
  const { bytes, path, modifiedAt } = chunk;
  const memory = {
    turns: 0,
    tools: 0,
    answered: -1,
    at: 0,
    open: null,
    ...(emitter.memory as CursorTranscriptMemory | null),
  };
  const { place, conversation } = placeOf(path);
  const interval = { first: Infinity, last: -Infinity };
  const transcript: CursorTranscript = {
    memory,
    conversation,
    isAgent: place.agent !== "",
    now: () => memory.at || modifiedAt,
    emit(what, number, details) {
      const at = details.at ?? modifiedAt;
      if (isTime(at)) {
        interval.first = Math.min(interval.first, at);
        interval.last = Math.max(interval.last, at);
      }
      const body = { ...noAction, ...place, copy: COPY, ...details };
      emitter.emit({ kind: "action", key: actionKey(conversation, what, number), body });
    },
  };
  if (path.endsWith(".txt")) readText(bytes, transcript);
  else readLines(chunk, transcript, emitter);
  emitter.memory = memory;
  // A subagent's transcript has no times.
  if (interval.last < 0 || transcript.isAgent) return;
  const body = { ...place, ...interval, reason: null, version: "" };
  emitter.emit({ kind: "session", key: `session:${place.session}`, body });
}

/** Key of an action in a conversation: its kind and its number within that kind. */
export const actionKey = (conversation: string, what: string, number: number | string): string =>
  `action:${what}:cursor:${conversation}:${number}`;

/**
 * Reads the place from the path: <workspace>/agent-transcripts/<session>/<session>.jsonl,
 * .../<session>/subagents/<id>.jsonl, or .../<session>.txt
 */
function placeOf(path: string): { place: Place; conversation: string } {
  const [, project = "", inner = ""] = /([^/]+)\/agent-transcripts\/(.+)\.(?:jsonl|txt)$/.exec(path) ?? [];
  const parts = inner.split("/");
  const conversation = parts.at(-1) ?? "";
  const agent = parts.includes("subagents") ? "subagent" : "";
  const session = (agent && parts[parts.indexOf("subagents") - 1]) || conversation;
  return { place: { session, project, branch: "", agent }, conversation };
}

function readLines(chunk: LineChunk, transcript: CursorTranscript, emitter: Emitter): void {
  for (const { line } of objectsIn(chunk, emitter)) {
    const content = listOf(fields(line["message"])["content"]);
    if (line["role"] === "user") readPrompt(content, transcript);
    else if (line["role"] === "assistant") readAnswer(content, transcript);
  }
}

function readPrompt(content: readonly Fields[], transcript: CursorTranscript): void {
  const message = content.map((block) => text(block["type"] === "text" && block["text"], 100_000_000)).join("\n");
  if (message.trim() === "") return;
  const { memory, isAgent, emit } = transcript;
  memory.at = timeIn(message) ?? memory.at;
  const queries = [...message.matchAll(/<user_query>\n?(.*?)\n?<\/user_query>/gs)].map(([, query = ""]) => query);
  const typed = queries.length > 0 ? queries.join("\n") : message.replace(/<timestamp>.*?<\/timestamp>\s*/gs, "");
  const at = transcript.now();
  if (!isAgent) emit("prompt", ++memory.turns, { action: "prompt", name: "", at, length: typed.length });
  else if (++memory.turns === 1) emit("agent", 1, { action: "agent", name: "subagent", at });
}

function readAnswer(content: readonly Fields[], transcript: CursorTranscript): void {
  emitTurn(transcript);
  for (const block of content)
    if (block["type"] === "tool_use") readTool(text(block["name"], 200), fields(block["input"]), transcript);
}

/** Emits an answered turn. Its prompt may be older than the transcript. */
function emitTurn({ memory, now, emit }: CursorTranscript): void {
  if (memory.answered === memory.turns) return;
  memory.answered = memory.turns;
  emit("unrecorded", memory.turns, { action: "unrecorded", name: TURN, at: now() });
}

function readTool(name: string, given: Fields, { memory, conversation, now, emit }: CursorTranscript): void {
  if (!name) return;
  const number = ++memory.tools;
  const at = now();
  const tool = actionKey(conversation, "tool", number);
  emit("tool", number, { action: "tool", name, at });
  const target = text(given["path"]) || text(given["file_path"]) || text(given["target_file"]);
  const change = changeOf(given);
  if (target && change) emit("file", number, { action: "file", at, target, tool, ...change });
  const command = text(given["command"], 1_000_000);
  for (const [index, { operation, directory }] of gitOperations(command).entries())
    emit("git", `${number}:${index}`, { action: "git", name: operation, at, target: directory ?? "", tool });
}

/** Counts the lines that a tool wrote: of a whole file, or of the part that replaces another. Null if it wrote none. */
function changeOf(given: Fields): Pick<ActionObservation, "name" | "added" | "removed"> | null {
  const whole = given["contents"];
  if (typeof whole === "string") return { name: "create", added: linesOf(whole).length, removed: 0 };
  const [old, now] = [given["old_string"], given["new_string"]];
  if (typeof old !== "string" || typeof now !== "string") return null;
  const [before, after] = [linesOf(old), linesOf(now)];
  let same = 0;
  while (same < Math.min(before.length, after.length) && before[same] === after[same]) same++;
  let end = 0;
  const rest = Math.min(before.length, after.length) - same;
  while (end < rest && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { name: "update", added: after.length - same - end, removed: before.length - same - end };
}

const linesOf = (content: string): string[] => (content === "" ? [] : content.replace(/\n$/, "").split("\n"));

/**
 * Reads an old transcript: "user:" and "assistant:" on lines of their own, prompts between tags, "[Tool call] Name".
 */
function readText(bytes: Buffer, transcript: CursorTranscript): void {
  const { memory, now, emit } = transcript;
  for (const { from, to, isComplete } of linesIn(bytes)) {
    // An incomplete line may still become another word.
    if (!isComplete) return;
    const line = bytes.toString("utf8", from, to).replace(/\r$/, "");
    if (memory.open !== null && memory.open >= 0) {
      if (line === "</user_query>") {
        const length = Math.max(memory.open - 1, 0);
        emit("prompt", ++memory.turns, { action: "prompt", name: "", at: now(), length });
        memory.open = null;
      } else memory.open += line.length + 1;
    } else if (line === "user:") memory.open = -1;
    else if (memory.open === -1 && line === "<user_query>") memory.open = 0;
    else if (line === "assistant:") {
      memory.open = null;
      emitTurn(transcript);
    } else if (memory.open === null && line.startsWith("[Tool call] ")) {
      const name = line.slice("[Tool call] ".length).trim().slice(0, 200);
      if (name) emit("tool", ++memory.tools, { action: "tool", name, at: now() });
    } else memory.at = timeIn(line) ?? memory.at;
  }
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

const TIME =
  /<timestamp>\D*?([A-Z][a-z]{2})[a-z]* (\d\d?), (\d{4}),? (?:at )?(\d\d?):(\d\d)\s?([AP]M)?(?: \(?(?:UTC|GMT)([+-]\d\d?)?(?::?(\d\d))?)?/;

/**
 * Reads the time before a prompt, in local time if it names no zone: <timestamp>Friday, Nov 20, 2026, 10:13 AM
 * (UTC+1)</timestamp>
 */
function timeIn(message: string): number | null {
  const start = message.slice(0, 1_000);
  const [found = "", month = "", day, year, hour, minute, half, zone = "0", more = "0"] = TIME.exec(start) ?? [];
  const index = MONTHS.indexOf(month) / 3;
  if (!found || !Number.isInteger(index)) return null;
  const hours = half ? (Number(hour) % 12) + (half === "PM" ? 12 : 0) : Number(hour);
  const parts = [Number(year), index, Number(day), hours, Number(minute)] as const;
  if (!/UTC|GMT/.test(found)) return new Date(...parts).getTime();
  return Date.UTC(...parts) - (Number(zone) * 60 + Number(more) * (zone.startsWith("-") ? -1 : 1)) * 60_000;
}
