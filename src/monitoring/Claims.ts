import { readdirSync } from "node:fs";
import { lstat, readdir, unlink } from "node:fs/promises";
import { isSession, type Session } from "../model/session.ts";
import { isPutOff, PAUSE_MS } from "../model/state.ts";
import { createOnce, readOwn, unlinkQuietly, writeOnce } from "../utils/files.ts";
import { ensureOwnDirectory, refuseForeign } from "../utils/ownership.ts";
import { valueOf } from "../utils/json.ts";
import type { LogFiles } from "./LogFiles.ts";
import { claimStart } from "./Schedule.ts";

// Who may start a worker is told by empty files in the run directory whose names say all: creating one needs no space
// on a full disk, and exactly one process creates each.
//   claim-<millisecond>     a worker was started in the stretch of up to three seconds that begins then
//   pause-<code>-<second>   logging failed for good at this epoch second; it is tried again after ten minutes

// What the line asks is asynchronous, so that it can stop waiting where the directory does not answer.

/** Creates log and run directory where they are missing. Throws directory_unusable, file_refused. */
export async function prepareDirectory(files: LogFiles): Promise<void> {
  await ensureOwnDirectory(files.directory, "shared");
  await ensureOwnDirectory(files.run);
}

/** Throws the system's error where no file can be made: a claim could not be made either; file_refused for what a worker could not start with. */
export async function probe(files: LogFiles): Promise<void> {
  const errors = await lstat(files.errors).catch(() => null);
  if (errors) refuseForeign(files.errors, errors);
  const path = `${files.run}/probe-${process.pid}`;
  await writeOnce(path, "");
  await unlink(path).catch(() => undefined);
}

/** True for the one process that is to start a worker now. Throws when the directory cannot be used. */
export async function claim(files: LogFiles, now: number, usageInterval: number): Promise<boolean> {
  await prepareDirectory(files);
  return writeOnce(`${files.run}/claim-${claimStart(now, usageInterval)}`, "");
}

/** A pause that is in force: why, and since when (epoch milliseconds). */
export interface Pause {
  readonly code: string;
  readonly since: number;
}

/** The pause in force, or null. Throws when the directory cannot be read. */
export async function pauseOf(files: LogFiles, now: number): Promise<Pause | null> {
  const found = (await readdir(files.run))
    .toSorted()
    .map((name) => /^pause-(\w+)-(\d{1,12})$/.exec(name))
    .filter((match) => match !== null)
    .map((match) => ({ code: match[1] ?? "", since: Number(match[2]) * 1_000 }))
    .filter(({ since }) => isPutOff(since + PAUSE_MS, now, PAUSE_MS));
  return found.at(-1) ?? null;
}

/** Workers that may be started in vain before logging rests: more than one that works can keep waiting (27 s at most). */
const MAX_UNANSWERED = 10;

/**
 * Whether workers were started again and again since `after` (epoch milliseconds) and none of them wrote a state: they die
 * before they get to work, and are not started for a while. A worker that works sweeps the claims of those before it.
 */
export async function isUnanswered(files: LogFiles, after: number, now: number): Promise<boolean> {
  const claims = (await readdir(files.run))
    .filter((name) => name.startsWith("claim-"))
    .map((name) => Number(name.slice("claim-".length)))
    .filter((start) => start > after && now - start < PAUSE_MS && start <= now);
  return claims.length >= MAX_UNANSWERED;
}

/** Notes that logging failed for good. */
export function pause(files: LogFiles, code: string, now: number): void {
  createOnce(`${files.run}/pause-${code}-${Math.floor(now / 1_000)}`);
}

/** How old what is left over may get, milliseconds: by the time in its name for claims, else by its last change. */
const CLAIM_AGE = 10_000;
const TEMPORARY_AGE = 60_000;
const SESSION_AGE = 86_400_000;

/** Sessions of this scope that wait for their first status record, and the files that say so; at most 1,000 of them. */
export function waitingIn(files: LogFiles): { readonly session: Session; readonly path: string }[] {
  const paths = readdirSync(files.run)
    .filter((name) => name.startsWith(files.waitingPrefix))
    .slice(0, 1_000)
    .map((name) => `${files.run}/${name}`);
  return paths.flatMap((path) => {
    try {
      const session = valueOf(readOwn(path) ?? "");
      if (isSession(session)) return [{ session, path }];
    } catch {
      // What was planted there is no session.
    }
    return [];
  });
}

/** Removes what is left over, and pauses once logging works again; called by the worker. */
export function sweep(files: LogFiles, now: number, working: boolean): void {
  for (const name of readdirSync(files.run)) {
    const path = `${files.run}/${name}`;
    const age = (): number => Math.abs(now - Bun.file(path).lastModified);
    const gone =
      (name.startsWith("claim-") && Math.abs(now - Number(name.slice("claim-".length))) > CLAIM_AGE) ||
      (name.startsWith("pause-") && working) ||
      (name.endsWith(".tmp") && age() > TEMPORARY_AGE) ||
      (/^(?:line|heard|waiting)-/.test(name) && age() > SESSION_AGE);
    if (gone) unlinkQuietly(path);
  }
}
