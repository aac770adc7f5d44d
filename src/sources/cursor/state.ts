import { type ActionObservation, noAction, noDetails, TURN } from "../../model/observation.ts";
import { countOf, type Fields, fields, isNotZero, listOf, parse, text, timeOf } from "../../utils/json.ts";
import type { Emitter, Phase, Tables } from "../contract.ts";
import { actionKey } from "./transcripts.ts";

/** Last row read. A changed row is written again behind all others; VACUUM renumbers all rows. */
interface CursorStateMemory {
  readonly row: number;
  readonly key: string;
}

/** Bytes: no message has a longer value, and longer ones are not read from the database. */
const MAX_LENGTH = 64 * 1_048_576;
const VALUE = `octet_length(value) > ${MAX_LENGTH} AS is_long, CASE WHEN octet_length(value) <= ${MAX_LENGTH} THEN value END AS value`;
/**
 * Rows by key prefix: the editor stores one per conversation and one per message. With an index SQLite would find them in
 * the order of their keys and sort all their values in memory.
 */
const ROWS = `SELECT rowid AS row, key, ${VALUE} FROM cursorDiskKV NOT INDEXED WHERE rowid > ? AND key >= ? AND key < ? ORDER BY rowid`;
const ROW = `SELECT rowid AS row, ${VALUE} FROM cursorDiskKV WHERE key = ?`;
/** Current versions write this into every message. Nothing else in a message is usage. */
const NO_TOKENS = '"tokenCount":{"inputTokens":0,"outputTokens":0}';
const ANSWER = 2;

/**
 * Reads the editor's conversations. Old versions recorded tokens in the last message of a turn; current ones write
 * zeros. Only the rows of conversations and messages are queried, by key; other rows and tables are never read.
 */
export function* readState(phase: Phase, tables: Tables, emitter: Emitter): Iterable<void> {
  if (!tables.columns("cursorDiskKV").includes("value")) return;
  const [from, to] = phase === "usage" ? ["bubbleId:", "bubbleId;"] : ["composerData:", "composerData;"];
  for (const one of tables.rows(ROWS, startRow(tables, emitter.memory), from, to)) {
    const [row, key] = [Number(one["row"]), String(one["key"])];
    const json = jsonOf(one["value"]);
    const isNone = json === null || (phase === "usage" && json.includes(NO_TOKENS));
    const value = isNone ? null : parse(json);
    if (one["is_long"] === 1) emitter.skip(row, "line_too_long");
    if (value && phase === "usage") readMessage(key, value, row, tables, emitter);
    else if (value) readConversation(key, value, tables, emitter);
    else if (!isNone) emitter.skip(row, "bad_json");
    emitter.memory = { row, key } satisfies CursorStateMemory;
    yield;
  }
}

/** Returns the row to continue after: the last row read, or 0 if its number is smaller now. */
function startRow(tables: Tables, memory: unknown): number {
  if (memory === null) return 0;
  const { row, key } = memory as CursorStateMemory;
  const [now] = tables.rows(ROW, key);
  return now && Number(now["row"]) >= row ? row : 0;
}

/** Returns a value as text, or null if it is empty, as in cleared rows. */
function jsonOf(value: unknown): string | null {
  const json = value instanceof Uint8Array ? Buffer.from(value).toString() : value;
  return typeof json === "string" && json.trim() !== "" ? json : null;
}

/** Returns the parsed value of a row by its key; an empty object if there is none. */
function valueAt(tables: Tables, key: string): Fields {
  const [row] = tables.rows(ROW, key);
  return parse(jsonOf(row?.["value"]) ?? "") ?? {};
}

/** Returns the tokens of a message, or null if it has none. */
function tokensOf(message: Fields): Fields | null {
  const tokens = fields(message["tokenCount"]);
  return isNotZero(tokens["inputTokens"]) || isNotZero(tokens["outputTokens"]) ? tokens : null;
}

