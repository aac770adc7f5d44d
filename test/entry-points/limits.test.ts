import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { UsageRecord } from "../../src/model/record.ts";
import { emptyState, type LoggerState, stateOf, stateText } from "../../src/model/state.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { freshHome, type Home } from "./program.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SESSION = "0b6fcc5b-45e2-4bb9-8cbc-9e3144ffa62f";

/** Input of a session on a plan with limits at 40 % and 60 %. */
interface SessionInput {
  readonly weekly?: number;
  readonly resetsAt?: number;
  readonly apiMs?: number;
}

const transcriptOf = (home: Home): string => join(home.path, "transcript.jsonl");

const stdin = (
  home: Home,
  { weekly = 60, resetsAt = home.clock.now() + 5 * DAY, apiMs = 92_000 }: SessionInput = {},
): string =>
  JSON.stringify({
    session_id: SESSION,
    transcript_path: transcriptOf(home),
    cost: { total_cost_usd: 1.2, total_duration_ms: 4 * HOUR, total_api_duration_ms: apiMs },
    rate_limits: {
      five_hour: { used_percentage: 40, resets_at: Math.round((home.clock.now() + 2 * HOUR) / 1_000) },
      seven_day: { used_percentage: weekly, resets_at: Math.round(resetsAt / 1_000) },
    },
  });

/** Writes a transcript that was last changed `ago` milliseconds ago. */
function writeTranscript(home: Home, ago: number): void {
  writeFileSync(transcriptOf(home), "{}\n");
  const at = new Date(home.clock.now() - ago);
  utimesSync(transcriptOf(home), at, at);
}

const filesOf = (home: Home) => logFiles(home.logs, placesOf({ HOME: home.path }, "/nowhere").scope);

/** Writes a state in which Claude Code reported a weekly limit of 2 % `ago` milliseconds ago; no record is due. */
function writeState(home: Home, ago: number, change: Partial<LoggerState> = {}): void {
  const now = home.clock.now();
  const files = filesOf(home);
  mkdirSync(files.run, { recursive: true, mode: 0o700 });
  const quota = (key: string, percent: number, left: number) => ({
    key,
    percent,
    resetsAt: now + left,
    observedAt: now - ago,
  });
  const state: LoggerState = {
    ...emptyState,
    usage: { at: now },
    status: { at: now },
    sessions: { [SESSION]: new Date(now).toISOString() },
    quotas: [quota("five_hour", 1, 4 * HOUR), quota("seven_day", 2, 6 * DAY)],
    ...change,
  };
  writeFileSync(files.state, stateText(state), { mode: 0o600 });
}

async function line(home: Home, given: string, env: Record<string, string> = {}): Promise<string> {
  const { out, err, code } = await home.run("statusline", [], {
    stdin: given,
    env: {
      PET_USAGE_LOGGING_ENABLED: "true",
      PET_LOG_DIR: home.logs,
      PET_USAGE_LOG_INTERVAL: "3600000",
      PET_SEGMENTS: "weekly",
      PET_GLYPHS: "ascii",
      NO_COLOR: "1",
      ...env,
    },
  });
  expect([code, err]).toEqual([0, ""]);
  return out.trim();
}

const SMALL = /^7d \S+ 2% /;
const OWN = /^7d \S+ 60% \S+ [\dhd]+$/;
const OWN_OLD = /^7d \S+ 60% .* 3h\d\dm ago$/;

