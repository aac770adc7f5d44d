import type { Random } from "./random.ts";
import type { Tokens } from "../../src/model/tokens.ts";

/** A model with its weight in the main thread and in subagents, and its dollars per million input and output tokens. */
interface Model {
  readonly name: string;
  readonly main: number;
  readonly agent: number;
  readonly input: number;
  readonly output: number;
}

/** Models that all price tables contain; none of them has a long-context price that these prompts would reach. */
export const models: readonly Model[] = [
  { name: "claude-sonnet-4-5-20250929", main: 35, agent: 25, input: 3, output: 15 },
  { name: "claude-opus-4-6", main: 35, agent: 20, input: 5, output: 25 },
  { name: "claude-opus-4-5-20251101", main: 12, agent: 0, input: 5, output: 25 },
  { name: "claude-sonnet-4-6", main: 12, agent: 0, input: 3, output: 15 },
  { name: "claude-haiku-4-5-20251001", main: 6, agent: 55, input: 1, output: 5 },
];

/** The actual usage of a response. */
export interface Usage extends Tokens {
  readonly id: string;
  readonly model: string;
  /** Epoch milliseconds of its last line. */
  readonly at: number;
}

/** The context of a conversation, and how its program version writes it down. */
export interface Setting {
  readonly session: string;
  readonly cwd: string;
  readonly branch: string;
  readonly version: string;
  readonly start: number;
  /** Lines before the last one of a response contain only a part of its output. */
  readonly isHalfCounted: boolean;
  readonly isOneHour: boolean;
  /** A subagent's lines are repeated as progress lines in its parent's transcript. */
  readonly writesProgress: boolean;
  /** Minimum and maximum characters of a tool result; no other text is longer than the maximum. */
  readonly results: readonly [number, number];
}

/** Receives the results of a conversation. */
export interface Listener {
  used(one: Usage): void;
  /** Receives a subagent's transcript. */
  agentFile(agent: string, lines: readonly string[]): void;
  mayHaveAgent(): boolean;
}

type Json = Readonly<Record<string, unknown>>;
interface Call {
  readonly id: string;
  readonly tool: string;
}

const TOOLS = [
  ["Read", 30],
  ["Bash", 28],
  ["Grep", 10],
  ["Edit", 22],
  ["Write", 4],
  ["TodoWrite", 6],
] as const;

/** One conversation of a session's main thread or of a subagent, line by line. */
export class Talk {
  readonly lines: string[] = [];
  at: number;
  bytes = 0;
  /** The same lines as progress lines of the parent's transcript. */
  readonly progress: string[] = [];
  readonly #random: Random;
  readonly #setting: Setting;
  readonly #listener: Listener;
  readonly #agent: string | null;
  #parent: string | null = null;
  #context: number;
  #model: string;

  constructor(random: Random, setting: Setting, listener: Listener, agent: string | null = null) {
    this.#random = random;
    this.#setting = setting;
    this.#listener = listener;
    this.#agent = agent;
    this.at = setting.start;
    this.#context = agent === null ? random.whole(14_000, 24_000) : random.whole(8_000, 16_000);
    this.#model = this.#anyModel();
  }

  /** Continues until `budget` bytes are written. */
  run(budget: number): void {
    const random = this.#random;
    while (this.bytes < budget) {
      this.#prompt();
      for (let isAnswered = false; !isAnswered && this.bytes < budget;) {
        if (random.chance(0.003)) this.#failure();
        const calls = this.#response();
        for (const call of calls) this.#result(call);
        isAnswered = calls.length === 0;
      }
      if (this.#agent === null) {
        const pause = {
          type: "system",
          subtype: "turn_duration",
          durationMs: random.whole(3_000, 300_000),
          isMeta: false,
        };
        this.#push(pause);
        if (random.chance(0.03)) this.#model = this.#anyModel();
      } else if (random.chance(0.3)) return;
      this.at += random.small(3_000, 900_000) + (random.chance(0.02) ? random.whole(1, 14) * 3_600_000 : 0);
    }
  }

