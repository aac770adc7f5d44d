import { Database } from "bun:sqlite";
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { withSetting } from "../../install/dotenv.ts";
import { sweep, writing } from "../../install/settings.ts";
import { refuseOtherThanLedger } from "../../ledger/sqlite/summary.ts";
import { recordKinds } from "../../model/record.ts";
import { prepareDirectory } from "../../monitoring/Claims.ts";
import { lockLog } from "../../monitoring/lock-log.ts";
import { RotatedFiles } from "../../monitoring/RotatedFiles.ts";
import { type Clock, iso } from "../../utils/clock.ts";
import { parseDotEnv } from "../../utils/config.ts";
import { declarations } from "../../utils/declarations.ts";
import { errnoOf, PawprintError } from "../../utils/errors.ts";
import { freeName, namesIn, readAt, readOwn, removeIfPresent, replaceFile, syncDirectory } from "../../utils/files.ts";
import { refuseForeign, refuseRootInForeignDirectorySync } from "../../utils/ownership.ts";
import { temporaryFor } from "../../utils/small-files.ts";
import { copyRange, type FileRange } from "./copy.ts";
import type { BackupFile } from "./manifest.ts";
import { type BackupPlaces, placeOf } from "./places.ts";
import { ReplacedLedgers } from "./replaced-ledgers.ts";
import type { VerifiedBackup } from "./verify-backup.ts";

/** What happened to a file; `kept` is the path of the file that was there before. */
export interface RestoredFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly result: "restored" | "unchanged" | "moved aside";
  readonly kept: string | null;
}

/** Longest settings file that is restored, bytes. */
const MAX_SETTINGS_BYTES = 1_048_576;

/** A file of the backup beside the file that it will replace. */
interface StagedFile {
  readonly file: BackupFile & FileRange;
  readonly path: string;
  readonly temporary: string;
}

/**
 * Replaces this machine's files by those of a verified backup, each at once, and keeps the previous ones beside them as
 * <name>.before-restore-<time>. Files of the log that the backup does not have are moved aside in the same way. All files are
 * written and checked again, and all previous ones copied, before the first one is replaced. Throws busy, file_refused,
 * ledger_newer, disk_full, write_failed.
 */
export async function restoreFiles(backup: VerifiedBackup, to: BackupPlaces, clock: Clock): Promise<RestoredFile[]> {
  const stamp = iso(clock.now()).replaceAll(/[-:]|\.\d+/g, "");
  const hasLog = backup.files.some(({ name }) => name.startsWith("log/"));
  if (hasLog) await prepareDirectory(to.log);
  const lock = hasLog ? await lockLog(to.log, clock) : null;
  const staged = backup.files.map((file) => {
    const path = placeOf(file.name, to);
    return { file, path, temporary: temporaryFor(path) };
  });
  const copies: string[] = [];
  try {
    for (const { path } of staged) writing(path, () => prepare(path, clock));
    for (const one of staged) writing(one.path, () => stage(one));
    using ledgers = new ReplacedLedgers(
      to,
      staged.map(({ path }) => path),
    );
    const done = staged.map((one) => writing(one.path, () => keep(one, ledgers, stamp, copies)));
    copies.length = 0;
    for (const [at, { path, temporary }] of staged.entries()) {
      if (done[at]?.result !== "unchanged") writing(path, () => put(temporary, path, ledgers));
    }
    if (hasLog) {
      done.push(...moveOthersAside(to, new Set(staged.map(({ path }) => path)), stamp));
      removeCaches(to);
    }
    return done;
  } finally {
    for (const path of [...staged.map(({ temporary }) => temporary), ...copies]) discard(path);
    lock?.release();
  }
}