describe("the newest reading of a limit", () => {
  test("is shown in an idle session if Claude Code reported it since, even if it is lower and of another window", async () => {
    using home = freshHome();
    writeState(home, MINUTE);
    writeTranscript(home, 3 * HOUR);
    expect(await line(home, stdin(home))).toMatch(SMALL);
    // The same again, because a refresh is not a response.
    expect(await line(home, stdin(home))).toMatch(SMALL);
  });

  test("is the session's own number, higher or lower, if the session had a response since", async () => {
    using home = freshHome();
    writeState(home, MINUTE);
    writeTranscript(home, 1_000);
    expect(await line(home, stdin(home))).toMatch(OWN);
    expect(await line(home, stdin(home, { weekly: 1, resetsAt: home.clock.now() + 2 * DAY }))).toMatch(/^7d \S+ 1% /);
  });

  test("is shown with its age if it is old, with a log and without", async () => {
    using home = freshHome();
    writeTranscript(home, 3 * HOUR + MINUTE);
    writeState(home, 9 * HOUR);
    expect(await line(home, stdin(home))).toMatch(OWN_OLD);
    const off = { PET_USAGE_LOGGING_ENABLED: "false", PET_USAGE_LOG_INTERVAL: "60000" };
    expect(await line(home, stdin(home), off)).toMatch(OWN_OLD);
  });

  test("without a transcript, a response is detected by changed numbers or request time", async () => {
    using home = freshHome();
    writeState(home, MINUTE);
    expect(await line(home, stdin(home))).toMatch(SMALL);
    expect(await line(home, stdin(home, { apiMs: 93_000 }))).toMatch(OWN);
    // Claude Code is asked afterwards, and the session is idle again.
    await Bun.sleep(5);
    writeState(home, 0);
    expect(await line(home, stdin(home, { apiMs: 93_000 }))).toMatch(SMALL);
    expect(await line(home, stdin(home, { apiMs: 93_000, weekly: 61 }))).toMatch(/^7d \S+ 61% /);
  });

  test("a subagent's responses, which are not in the transcript, count as well", async () => {
    using home = freshHome();
    writeState(home, MINUTE);
    writeTranscript(home, 3 * HOUR);
    expect(await line(home, stdin(home))).toMatch(SMALL);
    expect(await line(home, stdin(home, { apiMs: 95_000 }))).toMatch(OWN);
  });

  test("a session without a response shows no age of its limits", async () => {
    using home = freshHome();
    writeState(home, MINUTE);
    writeTranscript(home, 0);
    expect(await line(home, stdin(home, { apiMs: 0 }))).toMatch(SMALL);
  });

  test("a transcript and a log from before the clock was set back do not count as newer", async () => {
    using home = freshHome();
    writeState(home, MINUTE);
    writeTranscript(home, -9 * HOUR);
    expect(await line(home, stdin(home))).toMatch(SMALL);
    writeState(home, -9 * HOUR);
    writeTranscript(home, 1_000);
    expect(await line(home, stdin(home))).toMatch(OWN);
  });

  test("a refresh writes one file per session, and nothing while the session is idle", async () => {
    using home = freshHome();
    writeState(home, MINUTE);
    writeTranscript(home, 3 * HOUR);
    await line(home, stdin(home));
    const kept = filesOf(home).heard(SESSION);
    const text = readFileSync(kept, "utf8");
    utimesSync(kept, new Date(1_000), new Date(1_000));
    await line(home, stdin(home));
    expect(readFileSync(kept, "utf8")).toBe(text);
    expect(readdirSync(filesOf(home).run).filter((name) => name.startsWith("heard-"))).toEqual([`heard-${SESSION}`]);
  });

  test("a record written by an idle session does not make its old numbers new", async () => {
    using home = freshHome();
    writeState(home, 10 * MINUTE, { usage: { at: home.clock.now() - 2 * HOUR } });
    writeTranscript(home, 3 * HOUR);
    const env = { PET_SEGMENTS: "weekly,five-hour" };
    await line(home, stdin(home), env);
    await home.until(() => home.lines("usage").length === 1, "a usage record");
    await home.until(
      () => (stateOf(readFileSync(filesOf(home).state, "utf8"))?.usage?.at ?? 0) > home.clock.now() - HOUR,
      "a state",
    );
    const state = stateOf(readFileSync(filesOf(home).state, "utf8"));
    expect(state?.quotas.map(({ percent }) => percent)).toEqual([1, 2]);
    const record = JSON.parse(home.lines("usage")[0] ?? "") as UsageRecord;
    expect(Math.abs(Date.parse(record.statusline?.seen_at ?? "") - (home.clock.now() - 3 * HOUR))).toBeLessThan(MINUTE);
    const { out } = await home.run("cli", ["limits", "--json"], { env: { PET_LOG_DIR: home.logs } });
    const { limits } = JSON.parse(out) as { limits: { limit: string; ageMs: number }[] };
    for (const { ageMs } of limits) expect(ageMs).toBeGreaterThan(2 * HOUR);
  });
});

describe("limits of spending", () => {
  const gateway = (percent: number): string =>
    JSON.stringify({
      session_id: SESSION,
      rate_limits: {
        spend_limit: { used_percentage: percent, resets_at: 4_102_444_800, used_usd: 375.19, limit_usd: 400 },
      },
    });
  const env = { PET_SEGMENTS: "", PET_USAGE_LOGGING_ENABLED: "false" };

  test("a gateway's spend limit is in the default line and affects the pet's mood", async () => {
    using home = freshHome();
    const { out } = await home.run("statusline", [], {
      stdin: gateway(94.1),
      env: { NO_COLOR: "1", PET_GLYPHS: "ascii", COLUMNS: "120" },
    });
    expect(out).toMatch(/spend \S+ 94% \$375\.19 of \$400\.00 \S+ \d+d/);
    const [worried, calm] = await Promise.all(
      [94.1, 3].map((percent) => line(home, gateway(percent), { ...env, PET_SEGMENTS: "pet" })),
    );
    expect(worried).not.toBe(calm);
  });

  test("extra usage without other limits is shown with its percentage and affects the pet's mood", async () => {
    using home = freshHome();
    const extra = { percent: 96, used: 38_400, limit: 40_000, currency: "USD", observedAt: home.clock.now() };
    writeState(home, 0, { quotas: [], extra });
    const bare = JSON.stringify({ session_id: SESSION });
    expect(await line(home, bare, { PET_SEGMENTS: "extra-usage" })).toMatch(/^extra \S+ 96% \$384\.00 of \$400\.00$/);
    const worried = await line(home, bare, { PET_SEGMENTS: "pet" });
    writeState(home, 0, { quotas: [], extra: { ...extra, observedAt: home.clock.now() - 40 * DAY } });
    expect(await line(home, bare, { PET_SEGMENTS: "pet" })).not.toBe(worried);
  });
});
