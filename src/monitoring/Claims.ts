import { readdirSync } from "node:fs";
import { lstat, readdir, unlink } from "node:fs/promises";
import { isSession, type Session } from "../model/session.ts";
import { isDeferred, PAUSE_MS } from "../model/state.ts";
import { createIfMissing, readOwn, removeIfPresent, writeIfMissing } from "../utils/files.ts";
import { ensureOwnDirectory, refuseForeign } from "../utils/ownership.ts";
import { parseValue } from "../utils/json.ts";
import type { LogFiles } from "./LogFiles.ts";
import { claimStart } from "./Schedule.ts";

// Empty files in the run directory decide which process may start a worker. Their names hold all the information, because
// creating an empty file needs no space on a full disk, and exactly one process can create each.
//   claim-<millisecond>     a worker was started in the interval of up to three seconds that begins at this time
//   pause-<code>-<second>   logging failed permanently at this epoch second; it is retried after ten minutes

// Functions that the line calls are asynchronous, so that it can stop waiting for a directory that does not respond.

/** Creates the log and the run directory if they are missing. Throws directory_unusable, file_refused. */
export async function prepareDirectory(files: LogFiles): Promise<void> {
  await ensureOwnDirectory(files.directory, "shared");
  await ensureOwnDirectory(files.run);
}

/**
 * Creates and deletes a file in the run directory. Throws the system's error if that fails, as a claim would too, and
 * file_refused if a worker could not start because something else stands in place of its error file.
 */
export async function probe(files: LogFiles): Promise<void> {
  const errors = await lstat(files.errors).catch(() => null);
  if (errors) refuseForeign(files.errors, errors);
  const path = `${files.run}/probe-${process.pid}`;
  await writeIfMissing(path, "");
  await unlink(path).catch(() => undefined);
}

/** Returns true for the one process that may start a worker now. Throws when the directory cannot be used. */
export async function claim(files: LogFiles, now: number, usageInterval: number): Promise<boolean> {
  await prepareDirectory(files);
  return writeIfMissing(`${files.run}/claim-${claimStart(now, usageInterval)}`, "");
}

/** An active pause: the error code, and since when (epoch milliseconds). */
export interface Pause {
  readonly code: string;
  readonly since: number;
}

/** Returns the newest active pause, or null. Throws when the directory cannot be read. */
export async function pauseOf(files: LogFiles, now: number): Promise<Pause | null> {
  const pauses = (await readdir(files.run))
    .toSorted()
    .map((name) => /^pause-(\w+)-(\d{1,12})$/.exec(name))
    .filter((match) => match !== null)
    .map((match) => ({ code: match[1] ?? "", since: Number(match[2]) * 1_000 }))
    .filter(({ since }) => isDeferred(since + PAUSE_MS, now, PAUSE_MS));
  return pauses.at(-1) ?? null;
}

/** Failed worker starts before logging is suspended: more than a running worker can cause (it takes 27 s at most). */
const MAX_FAILED_STARTS = 10;

/**
 * Whether workers were started repeatedly since `after` (epoch milliseconds) and none of them wrote a state. They exit before
 * they do anything, so none is started for a while. A working worker removes the claims of earlier ones.
 */
export async function areWorkersFailing(files: LogFiles, after: number, now: number): Promise<boolean> {
  const claims = (await readdir(files.run))
    .filter((name) => name.startsWith("claim-"))
    .map((name) => Number(name.slice("claim-".length)))
    .filter((start) => start > after && now - start < PAUSE_MS && start <= now);
  return claims.length >= MAX_FAILED_STARTS;
}

/** Records that logging failed permanently. */
export function pause(files: LogFiles, code: string, now: number): void {
  createIfMissing(`${files.run}/pause-${code}-${Math.floor(now / 1_000)}`);
}

/** Maximum age of left-over files, milliseconds: by the time in the name for claims, else by the last change. */
const CLAIM_AGE = 10_000;
const TEMPORARY_AGE = 60_000;
const SESSION_AGE = 86_400_000;

/** Returns the sessions of this scope that wait for their first status record, with their files; at most 1,000. */
export function waitingSessions(files: LogFiles): { readonly session: Session; readonly path: string }[] {
  const paths = readdirSync(files.run)
    .filter((name) => name.startsWith(files.waitingPrefix))
    .slice(0, 1_000)
    .map((name) => `${files.run}/${name}`);
  return paths.flatMap((path) => {
    try {
      const session = parseValue(readOwn(path) ?? "");
      if (isSession(session)) return [{ session, path }];
    } catch {
      // Ignore a file that does not contain a session.
    }
    return [];
  });
}

/** Removes left-over files, and pauses if logging is `working` again. Called by the worker. */
export function sweep(files: LogFiles, now: number, working: boolean): void {
  for (const name of readdirSync(files.run)) {
    const path = `${files.run}/${name}`;
    const age = (): number => Math.abs(now - Bun.file(path).lastModified);
    const isObsolete =
      (name.startsWith("claim-") && Math.abs(now - Number(name.slice("claim-".length))) > CLAIM_AGE) ||
      (name.startsWith("pause-") && working) ||
      (name.endsWith(".tmp") && age() > TEMPORARY_AGE) ||
      (/^(?:line|heard|waiting)-/.test(name) && age() > SESSION_AGE);
    if (isObsolete) removeIfPresent(path);
  }
}
