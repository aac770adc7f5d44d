import { closeSync, readFileSync, statSync } from "node:fs";
import type { Environment } from "../../utils/config.ts";
import { openOwn, readOwn, removeIfPresent, replaceFile } from "../../utils/files.ts";
import { ensureOwnDirectory } from "../../utils/ownership.ts";
import { parentOf } from "../../utils/small-files.ts";
import type { Job, ServiceSystem } from "./contract.ts";

/** Larger logs are begun anew at the next start, bytes. */
const MAX_LOG_BYTES = 1_048_576;
/** How long a process may take to end before it is killed, milliseconds. */
const END_MS = 10_000;
const POLL_MS = 50;

const pidFile = ({ log }: Pick<Job, "log">): string => log.replace(/\.log$/, ".pid");

/** Removes a log that has become too large. */
export function truncateLog(log: string): void {
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) removeIfPresent(log);
}

/** Starts a job in the background unless it is running: in a session of its own, with its output in its log. */
export async function launch(job: Job, { env, run }: Pick<ServiceSystem, "env" | "run">): Promise<void> {
  await ensureOwnDirectory(parentOf(job.log));
  if ((await runningProcess(job, run)) !== null) return;
  truncateLog(job.log);
  const log = openOwn(job.log, "append");
  try {
    const child = Bun.spawn([...job.program, job.name, ...job.options], {
      cwd: "/",
      env: { ...definedIn(env), ...job.env },
      stdio: ["ignore", log, log],
      detached: true,
    });
    replaceFile(pidFile(job), `${child.pid}\n`);
    child.unref();
  } finally {
    closeSync(log);
  }
}

/** The id of the job's process; null if none is running that `launch` started. */
export async function runningProcess(job: Job, run: ServiceSystem["run"]): Promise<number | null> {
  const pid = Number(readOwn(pidFile(job)) ?? 0);
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  // Another program may have the number by now.
  const words = (await commandLineOf(pid, run)).split(/[\s\0]+/);
  return words.includes(job.name) && words.some((word) => /(?:pawprint|cli\.[jt]s)$/.test(word)) ? pid : null;
}

async function commandLineOf(pid: number, run: ServiceSystem["run"]): Promise<string> {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // macOS has no /proc, and a process that has ended is not in it.
    return (await run(["ps", "-o", "args=", "-p", String(pid)])).stdout;
  }
}

/** Ends the job's process, at last by force. */
export async function endProcess(job: Job, { run, clock }: Pick<ServiceSystem, "run" | "clock">): Promise<void> {
  const pid = await runningProcess(job, run);
  if (pid !== null) {
    signal(pid, "SIGTERM");
    for (let waited = 0; (await runningProcess(job, run)) !== null; waited += POLL_MS) {
      if (waited >= END_MS) signal(pid, "SIGKILL");
      await clock.sleep(POLL_MS);
    }
  }
  removeIfPresent(pidFile(job));
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** The variables of an environment that have a value. */
export const definedIn = (env: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
