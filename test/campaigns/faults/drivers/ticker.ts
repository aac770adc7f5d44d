import { sessionOf } from "../../../../src/model/session.ts";
import { stateOf } from "../../../../src/model/state.ts";
import { claim } from "../../../../src/monitoring/Claims.ts";
import { isSuspended } from "../../../../src/monitoring/launch.ts";
import { type LogFiles, logFiles } from "../../../../src/monitoring/LogFiles.ts";
import { type TickResult, UsageLogger } from "../../../../src/monitoring/UsageLogger.ts";
import { systemClock } from "../../../../src/utils/clock.ts";
import { readSettings } from "../../../../src/utils/config.ts";
import { placesOf } from "../../../../src/utils/paths.ts";
import { readSmall, withTimeout } from "../../../../src/utils/small-files.ts";

/** Arguments of a process that simulates several open sessions. */
export interface TickerArgs {
  readonly env: Readonly<Record<string, string>>;
  /** The command that starts a worker. */
  readonly worker: readonly string[];
  readonly sessions: readonly string[];
  readonly ticks: number;
  /** Mean time between two ticks of a session, milliseconds. */
  readonly everyMs: number;
  /** Share of its workers that it kills with SIGKILL at a random moment. */
  readonly killShare: number;
  /** Longest time before a worker is killed, milliseconds. */
  readonly lifeMs: number;
}

/** Output for each worker that it started. */
export interface Launched {
  readonly at: number;
  /** When it exited; null while it runs. */
  readonly ended: number | null;
  readonly isKilled: boolean;
}

/** Its last output. */
export interface Ticked {
  readonly launched: readonly Launched[];
  readonly results: Readonly<Partial<Record<TickResult, number>>>;
}

const args = JSON.parse(Bun.argv[2] ?? "") as TickerArgs;
const { settings } = readSettings([args.env]);
const files: LogFiles = logFiles(settings.logDir ?? "", placesOf(args.env, "/").scope);
const launched: { -readonly [K in keyof Launched]: Launched[K] }[] = [];
const results: Partial<Record<TickResult, number>> = {};

/** Runs the logger of one refresh, set up as in the statusline. */
async function tick(session: ReturnType<typeof sessionOf>): Promise<void> {
  const now = systemClock.now();
  const state = await withTimeout(readSmall(files.state)).then(stateOf);
  const logger = new UsageLogger({
    settings,
    clock: systemClock,
    readState: () => Promise.resolve(state),
    paused: (at) => isSuspended(files, state, at),
    claim: (at) => claim(files, at, settings.usageInterval),
    launch: (given) => launch(JSON.stringify(given)),
  });
  const result = await logger.tick(now, session);
  results[result] = (results[result] ?? 0) + 1;
}

function launch(session: string): void {
  const child = Bun.spawn([...args.worker], {
    detached: true,
    cwd: files.directory,
    env: { ...args.env, PAWPRINT_SESSION: session },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const one: (typeof launched)[number] = { at: systemClock.now(), ended: null, isKilled: false };
  launched.push(one);
  void child.exited.then(() => (one.ended = systemClock.now()));
  if (Math.random() >= args.killShare) return;
  setTimeout(() => {
    if (child.exitCode !== null) return;
    child.kill("SIGKILL");
    one.isKilled = true;
  }, Math.random() * args.lifeMs);
}

async function runSession(id: string): Promise<void> {
  const session = sessionOf({ session_id: id, cwd: "/home/user/work", version: "2.1.328" });
  await Bun.sleep(Math.random() * args.everyMs);
  for (let done = 0; done < args.ticks; done++) {
    await tick(session);
    await Bun.sleep(args.everyMs * (0.5 + Math.random()));
  }
}

await Promise.all(args.sessions.map(runSession));
for (let wait = 0; launched.some(({ ended }) => ended === null) && wait < 100; wait++) await Bun.sleep(100);
const ticked: Ticked = { launched, results };
console.log(JSON.stringify(ticked));
process.exit(0);
