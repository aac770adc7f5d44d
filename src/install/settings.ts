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
  readlinkSync,
  renameSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Clock, iso } from "../utils/clock.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { namesIn, readAt, replaceFile, syncDirectory, removeIfPresent } from "../utils/files.ts";
import { temporaryFor } from "../utils/small-files.ts";
import { refuseRootInForeignDirectorySync } from "../utils/ownership.ts";
import { problemOf } from "./jsonc.ts";

/** The current state of Claude Code's settings.json. */
export interface SettingsFile {
  /** Where Claude Code looks for it. */
  readonly path: string;
  /** The file itself, with links resolved. */
  readonly target: string;
  /** Its whole text, including a byte order mark; null if there is no file. */
  readonly text: string | null;
  /** Permission bits for the new file. */
  readonly mode: number;
}

/** The result of an edit; `backup` is the path of a copy of the previous file. */
export interface Written {
  readonly changed: boolean;
  readonly backup: string | null;
}

/** The form of a file that is edited. */
export interface FileForm {
  /** What is wrong with a text; null if nothing is. */
  problem(text: string): string | null;
  /** Whether the previous file is kept. */
  readonly hasBackup: boolean;
}

const SETTINGS: FileForm = { problem: problemOf, hasBackup: true };

/** Directories that only a package manager writes to: Nix (home-manager) and Guix. */
const STORES = ["/nix/store/", "/gnu/store/"];
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_LINKS = 40;
const STALE_MS = 3_000;
const LOCK_WAIT_MS = 15_000;
const POLL_MS = 40;
const { O_NONBLOCK, O_RDONLY } = constants;

/**
 * Reads settings.json, or a file of another form. Throws settings_unreadable if it cannot be edited
 * safely, and file_refused if it belongs to another user.
 */
export function readSettingsFile(path: string, { problem }: Pick<FileForm, "problem"> = SETTINGS): SettingsFile {
  const target = followLinks(path);
  let fd: number;
  try {
    fd = openSync(target, O_RDONLY | O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return { path, target, text: null, mode: 0o600 };
    throw unreadable(path, errnoOf(error) ?? "error", "make it readable", error);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw unreadable(path, "it is not a regular file", "move it away");
    const uid = process.getuid?.() ?? stat.uid;
    if (stat.uid !== uid && !isInStore({ path, target })) {
      const hint = "run this as the user whose settings they are, without sudo";
      throw new PawprintError("file_refused", `${path} belongs to user ${stat.uid}, not to you (${uid})`, hint);
    }
    if (stat.size > MAX_BYTES) throw unreadable(path, `it has ${stat.size} bytes`, `the limit is ${MAX_BYTES} bytes`);
    const text = decode(path, readAt(fd, 0, stat.size));
    const why = problem(text);
    if (why) throw unreadable(path, why, "correct it and try again; it was not changed");
    return { path, target, text, mode: stat.mode & 0o777 };
  } finally {
    closeSync(fd);
  }
}

/**
 * Whether a settings file is generated from a configuration elsewhere and must not be edited: it is a link into a store, or
 * into a directory where this user cannot write.
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
 * Changes settings.json under a lock. `change` gets the text (null: no file) and returns the new one (null: no file); it is
 * called again if somebody else wrote in between. The previous file is kept next to it as settings.json.pawprint-<time>.bak, unless
 * the form says otherwise.
 * Throws busy, write_failed, disk_full, and what readSettingsFile throws.
 */
export async function editSettings(
  path: string,
  clock: Clock,
  change: (text: string | null) => string | null,
  form: FileForm = SETTINGS,
): Promise<Written> {
  try {
    refuseRootInForeignDirectorySync(path);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return await locked(followLinks(path), clock, async (isOurs) => {
      for (let attempt = 1; ; attempt++) {
        const found = readSettingsFile(path, form);
        const wanted = change(found.text);
        if (wanted === found.text) return { changed: false, backup: null };
        if (isInStore(found)) throw generatedElsewhere(found);
        sweep(dirname(found.target), clock, `${basename(found.target)}.`);
        const backup = found.text === null || !form.hasBackup ? null : backUp(found, found.text, clock);
        const ready = wanted === null ? null : stage(found, wanted);
        // Checked as late as possible: only the rename comes between this check and the change.
        const now = readSettingsFile(path, form);
        if (now.text === found.text && now.target === found.target && isOurs()) {
          if (ready === null) removeIfPresent(found.target);
          else renameSync(ready, found.target);
          syncDirectory(dirname(found.target));
          return { changed: true, backup };
        }
        if (ready) removeIfPresent(ready);
        if (backup) removeIfPresent(backup);
        if (attempt === 5 || !isOurs()) throw busy(path);
        await clock.sleep(20 * attempt);
      }
    });
  } catch (error) {
    throw error instanceof PawprintError ? error : writeFailed(path, error);
  }
}

/** SHA-256 of a text's UTF-8 bytes in hex, to detect whether somebody edited the file since. */
export function fingerprintOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The end of the names made by temporaryFor, with those of the files that SQLite makes beside a database; the process id is the first group. */
export const TEMPORARY: RegExp = /\.pawprint-(\d{1,10})\.[0-9a-f]{8}\.tmp(?:-wal|-shm|-journal)?$/;

/** A temporary file of ours is abandoned when its process is gone, or after this time, milliseconds. */
const ABANDONED_MS = 600_000;

/**
 * Removes temporary files that killed processes of ours left in a directory, or only those of one file there: regular files
 * of this user, named by temporaryFor, whose process is gone.
 */
export function sweep(directory: string, clock: Clock, file = ""): void {
  for (const name of namesIn(directory)) {
    const [, pid] = TEMPORARY.exec(name) ?? [];
    if (pid === undefined || !name.startsWith(file)) continue;
    const path = join(directory, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile() || stat.uid !== (process.getuid?.() ?? stat.uid)) continue;
    if (!isRunning(Number(pid)) || Math.abs(clock.now() - stat.mtimeMs) > ABANDONED_MS) removeIfPresent(path);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}

/** The error for a file or directory that cannot be written, with path, reason and remedy. */
export function writeFailed(path: string, error: unknown): PawprintError {
  const code = errnoOf(error) ?? "error";
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new PawprintError(
      "disk_full",
      `${path} cannot be written: the disk is full`,
      "free some space and try again",
      error,
    );
  }
  const hint = code === "EROFS" ? "the file system is read-only" : `make '${dirname(path)}' writable`;
  return new PawprintError("write_failed", `${path} cannot be written (${code})`, hint, error);
}

/** Runs `run`, and names the path in an error of the system. Throws write_failed, disk_full. */
export function writing<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof PawprintError || errnoOf(error) === null ? error : writeFailed(path, error);
  }
}

