import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { sessionOf } from "../../../src/model/session.ts";
import { stateOf } from "../../../src/model/state.ts";
import { claim } from "../../../src/monitoring/Claims.ts";
import { JsonlLog } from "../../../src/monitoring/JsonlLog.ts";
import { isResting } from "../../../src/monitoring/launch.ts";
import { type LogFiles, logFiles } from "../../../src/monitoring/LogFiles.ts";
import { Recorder } from "../../../src/monitoring/Recorder.ts";
import { UsageLogger } from "../../../src/monitoring/UsageLogger.ts";
import { readSettings } from "../../../src/utils/config.ts";
import { freeBytes, readOwn } from "../../../src/utils/files.ts";
import { scratch, type Tally } from "./campaign.ts";

const INTERVAL = 60_000;
const TICK = 5_000;
/** One interval, and what the ticks leave to chance. */
const LATEST = INTERVAL + 2 * TICK;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse("2026-11-20T09:00:07.000Z");
const SCOPE = "login-x";
const session = sessionOf({ session_id: "s-1" });

/** A log with a clock of its own: ticks as of a line, workers that run in this process. */
class Life {
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
    const log = new JsonlLog(directory, settings);
    const messages = pino({ enabled: false });
    const options = { files, scope: SCOPE, settings, home: "/home/user", clock, log, asker: null, messages, freeBytes };
    const state = () => stateOf(readOwn(files.state));
    this.#logger = new UsageLogger({
      settings,
      clock,
      readState: () => Promise.resolve(state()),
      paused: (now) => isResting(files, state(), now),
      claim: (now) => claim(files, now, settings.usageInterval),
      launch: async (given) => void (await new Recorder(options).run(given)),
    });
  }

  /** Lives for so many milliseconds, one tick every five seconds. */
  async live(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; this.now += TICK) await this.#logger.tick(this.now, session);
  }

  /** Lives until there is one record more; how long that took, milliseconds. */
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

/** Clocks that jump, and states, claims and pauses that come from another time: never doubled, never stuck. */
export async function clockJumps(tally: Tally): Promise<void> {
  const some = [-DAY, -HOUR, HOUR, DAY, -400 * DAY, 400 * DAY];
  // All around one interval back and forth, where being late by one and being early by one look alike.
  const near = Array.from({ length: 25 }, (_, index) => (index - 12) * 13_000);
  const waits: number[] = [];
  for (const jump of [...some, ...near]) {
    const wait = await jumped(tally, jump);
    waits.push(wait);
    const name = `${jump / 1_000} s`;
    tally.check(`a clock that jumps by ${name}: the next record within one interval`, wait <= LATEST, `${wait} ms`);
  }
  tally.figure("clock jumps", waits.length);
  tally.figure("next record after a jump, worst s", Math.max(...waits) / 1_000);
  for (const away of [-DAY, -HOUR, HOUR, DAY]) await otherTime(tally, away);
}

async function jumped(tally: Tally, jump: number): Promise<number> {
  using here = scratch();
  const life = new Life(here.path);
  await life.live(3 * INTERVAL);
  life.now += jump;
  const wait = await life.untilRecord();
  await life.live(3 * INTERVAL);
  const ids = life.ids();
  tally.equal(`a clock that jumps by ${jump / 1_000} s: records doubled`, ids.length - new Set(ids).size, 0);
  tally.check(`a clock that jumps by ${jump / 1_000} s: a record per interval`, ids.length >= 6, ids);
  return wait;
}

/** Leftovers of a machine whose clock was elsewhere, all at once: claims, a pause, a back-off and a state of that time. */
async function otherTime(tally: Tally, away: number): Promise<void> {
  using here = scratch();
  const past = new Life(here.path);
  past.now += away;
  await past.live(2 * INTERVAL);
  const then = past.now;
  const life = new Life(here.path);
  mkdirSync(life.files.run, { recursive: true });
  writeFileSync(join(life.files.run, `claim-${Math.floor(then / 3_000) * 3_000}`), "");
  writeFileSync(join(life.files.run, `pause-ENOSPC-${Math.floor(then / 1_000)}`), "");
  const told = JSON.parse(readFileSync(life.files.state, "utf8")) as object;
  const at = new Date(then + 600_000).toISOString();
  const trouble = { code: "ENOSPC", message: "disk full", since: new Date(then).toISOString(), retry_at: at };
  const asking = { failures: 3, next_at: at, reason: "no answer" };
  writeFileSync(life.files.state, JSON.stringify({ ...told, trouble, asking }));
  const wait = await life.untilRecord();
  const name = `a state, claims and a pause of ${away / HOUR} h from now`;
  tally.check(`${name}: a record within one interval`, wait <= LATEST, `${wait} ms`);
  const ids = life.ids();
  tally.equal(`${name}: records doubled`, ids.length - new Set(ids).size, 0);
  await life.live(INTERVAL);
  const left = readdirSync(life.files.run).filter((one) => one.startsWith("pause-") || one.startsWith(`claim-${then}`));
  tally.equal(`${name}: what is left of it`, left, []);
}
