import { closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Session } from "../model/session.ts";
import type { LoggerState } from "../model/state.ts";
import { systemClock } from "../utils/clock.ts";
import type { Environment, Settings } from "../utils/config.ts";
import { writeOnce } from "../utils/files.ts";
import { refuseForeign, refuseRootAmongOthersSync } from "../utils/ownership.ts";
import { type Places, selfCommand } from "../utils/paths.ts";
import { parentOf } from "../utils/small-files.ts";
import { claim, isUnanswered, pauseOf, prepareDirectory } from "./Claims.ts";
import type { LogFiles } from "./LogFiles.ts";
import { type TickResult, UsageLogger } from "./UsageLogger.ts";

export { claim } from "./Claims.ts";

/** The variable that tells a worker to look itself whether logging rests, and to make its claim. */
export const UNCLAIMED = "PAWPRINT_UNCLAIMED";

/** The logger of one refresh of the line, which read this state: it has its records made by a worker. */
export function lineLogger(
  settings: Settings,
  files: LogFiles,
  state: LoggerState | null,
  env: Environment,
): UsageLogger {
  return new UsageLogger({
    settings,
    clock: systemClock,
    readState: () => Promise.resolve(state),
    paused: (now) => isResting(files, state, now),
    claim: (now) => claim(files, now, settings.usageInterval),
    wait: (session) => leaveWaiting(files, session),
    launch: (session) => launch(files, session, env),
  });
}

/** Whether logging rests: after a failure for good, or because its workers die before they get to work. */
export async function isResting(files: LogFiles, state: LoggerState | null, now: number): Promise<boolean> {
  await prepareDirectory(files);
  return (await pauseOf(files, now)) !== null || isUnanswered(files, state?.usage?.at ?? 0, now);
}

/** Leaves a session to the worker that is at work, or to the next one. */
export async function leaveWaiting(files: LogFiles, session: Session): Promise<void> {
  if (session.id !== null) await writeOnce(files.waiting(session.id), sessionText(session));
}

/** Starts a worker for a session that outlives this process. */
export async function launch(files: LogFiles, session: Session | null, env: Environment): Promise<void> {
  const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
  const errors = await open(files.errors, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const found = await errors.stat();
    refuseForeign(files.errors, found);
    if (found.mode & 0o077) await errors.chmod(0o600);
    await errors.truncate(0);
    spawn(session, env, errors.fd);
  } finally {
    await errors.close();
  }
}

/** A worker that was started this long ago (milliseconds) without having ended does not keep others from being started. */
const STUCK_MS = 3_600_000;

/** The file that tells which worker waits for a log directory that did not answer: in our own folder, which may be the log's. */
export const slowWorker = ({ pets }: Pick<Places, "pets">): string => `${pets}/.run/slow-worker`;

/**
 * Starts a worker where the log directory did not answer in time: one at a time on this machine, known by a file in our own
 * folder. It waits for the directory as long as that takes, and looks itself whether it has anything to do. Not
 * asynchronous: the threads that could do it may all be waiting for the directory.
 */
export function launchBehind(places: Places, session: Session | null, env: Environment, now: number): void {
  const path = slowWorker(places);
  refuseRootAmongOthersSync(path);
  if (isAtWork(path, now)) return;
  mkdirSync(parentOf(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeSync(fd, String(spawn(session, { ...env, [UNCLAIMED]: "1" }, "ignore")));
  } finally {
    closeSync(fd);
  }
}

function isAtWork(path: string, now: number): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return pid > 1 && Math.abs(now - statSync(path).mtimeMs) < STUCK_MS && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Starts the worker. The session goes by environment, which only its owner can read; it works in no folder that may go or be slow. */
function spawn(session: Session | null, env: Environment, errors: number | "ignore"): number {
  const worker = Bun.spawn(selfCommand("worker"), {
    detached: true,
    cwd: "/",
    env: { ...env, PAWPRINT_SESSION: sessionText(session) },
    stdio: ["ignore", "ignore", errors],
  });
  worker.unref();
  return worker.pid;
}

/** A session as an environment variable, which may hold 128 KB: without what is kept as given where that is too long. */
function sessionText(session: Session | null): string {
  const bare = session && { ...session, given: { rate_limits: null, context_window: null, cost: null } };
  return [session, bare].map((one) => JSON.stringify(one)).find((text) => text.length < 40_000) ?? "null";
}

/** Whether a tick claimed its interval, or found that another process had: then the log directory was looked at. */
export const hasClaimed = (result: TickResult): boolean => result === "launched" || result === "claimed_elsewhere";
