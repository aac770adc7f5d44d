import { basename } from "node:path";
import { type Tokens, totalOf } from "../model/tokens.ts";
import { parse } from "../utils/json.ts";

/*
 * A second reader of transcripts, made to be obviously right and not to be fast: every line is parsed, nothing but that is shared
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
  /** Tokens of compactions by the API, which the session's own sums leave out. */
  apiCompactions: number;
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

/** Bytes from which on a line is not read: the ledger counts none of them either, and says so. */
const LONGEST_LINE = 128 * 1_048_576;

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

  /** Takes a file in, piece by piece, and gives how many bytes it has. */
  read(path: string, pieces: Iterable<Buffer>): number {
    this.#files += 1;
    let bytes = 0;
    let number = 1;
    let held: Buffer[] = [];
    let length = 0;
    const end = (): void => {
      const line =
        length >= LONGEST_LINE
          ? ""
          : Buffer.concat(held)
              .toString()
              .replace(/^[\ufeff\0]+/, "");
      this.#readLine(line, path, number++);
      [held, length] = [[], 0];
    };
    for (const piece of pieces) {
      bytes += piece.length;
      for (let from = 0; from < piece.length;) {
        const newline = piece.indexOf("\n", from);
        const to = newline < 0 ? piece.length : newline;
        length += to - from;
        if (length >= LONGEST_LINE) held = [];
        else held.push(Buffer.from(piece.subarray(from, to)));
        if (newline >= 0) end();
        from = to + 1;
      }
    }
    if (length > 0) end();
    this.#bytes += bytes;
    return bytes;
  }

  /** What all files come to. */
  result(): Recount {
    const responses = [...this.#lines].flatMap(([id, lines]) => responsesOf(id, lines));
    for (const one of responses) {
      const signs = /:compaction-\d+$/.test(one.id) ? this.#sessions.get(one.session) : undefined;
      if (signs) signs.apiCompactions += totalOf(one);
    }
    return {
      responses,
      mentioned: this.#mentioned,
      sessions: this.#sessions,
      files: this.#files,
      bytes: this.#bytes,
    };
  }

  #readLine(text: string, path: string, number: number): void {
    const line = parse(text);
    if (!line) return;
    const session = string(line["sessionId"]) || basename(path, ".jsonl");
    const signs = this.#signsOf(session);
    if (line["type"] === "cost-state") signs.wentOn = false;
    if (line["subtype"] === "compact_boundary" || line["isCompactSummary"] === true) signs.isCompacted = true;
    const asked = string(line["requestSessionId"]);
    const isCopy = isObject(line["forkedFrom"]) || (asked !== "" && asked !== session);
    if (isCopy) signs.isFork = true;

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
      session: isCopy
        ? (asked !== session && asked) || string(object(line["forkedFrom"])["sessionId"]) || session
        : session,
      at,
      distance: (isCopy ? 4 : 0) + (isProgress ? 2 : line["isSidechain"] === true ? 1 : 0),
    };
    this.#add(id, { ...told, model: string(message["model"]), ...countsOf(usage) });
    const requests: readonly unknown[] = Array.isArray(usage["iterations"]) ? usage["iterations"] : [];
    const ofType = (type: string): Json[] => requests.map(object).filter((one) => one["type"] === type);
    const advisors = ofType("advisor_message").filter((one) => string(one["model"]) !== "");
    for (const [place, one] of advisors.entries())
      this.#add(`${id}:advisor-${place}`, { ...told, model: string(one["model"]), ...countsOf(one) });
    if (isInTheSum(usage, ofType("message"), ofType("compaction"))) return;
    for (const [place, one] of ofType("compaction").entries()) {
      const model = string(one["model"]) || string(message["model"]);
      this.#add(`${id}:compaction-${place}`, { ...told, model, ...countsOf(one) });
    }
  }

  #add(id: string, line: Line): void {
    const known = this.#lines.get(id);
    if (known) known.push(line);
    else this.#lines.set(id, [line]);
  }

  #signsOf(session: string): SessionSigns {
    let signs = this.#sessions.get(session);
    if (!signs)
      this.#sessions.set(session, (signs = { isFork: false, isCompacted: false, apiCompactions: 0, wentOn: false }));
    return signs;
  }
}

/**
 * One response, or, once the main thread names two requests by this message id, one for each request that anybody names.
 * Beside a line of the main thread a subagent's line under another request id is a replay.
 */
function responsesOf(id: string, lines: readonly Line[]): Counted[] {
  const named = (some: readonly Line[]): string[] =>
    [...new Set(some.map(({ request }) => request))].filter((request) => request !== "").toSorted();
  const [own, forked] = [
    named(lines.filter((one) => one.distance === 0)),
    named(lines.filter((one) => one.distance === 4)),
  ];
  if (own.length < 2 && forked.length < 2) {
    const main = lines.filter(({ distance }) => distance === 0 || distance === 4);
    const known = new Set(["", ...own, ...forked]);
    const others = lines.filter((one) => !main.includes(one) && (known.size === 1 || known.has(one.request)));
    return [responseOf(id, 0, main.length === 0 ? lines : [...main, ...others])];
  }
  const first = (own.length > 0 ? own : forked)[0];
  return named(lines).map((request, part) =>
    responseOf(
      id,
      part,
      lines.filter((line) => (line.request || first) === request),
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

/** Whether the counts of a usage hold those of its compactions already: the requests add up to them only with these. */
function isInTheSum(usage: Json, messages: readonly Json[], compactions: readonly Json[]): boolean {
  const fields = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
  const addUp = (some: readonly Json[]): boolean =>
    fields.every((field) => some.reduce((sum, one) => sum + number(one[field]), 0) === number(usage[field]));
  return addUp([...messages, ...compactions]) && !addUp(messages);
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

/** Epoch milliseconds of a date and time from 1970 to before 2200, null for anything else. */
function time(value: unknown): number | null {
  const ms = typeof value === "string" && value.includes("T") ? Date.parse(value) : Number.NaN;
  return ms > 0 && ms < Date.UTC(2200, 0, 1) ? ms : null;
}
