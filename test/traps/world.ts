import { createHash } from "node:crypto";

/** A JSON object on a line. */
export type Json = Readonly<Record<string, unknown>>;

/** A response of a model that actually happened, regardless of what the files contain. */
export interface Response {
  readonly id: string;
  readonly request: string;
  readonly uuid: string;
  readonly session: string;
  readonly model: string;
  readonly at: string;
  readonly input: number;
  readonly output: number;
  readonly write5m: number;
  readonly write1h: number;
  readonly read: number;
  readonly searches: number;
}

/** Models whose prices the cost traps test. */
export const OPUS = "claude-opus-5-5";
export const SONNET = "claude-sonnet-4-5-20250929";
export const HAIKU = "claude-haiku-4-5-20251001";

const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789";

/** Ids, times and counts for one trap: the same on every run, and different for each trap. */
export class World {
  private count = 0;
  private uuids = 0;
  private readonly seed: string;
  /** The default session of all responses. */
  readonly session: string;

  constructor(seed: string) {
    this.seed = seed;
    this.session = this.sessionOf("main");
  }

  private digest(word: string): Buffer {
    return createHash("sha256").update(`${this.seed} ${word}`).digest();
  }

  /** A session id. Ids sort like their names, so that the order of files can be chosen: "0-…" before "f-…". */
  sessionOf(name: string): string {
    const hex = this.digest(name).toString("hex");
    const first = /^[0-9a-f]-/.test(name) ? name.slice(0, 1) : hex.slice(0, 1);
    return `${first}${hex.slice(1, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  /** A new uuid on every call. */
  uuid(): string {
    return this.sessionOf(`uuid ${(this.uuids += 1)}`);
  }

  /** An id of an agent. */
  agent(name = "agent"): string {
    return `a${this.digest(name).toString("hex").slice(0, 16)}`;
  }

  private base58(word: string, length: number): string {
    return [...this.digest(word)]
      .map((byte) => ALPHABET[byte % ALPHABET.length] ?? "")
      .slice(0, length)
      .join("");
  }

  /** The next response: a minute after the previous one, with unique counts; `special` replaces fields. */
  response(special: Partial<Response> = {}): Response {
    const n = (this.count += 1);
    return {
      id: `msg_01${this.base58(`message ${n}`, 22)}`,
      request: `req_011C${this.base58(`request ${n}`, 20)}`,
      uuid: this.uuid(),
      session: this.session,
      model: SONNET,
      at: new Date(Date.UTC(2026, 10, 3, 9, n, 0, n)).toISOString(),
      input: 10 + n,
      output: 300 + 7 * n,
      write5m: 1000 + 11 * n,
      write1h: 0,
      read: 20_000 + 101 * n,
      searches: 0,
      ...special,
    };
  }
}

/** The usage of a response in the form of the API. */
export function usage(r: Response, special: Json = {}): Json {
  return {
    input_tokens: r.input,
    cache_creation_input_tokens: r.write5m + r.write1h,
    cache_read_input_tokens: r.read,
    output_tokens: r.output,
    server_tool_use: { web_search_requests: r.searches, web_fetch_requests: 0 },
    service_tier: "standard",
    cache_creation: { ephemeral_1h_input_tokens: r.write1h, ephemeral_5m_input_tokens: r.write5m },
    inference_geo: "not_available",
    iterations: [],
    speed: "standard",
    ...special,
  };
}

/** A text block of a response. */
export const text = (words: string): Json => ({ type: "text", text: words });

/** A tool call. */
export const toolUse = (name: string, input: Json): Json => ({ type: "tool_use", id: "toolu_01Trap", name, input });

/** A message in the form of the API. */
export function message(r: Response, special: Json = {}): Json {
  return {
    id: r.id,
    type: "message",
    role: "assistant",
    model: r.model,
    content: [text("Done.")],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: usage(r),
    ...special,
  };
}

/** The last fields of every line of a conversation. */
export function place(session: string, project = "x"): Json {
  return {
    userType: "external",
    entrypoint: "cli",
    cwd: `/home/dev/work/${project}`,
    sessionId: session,
    version: "2.1.328",
    gitBranch: "main",
  };
}

/** A line of a response; `special` replaces fields of the line, `of` fields of its message. */
export function line(r: Response, special: Json = {}, of: Json = {}): Json {
  return {
    parentUuid: null,
    isSidechain: false,
    message: message(r, of),
    requestId: r.request,
    type: "assistant",
    uuid: r.uuid,
    timestamp: r.at,
    ...place(r.session),
    ...special,
  };
}

/** A line of a response with usage other than the final one. */
export const lineWith = (r: Response, counts: Json, special: Json = {}): Json =>
  line(r, special, { usage: usage(r, counts) });

/** A line of a subagent's response, in its own file or in its parent's. */
export const agentLine = (r: Response, agent: string, special: Json = {}): Json =>
  line(r, { isSidechain: true, agentId: agent, ...special });

/** The line with which older versions showed a subagent's response in its parent's file. */
export function progress(r: Response, agent: string, uuid: string, special: Json = {}): Json {
  const inner = { type: "assistant", timestamp: r.at, message: message(r), requestId: r.request, uuid: r.uuid };
  const data = { message: inner, normalizedMessages: [], type: "agent_progress", prompt: "Explore", agentId: agent };
  return {
    parentUuid: null,
    isSidechain: false,
    type: "progress",
    data: { ...data, ...special },
    toolUseID: `agent_${r.id}`,
    parentToolUseID: "toolu_01Trap",
    uuid,
    timestamp: r.at,
    ...place(r.session),
  };
}

/** A line of the user, or of a tool result. */
export function user(world: World, content: unknown, special: Json = {}): Json {
  return {
    parentUuid: null,
    isSidechain: false,
    type: "user",
    message: { role: "user", content },
    uuid: world.uuid(),
    timestamp: "2026-11-03T09:00:00.000Z",
    ...place(world.session),
    ...special,
  };
}

/** The result of a tool. */
export const toolResult = (world: World, content: unknown, special: Json = {}): Json =>
  user(world, [{ tool_use_id: "toolu_01Trap", type: "tool_result", content }], special);