/**
 * Runs `run` while holding the lock <file>.lock, a directory that other programs use too. Two holders at once (a stale lock is
 * taken over) do no harm: each reads again before it writes, and writes whole files.
 */
async function locked<T>(target: string, clock: Clock, run: (isOurs: () => boolean) => Promise<T>): Promise<T> {
  const { lock } = await import("proper-lockfile");
  let isHeld = true;
  const onCompromised = (): void => {
    isHeld = false;
  };
  let release: (() => Promise<void>) | null = null;
  // The library's own retries would also repeat errors that cannot be fixed by waiting, such as missing permissions.
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
    return await run(() => isHeld);
  } finally {
    await release().catch(() => undefined);
  }
}

/** Writes the new text to a temporary file next to the settings, flushed to disk; returns its path. */
function stage(file: SettingsFile, text: string): string {
  const path = temporaryFor(file.target);
  replaceFile(path, text, file.mode);
  return path;
}

/** Copies the old text to a new file next to the settings with mode 0600; returns its path. */
function backUp(file: SettingsFile, text: string, clock: Clock): string {
  const time = iso(clock.now()).replaceAll(/[-:.]/g, "");
  let path = `${file.path}.pawprint-${time}.bak`;
  for (let more = 2; existsSync(path); more++) path = `${file.path}.pawprint-${time}-${more}.bak`;
  replaceFile(path, text, 0o600);
  return path;
}

/** Resolves the links of a path, even if the last one is dangling. */
function followLinks(path: string): string {
  let at = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      if (!lstatSync(at).isSymbolicLink()) return at;
      at = resolve(dirname(at), readlinkSync(at));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return at;
      throw unreadable(path, errnoOf(error) ?? "error", "make its directory readable", error);
    }
  }
  throw unreadable(path, "its links form a loop", "correct the link");
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, "it is not UTF-8", "save it as UTF-8; it was not changed", error);
  }
}

function unreadable(path: string, why: string, hint: string, cause?: unknown): PawprintError {
  return new PawprintError("settings_unreadable", `${path} cannot be read: ${why}`, hint, cause);
}

function generatedElsewhere({ path, target }: SettingsFile): PawprintError {
  const hint = "change its statusLine in that configuration (home-manager: programs.claude-code.settings) and apply it";
  return new PawprintError("file_refused", `${path} links to ${target}, which is generated from a configuration`, hint);
}

function busy(path: string, cause?: unknown): PawprintError {
  return new PawprintError("busy", `${path} is being changed by another program`, "try again in a moment", cause);
}
