import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { sessionOf } from "../../../src/model/session.ts";
import { stateOf } from "../../../src/model/state.ts";
import { claim } from "../../../src/monitoring/Claims.ts";
import { jsonl } from "../../../src/monitoring/sinks/jsonl.ts";
import { isSuspended } from "../../../src/monitoring/launch.ts";
import { type LogFiles, logFiles } from "../../../src/monitoring/LogFiles.ts";
import { Recorder } from "../../../src/monitoring/Recorder.ts";
import { UsageLogger } from "../../../src/monitoring/UsageLogger.ts";
import { readSettings } from "../../../src/utils/config.ts";
import { freeBytes, readOwn } from "../../../src/utils/files.ts";
import { scratch, type Tally } from "./campaign.ts";

const INTERVAL = 60_000;
const TICK = 5_000;
/** Latest time of the next record: one interval, plus the inaccuracy of the ticks. */
const LATEST = INTERVAL + 2 * TICK;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse("2026-11-20T09:00:07.000Z");
const SCOPE = "login-x";
const session = sessionOf({ session_id: "s-1" });

/** A log with a simulated clock: ticks like those of a line, and workers that run in this process. */
class SimulatedLog {
  now = START;
  readonly files: LogFiles;
  readonly #logger: UsageLogger;

  constructor(directory: string) {
    this.files = logFiles(directory, SCOPE);
    const { files } = this;
    const { settings } = readSettings([
      { PET_USAGE_LOGGING_ENABLED: "true", PET_USAGE_LOG_INTERVAL: String(INTERVAL) },
    ]);
    const clock = { now: () => this.now, sleep: () => Promise.resolve() };
    const log = jsonl.open({ ...settings, directory, dbPath: "" });
    const messages = pino({ enabled: false });
    const options = {
      files,
      scope: SCOPE,
      settings,
      home: "/home/user",
      clock,
      log,
      client: null,
      messages,
      freeBytes,
    };
    const state = () => stateOf(readOwn(files.state));
    this.#logger = new UsageLogger({
      settings,
      clock,
      readState: () => Promise.resolve(state()),
      paused: (now) => isSuspended(files, state(), now),
      claim: (now) => claim(files, now, settings.usageInterval),
      launch: async (given) => void (await new Recorder(options).run(given)),
    });
  }

  /** Runs for some milliseconds, with one tick every five seconds. */
  async runFor(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; this.now += TICK) await this.#logger.tick(this.now, session);
  }

  /** Runs until there is one more record; returns the time that took, milliseconds. */
  async untilRecord(): Promise<number> {
    const had = this.ids().length;
    for (let lived = 0; lived <= 10 * INTERVAL; lived += TICK, this.now += TICK) {
      await this.#logger.tick(this.now, session);
      if (this.ids().length > had) return lived;
    }
    return Number.POSITIVE_INFINITY;
  }

  ids(): string[] {
    const path = join(this.files.directory, "usage.jsonl");
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    return lines.filter(Boolean).map((line) => (JSON.parse(line) as { id: string }).id);
  }
}

/** Clocks that jump, and states, claims and pauses from another time: no record is duplicated and logging never stops. */
export async function clockJumps(tally: Tally): Promise<void> {
  const some = [-DAY, -HOUR, HOUR, DAY, -400 * DAY, 400 * DAY];
  // Jumps around one interval in both directions, where one too late and one too early look the same.
  const near = Array.from({ length: 25 }, (_, index) => (index - 12) * 13_000);
  const waits: number[] = [];
  for (const jump of [...some, ...near]) {
    const wait = await checkJump(tally, jump);
    waits.push(wait);
    const name = `${jump / 1_000} s`;
    tally.check(`a clock that jumps by ${name}: the next record within one interval`, wait <= LATEST, `${wait} ms`);
  }
  tally.figure("clock jumps", waits.length);
  tally.figure("next record after a jump, worst s", Math.max(...waits) / 1_000);
  for (const away of [-DAY, -HOUR, HOUR, DAY]) await checkLeftovers(tally, away);
}

async function checkJump(tally: Tally, jump: number): Promise<number> {
  using here = scratch();
  const log = new SimulatedLog(here.path);
  await log.runFor(3 * INTERVAL);
  log.now += jump;
  const wait = await log.untilRecord();
  await log.runFor(3 * INTERVAL);
  const ids = log.ids();
  tally.equal(`a clock that jumps by ${jump / 1_000} s: duplicate records`, ids.length - new Set(ids).size, 0);
  tally.check(`a clock that jumps by ${jump / 1_000} s: a record per interval`, ids.length >= 6, ids);
  return wait;
}

/** Files left by a machine with another clock: claims, a pause, a back-off and a state of that time, all at once. */
async function checkLeftovers(tally: Tally, away: number): Promise<void> {
  using here = scratch();
  const past = new SimulatedLog(here.path);
  past.now += away;
  await past.runFor(2 * INTERVAL);
  const then = past.now;
  const log = new SimulatedLog(here.path);
  mkdirSync(log.files.run, { recursive: true });
  writeFileSync(join(log.files.run, `claim-${Math.floor(then / 3_000) * 3_000}`), "");
  writeFileSync(join(log.files.run, `pause-ENOSPC-${Math.floor(then / 1_000)}`), "");
  const state = JSON.parse(readFileSync(log.files.state, "utf8")) as object;
  const at = new Date(then + 600_000).toISOString();
  const trouble = { code: "ENOSPC", message: "disk full", since: new Date(then).toISOString(), retry_at: at };
  const asking = { failures: 3, next_at: at, reason: "no answer" };
  writeFileSync(log.files.state, JSON.stringify({ ...state, trouble, asking }));
  const wait = await log.untilRecord();
  const name = `a state, claims and a pause of ${away / HOUR} h from now`;
  tally.check(`${name}: a record within one interval`, wait <= LATEST, `${wait} ms`);
  const ids = log.ids();
  tally.equal(`${name}: duplicate records`, ids.length - new Set(ids).size, 0);
  await log.runFor(INTERVAL);
  const left = readdirSync(log.files.run).filter((one) => one.startsWith("pause-") || one.startsWith(`claim-${then}`));
  tally.equal(`${name}: files left from that time`, left, []);
}
