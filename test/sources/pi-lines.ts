import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceHarness } from "./harness.ts";

/** Writes a session of made-up lines into a harness's home. */
export function write(harness: SourceHarness, name: string, entries: readonly unknown[]): string {
  const path = join(harness.home, ".pi/agent/sessions/--p--", name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, entries.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n") + "\n");
  return path;
}

/** The first line of a session. */
export const header = { type: "session", version: 3, id: "s1", timestamp: "2026-11-20T10:00:00.000Z", cwd: "/p" };
/** Usage of a response. */
export const usage = {
  input: 10,
  output: 5,
  cacheRead: 3,
  cacheWrite: 2,
  reasoning: 1,
  totalTokens: 20,
  cost: { total: 0.5 },
};
/** The time of an entry, in seconds within one minute. */
export const at = (second: number): string => `2026-11-20T10:00:${String(second).padStart(2, "0")}.000Z`;
/** A response of the assistant. */
export const answer = (id: string, second: number, more: object = {}): object => ({
  type: "message",
  id,
  timestamp: at(second),
  message: { role: "assistant", model: "m", content: [], usage, stopReason: "stop", ...more },
});
