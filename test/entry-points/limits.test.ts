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

/** A session of a plan whose numbers are 40 % and 60 %. */
interface Said {
  readonly weekly?: number;
  readonly resetsAt?: number;
  readonly apiMs?: number;
}

const transcriptOf = (home: Home): string => join(home.path, "transcript.jsonl");

const stdin = (home: Home, { weekly = 60, resetsAt = home.clock.now() + 5 * DAY, apiMs = 92_000 }: Said = {}): string =>
  JSON.stringify({
    session_id: SESSION,
    transcript_path: transcriptOf(home),
    cost: { total_cost_usd: 1.2, total_duration_ms: 4 * HOUR, total_api_duration_ms: apiMs },
    rate_limits: {
      five_hour: { used_percentage: 40, resets_at: Math.round((home.clock.now() + 2 * HOUR) / 1_000) },
      seven_day: { used_percentage: weekly, resets_at: Math.round(resetsAt / 1_000) },
    },
  });

/** Leaves a transcript that was written to a while ago. */
function written(home: Home, ago: number): void {
  writeFileSync(transcriptOf(home), "{}\n");
  const at = new Date(home.clock.now() - ago);
  utimesSync(transcriptOf(home), at, at);
}

const filesOf = (home: Home) => logFiles(home.logs, placesOf({ HOME: home.path }, "/nowhere").scope);

/** Leaves a state in which the program said a while ago that 2 % of the week are used; no record is due. */
function logged(home: Home, ago: number, change: Partial<LoggerState> = {}): void {
  const now = home.clock.now();
  const files = filesOf(home);
  mkdirSync(files.run, { recursive: true, mode: 0o700 });
  const quota = (key: string, percent: number, left: number) => ({
    key,
    percent,
    resetsAt: now + left,
    seenAt: now - ago,
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

describe("the newest sighting of a limit", () => {
  test("an idle session shows what the program said since, although that is less and of another reset", async () => {
    using home = freshHome();
    logged(home, MINUTE);
    written(home, 3 * HOUR);
    expect(await line(home, stdin(home))).toMatch(SMALL);
    // Again, since a refresh is no response.
    expect(await line(home, stdin(home))).toMatch(SMALL);
  });

  test("a session that heard from the server since shows its own number, larger or smaller", async () => {
    using home = freshHome();
    logged(home, MINUTE);
    written(home, 1_000);
    expect(await line(home, stdin(home))).toMatch(OWN);
    expect(await line(home, stdin(home, { weekly: 1, resetsAt: home.clock.now() + 2 * DAY }))).toMatch(/^7d \S+ 1% /);
  });

  test("an old number of which nothing newer is known shows its age, with a log and without", async () => {
    using home = freshHome();
    written(home, 3 * HOUR + MINUTE);
    logged(home, 9 * HOUR);
    expect(await line(home, stdin(home))).toMatch(OWN_OLD);
    const off = { PET_USAGE_LOGGING_ENABLED: "false", PET_USAGE_LOG_INTERVAL: "60000" };
    expect(await line(home, stdin(home), off)).toMatch(OWN_OLD);
  });

  test("without a transcript a response shows in the numbers or the time spent in requests", async () => {
    using home = freshHome();
    logged(home, MINUTE);
    expect(await line(home, stdin(home))).toMatch(SMALL);
    expect(await line(home, stdin(home, { apiMs: 93_000 }))).toMatch(OWN);
    // The program is asked after that, and the session idles again.
    await Bun.sleep(5);
    logged(home, 0);
    expect(await line(home, stdin(home, { apiMs: 93_000 }))).toMatch(SMALL);
    expect(await line(home, stdin(home, { apiMs: 93_000, weekly: 61 }))).toMatch(/^7d \S+ 61% /);
  });

  test("a subagent's responses, which the transcript does not show, count as well", async () => {
    using home = freshHome();
    logged(home, MINUTE);
    written(home, 3 * HOUR);
    expect(await line(home, stdin(home))).toMatch(SMALL);
    expect(await line(home, stdin(home, { apiMs: 95_000 }))).toMatch(OWN);
  });

  test("a session that had no response of its own says nothing of its limits' age", async () => {
    using home = freshHome();
    logged(home, MINUTE);
    written(home, 0);
    expect(await line(home, stdin(home, { apiMs: 0 }))).toMatch(SMALL);
  });

  test("a transcript and a log from before the clock was set back are not newer than anything", async () => {
    using home = freshHome();
    logged(home, MINUTE);
    written(home, -9 * HOUR);
    expect(await line(home, stdin(home))).toMatch(SMALL);
    logged(home, -9 * HOUR);
    written(home, 1_000);
    expect(await line(home, stdin(home))).toMatch(OWN);
  });

  test("a refresh writes nothing of a session while it idles, and one file for it at all", async () => {
    using home = freshHome();
    logged(home, MINUTE);
    written(home, 3 * HOUR);
    await line(home, stdin(home));
    const kept = filesOf(home).heard(SESSION);
    const text = readFileSync(kept, "utf8");
    utimesSync(kept, new Date(1_000), new Date(1_000));
    await line(home, stdin(home));
    expect(readFileSync(kept, "utf8")).toBe(text);
    expect(readdirSync(filesOf(home).run).filter((name) => name.startsWith("heard-"))).toEqual([`heard-${SESSION}`]);
  });

  test("an idle session whose refresh makes a record does not make its old numbers those of now", async () => {
    using home = freshHome();
    logged(home, 10 * MINUTE, { usage: { at: home.clock.now() - 2 * HOUR } });
    written(home, 3 * HOUR);
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

  test("the spend limit of a gateway stands in the usual line, and the pet worries about it", async () => {
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

  test("an account with extra usage alone shows it with its percentage, and the pet worries about it", async () => {
    using home = freshHome();
    const extra = { percent: 96, used: 38_400, limit: 40_000, currency: "USD", seenAt: home.clock.now() };
    logged(home, 0, { quotas: [], extra });
    const bare = JSON.stringify({ session_id: SESSION });
    expect(await line(home, bare, { PET_SEGMENTS: "extra-usage" })).toMatch(/^extra \S+ 96% \$384\.00 of \$400\.00$/);
    const worried = await line(home, bare, { PET_SEGMENTS: "pet" });
    logged(home, 0, { quotas: [], extra: { ...extra, seenAt: home.clock.now() - 40 * DAY } });
    expect(await line(home, bare, { PET_SEGMENTS: "pet" })).not.toBe(worried);
  });
});
