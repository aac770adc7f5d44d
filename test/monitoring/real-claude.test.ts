import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quotasOf } from "../../src/model/quota.ts";
import { CommandExecutor } from "../../src/monitoring/CommandExecutor.ts";
import { diagnose, reportOf } from "../../src/monitoring/diagnose.ts";
import { run } from "../../src/claude/run-claude.ts";
import { scrubEnvironment } from "../../src/claude/redact-secrets.ts";
import { parseUsageText } from "../../src/claude/usage-text.ts";
import { systemClock } from "../../src/utils/clock.ts";
import { environment } from "../../src/utils/config.ts";
import { API_KEY, EMAIL, type FalseHome, writeFalseHome } from "../campaigns/e2e/false-home.ts";
import { type StandIn, startStandIn } from "../campaigns/e2e/stand-in.ts";
import { removeTemporaries, temporary } from "./fake-claude.ts";

setDefaultTimeout(60_000);
afterAll(removeTemporaries);
const program = environment()["PAWPRINT_CLAUDE"] ?? "";
const LIMITS = { fiveHour: 42, weekly: 17, fable: 9 };

/** Creates a test user whose claude connects to a local fake API, with a hook and an MCP server that record when they run. */
function createUser(limits: typeof LIMITS | "api key" = LIMITS) {
  const root = temporary("real-claude-");
  const user = writeFalseHome(root, "2.1.328", limits, Date.now());
  const api = startStandIn(root, { fiveHour: 42, weekly: 17 });
  const directory = join(root, "logs");
  mkdirSync(directory);
  const env = {
    PATH: environment()["PATH"],
    HOME: user.home,
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${api.port}`,
    HTTPS_PROXY: "http://127.0.0.1:9",
    NO_PROXY: "127.0.0.1",
    CLAUDECODE: "1",
  };
  return { user, api, directory, env };
}

/** Checks that a capture left no files or processes and sent no request. */
function expectNoTrace(user: FalseHome, api: StandIn, directory: string): void {
  expect(api.requests).toEqual([]);
  expect(readdirSync(user.witnesses)).toEqual([]);
  for (const path of [".claude/projects", ".claude/telemetry", ".npm/_logs", ".claude/todos"])
    expect({ path, exists: existsSync(join(user.home, path)) }).toEqual({ path, exists: false });
  const sessions = join(user.home, ".claude/sessions");
  expect(existsSync(sessions) ? readdirSync(sessions) : []).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
  if (process.platform === "linux") expect(processesOf(user.home)).toEqual([]);
}

const processesOf = (home: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(`HOME=${home}\0`);
    } catch {
      return false;
    }
  });

describe.skipIf(program === "")("the real claude (PAWPRINT_CLAUDE)", () => {
  test("returns limits, account and diagnostics without any side effect", async () => {
    const { user, api, directory, env } = createUser();
    const executor = new CommandExecutor({ program, directory, env, clock: systemClock });
    const { usage, status, failure, wallMs } = await executor.ask({ usage: true, status: true });
    expect(failure).toBeNull();
    expect(usage?.source).toBe("control");
    expect(quotasOf(usage?.data)).toMatchObject([
      { key: "five_hour", percent: 42 },
      { key: "seven_day", percent: 17 },
      { key: "model:Fable", percent: 9 },
    ]);
    expect(status?.auth_status).toMatchObject({ loggedIn: true, email: EMAIL });
    expect(JSON.stringify(status?.get_status)).toContain(EMAIL);
    expect(status && diagnose(reportOf(status)).map(({ message }) => message)).toEqual([
      "Installation config mismatch: running npm-global but config says unknown",
    ]);
    expect(status?.updates_writable).toBe(true);
    expect(await executor.version()).toMatch(/^\d+\.\d+\.\d+ \(Claude Code\)$/);
    expectNoTrace(user, api, directory);
    await api.stop();
    expect(wallMs).toBeLessThan(20_000);
  });

  test("returns the same limits as text, without a request to a model", async () => {
    const { user, api, directory, env } = createUser();
    const deadline = AbortSignal.timeout(20_000);
    const result = await run({ program, directory, env: scrubEnvironment(env), maxBytes: 100_000, deadline }, "usage");
    const limits = parseUsageText(result.stdout, Date.now());
    expect([limits?.five_hour?.utilization, limits?.seven_day?.utilization]).toEqual([42, 17]);
    const ahead = Date.parse(limits?.five_hour?.resets_at ?? "") - Date.now();
    expect(ahead).toBeWithin(2 * 3_600_000 - 120_000, 2 * 3_600_000 + 1);
    expectNoTrace(user, api, directory);
    await api.stop();
  });

  test("returns no limits for an API key, unless the session runs on a plan", async () => {
    const { user, api, directory, env } = createUser();
    const executor = new CommandExecutor({
      program,
      directory,
      env: { ...env, ANTHROPIC_API_KEY: API_KEY },
      clock: systemClock,
    });
    const used = await executor.ask({ usage: true, status: false });
    expect(used).toMatchObject({ usage: { source: "control", data: { rate_limits_available: false } }, failure: null });
    const unused = await executor.ask({ usage: true, status: false, onPlan: true });
    expect(quotasOf(unused.usage?.data)[0]).toMatchObject({ key: "five_hour", percent: 42 });
    expectNoTrace(user, api, directory);
    await api.stop();
  });
});

test.skipIf(program !== "")("the real claude was not tested: set PAWPRINT_CLAUDE to its path", () => {});
