import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Random } from "../../ledger/random.ts";
import type { Totals } from "../../sources/harness.ts";

/** Generated rollouts and the actual usage in them. */
export interface CodexCorpus {
  readonly home: string;
  readonly bytes: number;
  readonly truth: Totals;
}

const MIB = 1_048_576;
const DAY = 86_400_000;
const BEGIN = Date.UTC(2026, 9, 1, 8);

/** Rollouts of the given size from a cache folder; created there if missing, the same for the same seed. */
export function cachedRollouts(folder: string, megabytes: number, seed: number): CodexCorpus {
  const home = join(folder, `${megabytes}mb-${seed}`);
  const known = join(home, "truth.json");
  if (existsSync(known)) return { home, ...(JSON.parse(readFileSync(known, "utf8")) as Omit<CodexCorpus, "home">) };
  rmSync(home, { recursive: true, force: true });
  const random = new Random(seed);
  const truth = { responses: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  let bytes = 0;
  for (let session = 0; bytes < megabytes * MIB; session++) {
    const thread = new Thread(random, BEGIN + session * (DAY / 20), session % 3 > 0, truth);
    const size = Math.min(random.small(100_000, 20 * MIB), megabytes * MIB - bytes);
    const text = Buffer.from(thread.lines(size));
    const path = join(home, ".codex/sessions", thread.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    bytes += text.length;
  }
  writeFileSync(known, JSON.stringify({ bytes, truth }));
  return { home, bytes, truth };
}

interface CodexUsage {
  input_tokens: number;
  cached_input_tokens: number;
  cache_write_input_tokens: number;
  output_tokens: number;
  reasoning_output_tokens: number;
  total_tokens: number;
}

/** One thread, written as by versions with usage records or by earlier ones. */
class Thread {
  readonly path: string;
  readonly #id: string;
  readonly #random: Random;
  readonly #writesRecords: boolean;
  readonly #truth: { -readonly [K in keyof Totals]: number };
  readonly #total: CodexUsage = usageOf(0, 0, 0, 0);
  readonly #lines: string[] = [];
  #time: number;
  #size = 0;
  #ordinal = 0;
  #calls = 0;

  constructor(random: Random, time: number, writesRecords: boolean, truth: { -readonly [K in keyof Totals]: number }) {
    this.#random = random;
    this.#time = time;
    this.#id = this.#uuid();
    this.#writesRecords = writesRecords;
    this.#truth = truth;
    const date = new Date(time).toISOString();
    const clock = date.slice(0, 19).replaceAll(":", "-");
    this.path = `${date.slice(0, 10).replaceAll("-", "/")}/rollout-${clock}-${this.#id}.jsonl`;
  }

  /** Lines of about `size` bytes. */
  lines(size: number): string {
    const [id, random] = [this.#id, this.#random];
    this.#put("session_meta", {
      session_id: id,
      id,
      timestamp: new Date(this.#time).toISOString(),
      cwd: "/home/dev/work/app",
      originator: "codex-tui",
      cli_version: this.#writesRecords ? "0.169.0" : "0.120.0",
      source: "cli",
      base_instructions: { text: random.text(20_000) },
      git: { branch: "main" },
    });
    while (this.#size < size) this.#turn(size);
    return this.#lines.join("");
  }

  #turn(size: number): void {
    const random = this.#random;
    const turn = this.#uuid();
    this.#put("event_msg", { type: "task_started", turn_id: turn, model_context_window: 258_400 });
    this.#put("turn_context", {
      turn_id: turn,
      cwd: "/home/dev/work/app",
      model: "gpt-5.5",
      summary: random.text(2_000),
    });
    this.#event("thread_settings_applied", { thread_id: this.#id, thread_settings: { model: "gpt-5.5" } });
    const prompt = random.text(random.small(20, 4_000));
    this.#put("response_item", { type: "message", role: "user", content: [{ type: "input_text", text: prompt }] });
    if (this.#writesRecords) this.#item(turn, { type: "UserMessage", content: [{ type: "text", text: prompt }] });
    else this.#event("user_message", { message: prompt });
    for (let steps = random.small(1, 60); steps > 0 && this.#size < size; steps--) this.#step(turn);
    this.#event("task_complete", { turn_id: turn, last_agent_message: random.text(300), duration_ms: 60_000 });
  }

  /** One response of the model and the tools that it called. */
  #step(turn: string): void {
    const random = this.#random;
    const calls = Array.from({ length: random.whole(0, 4) }, () => `call_${random.letters(24)}_${this.#calls++}`);
    const summary = random.text(random.small(40, 600));
    if (this.#writesRecords)
      this.#item(turn, { type: "Reasoning", id: "rs", summary_text: [summary], raw_content: [] });
    else this.#event("agent_reasoning", { text: summary });
    this.#put("response_item", {
      type: "reasoning",
      summary,
      encrypted_content: random.letters(random.small(800, 8_000)),
    });
    const answer = random.text(random.small(40, 3_000));
    if (this.#writesRecords)
      this.#item(turn, { type: "AgentMessage", id: "msg", content: [{ type: "Text", text: answer }] });
    else this.#event("agent_message", { message: answer });
    this.#put("response_item", {
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text: answer }],
    });
    for (const id of calls) {
      const given = JSON.stringify({ cmd: random.text(random.small(20, 2_000)) });
      this.#put("response_item", { type: "function_call", name: "exec_command", arguments: given, call_id: id });
    }
    const used = this.#use();
    if (this.#writesRecords) this.#record(turn, used);
    for (const id of calls) this.#output(turn, id);
    this.#count(used);
    // Versions before 0.145 wrote it twice.
    if (!this.#writesRecords) this.#count(used);
  }

  #output(turn: string, id: string): void {
    const random = this.#random;
    const output = random.text(random.small(200, 40_000));
    if (this.#writesRecords)
      this.#item(turn, {
        type: "CommandExecution",
        id,
        command: ["/bin/bash", "-lc", "make"],
        status: "completed",
        aggregated_output: output,
        exit_code: 0,
        duration: { secs: 1, nanos: 5 },
      });
    const text = `Chunk ID: 1\nWall time: 1.0 seconds\nProcess exited with code 0\nOutput:\n${output}`;
    this.#put("response_item", { type: "function_call_output", call_id: id, output: text });
  }

  #use(): CodexUsage {
    const random = this.#random;
    const input = random.whole(2_000, 240_000);
    const cached = random.whole(0, input);
    const output = random.whole(20, 6_000);
    const used = usageOf(input, cached, output, random.whole(0, output));
    for (const name of Object.keys(used) as (keyof CodexUsage)[]) this.#total[name] += used[name];
    this.#truth.responses++;
    this.#truth.input += input - cached;
    this.#truth.cacheRead += cached;
    this.#truth.output += output;
    this.#truth.reasoning += used.reasoning_output_tokens;
    return used;
  }

  #record(turn: string, used: CodexUsage): void {
    const ids = {
      thread_id: this.#id,
      turn_id: turn,
      session_id: this.#id,
      response_id: `resp_${this.#random.hex(50)}`,
    };
    const sums = { usage: used, turn_token_usage: this.#total, thread_token_usage: this.#total };
    this.#put("token_usage_record", { ...ids, ...sums });
  }

  #count(used: CodexUsage): void {
    const window = (minutes: number, after: number) => ({
      used_percent: Math.floor(this.#total.total_tokens / 1e6) % 100,
      window_minutes: minutes,
      resets_at: Math.ceil(this.#time / after) * (after / 1_000),
    });
    this.#event("token_count", {
      info: { total_token_usage: this.#total, last_token_usage: used, model_context_window: 258_400 },
      rate_limits: { limit_id: "codex", primary: window(300, 5 * 3_600_000), secondary: window(10_080, 7 * DAY) },
    });
  }

  #item(turn: string, item: object): void {
    this.#event("item_completed", { thread_id: this.#id, turn_id: turn, item, started_at_ms: 1, completed_at_ms: 2 });
  }

  #event(type: string, more: object): void {
    this.#put("event_msg", { type, ...more });
  }

  #put(type: string, payload: object): void {
    this.#time += this.#random.whole(1, 3_000);
    const ordinal = this.#writesRecords && { ordinal: this.#ordinal++ };
    const line = `${JSON.stringify({ timestamp: new Date(this.#time).toISOString(), ...ordinal, type, payload })}\n`;
    this.#lines.push(line);
    this.#size += line.length;
  }

  #uuid(): string {
    const time = this.#time.toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${this.#random.hex(3)}-8${this.#random.hex(3)}-${this.#random.hex(12)}`;
  }
}

const usageOf = (input: number, cached: number, output: number, reasoning: number): CodexUsage => ({
  input_tokens: input,
  cached_input_tokens: cached,
  cache_write_input_tokens: 0,
  output_tokens: output,
  reasoning_output_tokens: reasoning,
  total_tokens: input + output,
});
