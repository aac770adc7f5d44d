import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { codex } from "../../src/sources/codex.ts";
import { type Counted, SourceHarness } from "./harness.ts";

/** 20 November 2026, 10:00 UTC. */
export const TEN = Date.UTC(2026, 10, 20, 10);

/** An id as Codex makes it at a time; ids of one millisecond are told apart by a number. */
export function uuid7(at: number, number = 0): string {
  const time = at.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(number).padStart(12, "0")}`;
}

/** Two threads, the second a minute later. */
export const OLD = uuid7(TEN);
export const NEW = uuid7(TEN + 60_000);

/** Input with what was cached of it, and output with its reasoning. */
export type Few = readonly [input: number, cached: number, output: number, reasoning: number];

/** What two responses used, and both together. */
export const A: Few = [100, 40, 10, 4];
export const B: Few = [200, 50, 20, 5];
export const plus = (a: Few, b: Few): Few => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];

/** A usage object as Codex writes it. */
export const usage = ([input, cached, output, reasoning]: Few, written = 0) => ({
  input_tokens: input,
  cached_input_tokens: cached,
  cache_write_input_tokens: written,
  output_tokens: output,
  reasoning_output_tokens: reasoning,
  total_tokens: input + output,
});

const line = (at: number, type: string, payload: object, ordinal?: number): string =>
  JSON.stringify({
    timestamp: new Date(at).toISOString(),
    ...(ordinal !== undefined && { ordinal }),
    type,
    payload,
  });

/** Lines as Codex writes them, by what they are. */
export const lines = {
  meta: (at: number, id: string, more: object = {}, ordinal?: number) =>
    line(at, "session_meta", { id, cwd: "/work/app", cli_version: "0.145.0", ...more }, ordinal),
  started: (at: number, turn: string) => line(at, "event_msg", { type: "task_started", turn_id: turn }),
  context: (at: number, model: string, turn?: string) =>
    line(at, "turn_context", { ...(turn && { turn_id: turn }), model, cwd: "/work/app" }),
  count: (at: number, total: Few, last: Few, limits: object | null = null) =>
    line(at, "event_msg", {
      type: "token_count",
      info: { total_token_usage: usage(total), last_token_usage: usage(last) },
      rate_limits: limits,
    }),
  record: (at: number, thread: string, response: string, used: Few, written = 0) =>
    line(at, "token_usage_record", { thread_id: thread, response_id: response, usage: usage(used, written) }),
  event: (at: number, type: string, more: object = {}) => line(at, "event_msg", { type, ...more }),
  item: (at: number, type: string, more: object = {}) => line(at, "response_item", { type, ...more }),
  other: line,
};

/** Where a rollout of a thread lies below the home. */
export const pathOf = (id: string): string => `.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-${id}.jsonl`;

/** Writes a rollout. */
export function write(harness: SourceHarness, path: string, all: readonly (string | Buffer)[]): void {
  const full = join(harness.home, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, Buffer.concat(all.map((one) => Buffer.concat([Buffer.from(one), Buffer.from("\n")]))));
}

/** A home with some rollouts, read. */
export async function counted(files: Readonly<Record<string, readonly (string | Buffer)[]>>): Promise<SourceHarness> {
  const harness = new SourceHarness([codex]);
  for (const [path, all] of Object.entries(files)) write(harness, path, all);
  await harness.scan();
  return harness;
}

/** Input of all classes. */
export const whole = ({ input, cacheRead, cacheWrite5m }: Counted): number => input + cacheRead + cacheWrite5m;
