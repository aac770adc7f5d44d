import { errnoOf } from "./errors.ts";

/** The folder that contains a file or folder, given a path with forward slashes. */
export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 0)) || "/";

/** A small text file, up to `cap` bytes; null if missing or unreadable. Avoids node:fs, whose import takes 2 ms. */
export async function readSmall(path: string, cap = 65_536): Promise<string | null> {
  try {
    return await Bun.file(path).slice(0, cap).text();
  } catch {
    return null;
  }
}

/** The first bytes of a file, up to `cap`; null if missing or unreadable. */
export async function readBytes(path: string, cap: number): Promise<Uint8Array | null> {
  try {
    return await Bun.file(path).slice(0, cap).bytes();
  } catch {
    return null;
  }
}

/** For root, the outermost folder above a path that belongs to another user, with that user; null if there is none, or if this process is not root. */
export async function foreignAbove(path: string): Promise<{ readonly directory: string; readonly uid: number } | null> {
  let found: { directory: string; uid: number } | null = null;
  if (process.getuid?.() !== 0) return found;
  const { stat } = process.getBuiltinModule("node:fs/promises");
  for (let directory = parentOf(path); directory !== "/"; directory = parentOf(directory)) {
    try {
      const { uid } = await stat(directory);
      if (uid !== 0) found = { directory, uid };
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }
  return found;
}

/** A name for a temporary file beside a file, with the id of this process. Only this program uses such names. */
export const temporaryFor = (path: string): string =>
  `${path}.pawprint-${process.pid}.${crypto.randomUUID().slice(0, 8)}.tmp`;

/**
 * Replaces a small text file atomically, without blocking this thread. Not durable: the file may be lost. Root writes
 * nothing below a directory of another user: see refuseRootInForeignDirectory.
 */
export async function replaceSmall(path: string, text: string): Promise<void> {
  if ((await foreignAbove(path)) !== null) return;
  const { rename, unlink, writeFile } = process.getBuiltinModule("node:fs/promises");
  const temporary = temporaryFor(path);
  try {
    await writeFile(temporary, text, { flag: "wx", mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** The promise's value, or null if it takes longer than `ms`: reading a planted FIFO would block for ever. */
export function withTimeout<T>(promise: Promise<T>, ms = 50): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, null);
    const succeed = (value: T): void => {
      clearTimeout(timer);
      resolve(value);
    };
    promise.then(succeed, (error: unknown) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
