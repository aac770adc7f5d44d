import { type ActionSeen, noAction, noDetails, TURN } from "../../model/observation.ts";
import { countOf, type Fields, fields, isNotZero, listOf, parse, text, timeOf } from "../../utils/json.ts";
import type { Findings, Pass, Tables } from "../contract.ts";
import { actionKey } from "./transcripts.ts";

/** How far the table was read. A row that is changed is written anew, behind all others; VACUUM gives all of them new numbers. */
interface Memory {
  readonly row: number;
  readonly key: string;
}

/** A value that has more bytes is none of a message, and not taken out of the database. */
const LONGEST = 64 * 1_048_576;
const VALUE = `octet_length(value) > ${LONGEST} AS is_long, CASE WHEN octet_length(value) <= ${LONGEST} THEN value END AS value`;
/**
 * Rows whose keys begin alike: the editor keeps one for each conversation, and one for each of its messages. By an index
 * SQLite would find them in the order of their keys, and hold the values of all of them in memory to sort them.
 */
const ROWS = `SELECT rowid AS row, key, ${VALUE} FROM cursorDiskKV NOT INDEXED WHERE rowid > ? AND key >= ? AND key < ? ORDER BY rowid`;
const ROW = `SELECT rowid AS row, ${VALUE} FROM cursorDiskKV WHERE key = ?`;
/** What current versions write with every message; nothing else of it can be usage. */
const NO_TOKENS = '"tokenCount":{"inputTokens":0,"outputTokens":0}';
const ANSWER = 2;

/**
 * The editor's conversations. Old versions told tokens with the last message of a turn, current ones write zeros there.
 * Only rows of conversations and messages are asked for, by their keys: other rows and tables are none of our business.
 */
export function* readState(pass: Pass, tables: Tables, findings: Findings): Iterable<void> {
  if (!tables.columns("cursorDiskKV").includes("value")) return;
  const [from, to] = pass === "usage" ? ["bubbleId:", "bubbleId;"] : ["composerData:", "composerData;"];
  for (const one of tables.rows(ROWS, startOf(tables, findings.memory), from, to)) {
    const [row, key] = [Number(one["row"]), String(one["key"])];
    const json = jsonOf(one["value"]);
    const isNone = json === null || (pass === "usage" && json.includes(NO_TOKENS));
    const value = isNone ? null : parse(json);
    if (one["is_long"] === 1) findings.skipped(row, "line_too_long");
    if (value && pass === "usage") readMessage(key, value, row, tables, findings);
    else if (value) readConversation(key, value, tables, findings);
    else if (!isNone) findings.skipped(row, "bad_json");
    findings.memory = { row, key } satisfies Memory;
    yield;
  }
}

/** Where to go on: behind the last row that was read, or at the first where that one has a smaller number now. */
function startOf(tables: Tables, memory: unknown): number {
  if (memory === null) return 0;
  const { row, key } = memory as Memory;
  const [now] = tables.rows(ROW, key);
  return now && Number(now["row"]) >= row ? row : 0;
}

/** The text of a value, or of its bytes; null where there is none, as in rows that were cleared. */
function jsonOf(value: unknown): string | null {
  const json = value instanceof Uint8Array ? Buffer.from(value).toString() : value;
  return typeof json === "string" && json.trim() !== "" ? json : null;
}

/** The value of a row by its key; without fields where there is none. */
function valueAt(tables: Tables, key: string): Fields {
  const [row] = tables.rows(ROW, key);
  return parse(jsonOf(row?.["value"]) ?? "") ?? {};
}

/** The tokens of a message, where it tells any. */
function tokensOf(message: Fields): Fields | null {
  const told = fields(message["tokenCount"]);
  return isNotZero(told["inputTokens"]) || isNotZero(told["outputTokens"]) ? told : null;
}