/** Emits the usage of a message. Key: bubbleId:<conversation>:<message> */
function readMessage(key: string, message: Fields, row: number, tables: Tables, emitter: Emitter): void {
  const tokens = tokensOf(message);
  const [, session = "", id = ""] = key.split(":", 3);
  if (!tokens) return;
  const at = timeAt(message) ?? timeAt(valueAt(tables, `composerData:${session}`));
  if (at === null) emitter.skip(row, "no_time");
  const count = (name: string): number => {
    const amount = countOf(tokens[name] ?? 0);
    if (amount === null) emitter.skip(row, "bad_count");
    return amount ?? 0;
  };
  const input = count("inputTokens");
  emitter.emit({
    kind: "response",
    key: `response:cursor:${id.slice(0, 200)}`,
    body: {
      ...noDetails,
      session: session.slice(0, 200),
      project: projectOf(message),
      branch: "",
      agent: "",
      at: at ?? tables.modifiedAt,
      model: modelOf(message),
      input,
      output: count("outputTokens"),
      cacheRead: 0,
      reasoning: null,
      prompt: input,
    },
  });
}

/** Emits the actions of a conversation, which lists its messages in order. Key: composerData:<conversation> */
function readConversation(key: string, conversation: Fields, tables: Tables, emitter: Emitter): void {
  const session = key.slice("composerData:".length).slice(0, 200);
  const inline = listOf(conversation["conversation"]);
  const headers = inline.length > 0 ? inline : listOf(conversation["fullConversationHeadersOnly"]);
  const first = timeAt(conversation) ?? tables.modifiedAt;
  let [at, project, model, turns, tools] = [first, "", "", 0, 0];
  let isAnswered = false;
  const emit = (
    what: string,
    number: number,
    details: Partial<ActionObservation> & Pick<ActionObservation, "action">,
  ): void => {
    const body = { ...noAction, session, project, branch: "", agent: "", at, model: model || null, ...details };
    emitter.emit({ kind: "action", key: actionKey(session, what, number), body });
  };
  const endTurn = (): void => {
    if (isAnswered) emit("unrecorded", turns, { action: "unrecorded", name: TURN });
  };
  for (const header of headers) {
    const id = text(header["bubbleId"], 200);
    const message = inline.length > 0 ? header : valueAt(tables, `bubbleId:${session}:${id}`);
    if (header["type"] === ANSWER) {
      isAnswered = true;
      const tool = fields(message["toolFormerData"]);
      const name = text(tool["name"], 200);
      const now = timeAt(message) ?? at;
      if (name) emit("tool", ++tools, { action: "tool", name, at: now, ok: outcomeOf(tool) });
    } else if (header["type"] === 1) {
      endTurn();
      isAnswered = false;
      turns++;
      at = timeAt(message) ?? at;
      project = projectOf(message) || project;
      model = modelOf(message) || model;
      emit("prompt", turns, { action: "prompt", name: "", length: text(message["text"], MAX_LENGTH).length });
    }
  }
  // The last turn may still be running.
  if (conversation["status"] !== "generating") endTurn();
  if (headers.length === 0) return;
  const last = Math.max(timeOfNumber(conversation["lastUpdatedAt"]) ?? at, first);
  const body = { session, project, branch: "", agent: "", first, last, reason: null, version: "" };
  emitter.emit({ kind: "session", key: `session:${session}`, body });
}

/** Whether a tool succeeded: for a command by its exit code, if recorded. Null if unknown. */
function outcomeOf(tool: Fields): boolean | null {
  const result = parse(text(tool["result"], MAX_LENGTH)) ?? {};
  const exit = result["exitCode"] ?? result["exitCodeV2"];
  if (typeof exit === "number") return exit === 0;
  if (tool["status"] === "completed") return true;
  return tool["status"] === "error" ? false : null;
}

const modelOf = (message: Fields): string => text(fields(message["modelInfo"])["modelName"], 200);

/** Returns the first of the open folders: "file:///home/user/project". */
function projectOf(message: Fields): string {
  const [uri] = Array.isArray(message["workspaceUris"]) ? message["workspaceUris"] : [];
  const path = text(uri).replace(/^file:\/\//, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Returns the start of a message or conversation. Depending on the version it is recorded as text or as epoch
 * milliseconds.
 */
function timeAt(one: Fields): number | null {
  const { createdAt } = one;
  return timeOf(createdAt) ?? timeOfNumber(createdAt) ?? timeOfNumber(fields(one["timingInfo"])["clientRpcSendTime"]);
}

/** Accepts epoch milliseconds of a plausible time: late 2020 or after. */
const timeOfNumber = (value: unknown): number | null =>
  typeof value === "number" && value > 1.6e12 && value < 1e14 ? Math.floor(value) : null;
