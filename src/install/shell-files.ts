import { existsSync, lstatSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { errnoOf, messageOf, PawprintError } from "../utils/errors.ts";
import { readOwn, readPlain, removeIfPresent, replaceFile } from "../utils/files.ts";
import type { Places } from "../utils/paths.ts";
import { refuseForeign, refuseRootInForeignDirectorySync } from "../utils/ownership.ts";
import { refuseOthersDirectory } from "./home.ts";
import { withInstallLock } from "./install.ts";
import type { Machine } from "./machine.ts";
import { fingerprintOf, writing } from "./settings.ts";

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

const shellFiles = z.object({
  /** A file can be there twice while it is being replaced: its old and its new content. */
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  /** Those made for the files. */
  directories: z.array(z.string()),
});
type ShellFiles = z.infer<typeof shellFiles>;

const NO_CHANGE: ShellFilesChange = { written: [], unchanged: [], removed: [], kept: [] };
const NO_FILES: ShellFiles = { files: [], directories: [] };
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
  const changeIn = (record: ShellFiles): { missing: ShellFile[]; change: ShellFilesChange } => {
    const missing = files.filter((file) => stateOf(file.path, file.text, record) !== "same");
    const written = missing.map(({ path }) => path);
    const unchanged = files.flatMap((file) => (missing.includes(file) ? [] : file.path));
    return { missing, change: { ...NO_CHANGE, written, unchanged } };
  };
  const foreseen = changeIn(readRecord(places)).change;
  if (dryRun || foreseen.written.length === 0) return foreseen;
  return await withInstallLock(places, clock, async () => {
    const record = readRecord(places);
    const { missing, change } = changeIn(record);
    const paths = new Set(missing.map(({ path }) => path));
    const made = missing.map(({ path, text }) => ({ path, sha256: fingerprintOf(text) }));
    const directories = [...new Set([...record.directories, ...missing.flatMap(({ path }) => newAbove(path))])];
    // Recorded before they are written, beside the old ones, so that a process that is killed leaves nothing unknown.
    writeRecord(places, { directories, files: [...record.files, ...made] });
    for (const file of missing) write(file);
    const others = record.files.filter(({ path }) => !paths.has(path));
    writeRecord(places, { directories, files: [...others, ...made] });
    return change;
  });
}

/** Removes all files that writeShellFiles wrote, and the directories made for them that are empty; in a dry run returns them. */
export async function removeShellFiles(
  { places, clock }: Pick<Machine, "places" | "clock">,
  dryRun: boolean,
): Promise<ShellFilesChange> {
  const foreseen = removeRecorded(places, true);
  if (dryRun || !existsSync(recordPath(places))) return foreseen;
  return await withInstallLock(places, clock, () => Promise.resolve(removeRecorded(places, false)));
}

/** Like removeShellFiles, for a caller that holds the lock of installations. Throws write_failed. */
export function removeRecorded(places: Places, dryRun: boolean): ShellFilesChange {
  const record = readRecord(places);
  const paths = [...new Set(record.files.map(({ path }) => path))].filter((path) => existsSync(path));
  const removed = paths.filter((path) => isRecorded(path, record));
  if (!dryRun) {
    for (const path of removed) writing(path, () => removeIfPresent(path));
    for (const directory of record.directories.toSorted((a, b) => b.length - a.length)) removeIfEmpty(directory);
    removeIfPresent(recordPath(places));
  }
  return { ...NO_CHANGE, removed, kept: paths.filter((path) => !removed.includes(path)) };
}

/** The record is a file of its own, because versions that do not know these files replace or remove install.json. */
const recordPath = ({ pets }: Pick<Places, "pets">): string => `${pets}/shell-files.json`;

/** Throws file_refused if the record is not ours or is damaged. */
function readRecord(places: Places): ShellFiles {
  const path = recordPath(places);
  const text = readOwn(path);
  if (text === null) return NO_FILES;
  try {
    return shellFiles.parse(JSON.parse(text));
  } catch (error) {
    const hint = "move it away, and remove the completions of your shell by hand";
    throw new PawprintError("file_refused", `${path} is damaged: ${messageOf(error).slice(0, 200)}`, hint, error);
  }
}

const writeRecord = (places: Places, record: ShellFiles): void =>
  replaceFile(recordPath(places), `${JSON.stringify(record, null, 2)}\n`);

/** Whether a file has the wanted text, or can be written. Throws file_refused where its content is not ours. */
function stateOf(path: string, text: string, record: ShellFiles): "same" | "writable" {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return "writable";
  const isSame = textOf(path) === text;
  if (isRecorded(path, record)) return isSame ? "same" : "writable";
  if (isSame) return "writable";
  const isKnown = record.files.some((file) => file.path === path);
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

const write = ({ path, text }: ShellFile): void =>
  writing(path, () => {
    refuseRootInForeignDirectorySync(path);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    replaceFile(path, text, 0o644);
  });

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
