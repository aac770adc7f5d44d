import { gitOperations } from "../../model/git.ts";
import { type ActionSeen, noAction, type Place, TURN } from "../../model/observation.ts";
import { type Fields, fields, isTime, linesIn, listOf, text } from "../../utils/json.ts";
import { type Chunk, type Findings, objectsIn } from "../contract.ts";

/** What must be known to read on in the middle of a transcript, whose lines have neither ids nor, most of them, a time. */
interface Memory {
  /** How many prompts and tools came before: their numbers stand for ids. */
  turns: number;
  tools: number;
  /** The last turn that was answered; -1 before the first. */
  answered: number;
  /** Epoch milliseconds of the last time that was told; 0 for none. */
  at: number;
  /** Within a prompt of an old transcript: its characters so far; null outside, -1 where one may begin. */
  open: number | null;
}

type Tell = (what: string, number: number | string, seen: Partial<ActionSeen> & Pick<ActionSeen, "action">) => void;

/** One transcript: whose it is, and where to tell what is in it. */
interface Transcript {
  readonly memory: Memory;
  readonly conversation: string;
  readonly isAgent: boolean;
  /** Epoch milliseconds for what tells no time: that of the prompt, else of the file. */
  now(): number;
  tell: Tell;
}

/** Told from further away than the editor's state, which knows times, outcomes and models. */
const COPY = 1;

/**
 * Prompts, tools and turns of the agent. No transcript tells tokens: each turn is one whose usage is not recorded. Prompts,
 * turns and tools are known by their number within the conversation, under which the editor's state tells them too.
 */
export function readTranscript(chunk: Chunk, findings: Findings): void {
  const { bytes, path, written } = chunk;
  const memory = { turns: 0, tools: 0, answered: -1, at: 0, open: null, ...(findings.memory as Memory | null) };
  const { place, conversation } = placeOf(path);
  const stretch = { first: Infinity, last: -Infinity };
  const transcript: Transcript = {
    memory,
    conversation,
    isAgent: place.agent !== "",
    now: () => memory.at || written,
    tell(what, number, seen) {
      const at = seen.at ?? written;
      if (isTime(at)) {
        stretch.first = Math.min(stretch.first, at);
        stretch.last = Math.max(stretch.last, at);
      }
      const body = { ...noAction, ...place, copy: COPY, ...seen };
      findings.observed({ kind: "action", key: actionKey(conversation, what, number), body });
    },
  };
  if (path.endsWith(".txt")) readText(bytes, transcript);
  else readLines(chunk, transcript, findings);
  findings.memory = memory;
  // What a subagent's transcript does not tell is when it was.
  if (stretch.last < 0 || transcript.isAgent) return;
  const body = { ...place, ...stretch, reason: null, version: "" };
  findings.observed({ kind: "session", key: `session:${place.session}`, body });
}

/** The key of something that was done in a conversation, by what it is and its number among those. */
export const actionKey = (conversation: string, what: string, number: number | string): string =>
  `action:${what}:cursor:${conversation}:${number}`;

/** <workspace>/agent-transcripts/<session>/<session>.jsonl, .../<session>/subagents/<id>.jsonl, or .../<session>.txt */
function placeOf(path: string): { place: Place; conversation: string } {
  const [, project = "", inner = ""] = /([^/]+)\/agent-transcripts\/(.+)\.(?:jsonl|txt)$/.exec(path) ?? [];
  const parts = inner.split("/");
  const conversation = parts.at(-1) ?? "";
  const agent = parts.includes("subagents") ? "subagent" : "";
  const session = (agent && parts[parts.indexOf("subagents") - 1]) || conversation;
  return { place: { session, project, branch: "", agent }, conversation };
}

function readLines(chunk: Chunk, transcript: Transcript, findings: Findings): void {
  for (const { line } of objectsIn(chunk, findings)) {
    const content = listOf(fields(line["message"])["content"]);
    if (line["role"] === "user") readPrompt(content, transcript);
    else if (line["role"] === "assistant") readAnswer(content, transcript);
  }
}

