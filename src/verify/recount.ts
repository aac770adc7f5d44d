import { basename } from "node:path";
import { type Tokens, totalOf } from "../model/tokens.ts";
import { countOf, type Fields, fields, isFields, isTime, listOf, parse, text, timeOf } from "../utils/json.ts";

/**
 * A second reader of transcripts, written to be obviously correct rather than fast: every line is parsed, nothing else
 * is shared with the reader of the ledger, and all lines of a response are collected before any number is chosen.
 */

/** A response found by the recount. */
export interface Counted extends Tokens {
  readonly id: string;
  /** Index among the responses with this id, by request id; 0 if it is the only one. */
  readonly part: number;
  readonly session: string;
  readonly model: string;
  /** Epoch milliseconds; null if none of its lines has a time. */
  readonly at: number | null;
  readonly searches: number;
}

/** Properties of a session's transcript that explain differences in its totals. */
export interface SessionEvidence {
  /** Contains copies of another session's lines. */
  isFork: boolean;
  isCompacted: boolean;
  /** Tokens of compactions by the API, which the session's own totals leave out. */
  apiCompactions: number;
  /** Responses follow the last totals that the session recorded. */
  continuedAfterSums: boolean;
}

/** The result of recounting some files. */
export interface Recount {
  readonly responses: readonly Counted[];
  /** Ids in lines that mention usage but are not responses. */
  readonly mentioned: ReadonlySet<string>;
  readonly sessions: ReadonlyMap<string, SessionEvidence>;
  readonly files: number;
  readonly bytes: number;
}

/** Bytes: a line of this length or longer is not read. The ledger does not count it either, and reports it. */
const MAX_LINE_BYTES = 128 * 1_048_576;

interface RecountedLine extends Omit<Counted, "id" | "part" | "cacheWrite5m"> {
  readonly request: string;
  /** 0 for the response's own line; larger for copies. */
  readonly distance: number;
  readonly write: number;
  readonly split5m: number;
}

/** Counts the responses of files, which are passed in one after the other. */
export class Recounter {
  readonly #lines = new Map<string, RecountedLine[]>();
  readonly #mentioned = new Set<string>();
  readonly #sessions = new Map<string, SessionEvidence>();
  #files = 0;
  #bytes = 0;

  /** Reads a file piece by piece and returns its size in bytes. */
  read(path: string, pieces: Iterable<Buffer>): number {
    this.#files += 1;
    let bytes = 0;
    let number = 1;
    let held: Buffer[] = [];
    let length = 0;
    const end = (): void => {
      const line =
        length >= MAX_LINE_BYTES
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
        if (length >= MAX_LINE_BYTES) held = [];
        else held.push(Buffer.from(piece.subarray(from, to)));
        if (newline >= 0) end();
        from = to + 1;
      }
    }
    if (length > 0) end();
    this.#bytes += bytes;
    return bytes;
  }

  /** The result for all files. */
  result(): Recount {
    const responses = [...this.#lines].flatMap(([id, lines]) => responsesOf(id, lines));
    for (const one of responses) {
      const evidence = /:compaction-\d+$/.test(one.id) ? this.#sessions.get(one.session) : undefined;
      if (evidence) evidence.apiCompactions += totalOf(one);
    }
    return {
      responses,
      mentioned: this.#mentioned,
      sessions: this.#sessions,
      files: this.#files,
      bytes: this.#bytes,
    };
  }

  #readLine(json: string, path: string, number: number): void {
    const line = parse(json);
    if (!line) return;
    const session = text(line["sessionId"]) || basename(path, ".jsonl");
    const evidence = this.#evidenceOf(session);
    if (line["type"] === "cost-state") evidence.continuedAfterSums = false;
    if (line["subtype"] === "compact_boundary" || line["isCompactSummary"] === true) evidence.isCompacted = true;
    const requestSession = text(line["requestSessionId"]);
    const isCopy = isFields(line["forkedFrom"]) || (requestSession !== "" && requestSession !== session);
    if (isCopy) evidence.isFork = true;

    const isProgress = line["type"] === "progress" && fields(line["data"])["type"] === "agent_progress";
    const inner = isProgress ? fields(fields(line["data"])["message"]) : line;
    const message = fields(inner["message"]);
    const usage = message["usage"];
    const isError = message["model"] === "<synthetic>" || inner["isApiErrorMessage"] === true;
    if (inner["type"] !== "assistant" || !isFields(usage) || isError) {
      if (!json.includes("usage")) return;
      for (const [, id = ""] of json.matchAll(/"(?:id|uuid)"\s*:\s*"([^"]{1,200})"/g)) this.#mentioned.add(id);
      return;
    }
    evidence.continuedAfterSums = true;
    const at = time(inner["timestamp"]) ?? time(line["timestamp"]);
    const id = text(message["id"]) || text(inner["uuid"]) || (at === null ? `${path}:${number}` : `${session}@${at}`);
    const shared = {
      request: text(inner["requestId"]),
      session: isCopy
        ? (requestSession !== session && requestSession) || text(fields(line["forkedFrom"])["sessionId"]) || session
        : session,
      at,
      distance: (isCopy ? 4 : 0) + (isProgress ? 2 : line["isSidechain"] === true ? 1 : 0),
    };
    this.#add(id, { ...shared, model: text(message["model"]), ...countsOf(usage) });
    const requests = listOf(usage["iterations"]);
    const ofType = (type: string): Fields[] => requests.filter((one) => one["type"] === type);
    const advisors = ofType("advisor_message").filter((one) => text(one["model"]) !== "");
    for (const [place, one] of advisors.entries())
      this.#add(`${id}:advisor-${place}`, { ...shared, model: text(one["model"]), ...countsOf(one) });
    if (includesCompactions(usage, ofType("message"), ofType("compaction"))) return;
    for (const [place, one] of ofType("compaction").entries()) {
      const model = text(one["model"]) || text(message["model"]);
      this.#add(`${id}:compaction-${place}`, { ...shared, model, ...countsOf(one) });
    }
  }

  #add(id: string, line: RecountedLine): void {
    const known = this.#lines.get(id);
    if (known) known.push(line);
    else this.#lines.set(id, [line]);
  }

  #evidenceOf(session: string): SessionEvidence {
    let evidence = this.#sessions.get(session);
    if (!evidence)
      this.#sessions.set(
        session,
        (evidence = { isFork: false, isCompacted: false, apiCompactions: 0, continuedAfterSums: false }),
      );
    return evidence;
  }
}