/** bubbleId:<conversation>:<message> */
function readMessage(key: string, message: Fields, row: number, tables: Tables, findings: Findings): void {
  const tokens = tokensOf(message);
  const [, session = "", id = ""] = key.split(":", 3);
  if (!tokens) return;
  const at = timeAt(message) ?? timeAt(valueAt(tables, `composerData:${session}`));
  if (at === null) findings.skipped(row, "no_time");
  const count = (name: string): number => {
    const told = countOf(tokens[name] ?? 0);
    if (told === null) findings.skipped(row, "bad_count");
    return told ?? 0;
  };
  const input = count("inputTokens");
  findings.observed({
    kind: "response",
    key: `response:cursor:${id.slice(0, 200)}`,
    body: {
      ...noDetails,
      session: session.slice(0, 200),
      project: projectOf(message),
      branch: "",
      agent: "",
      at: at ?? tables.written,
      model: modelOf(message),
      input,
      output: count("outputTokens"),
      cacheRead: 0,
      reasoning: null,
      prompt: input,
    },
  });
}

/** composerData:<conversation>, which lists its messages in their order. */
function readConversation(key: string, conversation: Fields, tables: Tables, findings: Findings): void {
  const session = key.slice("composerData:".length).slice(0, 200);
  const inline = listOf(conversation["conversation"]);
  const headers = inline.length > 0 ? inline : listOf(conversation["fullConversationHeadersOnly"]);
  const first = timeAt(conversation) ?? tables.written;
  let [at, project, model, turns, tools] = [first, "", "", 0, 0];
  let isAnswered = false;
  const tell = (what: string, number: number, seen: Partial<ActionSeen> & Pick<ActionSeen, "action">): void => {
    const body = { ...noAction, session, project, branch: "", agent: "", at, model: model || null, ...seen };
    findings.observed({ kind: "action", key: actionKey(session, what, number), body });
  };
  const endTurn = (): void => {
    if (isAnswered) tell("unrecorded", turns, { action: "unrecorded", name: TURN });
  };
  for (const header of headers) {
    const id = text(header["bubbleId"], 200);
    const message = inline.length > 0 ? header : valueAt(tables, `bubbleId:${session}:${id}`);
    if (header["type"] === ANSWER) {
      isAnswered = true;
      const tool = fields(message["toolFormerData"]);
      const name = text(tool["name"], 200);
      const now = timeAt(message) ?? at;
      if (name) tell("tool", ++tools, { action: "tool", name, at: now, ok: outcomeOf(tool) });
    } else if (header["type"] === 1) {
      endTurn();
      isAnswered = false;
      turns++;
      at = timeAt(message) ?? at;
      project = projectOf(message) || project;
      model = modelOf(message) || model;
      tell("prompt", turns, { action: "prompt", name: "", length: text(message["text"], LONGEST).length });
    }
  }
  // The last turn may go on.
  if (conversation["status"] !== "generating") endTurn();
  if (headers.length === 0) return;
  const last = Math.max(timeOfNumber(conversation["lastUpdatedAt"]) ?? at, first);
  const body = { session, project, branch: "", agent: "", first, last, reason: null, version: "" };
  findings.observed({ kind: "session", key: `session:${session}`, body });
}

/** Whether a tool did what it was told to: a command by its exit status, where that was kept. Null while it is not known. */
function outcomeOf(tool: Fields): boolean | null {
  const result = parse(text(tool["result"], LONGEST)) ?? {};
  const exit = result["exitCode"] ?? result["exitCodeV2"];
  if (typeof exit === "number") return exit === 0;
  if (tool["status"] === "completed") return true;
  return tool["status"] === "error" ? false : null;
}

const modelOf = (message: Fields): string => text(fields(message["modelInfo"])["modelName"], 200);

/** The first of the folders that were open: "file:///home/user/project". */
function projectOf(message: Fields): string {
  const [uri] = Array.isArray(message["workspaceUris"]) ? message["workspaceUris"] : [];
  const path = text(uri).replace(/^file:\/\//, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** When a message or a conversation was begun: text or epoch milliseconds, by version. */
function timeAt(one: Fields): number | null {
  const { createdAt } = one;
  return timeOf(createdAt) ?? timeOfNumber(createdAt) ?? timeOfNumber(fields(one["timingInfo"])["clientRpcSendTime"]);
}

/** A number that can be a time since this program's kind exists. */
const timeOfNumber = (value: unknown): number | null =>
  typeof value === "number" && value > 1.6e12 && value < 1e14 ? Math.floor(value) : null;
