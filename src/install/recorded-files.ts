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

/** The records of files outside of our own directory: those for shells and man, and those of services. */
export type RecordName = "shell-files.json" | "service-files.json";

/** A file of ours outside of our own directory. */
export interface RecordedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** Paths by what happened to the file; in a dry run, what would happen. */
export interface RecordedChange {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
  /** Files that somebody changed after we wrote them; they stay. */
  readonly kept: readonly string[];
}

const filesRecord = z.object({
  /** A file can be there twice while it is being replaced: its old and its new content. */
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  /** Those made for the files. */
  directories: z.array(z.string()),
});
type FilesRecord = z.infer<typeof filesRecord>;

const NO_CHANGE: RecordedChange = { written: [], unchanged: [], removed: [], kept: [] };
const NO_FILES: FilesRecord = { files: [], directories: [] };
/** The largest of our files that is compared, bytes. */
const MAX_BYTES = 1_048_576;

/**
 * Writes files and records them, or in a dry run returns what would be written. Throws file_refused for a file that is not
 * ours or was changed, write_failed, busy.
 */
export async function writeRecordedFiles(
  machine: Pick<Machine, "places" | "clock">,
  name: RecordName,
  files: readonly RecordedFile[],
  dryRun: boolean,
): Promise<RecordedChange> {
  const { places, clock } = machine;
  refuseOthersDirectory(places);
  const changeIn = (record: FilesRecord): { missing: RecordedFile[]; change: RecordedChange } => {
    const missing = files.filter((file) => stateOf(file.path, file.text, record) !== "same");
    const written = missing.map(({ path }) => path);
    const unchanged = files.flatMap((file) => (missing.includes(file) ? [] : file.path));
    return { missing, change: { ...NO_CHANGE, written, unchanged } };
  };
  const foreseen = changeIn(readRecord(places, name)).change;
  if (dryRun || foreseen.written.length === 0) return foreseen;
  return await withInstallLock(places, clock, async () => {
    const record = readRecord(places, name);
    const { missing, change } = changeIn(record);
    const paths = new Set(missing.map(({ path }) => path));
    const made = missing.map(({ path, text }) => ({ path, sha256: fingerprintOf(text) }));
    const directories = [...new Set([...record.directories, ...missing.flatMap(({ path }) => newAbove(path))])];
    // Recorded before they are written, beside the old ones, so that a process that is killed leaves nothing unknown.
    writeRecord(places, name, { directories, files: [...record.files, ...made] });
    for (const file of missing) write(file);
    const others = record.files.filter(({ path }) => !paths.has(path));
    writeRecord(places, name, { directories, files: [...others, ...made] });
    return change;
  });
}

/**
 * Removes the files of a record, or only those of `paths`, and the directories made for them that are empty; in a dry run
 * returns them.
 */
export async function removeRecordedFiles(
  { places, clock }: Pick<Machine, "places" | "clock">,
  name: RecordName,
  dryRun: boolean,
  paths: readonly string[] | null = null,
): Promise<RecordedChange> {
  const foreseen = removeRecorded(places, name, true, paths);
  if (dryRun || !existsSync(recordPath(places, name))) return foreseen;
  return await withInstallLock(places, clock, () => Promise.resolve(removeRecorded(places, name, false, paths)));
}

/** Like removeRecordedFiles, for a caller that holds the lock of installations. Throws write_failed. */
export function removeRecorded(
  places: Places,
  name: RecordName,
  dryRun: boolean,
  only: readonly string[] | null = null,
): RecordedChange {
  const record = readRecord(places, name);
  const isMeant = ({ path }: { path: string }): boolean => only === null || only.includes(path);
  const paths = [...new Set(record.files.filter(isMeant).map(({ path }) => path))].filter((path) => existsSync(path));
  const removed = paths.filter((path) => isRecorded(path, record));
  if (!dryRun) {
    for (const path of removed) writing(path, () => removeIfPresent(path));
    for (const directory of record.directories.toSorted((a, b) => b.length - a.length)) removeIfEmpty(directory);
    const others = record.files.filter((file) => !isMeant(file));
    if (others.length > 0) writeRecord(places, name, { ...record, files: others });
    else removeIfPresent(recordPath(places, name));
  }
  return { ...NO_CHANGE, removed, kept: paths.filter((path) => !removed.includes(path)) };
}

/** A record is a file of its own, because versions that do not know these files replace or remove install.json. */
const recordPath = ({ pets }: Pick<Places, "pets">, name: RecordName): string => `${pets}/${name}`;

/** Throws file_refused if the record is not ours or is damaged. */
function readRecord(places: Places, name: RecordName): FilesRecord {
  const path = recordPath(places, name);
  const text = readOwn(path);
  if (text === null) return NO_FILES;
  try {
    return filesRecord.parse(JSON.parse(text));
  } catch (error) {
    const hint = `move it away, and remove by hand the files that ${name === "shell-files.json" ? "pawprint setup completion" : "pawprint service"} wrote`;
    throw new PawprintError("file_refused", `${path} is damaged: ${messageOf(error).slice(0, 200)}`, hint, error);
  }
}

const writeRecord = (places: Places, name: RecordName, record: FilesRecord): void =>
  replaceFile(recordPath(places, name), `${JSON.stringify(record, null, 2)}\n`);

/** Whether a file has the wanted text, or can be written. Throws file_refused where its content is not ours. */
function stateOf(path: string, text: string, record: FilesRecord): "same" | "writable" {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return "writable";
  const isSame = textOf(path) === text;
  if (isRecorded(path, record)) return isSame ? "same" : "writable";
  if (isSame) return "writable";
  const isKnown = record.files.some((file) => file.path === path);
  const why = isKnown ? "was changed after Pawprint wrote it" : "was not written by Pawprint";
  throw new PawprintError("file_refused", `${path} ${why}`, "move it away and try again");
}

function isRecorded(path: string, { files }: FilesRecord): boolean {
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

const write = ({ path, text }: RecordedFile): void =>
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