/** Removes a file that is not needed; what failed before says more than an error of this. */
function discard(path: string): void {
  try {
    removeIfPresent(path);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}

/** Creates the directory of a file, and refuses what is not ours in its place. */
function prepare(path: string, clock: Clock): void {
  refuseRootInForeignDirectorySync(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  sweep(dirname(path), clock, `${basename(path)}.`);
  const current = lstatSync(path, { throwIfNoEntry: false });
  if (current) refuseForeign(path, current);
}

/** Writes a file of the backup beside its place, and checks it. */
function stage({ file, path, temporary }: StagedFile): void {
  if (file.name === "settings.env") {
    replaceFile(temporary, settingsFor(file, path));
    return;
  }
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if (copyRange(file, fd) !== file.sha256)
      throw new PawprintError("busy", "the backup was changed while it was read", "try again; nothing was changed");
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (file.name === "ledger.db" || file.name === "hub.db") refuseLedger(temporary, file.name);
  if (file.name === "log/usage.db") refuseDamagedDatabase(temporary);
}

/** Throws ledger_newer or file_refused for a ledger that this version cannot use. */
function refuseLedger(temporary: string, name: string): void {
  try {
    refuseOtherThanLedger(temporary);
  } catch (error) {
    if (!(error instanceof PawprintError)) throw error;
    const message = error.message.replaceAll(temporary, `${name} in the backup`);
    throw new PawprintError(error.code, message, "update pawprint and try again; nothing was changed", error);
  }
}

/** The settings of the backup with this machine's paths, which are those that its files are restored to. */
function settingsFor({ fd, offset, size }: FileRange, path: string): string {
  if (size > MAX_SETTINGS_BYTES)
    throw new PawprintError("file_refused", "the settings in the backup are too long", "nothing was changed");
  const paths = Object.values(declarations).flatMap(({ env, kind }) => (kind === "text" ? [env as string] : []));
  const lines = new TextDecoder().decode(readAt(fd, offset, size)).split(/(?<=\n)/);
  const isPath = (line: string): boolean => Object.keys(parseDotEnv(line)).some((name) => paths.includes(name));
  const current = parseDotEnv(readOwn(path) ?? "");
  return paths.reduce(
    (text, name) => {
      const value = current[name];
      return value === undefined ? text : withSetting(text, name, value);
    },
    lines.filter((line) => !isPath(line)).join(""),
  );
}

/** Copies the file that is there now to the name under which it is kept; says what will happen. Adds the copy to `copies`. */
function keep(
  { file, path, temporary }: StagedFile,
  ledgers: ReplacedLedgers,
  stamp: string,
  copies: string[],
): RestoredFile {
  const old = ledgers.at(path);
  const done = { name: file.name, path, bytes: lstatSync(temporary).size };
  if (!existsSync(path)) return { ...done, result: "restored", kept: null };
  if (file.name === "log/usage.db") recoverDatabase(path);
  if (old === null && digestOf(path) === digestOf(temporary)) return { ...done, result: "unchanged", kept: null };
  const kept = freeName(`${path}.before-restore-${stamp}`);
  const copy = old === null ? temporaryFor(kept) : kept;
  copies.push(copy, kept, `${kept}-wal`);
  if (old) old.copyTo(kept);
  else {
    copyFileSync(path, copy);
    renameSync(copy, kept);
  }
  return { ...done, result: "restored", kept };
}

function put(temporary: string, path: string, ledgers: ReplacedLedgers): void {
  const old = ledgers.at(path);
  if (old) old.replaceWith(temporary);
  else {
    renameSync(temporary, path);
    syncDirectory(dirname(path));
  }
}

/** Throws file_refused for a file that is not a database. */
function refuseDamagedDatabase(temporary: string): void {
  try {
    recoverDatabase(temporary);
  } catch (error) {
    throw new PawprintError(
      "file_refused",
      "the log's database in the backup is damaged",
      "nothing was changed",
      error,
    );
  }
}

/** Lets SQLite complete or undo what a killed writer left, so that the file alone is the database. */
function recoverDatabase(path: string): void {
  using database = new Database(path);
  database.run("BEGIN IMMEDIATE");
  database.run("ROLLBACK");
}

function digestOf(path: string): string {
  const fd = openSync(path, "r");
  try {
    return copyRange({ fd, offset: 0, size: lstatSync(path).size }, null);
  } finally {
    closeSync(fd);
  }
}

/** Moves files of the log aside that are not part of the backup, so that the log is that of the backup alone. */
function moveOthersAside(
  { log, database }: BackupPlaces,
  restored: ReadonlySet<string>,
  stamp: string,
): RestoredFile[] {
  const files = recordKinds.flatMap((kind) => new RotatedFiles(`${log.directory}/${kind}.jsonl`, 0).all());
  const others = [...files, ...(existsSync(database) ? [database] : [])].filter((path) => !restored.has(path));
  return others.map((path) => {
    const kept = freeName(`${path}.before-restore-${stamp}`);
    const bytes = lstatSync(path).size;
    if (path === database) recoverDatabase(path);
    renameSync(path, kept);
    syncDirectory(dirname(path));
    return { name: basename(path), path, bytes, result: "moved aside", kept };
  });
}

/** Removes what is computed from the log: it is computed again from the restored one. */
function removeCaches({ log }: BackupPlaces): void {
  for (const name of namesIn(log.run)) {
    if (/^(?:state|memory)(?:-[\w-]+)?\.json$/.test(name)) removeIfPresent(`${log.run}/${name}`);
  }
}