/**
 * Returns one response; or one per request id, if the main thread contains two request ids for this message id. If
 * there is a line of the main thread, a subagent's line under another request id is a replay.
 */
function responsesOf(id: string, lines: readonly RecountedLine[]): Counted[] {
  const requestsIn = (some: readonly RecountedLine[]): string[] =>
    [...new Set(some.map(({ request }) => request))].filter((request) => request !== "").toSorted();
  const [own, forked] = [
    requestsIn(lines.filter((one) => one.distance === 0)),
    requestsIn(lines.filter((one) => one.distance === 4)),
  ];
  if (own.length < 2 && forked.length < 2) {
    const main = lines.filter(({ distance }) => distance === 0 || distance === 4);
    const known = new Set(["", ...own, ...forked]);
    const others = lines.filter((one) => !main.includes(one) && (known.size === 1 || known.has(one.request)));
    return [responseOf(id, 0, main.length === 0 ? lines : [...main, ...others])];
  }
  const first = (own.length > 0 ? own : forked)[0];
  return requestsIn(lines).map((request, part) =>
    responseOf(
      id,
      part,
      lines.filter((line) => (line.request || first) === request),
    ),
  );
}

/**
 * Takes the largest count of each field over all lines; everything else comes from the line with the smallest distance,
 * then the largest output, then the latest time.
 */
function responseOf(id: string, part: number, lines: readonly RecountedLine[]): Counted {
  const most = (count: (line: RecountedLine) => number): number => Math.max(...lines.map(count));
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

/**
 * Whether the counts of a usage already include its compactions, that is whether the requests add up to them only with
 * compactions.
 */
function includesCompactions(usage: Fields, messages: readonly Fields[], compactions: readonly Fields[]): boolean {
  const fields = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
  const addUp = (some: readonly Fields[]): boolean =>
    fields.every((field) => some.reduce((sum, one) => sum + number(one[field]), 0) === number(usage[field]));
  return addUp([...messages, ...compactions]) && !addUp(messages);
}

function countsOf(usage: Fields) {
  const split = fields(usage["cache_creation"]);
  return {
    input: number(usage["input_tokens"]),
    output: number(usage["output_tokens"]),
    write: number(usage["cache_creation_input_tokens"]),
    split5m: number(split["ephemeral_5m_input_tokens"]),
    cacheWrite1h: number(split["ephemeral_1h_input_tokens"]),
    cacheRead: number(usage["cache_read_input_tokens"]),
    searches: number(fields(usage["server_tool_use"])["web_search_requests"]),
  };
}

/** A count; 0 for anything else. */
const number = (value: unknown): number => countOf(value) ?? 0;

/** Epoch milliseconds of a date and time from 1970 to before 2200; null for anything else. */
function time(value: unknown): number | null {
  const ms = timeOf(value);
  return ms !== null && isTime(ms) ? ms : null;
}