function readPrompt(content: readonly Fields[], transcript: Transcript): void {
  const said = content.map((block) => text(block["type"] === "text" && block["text"], 100_000_000)).join("\n");
  if (said.trim() === "") return;
  const { memory, isAgent, tell } = transcript;
  memory.at = timeIn(said) ?? memory.at;
  const queries = [...said.matchAll(/<user_query>\n?(.*?)\n?<\/user_query>/gs)].map(([, query = ""]) => query);
  const typed = queries.length > 0 ? queries.join("\n") : said.replace(/<timestamp>.*?<\/timestamp>\s*/gs, "");
  const at = transcript.now();
  if (!isAgent) tell("prompt", ++memory.turns, { action: "prompt", name: "", at, length: typed.length });
  else if (++memory.turns === 1) tell("agent", 1, { action: "agent", name: "subagent", at });
}

function readAnswer(content: readonly Fields[], transcript: Transcript): void {
  tellTurn(transcript);
  for (const block of content)
    if (block["type"] === "tool_use") readTool(text(block["name"], 200), fields(block["input"]), transcript);
}

/** A turn that was answered. Its prompt may have come before anything was kept. */
function tellTurn({ memory, now, tell }: Transcript): void {
  if (memory.answered === memory.turns) return;
  memory.answered = memory.turns;
  tell("unrecorded", memory.turns, { action: "unrecorded", name: TURN, at: now() });
}

function readTool(name: string, given: Fields, { memory, conversation, now, tell }: Transcript): void {
  if (!name) return;
  const number = ++memory.tools;
  const at = now();
  const tool = actionKey(conversation, "tool", number);
  tell("tool", number, { action: "tool", name, at });
  const target = text(given["path"]) || text(given["file_path"]) || text(given["target_file"]);
  const change = changeOf(given);
  if (target && change) tell("file", number, { action: "file", at, target, tool, ...change });
  const command = text(given["command"], 1_000_000);
  for (const [index, { operation, directory }] of gitOperations(command).entries())
    tell("git", `${number}:${index}`, { action: "git", name: operation, at, target: directory ?? "", tool });
}

/** Lines of the file that a tool was told to write, or of the part that it was told to put in the place of another. */
function changeOf(given: Fields): Pick<ActionSeen, "name" | "added" | "removed"> | null {
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

/** An old transcript: "user:" and "assistant:" on lines of their own, what was typed between tags, "[Tool call] Name". */
function readText(bytes: Buffer, transcript: Transcript): void {
  const { memory, now, tell } = transcript;
  for (const { from, to, isComplete } of linesIn(bytes)) {
    // What is still being written may become another word.
    if (!isComplete) return;
    const line = bytes.toString("utf8", from, to).replace(/\r$/, "");
    if (memory.open !== null && memory.open >= 0) {
      if (line === "</user_query>") {
        const length = Math.max(memory.open - 1, 0);
        tell("prompt", ++memory.turns, { action: "prompt", name: "", at: now(), length });
        memory.open = null;
      } else memory.open += line.length + 1;
    } else if (line === "user:") memory.open = -1;
    else if (memory.open === -1 && line === "<user_query>") memory.open = 0;
    else if (line === "assistant:") {
      memory.open = null;
      tellTurn(transcript);
    } else if (memory.open === null && line.startsWith("[Tool call] ")) {
      const name = line.slice("[Tool call] ".length).trim().slice(0, 200);
      if (name) tell("tool", ++memory.tools, { action: "tool", name, at: now() });
    } else memory.at = timeIn(line) ?? memory.at;
  }
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

const TIME =
  /<timestamp>\D*?([A-Z][a-z]{2})[a-z]* (\d\d?), (\d{4}),? (?:at )?(\d\d?):(\d\d)\s?([AP]M)?(?: \(?(?:UTC|GMT)([+-]\d\d?)?(?::?(\d\d))?)?/;

/** The time that is put before a prompt, of this machine where it names no zone: <timestamp>Friday, Nov 20, 2026, 10:13 AM (UTC+1)</timestamp> */
function timeIn(said: string): number | null {
  const start = said.slice(0, 1_000);
  const [found = "", month = "", day, year, hour, minute, half, zone = "0", more = "0"] = TIME.exec(start) ?? [];
  const index = MONTHS.indexOf(month) / 3;
  if (!found || !Number.isInteger(index)) return null;
  const hours = half ? (Number(hour) % 12) + (half === "PM" ? 12 : 0) : Number(hour);
  const parts = [Number(year), index, Number(day), hours, Number(minute)] as const;
  if (!/UTC|GMT/.test(found)) return new Date(...parts).getTime();
  return Date.UTC(...parts) - (Number(zone) * 60 + Number(more) * (zone.startsWith("-") ? -1 : 1)) * 60_000;
}
