import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { codex } from "../../src/sources/codex.ts";
import { type CountedResponse, SourceHarness } from "./harness.ts";

/** 20 November 2026, 10:00 UTC. */
export const TEN = Date.UTC(2026, 10, 20, 10);

/** An id as Codex creates it at a time. The number distinguishes ids of the same millisecond. */
export function uuid7(at: number, number = 0): string {
  const time = at.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(number).padStart(12, "0")}`;
}

/** Ids of two threads, the second created a minute later. */
export const OLD = uuid7(TEN);
export const NEW = uuid7(TEN + 60_000);

/** Token counts: input includes cached tokens, output includes reasoning. */
export type UsageTuple = readonly [input: number, cached: number, output: number, reasoning: number];

/** Usage of two responses, and their sum. */
export const A: UsageTuple = [100, 40, 10, 4];
export const B: UsageTuple = [200, 50, 20, 5];
export const plus = (a: UsageTuple, b: UsageTuple): UsageTuple => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];

/** A usage object in Codex's format. */
export const usage = ([input, cached, output, reasoning]: UsageTuple, written = 0) => ({
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

/** Lines in Codex's format, by type. */
export const lines = {
  meta: (at: number, id: string, more: object = {}, ordinal?: number) =>
    line(at, "session_meta", { id, cwd: "/work/app", cli_version: "0.145.0", ...more }, ordinal),
  started: (at: number, turn: string) => line(at, "event_msg", { type: "task_started", turn_id: turn }),
  context: (at: number, model: string, turn?: string) =>
    line(at, "turn_context", { ...(turn && { turn_id: turn }), model, cwd: "/work/app" }),
  count: (at: number, total: UsageTuple, last: UsageTuple, limits: object | null = null) =>
    line(at, "event_msg", {
      type: "token_count",
      info: { total_token_usage: usage(total), last_token_usage: usage(last) },
      rate_limits: limits,
    }),
  record: (at: number, thread: string, response: string, used: UsageTuple, written = 0) =>
    line(at, "token_usage_record", { thread_id: thread, response_id: response, usage: usage(used, written) }),
  event: (at: number, type: string, more: object = {}) => line(at, "event_msg", { type, ...more }),
  item: (at: number, type: string, more: object = {}) => line(at, "response_item", { type, ...more }),
  other: line,
};

/** Path of a thread's rollout, relative to the home. */
export const pathOf = (id: string): string => `.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-${id}.jsonl`;

/** Writes a rollout. */
export function write(harness: SourceHarness, path: string, all: readonly (string | Buffer)[]): void {
  const full = join(harness.home, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, Buffer.concat(all.map((one) => Buffer.concat([Buffer.from(one), Buffer.from("\n")]))));
}

/** A harness that has scanned some rollouts. */
export async function counted(files: Readonly<Record<string, readonly (string | Buffer)[]>>): Promise<SourceHarness> {
  const harness = new SourceHarness([codex]);
  for (const [path, all] of Object.entries(files)) write(harness, path, all);
  await harness.scan();
  return harness;
}

/** Input tokens of all classes. */
export const whole = ({ input, cacheRead, cacheWrite5m }: CountedResponse): number => input + cacheRead + cacheWrite5m;
