import { createHash } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Clock, iso } from "../utils/clock.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { readAt, replaceFile, syncDirectory, unlinkQuietly } from "../utils/files.ts";
import { temporaryFor } from "../utils/small-files.ts";
import { refuseRootAmongOthersSync } from "../utils/ownership.ts";
import { problemOf } from "./status-line.ts";

/** Claude Code's settings.json as it is now. */
export interface SettingsFile {
  /** Where Claude Code looks for it. */
  readonly path: string;
  /** The file itself: where the links lead, if the path is one. */
  readonly target: string;
  /** Its whole text, byte order mark included; null when there is no file. */
  readonly text: string | null;
  /** Permission bits for the file that replaces it. */
  readonly mode: number;
}

/** What an edit did; `backup` is the path of the copy of what was there before. */
export interface Written {
  readonly changed: boolean;
  readonly backup: string | null;
}

/** Where package managers keep files that only they write: Nix (home-manager) and Guix. */
const STORES = ["/nix/store/", "/gnu/store/"];
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_LINKS = 40;
const STALE_MS = 3_000;
const LOCK_WAIT_MS = 15_000;
const POLL_MS = 40;
const { O_NONBLOCK, O_RDONLY } = constants;

/** Reads settings.json without changing anything. Throws settings_unreadable for what no edit can keep whole, file_refused. */
export function readSettingsFile(path: string): SettingsFile {
  const target = followLinks(path);
  let fd: number;
  try {
    fd = openSync(target, O_RDONLY | O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return { path, target, text: null, mode: 0o600 };
    throw unreadable(path, errnoOf(error) ?? "error", "make it readable for you", error);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw unreadable(path, "it is no plain file", "move it away");
    const uid = process.getuid?.() ?? stat.uid;
    if (stat.uid !== uid && !isInStore({ path, target })) {
      const hint = "run this as the user whose settings they are, without sudo";
      throw new PawprintError("file_refused", `${path} belongs to user ${stat.uid}, not to you (${uid})`, hint);
    }
    if (stat.size > MAX_BYTES) throw unreadable(path, `it has ${stat.size} bytes`, `at most ${MAX_BYTES} are read`);
    const text = decode(path, readAt(fd, 0, stat.size));
    const problem = problemOf(text);
    if (problem) throw unreadable(path, problem, "correct it and try again; it was not touched");
    return { path, target, text, mode: stat.mode & 0o777 };
  } finally {
    closeSync(fd);
  }
}

/**
 * Whether a settings file is made from a configuration that lies elsewhere, and is never edited: it is a link into a store,
 * or into a directory in which this user can write nothing.
 */
export function isInStore({ path, target }: Pick<SettingsFile, "path" | "target">): boolean {
  if (STORES.some((store) => target.startsWith(store))) return true;
  if (path === target || !existsSync(target)) return false;
  try {
    accessSync(dirname(target), constants.W_OK);
    return false;
  } catch {
    return true;
  }
}

/**
 * Changes settings.json under a lock: `change` gets its text (null: there is no file) and returns the new one (null: no
 * file), once more when somebody else wrote in between. What was there is kept beside it as
 * settings.json.pawprint-<time>.bak. Throws busy, write_failed, disk_full, and what readSettingsFile throws.
 */
export async function editSettings(
  path: string,
  clock: Clock,
  change: (text: string | null) => string | null,
): Promise<Written> {
  try {
    refuseRootAmongOthersSync(path);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return await locked(followLinks(path), clock, async (isOurs) => {
      for (let attempt = 1; ; attempt++) {
        const found = readSettingsFile(path);
        const wanted = change(found.text);
        if (wanted === found.text) return { changed: false, backup: null };
        if (isInStore(found)) throw madeElsewhere(found);
        sweep(dirname(found.target), clock, `${basename(found.target)}.`);
        const backup = found.text === null ? null : backUp(found, found.text, clock);
        const ready = wanted === null ? null : stage(found, wanted);
        // As late as can be: only the rename itself stands between this look and the change.
        const now = readSettingsFile(path);
        if (now.text === found.text && now.target === found.target && isOurs()) {
          if (ready === null) unlinkQuietly(found.target);
          else renameSync(ready, found.target);
          syncDirectory(dirname(found.target));
          return { changed: true, backup };
        }
        if (ready) unlinkQuietly(ready);
        if (backup) unlinkQuietly(backup);
        if (attempt === 5 || !isOurs()) throw busy(path);
        await clock.sleep(20 * attempt);
      }
    });
  } catch (error) {
    throw error instanceof PawprintError ? error : writeFailed(path, error);
  }
}

/** SHA-256 of a text's UTF-8 bytes, in hex: how we know that nobody edited the file since. */
export function fingerprintOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A temporary file of a writer of ours is abandoned when its process is gone, or after this long, milliseconds. */
const ABANDONED_MS = 600_000;

/**
 * Removes what writers of ours that were killed left in a directory, or there beside one file: plain files of this user, by the
 * name that only this program gives (temporaryFor), whose process is gone.
 */
export function sweep(directory: string, clock: Clock, file = ""): void {
  for (const name of readdirSync(directory)) {
    const [, pid] = /\.pawprint-(\d{1,10})\.[0-9a-f]{8}\.tmp$/.exec(name) ?? [];
    if (pid === undefined || !name.startsWith(file)) continue;
    const path = join(directory, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile() || stat.uid !== (process.getuid?.() ?? stat.uid)) continue;
    if (!isRunning(Number(pid)) || Math.abs(clock.now() - stat.mtimeMs) > ABANDONED_MS) unlinkQuietly(path);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}

/** The error for a file or directory of the installation that cannot be written, naming path, reason and remedy. */
export function writeFailed(path: string, error: unknown): PawprintError {
  const code = errnoOf(error) ?? "error";
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new PawprintError(
      "disk_full",
      `${path} cannot be written: the disk is full`,
      "make room and try again",
      error,
    );
  }
  const hint = code === "EROFS" ? "the file system is read-only" : `make '${dirname(path)}' writable for you`;
  return new PawprintError("write_failed", `${path} cannot be written (${code})`, hint, error);
}

/**
 * Runs with the lock of a file that other programs know too: the directory <file>.lock. Should two ever hold it (a
 * stale one is taken over), no harm is done: each reads again before it writes, and writes whole files.
 */
async function locked<T>(target: string, clock: Clock, run: (isOurs: () => boolean) => Promise<T>): Promise<T> {
  const { lock } = await import("proper-lockfile");
  let ours = true;
  const onCompromised = (): void => {
    ours = false;
  };
  let release: (() => Promise<void>) | null = null;
  // Its own retries would also repeat what cannot succeed, such as making a directory where none may be made.
  for (let waited = 0; !release; waited += POLL_MS) {
    try {
      release = await lock(target, { realpath: false, stale: STALE_MS, onCompromised });
    } catch (error) {
      if (errnoOf(error) !== "ELOCKED") throw error;
      if (waited >= LOCK_WAIT_MS) throw busy(target, error);
      await clock.sleep(POLL_MS);
    }
  }
  try {
    return await run(() => ours);
  } finally {
    await release().catch(() => undefined);
  }
}

/** The new text, whole and on the disk, in a file beside the settings. */
function stage(file: SettingsFile, text: string): string {
  const path = temporaryFor(file.target);
  replaceFile(path, text, file.mode);
  return path;
}

/** A copy of the old text beside the settings, under a name that nothing has yet; as private as a file can be. */
function backUp(file: SettingsFile, text: string, clock: Clock): string {
  const time = iso(clock.now()).replaceAll(/[-:.]/g, "");
  let path = `${file.path}.pawprint-${time}.bak`;
  for (let more = 2; existsSync(path); more++) path = `${file.path}.pawprint-${time}-${more}.bak`;
  replaceFile(path, text, 0o600);
  return path;
}

/** Where a path leads; also where its last link points to nothing yet. */
function followLinks(path: string): string {
  let at = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      if (!lstatSync(at).isSymbolicLink()) return at;
      at = resolve(dirname(at), readlinkSync(at));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return at;
      throw unreadable(path, errnoOf(error) ?? "error", "make its directory readable for you", error);
    }
  }
  throw unreadable(path, "its links go in a circle", "correct the link");
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, "it is not UTF-8", "save it as UTF-8; it was not touched", error);
  }
}

function unreadable(path: string, why: string, hint: string, cause?: unknown): PawprintError {
  return new PawprintError("settings_unreadable", `${path} cannot be read: ${why}`, hint, cause);
}

function madeElsewhere({ path, target }: SettingsFile): PawprintError {
  const hint = "change its statusLine in that configuration (home-manager: programs.claude-code.settings) and apply it";
  return new PawprintError("file_refused", `${path} leads to ${target}, which is made from a configuration`, hint);
}

function busy(path: string, cause?: unknown): PawprintError {
  return new PawprintError("busy", `${path} is being changed by another program`, "try again in a moment", cause);
}
