import { existsSync, lstatSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { readPlain, removeIfPresent, replaceFile } from "../utils/files.ts";
import { refuseForeign, refuseRootInForeignDirectorySync } from "../utils/ownership.ts";
import { refuseOthersDirectory } from "./home.ts";
import { withInstallLock } from "./install.ts";
import {
  emptyInstallRecord,
  type InstallRecord,
  installRecordPath,
  readInstallRecord,
  type ShellFiles,
  writeInstallRecord,
} from "./installation.ts";
import type { Machine } from "./machine.ts";
import { fingerprintOf, writeFailed } from "./settings.ts";

/** A file for a shell or for man, outside of our own directory. */
export interface ShellFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** Paths by what happened to the file; in a dry run, what would happen. */
export interface ShellFilesChange {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
  /** Files that somebody changed after we wrote them; they stay. */
  readonly kept: readonly string[];
}

const NO_CHANGE: ShellFilesChange = { written: [], unchanged: [], removed: [], kept: [] };
/** The largest of our files that is compared, bytes. */
const MAX_BYTES = 1_048_576;

/**
 * Writes files for shells, or in a dry run returns what would be written. Throws file_refused for a file that is not
 * ours or was changed, write_failed, busy.
 */
export async function writeShellFiles(
  machine: Pick<Machine, "places" | "clock">,
  files: readonly ShellFile[],
  dryRun: boolean,
): Promise<ShellFilesChange> {
  const { places, clock } = machine;
  refuseOthersDirectory(places);
  const changeIn = (record: InstallRecord | null): { missing: ShellFile[]; change: ShellFilesChange } => {
    const missing = files.filter((file) => stateOf(file.path, file.text, record?.shell) !== "same");
    const written = missing.map(({ path }) => path);
    const unchanged = files.flatMap((file) => (missing.includes(file) ? [] : file.path));
    return { missing, change: { ...NO_CHANGE, written, unchanged } };
  };
  const foreseen = changeIn(readInstallRecord(places)).change;
  if (dryRun || foreseen.written.length === 0) return foreseen;
  return await withInstallLock(places, clock, async () => {
    const record = readInstallRecord(places) ?? emptyInstallRecord;
    const { missing, change } = changeIn(record);
    const paths = new Set(missing.map(({ path }) => path));
    const made = missing.map(({ path, text }) => ({ path, sha256: fingerprintOf(text) }));
    const directories = [...new Set([...record.shell.directories, ...missing.flatMap(({ path }) => newAbove(path))])];
    // Recorded before they are written, beside the old ones, so that a process that is killed leaves nothing unknown.
    writeInstallRecord(places, { ...record, shell: { directories, files: [...record.shell.files, ...made] } });
    for (const file of missing) write(file);
    const others = record.shell.files.filter(({ path }) => !paths.has(path));
    writeInstallRecord(places, { ...record, shell: { directories, files: [...others, ...made] } });
    return change;
  });
}

/** Removes all files that writeShellFiles wrote, and the directories made for them that are empty; in a dry run returns them. */
export async function removeShellFiles(
  { places, clock }: Pick<Machine, "places" | "clock">,
  dryRun: boolean,
): Promise<ShellFilesChange> {
  const record = readInstallRecord(places);
  if (record === null || record.shell.files.length === 0) return NO_CHANGE;
  if (dryRun) return removeRecorded(record, true);
  return await withInstallLock(places, clock, async () => {
    const now = readInstallRecord(places) ?? emptyInstallRecord;
    const change = removeRecorded(now, false);
    const rest = { ...now, shell: emptyInstallRecord.shell };
    if (rest.files.length + rest.older_files.length + Object.keys(rest.lines).length > 0)
      writeInstallRecord(places, rest);
    else removeIfPresent(installRecordPath(places));
    return change;
  });
}

/** Like removeShellFiles, for a caller that holds the lock of installations and removes the record. */
export function removeRecorded({ shell }: InstallRecord, dryRun: boolean): ShellFilesChange {
  const paths = [...new Set(shell.files.map(({ path }) => path))].filter((path) => existsSync(path));
  const removed = paths.filter((path) => isRecorded(path, shell));
  if (!dryRun) {
    for (const path of removed) removeIfPresent(path);
    for (const directory of shell.directories.toSorted((a, b) => b.length - a.length)) removeIfEmpty(directory);
  }
  return { ...NO_CHANGE, removed, kept: paths.filter((path) => !removed.includes(path)) };
}

/** Whether a file has the wanted text, or can be written. Throws file_refused where its content is not ours. */
function stateOf(path: string, text: string, shell: ShellFiles = emptyInstallRecord.shell): "same" | "writable" {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return "writable";
  const isSame = textOf(path) === text;
  if (isRecorded(path, shell)) return isSame ? "same" : "writable";
  if (isSame) return "writable";
  const isKnown = shell.files.some((file) => file.path === path);
  const why = isKnown ? "was changed after Pawprint wrote it" : "was not written by Pawprint";
  throw new PawprintError("file_refused", `${path} ${why}`, "move it away and try again");
}

function isRecorded(path: string, { files }: ShellFiles): boolean {
  const text = textOf(path);
  return text !== null && files.some((file) => file.path === path && file.sha256 === fingerprintOf(text));
}

/** The text of a regular file of this user, whose mode stays as it is; null if there is none. */
function textOf(path: string): string | null {
  try {
    refuseForeign(path, lstatSync(path));
    const bytes = readPlain(path, MAX_BYTES);
    return bytes && new TextDecoder().decode(bytes);
  } catch {
    return null;
  }
}

function write({ path, text }: ShellFile): void {
  refuseRootInForeignDirectorySync(path);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    replaceFile(path, text, 0o644);
  } catch (error) {
    throw errnoOf(error) === null ? error : writeFailed(path, error);
  }
}

/** The directories above a path that do not exist yet. */
function newAbove(path: string): string[] {
  const above: string[] = [];
  for (let at = dirname(path); !existsSync(at); at = dirname(at)) above.push(at);
  return above;
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}
