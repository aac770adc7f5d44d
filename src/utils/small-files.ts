import { errnoOf } from "./errors.ts";

/** The folder that holds a file or folder, by a path with forward slashes. */
export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 0)) || "/";

/** A small text file, at most `cap` bytes of it; null when it is missing or unreadable. Costs no node:fs, whose import alone is 2 ms. */
export async function readSmall(path: string, cap = 65_536): Promise<string | null> {
  try {
    return await Bun.file(path).slice(0, cap).text();
  } catch {
    return null;
  }
}

/** The first bytes of a file, at most `cap`; null when it is missing or unreadable. */
export async function readBytes(path: string, cap: number): Promise<Uint8Array | null> {
  try {
    return await Bun.file(path).slice(0, cap).bytes();
  } catch {
    return null;
  }
}

/** To root, the outermost folder above a path that is another user's, and whose; null where none is, and to everybody else. */
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

/** A name beside a file that only this program makes, with the id of the process that makes it. */
export const temporaryFor = (path: string): string =>
  `${path}.pawprint-${process.pid}.${crypto.randomUUID().slice(0, 8)}.tmp`;

/**
 * Replaces a small text file that may be lost, whole, and without making this thread wait for the disk. As root nothing is
 * written below a directory of another user: see refuseRootAmongOthers.
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

/** The promise's value, or null when it takes longer: a planted FIFO would keep its reader waiting for ever. */
export function within<T>(promise: Promise<T>, ms = 50): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, null);
    const settle = (value: T): void => {
      clearTimeout(timer);
      resolve(value);
    };
    promise.then(settle, (error: unknown) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
