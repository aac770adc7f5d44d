import { constants, closeSync, fstatSync, openSync } from "node:fs";
import { errnoOf, PawprintError } from "../../utils/errors.ts";
import { readAt } from "../../utils/files.ts";
import { copyRange, type FileRange } from "./copy.ts";
import {
  type BackupFile,
  CHECKSUMS,
  checksumsText,
  FILE_NAME,
  MANIFEST,
  type BackupManifest,
  manifestOf,
  MAX_FILES,
  MAX_MANIFEST_BYTES,
} from "./manifest.ts";
import { entriesIn, type TarEntry } from "./tar.ts";

/** A backup of which every byte was checked. */
export interface VerifiedBackup extends Disposable {
  readonly manifest: BackupManifest;
  /** The files in it, each with its place in the open backup. */
  readonly files: readonly (BackupFile & FileRange)[];
}

/**
 * Opens a backup and checks every byte of it: the form of the archive, the names, and all digests. Throws not_found, and
 * file_refused for anything that `backup` did not write, that is damaged or cut, or that a newer version wrote.
 */
export function verifyBackup(path: string): VerifiedBackup {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errnoOf(error) ?? "error";
    if (code === "ENOENT") throw new PawprintError("not_found", `there is no file ${path}`, "check the name", error);
    throw new PawprintError("file_refused", `${path} cannot be read (${code})`, "make it readable", error);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new PawprintError("file_refused", `${path} is not a regular file`, "check the name");
    const checked = check(fd, stat.size, path);
    return { ...checked, [Symbol.dispose]: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function check(fd: number, length: number, path: string): Pick<VerifiedBackup, "manifest" | "files"> {
  const entries = entriesIn(fd, length, MAX_FILES);
  if (entries === null) throw damaged(path, "it is incomplete, damaged, or another kind of file");
  const [description, checksums] = [entries.at(-2), entries.at(-1)];
  if (description?.name !== MANIFEST || checksums?.name !== CHECKSUMS)
    throw damaged(path, "it has no list of its files");
  // Read first, because a newer version may have files with other names.
  const manifest = manifestOf(textOf(fd, description, path), path);
  if (manifest === null) throw damaged(path, `its ${MANIFEST} cannot be read`);
  const names = entries.slice(0, -2).map(({ name }) => name);
  const unknown = names.find((name, at) => !FILE_NAME.test(name) || names.indexOf(name) !== at);
  if (unknown !== undefined) throw damaged(path, "it has files that a backup does not have");
  const digests = entries.slice(0, -1).map((entry) => ({
    name: entry.name,
    size: entry.size,
    sha256: copyRange({ fd, ...entry }, null),
  }));
  if (checksumsText(digests) !== textOf(fd, checksums, path)) throw damaged(path, "a checksum does not match");
  const files = digests.slice(0, -1);
  if (!Bun.deepEquals(manifest.files, files)) throw damaged(path, `its ${MANIFEST} lists other files`);
  return { manifest, files: files.map((file, at) => ({ fd, offset: entries[at]?.offset ?? 0, ...file })) };
}

function textOf(fd: number, { offset, size }: TarEntry, path: string): string {
  if (size > MAX_MANIFEST_BYTES) throw damaged(path, "its list of files is too long");
  return new TextDecoder().decode(readAt(fd, offset, size));
}

const damaged = (path: string, why: string): PawprintError =>
  new PawprintError("file_refused", `${path} is not a backup that can be restored: ${why}`, "nothing was changed");
