import { type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { errnoOf, PawprintError } from "./errors.ts";
import { foreignAbove } from "./small-files.ts";

/** Loaded by those who wait: it takes a report 1.3 ms. */
const asynchronous = () => process.getBuiltinModule("node:fs/promises");

/** The id of this user; -1 where the system has none. */
const mine = (): number => process.getuid?.() ?? -1;

/** Refuses what is no plain file of ours with one name. Throws file_refused. */
export function refuseForeign(path: string, found: Stats): void {
  if (!found.isFile()) throw refused(path, "is no plain file");
  if (mine() >= 0 && found.uid !== mine()) throw refused(path, "belongs to another user");
  if (found.nlink !== 1) throw refused(path, "has other names (hard links)");
}

/** The error for a path that is not written through. */
export function refused(path: string, why: string, cause?: unknown): PawprintError {
  return new PawprintError("file_refused", `${path} ${why}`, "move it away; it is not written through", cause);
}

/**
 * A directory that we keep files in: created 0700 where it is missing. One that was there keeps its mode, unless it is
 * `ours` alone, which is tightened to 0700. Throws file_refused (refuseRootAmongOthers), and directory_unusable, naming path,
 * permission and remedy, when it is a link of somebody else, another user's, no directory, or not writable. Asynchronous,
 * so that the line can stop waiting for a directory that does not answer.
 */
export async function ensureOwnDirectory(path: string, ours: "ours" | "shared" = "ours"): Promise<void> {
  const { chmod, lstat, mkdir, stat } = asynchronous();
  try {
    await refuseRootAmongOthers(path);
    // Not on a link to a directory of ours, which mkdir takes for something in its way.
    if ((await existing(path)) === null) await mkdir(path, { recursive: true, mode: 0o700 });
    const uid = mine();
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
    return await asynchronous().stat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/**
 * As root, refuses a path below a directory of another user, as the home directory is under sudo: what root makes there is
 * closed to that user, whose own programs then fail. Throws file_refused.
 */
export async function refuseRootAmongOthers(path: string): Promise<void> {
  const found = await foreignAbove(resolve(path));
  if (found) refuseOwner(found.directory, found.uid);
}

/** The same, at once. */
export function refuseRootAmongOthersSync(path: string): void {
  if (mine() !== 0) return;
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
    `${directory} belongs to user ${uid}, and this runs as root: files that root makes there are closed to that user`,
    "run it as that user, without sudo; or for root itself, with root's own home: sudo -H",
  );
}

const remedyFor = (path: string): string => `make '${path}' writable for you, or choose another PET_LOG_DIR`;

function unusable(path: string, why: string, hint: string, cause?: unknown): PawprintError {
  return new PawprintError("directory_unusable", `the log directory ${path} ${why}`, hint, cause);
}
