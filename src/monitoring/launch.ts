import { closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Session } from "../model/session.ts";
import type { LoggerState } from "../model/state.ts";
import { systemClock } from "../utils/clock.ts";
import type { Environment, Settings } from "../utils/config.ts";
import { writeIfMissing } from "../utils/files.ts";
import { refuseForeign, refuseRootInForeignDirectorySync } from "../utils/ownership.ts";
import { isProgramGone, type Places, selfCommand } from "../utils/paths.ts";
import { parentOf } from "../utils/small-files.ts";
import { claim, areWorkersFailing, pauseOf, prepareDirectory } from "./Claims.ts";
import type { LogFiles } from "./LogFiles.ts";
import { type TickResult, UsageLogger } from "./UsageLogger.ts";

export { claim } from "./Claims.ts";

/** If this variable is set, the worker itself checks whether logging is suspended and makes the claim. */
export const UNCLAIMED = "PAWPRINT_UNCLAIMED";

/** Creates the logger for one refresh of the line, which has read `state`. Records are written by a detached worker. */
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
    paused: (now) => isProgramGone() || isSuspended(files, state, now),
    claim: (now) => claim(files, now, settings.usageInterval),
    leaveWaiting: (session) => leaveSessionWaiting(files, session),
    launch: (session) => launch(files, session, env),
  });
}

/** Whether logging is suspended: after a permanent failure, or because workers exit before they do anything. */
export async function isSuspended(files: LogFiles, state: LoggerState | null, now: number): Promise<boolean> {
  await prepareDirectory(files);
  return (await pauseOf(files, now)) !== null || areWorkersFailing(files, state?.usage?.at ?? 0, now);
}

/** Leaves a session to the running worker, or to the next one. */
export async function leaveSessionWaiting(files: LogFiles, session: Session): Promise<void> {
  if (session.id !== null) await writeIfMissing(files.waiting(session.id), sessionText(session));
}

/** Starts a worker for a session that outlives this process. */
export async function launch(files: LogFiles, session: Session | null, env: Environment): Promise<void> {
  const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
  const errors = await open(files.errors, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stats = await errors.stat();
    refuseForeign(files.errors, stats);
    if (stats.mode & 0o077) await errors.chmod(0o600);
    await errors.truncate(0);
    spawn(session, env, errors.fd);
  } finally {
    await errors.close();
  }
}

/** A worker that has been running this long (milliseconds) no longer prevents others from starting. */
const STUCK_MS = 3_600_000;

/** The file with the pid of the worker that waits for a slow log directory: in our own folder, which may be the log directory. */
export const slowWorker = ({ pets }: Pick<Places, "pets">): string => `${pets}/.run/slow-worker`;

/**
 * Starts a worker if the log directory did not respond in time: one at a time on this machine, tracked by a file in our own
 * folder. The worker waits for the directory as long as necessary and checks itself whether anything is due. Synchronous,
 * because all threads of the I/O pool may be waiting for the directory.
 */
export function launchForSlowDirectory(places: Places, session: Session | null, env: Environment, now: number): void {
  const path = slowWorker(places);
  refuseRootInForeignDirectorySync(path);
  if (isProgramGone()) return;
  if (isWorkerRunning(path, now)) return;
  mkdirSync(parentOf(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeSync(fd, String(spawn(session, { ...env, [UNCLAIMED]: "1" }, "ignore")));
  } finally {
    closeSync(fd);
  }
}

function isWorkerRunning(path: string, now: number): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return pid > 1 && Math.abs(now - statSync(path).mtimeMs) < STUCK_MS && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * Starts the worker; returns its pid. The session is passed in the environment, which only the user can read. It runs
 * in "/", because other folders may disappear or be slow.
 */
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

/** Returns a session as text for an environment variable (at most 128 KB); omits its raw stdin values if it is too long. */
function sessionText(session: Session | null): string {
  const withoutGiven = session && { ...session, given: { rate_limits: null, context_window: null, cost: null } };
  return [session, withoutGiven].map((one) => JSON.stringify(one)).find((text) => text.length < 40_000) ?? "null";
}

/** Whether the interval was claimed, by this tick or by another process; the log directory was checked then. */
export const hasClaimed = (result: TickResult): boolean => result === "launched" || result === "claimed_elsewhere";