  #anyModel(): string {
    const weigh = ({ name, main, agent }: Model) => [name, this.#agent === null ? main : agent] as const;
    return this.#random.weighed(models.map(weigh));
  }

  #text(from: number, to: number): string {
    return this.#random.text(Math.min(this.#random.small(from, to), this.#setting.results[1]));
  }

  #push(fields: Json): string {
    const { session, cwd, branch, version } = this.#setting;
    const uuid = this.#random.uuid();
    const base = { parentUuid: this.#parent, isSidechain: this.#agent !== null, userType: "external", cwd };
    const own = {
      sessionId: session,
      version,
      gitBranch: branch,
      ...(this.#agent !== null && { agentId: this.#agent }),
    };
    this.#parent = uuid;
    this.#write(JSON.stringify({ ...base, ...own, ...fields, uuid, timestamp: new Date(this.at).toISOString() }));
    return uuid;
  }

  #write(line: string): void {
    this.lines.push(line);
    this.bytes += Buffer.byteLength(line) + 1;
  }

  #prompt(): void {
    const random = this.#random;
    this.at += random.whole(2_000, 60_000);
    if (this.#agent === null) {
      const snapshot = { messageId: random.uuid(), trackedFileBackups: {}, timestamp: new Date(this.at).toISOString() };
      this.#write(JSON.stringify({ type: "file-history-snapshot", messageId: snapshot.messageId, snapshot }));
    }
    this.#push({ type: "user", message: { role: "user", content: this.#text(40, 3_000) } });
  }

  /** The line that the program writes when no model answered. */
  #failure(): void {
    const usage = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
    const content = [{ type: "text", text: "API Error: 529 Overloaded" }];
    const message = {
      id: this.#random.uuid(),
      model: "<synthetic>",
      role: "assistant",
      type: "message",
      usage,
      content,
    };
    this.#push({ type: "assistant", message, isApiErrorMessage: true });
    this.at += 5_000;
  }

  /** One response: a line for each of its blocks, each with the same usage. */
  #response(): Call[] {
    const random = this.#random;
    const { isHalfCounted, isOneHour } = this.#setting;
    const id = `msg_01${random.letters(22)}`;
    const requestId = `req_011C${random.letters(20)}`;
    const model = this.#model;
    const { blocks, calls } = this.#blocks();
    const written = random.small(200, 9_000);
    const isLong = isOneHour && this.#agent === null;
    const used = {
      input: random.whole(1, 12),
      output: random.small(40, 3_500),
      cacheWrite5m: isLong ? 0 : written,
      cacheWrite1h: isLong ? written : 0,
      cacheRead: this.#context,
    };
    this.#context += written + used.output;
    if (this.#context > 165_000) this.#context = random.whole(18_000, 30_000);
    for (const [index, block] of blocks.entries()) {
      this.at += random.whole(300, 6_000);
      const isLast = index === blocks.length - 1;
      const output = isLast || !isHalfCounted ? used.output : Math.min(used.output, random.whole(1, 8));
      const stop_reason = isHalfCounted && isLast ? (calls.length > 0 ? "tool_use" : "end_turn") : null;
      const message = { model, id, type: "message", role: "assistant", content: [block], stop_reason };
      const line = { type: "assistant", message: { ...message, usage: usageOf({ ...used, output }) }, requestId };
      this.#push(line);
      if (this.#agent !== null && this.#setting.writesProgress) this.#pushProgress(line);
    }
    this.#listener.used({ id, model, at: this.at, ...used });
    return calls;
  }

  #blocks(): { blocks: Json[]; calls: Call[] } {
    const random = this.#random;
    const tools = random.chance(0.86) ? (random.chance(0.12) ? random.whole(2, 3) : 1) : 0;
    const blocks: Json[] = [];
    const calls: Call[] = [];
    if (random.chance(0.45)) {
      const signature = `${random.letters(Math.min(random.whole(300, 900), this.#setting.results[1]))}==`;
      blocks.push({ type: "thinking", thinking: this.#text(80, 2_500), signature });
    }
    if (tools === 0 || random.chance(0.4)) {
      blocks.push({ type: "text", text: this.#text(60, tools > 0 ? 600 : 2_500) });
    }
    for (let made = 0; made < tools; made++) {
      const isTask = this.#agent === null && random.chance(0.02) && this.#listener.mayHaveAgent();
      const call = { id: `toolu_01${random.letters(22)}`, tool: isTask ? "Task" : random.weighed(TOOLS) };
      blocks.push({ type: "tool_use", id: call.id, name: call.tool, input: this.#inputOf(call.tool) });
      calls.push(call);
    }
    return { blocks, calls };
  }

  #inputOf(tool: string): Json {
    const random = this.#random;
    const text = (from: number, to: number): string => this.#text(from, to);
    const file_path = `${this.#setting.cwd}/src/${random.hex(6)}.ts`;
    if (tool === "Edit") return { file_path, old_string: text(80, 1_500), new_string: text(80, 2_000) };
    if (tool === "Write") return { file_path, content: text(500, 12_000) };
    if (tool === "Bash") return { command: text(20, 300), description: "Run command" };
    if (tool === "Task") return { description: "Explore", prompt: text(200, 2_000), subagent_type: "Explore" };
    return tool === "TodoWrite" ? { todos: [{ content: text(30, 90), status: "pending" }] } : { file_path };
  }

  #pushProgress(line: Json): void {
    const { session, cwd, branch, version } = this.#setting;
    const timestamp = new Date(this.at).toISOString();
    const message = { ...line, timestamp, uuid: this.#random.uuid() };
    const data = { message, normalizedMessages: [], type: "agent_progress", prompt: "Explore", agentId: this.#agent };
    const base = { parentUuid: null, isSidechain: false, userType: "external", cwd, sessionId: session, version };
    const own = { gitBranch: branch, type: "progress", data, uuid: this.#random.uuid(), timestamp };
    this.progress.push(JSON.stringify({ ...base, ...own }));
  }

  #result({ id, tool }: Call): void {
    const random = this.#random;
    this.at += random.small(50, 20_000);
    const [from, to] = this.#setting.results;
    if (random.chance(0.1)) {
      this.#push({ type: "progress", data: { type: "hook_progress", hookEvent: "PostToolUse" }, toolUseID: id });
    }
    let body = this.#text(from, to);
    let result: Json = tool === "Bash" ? { stdout: body, stderr: "" } : { type: "text", file: { content: body } };
    if (tool === "Task") {
      result = this.#task();
      body = this.#text(300, 6_000);
    } else if (tool === "Edit") {
      const lines = random.text(600).split("\n");
      const structuredPatch = [{ oldStart: 1, oldLines: 6, newStart: 1, newLines: 7, lines }];
      result = { filePath: `${this.#setting.cwd}/src/x.ts`, originalFile: body, structuredPatch };
      body = this.#text(300, 2_500);
    }
    const content = [{ tool_use_id: id, type: "tool_result", content: body }];
    this.#push({ type: "user", message: { role: "user", content }, toolUseResult: result });
  }

  /** Runs a subagent in a transcript of its own; the parent's tool result contains the sum of its usage once more. */
  #task(): Json {
    const agent = `a${this.#random.hex(16)}`;
    const talk = new Talk(this.#random, { ...this.#setting, start: this.at }, this.#listener, agent);
    talk.run(this.#random.small(20_000, 400_000));
    this.at = talk.at;
    for (const line of talk.progress) this.#write(line);
    this.#listener.agentFile(agent, talk.lines);
    const usage = usageOf({ input: 9, output: 900, cacheWrite5m: 90, cacheWrite1h: 0, cacheRead: 9_000 });
    return { status: "completed", agentId: agent, totalDurationMs: 5_000, totalTokens: 9_999, usage };
  }
}

function usageOf({ input, output, cacheWrite5m, cacheWrite1h, cacheRead }: Omit<Usage, "id" | "model" | "at">): Json {
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite5m + cacheWrite1h,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    output_tokens: output,
    service_tier: "standard",
    inference_geo: "not_available",
  };
}
