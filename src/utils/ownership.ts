import { lstatSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { errnoOf, PawprintError } from "./errors.ts";
import { foreignAbove } from "./small-files.ts";

/** Loaded on use: importing it takes a report 1.3 ms. */
const fsPromises = () => process.getBuiltinModule("node:fs/promises");

/** The id of this user; -1 if the system has none. */
const currentUid = (): number => process.getuid?.() ?? -1;

/** Throws file_refused if a file is not a regular file of this user with a single link. */
export function refuseForeign(path: string, found: Stats): void {
  if (!found.isFile()) throw refused(path, "is not a regular file");
  if (currentUid() >= 0 && found.uid !== currentUid()) throw refused(path, "belongs to another user");
  if (found.nlink !== 1) throw refused(path, "has more than one hard link");
}

/**
 * Throws file_refused if a path cannot become a new file: something other than a regular file is there, or without `isForced`
 * anything; and not_found if its directory does not exist. `isForced` is null for a command without --force.
 */
export function refuseExisting(path: string, isForced: boolean | null): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile()) throw refused(path, "is not a regular file");
  if (found && !isForced)
    throw new PawprintError(
      "file_refused",
      `${path} exists already`,
      isForced === null ? "choose another name" : "choose another name, or replace it with --force",
    );
  if (!found && !statSync(dirname(path), { throwIfNoEntry: false }))
    throw new PawprintError("not_found", `there is no directory ${dirname(path)}`, "create it first");
}

/** The error for a path that must not be written to. */
export function refused(path: string, why: string, cause?: unknown): PawprintError {
  return new PawprintError("file_refused", `${path} ${why}`, "move it away; pawprint does not write to it", cause);
}

/**
 * Prepares a directory for our own files: creates it with mode 0700 if missing. An existing one keeps its mode, unless
 * it is `ours` alone; that one is restricted to 0700. Throws file_refused (see refuseRootInForeignDirectory), and
 * directory_unusable with path, permission and remedy if the directory or a link to it belongs to another user, or if
 * it is not a directory or not writable. Asynchronous, so that the line can stop waiting for a directory that does not
 * respond.
 */
export async function ensureOwnDirectory(path: string, ours: "ours" | "shared" = "ours"): Promise<void> {
  const { chmod, lstat, mkdir, stat } = fsPromises();
  try {
    await refuseRootInForeignDirectory(path);
    // Not for a link to an existing directory: mkdir would fail on it.
    if ((await existing(path)) === null) await mkdir(path, { recursive: true, mode: 0o700 });
    const uid = currentUid();
    const [link, found] = await Promise.all([lstat(path), stat(path)]);
    if (!found.isDirectory()) throw unusable(path, "is not a directory", "choose another PET_LOG_DIR");
    if (uid >= 0 && (found.uid !== uid || link.uid !== uid)) {
      const remedy = `run: sudo chown ${uid} '${path}', or choose another PET_LOG_DIR`;
      throw unusable(path, `belongs to user ${found.uid}, not to you (${uid})`, remedy);
    }
    if (ours === "ours" && found.mode & 0o077) await chmod(path, 0o700);
    if ((found.mode & 0o700) !== 0o700) {
      const mode = (found.mode & 0o777).toString(8);
      throw unusable(
        path,
        `has permissions ${mode}, but you need to read, write and enter it`,
        `run: chmod u+rwx '${path}'`,
      );
    }
  } catch (error) {
    if (error instanceof PawprintError) throw error;
    const code = errnoOf(error) ?? "error";
    const remedy = code === "EROFS" ? "the file system is read-only: choose another PET_LOG_DIR" : remedyFor(path);
    throw unusable(path, `cannot be used (${code})`, remedy, error);
  }
}

async function existing(path: string): Promise<Stats | null> {
  try {
    return await fsPromises().stat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/**
 * As root, throws file_refused for a path below a directory of another user, such as the home directory under sudo.
 * That user could not access files created by root, and their own programs would fail.
 */
export async function refuseRootInForeignDirectory(path: string): Promise<void> {
  const found = await foreignAbove(resolve(path));
  if (found) refuseOwner(found.directory, found.uid);
}

/** Like refuseRootInForeignDirectory, but synchronous. */
export function refuseRootInForeignDirectorySync(path: string): void {
  if (currentUid() !== 0) return;
  for (const above of foldersAbove(path)) refuseOwner(above, statSync(above, { throwIfNoEntry: false })?.uid ?? 0);
}

function foldersAbove(path: string): string[] {
  const above: string[] = [];
  for (let at = dirname(resolve(path)); at !== dirname(at); at = dirname(at)) above.unshift(at);
  return above;
}

function refuseOwner(directory: string, uid: number): void {
  if (uid === 0) return;
  throw new PawprintError(
    "file_refused",
    `${directory} belongs to user ${uid}, but pawprint runs as root: that user could not use the files that root creates there`,
    "run it as that user, without sudo; to run it for root, use root's home: sudo -H",
  );
}

const remedyFor = (path: string): string => `make '${path}' writable, or choose another PET_LOG_DIR`;

function unusable(path: string, why: string, hint: string, cause?: unknown): PawprintError {
  return new PawprintError("directory_unusable", `the log directory ${path} ${why}`, hint, cause);
}
