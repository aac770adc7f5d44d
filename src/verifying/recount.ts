import { basename } from "node:path";
import type { Tokens } from "../model/tokens.ts";

/*
 * A second reader of transcripts, made to be obviously right and not to be fast: every line is parsed, nothing is shared
 * with the reader of the ledger, and all that is known of a response is put side by side before one number is chosen.
 */

/** A response as it was recounted. */
export interface Counted extends Tokens {
  readonly id: string;
  /** Which of several responses with this id, by their request ids; 0 where it is the only one. */
  readonly part: number;
  readonly session: string;
  readonly model: string;
  /** Epoch milliseconds; null where no line of it has a time. */
  readonly at: number | null;
  readonly searches: number;
}

/** What a session's own transcript tells about its sums. */
export interface SessionSigns {
  /** It holds copies of another session's lines. */
  isFork: boolean;
  isCompacted: boolean;
  /** Responses stand behind the last sums that it wrote. */
  wentOn: boolean;
}

/** Everything found in some files. */
export interface Recount {
  readonly responses: readonly Counted[];
  /** Ids in lines that speak of usage and are no responses. */
  readonly mentioned: ReadonlySet<string>;
  readonly sessions: ReadonlyMap<string, SessionSigns>;
  readonly files: number;
  readonly bytes: number;
}

type Json = Readonly<Record<string, unknown>>;

interface Line extends Omit<Counted, "id" | "part" | "cacheWrite5m"> {
  readonly request: string;
  /** 0 is the response's own line; copies are further away. */
  readonly distance: number;
  readonly write: number;
  readonly split5m: number;
}

/** Counts the responses of files, handed in one after the other. */
export class Recounter {
  readonly #lines = new Map<string, Line[]>();
  readonly #mentioned = new Set<string>();
  readonly #sessions = new Map<string, SessionSigns>();
  #files = 0;
  #bytes = 0;

  /** Takes a file in, whole. */
  read(path: string, bytes: Buffer): void {
    this.#files += 1;
    this.#bytes += bytes.length;
    for (let from = 0, number = 1; from < bytes.length; number++) {
      const newline = bytes.indexOf("\n", from);
      const end = newline < 0 ? bytes.length : newline;
      this.#readLine(bytes.toString("utf8", from, end).replace(/^[\ufeff\0]+/, ""), path, number);
      from = end + 1;
    }
  }

  /** What all files come to. */
  result(): Recount {
    const responses = [...this.#lines].flatMap(([id, lines]) => responsesOf(id, lines));
    return {
      responses,
      mentioned: this.#mentioned,
      sessions: this.#sessions,
      files: this.#files,
      bytes: this.#bytes,
    };
  }

  #readLine(text: string, path: string, number: number): void {
    const line = parsed(text);
    if (!line) return;
    const session = string(line["sessionId"]) || basename(path, ".jsonl");
    const signs = this.#signsOf(session);
    if (line["type"] === "cost-state") signs.wentOn = false;
    if (line["subtype"] === "compact_boundary" || line["isCompactSummary"] === true) signs.isCompacted = true;
    if (isObject(line["forkedFrom"])) signs.isFork = true;

    const isProgress = line["type"] === "progress" && object(line["data"])["type"] === "agent_progress";
    const inner = isProgress ? object(object(line["data"])["message"]) : line;
    const message = object(inner["message"]);
    const usage = message["usage"];
    const isError = message["model"] === "<synthetic>" || inner["isApiErrorMessage"] === true;
    if (inner["type"] !== "assistant" || !isObject(usage) || isError) {
      if (!text.includes("usage")) return;
      for (const [, id = ""] of text.matchAll(/"(?:id|uuid)"\s*:\s*"([^"]{1,200})"/g)) this.#mentioned.add(id);
      return;
    }
    signs.wentOn = true;
    const at = time(inner["timestamp"]) ?? time(line["timestamp"]);
    const id =
      string(message["id"]) || string(inner["uuid"]) || (at === null ? `${path}:${number}` : `${session}@${at}`);
    const told = {
      request: string(inner["requestId"]),
      session: string(object(line["forkedFrom"])["sessionId"]) || session,
      at,
      distance: (isObject(line["forkedFrom"]) ? 4 : 0) + (isProgress ? 2 : line["isSidechain"] === true ? 1 : 0),
    };
    this.#add(id, { ...told, model: string(message["model"]), ...countsOf(usage) });
    const iterations: readonly unknown[] = Array.isArray(usage["iterations"]) ? usage["iterations"] : [];
    for (const [index, one] of iterations.entries()) {
      const model = string(object(one)["model"]);
      if (object(one)["type"] === "advisor_message" && model !== "") {
        this.#add(`${id}:advisor:${index}`, { ...told, model, ...countsOf(object(one)) });
      }
    }
  }

