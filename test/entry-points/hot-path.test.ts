import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyState, stateText } from "../../src/model/state.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { entryPath, freshHome, type Home, machineTime } from "./program.ts";

const line = readFileSync(entryPath("statusline"), "utf8");
const cli = readFileSync(entryPath("cli"), "utf8");

/** Code that is too slow for the line, each with a pattern that finds it in the bundle. */
const slowImports: Readonly<Record<string, RegExp>> = {
  pino: /pino/,
  "proper-lockfile": /lockfile/,
  zod: /ZodError|zod/i,
  "node:stream": /["'](?:node:)?stream/,
  "process.stdout": /process\.stdout/,
  "process.stdin": /process\.stdin/,
  "node:fs at once": /(?:from\s*|require\()["'](?:node:)?fs["']/,
  "bun:sqlite": /bun:sqlite/,
  "node:child_process": /child_process/,
  "node:crypto": /["'](?:node:)?crypto["']/,
  "what explains a wrong setting": /is not a setting|there is no segment/,
  "the logger, which is loaded when something is due": /claimed_elsewhere/,
  "names of files under WSL": /wsl\(\?:/,
  sockets: /["'](?:node:)?(?:net|http|https|tls|dgram)["']|Bun\.(?:connect|listen|serve)|\bfetch\(/,
};

describe("the bundle of the line", () => {
  test.each(Object.entries(slowImports))("does not contain %s", (_, sign) => {
    expect(sign.exec(line)?.[0]).toBeUndefined();
  });

  test("spawns nothing itself: the worker is spawned by a file that is imported later", () => {
    expect(line).not.toContain("Bun.spawn");
  });

  test("is checked with patterns that match real code", () => {
    const source = readFileSync(new URL("../../node_modules/proper-lockfile/lib/lockfile.js", import.meta.url), "utf8");
    expect(slowImports["proper-lockfile"]?.test(source)).toBe(true);
    expect(slowImports["node:fs at once"]?.test('import{a}from"fs"')).toBe(true);
    expect(slowImports["node:fs at once"]?.test('require("node:fs")')).toBe(true);
    expect(slowImports["zod"]?.test("class ZodError")).toBe(true);
    expect(cli.startsWith("#!/usr/bin/env -S bun --no-env-file --config=/dev/null")).toBe(true);
  });
});

const SESSION = "0b6fcc5b-45e2-4bb9-8cbc-9e3144ffa62f";
const DAY = 86_400_000;

/**
 * Returns what Bun's engine prints, with the given engine options, for a refresh of a typical session whose second row is too
 * long, while no record is due.
 */
async function engineOutputOf(home: Home, options: Readonly<Record<string, string>>): Promise<string> {
  const now = home.clock.now();
  const files = logFiles(home.logs, placesOf({ HOME: home.path }, "/nowhere").scope);
  mkdirSync(files.run, { recursive: true, mode: 0o700 });
  const limit = { percent: 42, resetsAt: now + DAY, observedAt: now };
  const state = {
    ...emptyState,
    usage: { at: now },
    status: { at: now },
    sessions: { [SESSION]: new Date(now).toISOString() },
    quotas: [
      { key: "five_hour", ...limit },
      { key: "seven_day", ...limit },
    ],
    pace: [
      { key: "five_hour", percentAtReset: 60, fullAt: null, resetsAt: now + DAY },
      { key: "seven_day", percentAtReset: 60, fullAt: null, resetsAt: now + DAY },
    ],
  };
  writeFileSync(files.state, stateText(state), { mode: 0o600 });
  writeFileSync(files.line(SESSION), "{}", { mode: 0o600 });
  const transcript = join(home.path, "transcript.jsonl");
  writeFileSync(transcript, "{}\n");
  mkdirSync(join(home.path, "project/.git"), { recursive: true });
  writeFileSync(join(home.path, "project/.git/HEAD"), "ref: refs/heads/main\n");
  const given = {
    session_id: SESSION,
    transcript_path: transcript,
    model: { id: "claude-opus-5-5", display_name: "Opus 5.5" },
    effort: { level: "medium" },
    workspace: { current_dir: join(home.path, "project"), project_dir: join(home.path, "project") },
    cost: { total_cost_usd: 0.22, total_duration_ms: 58_608, total_api_duration_ms: 1_629 },
    context_window: { context_window_size: 1_000_000, used_percentage: 3 },
    prompt_cache: { ttl: "5m", expires_at: Math.round(now / 1_000) + 200 },
    rate_limits: {
      five_hour: { used_percentage: 42, resets_at: Math.round((now + DAY) / 1_000) },
      seven_day: { used_percentage: 17, resets_at: Math.round((now + DAY) / 1_000) },
    },
  };
  const { out, err } = await home.run("statusline", [], {
    stdin: JSON.stringify(given),
    env: {
      PET_USAGE_LOGGING_ENABLED: "true",
      PET_LOG_DIR: home.logs,
      PET_USAGE_LOG_INTERVAL: String(DAY),
      ...options,
    },
  });
  expect(out).toContain("pace");
  return out + err;
}

describe("a typical refresh", () => {
  test("calls no function often enough for Bun to start its compiler threads", async () => {
    using home = freshHome(machineTime);
    // Compiled in the same thread, so that a refresh does not end before its compiler.
    const options = { BUN_JSC_reportBaselineCompileTimes: "1", BUN_JSC_useConcurrentJIT: "0" };
    expect(await engineOutputOf(home, options)).not.toContain("Optimized ");
    expect(await engineOutputOf(home, { ...options, BUN_JSC_thresholdForJITAfterWarmUp: "100" })).toContain(
      "Optimized ",
    );
  });

  test("uses no array method that Bun compiles on first use", async () => {
    using home = freshHome(machineTime);
    const bytecodes = await engineOutputOf(home, { BUN_JSC_dumpGeneratedBytecodes: "1" });
    const names = Array.from(bytecodes.matchAll(/^(\w*)#\w+:\[/gm), ([, name = ""]) => name);
    expect(names).toContain("render");
    const slowMethods = "map filter find findLast some every reduce forEach flatMap split performIteration";
    expect(names.filter((name) => name !== "" && slowMethods.split(" ").includes(name))).toEqual([]);
  });
});