  #add(id: string, line: Line): void {
    const known = this.#lines.get(id);
    if (known) known.push(line);
    else this.#lines.set(id, [line]);
  }

  #signsOf(session: string): SessionSigns {
    let signs = this.#sessions.get(session);
    if (!signs) this.#sessions.set(session, (signs = { isFork: false, isCompacted: false, wentOn: false }));
    return signs;
  }
}

/** One response, or one for each request that the main thread itself names with this message id. */
function responsesOf(id: string, lines: readonly Line[]): Counted[] {
  const own = new Set(lines.filter(({ distance }) => distance === 0).map(({ request }) => request));
  own.delete("");
  const requests = [...own].toSorted();
  if (requests.length < 2) return [responseOf(id, 0, lines)];
  const partOf = ({ request }: Line): number => Math.max(requests.indexOf(request), 0);
  return requests.map((_, part) =>
    responseOf(
      id,
      part,
      lines.filter((line) => partOf(line) === part),
    ),
  );
}

/** The largest count of each field over all lines; the rest from the line that is nearest and newest. */
function responseOf(id: string, part: number, lines: readonly Line[]): Counted {
  const most = (count: (line: Line) => number): number => Math.max(...lines.map(count));
  const largest = most((line) => line.split5m + line.cacheWrite1h);
  const write = Math.max(
    most((line) => line.write),
    largest,
  );
  const hour = Math.max(
    ...lines.filter((line) => line.split5m + line.cacheWrite1h === largest).map((line) => line.cacheWrite1h),
  );
  const [nearest] = lines.toSorted(
    (a, b) =>
      a.distance - b.distance ||
      b.output - a.output ||
      (b.at ?? 0) - (a.at ?? 0) ||
      (a.session < b.session ? -1 : a.session > b.session ? 1 : 0),
  );
  return {
    id,
    part,
    session: nearest?.session ?? "",
    model: nearest?.model ?? "",
    at: nearest?.at ?? null,
    input: most((line) => line.input),
    output: most((line) => line.output),
    cacheWrite5m: write - hour,
    cacheWrite1h: hour,
    cacheRead: most((line) => line.cacheRead),
    searches: most((line) => line.searches),
  };
}

function countsOf(usage: Json) {
  const split = object(usage["cache_creation"]);
  return {
    input: number(usage["input_tokens"]),
    output: number(usage["output_tokens"]),
    write: number(usage["cache_creation_input_tokens"]),
    split5m: number(split["ephemeral_5m_input_tokens"]),
    cacheWrite1h: number(split["ephemeral_1h_input_tokens"]),
    cacheRead: number(usage["cache_read_input_tokens"]),
    searches: number(object(usage["server_tool_use"])["web_search_requests"]),
  };
}

/** A count; whatever is none is 0. */
const number = (value: unknown): number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 1e12 ? value : 0;

const string = (value: unknown): string => (typeof value === "string" ? value : "");

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const object = (value: unknown): Json => (isObject(value) ? value : {});

function parsed(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Epoch milliseconds of a date and time, null for anything else. */
function time(value: unknown): number | null {
  const ms = typeof value === "string" && value.includes("T") ? Date.parse(value) : Number.NaN;
  return ms > 0 ? ms : null;
}
