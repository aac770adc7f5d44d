import { closeSync, constants, existsSync, fstatSync, fsyncSync, openSync, renameSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import { version } from "../../../package.json";
import { sweep, writeFailed } from "../../install/settings.ts";
import { ledgerError } from "../../ledger/sqlite/database.ts";
import { ledgerSummary } from "../../ledger/sqlite/summary.ts";
import { recordKinds } from "../../model/record.ts";
import { lockLog } from "../../monitoring/lock-log.ts";
import { RotatedFiles } from "../../monitoring/RotatedFiles.ts";
import { bytesText } from "../../render/format.ts";
import { type Clock, iso } from "../../utils/clock.ts";
import { PawprintError } from "../../utils/errors.ts";
import { freeBytes, namesIn, openOwn, removeIfPresent, syncDirectory, writeAll } from "../../utils/files.ts";
import { refuseExisting, refuseRootInForeignDirectorySync } from "../../utils/ownership.ts";
import { temporaryFor } from "../../utils/small-files.ts";
import { lastLineEnd } from "../../utils/tail.ts";
import { copyDatabase, copyRange, type FileRange } from "./copy.ts";
import { type BackupFile, CHECKSUMS, checksumsText, MANIFEST, type BackupManifest, manifestText } from "./manifest.ts";
import type { BackupPlaces } from "./places.ts";
import { END_OF_ARCHIVE, headerOf, paddingOf } from "./tar.ts";

/** A file to be backed up: the part of it that is complete. */
interface BackupPart extends FileRange {
  readonly name: string;
}

/**
 * Writes a backup to a new file, with mode 0600, while lines, workers and reports go on: the ledger as it is at one moment, and
 * the complete lines of the log. Throws file_refused if the file exists, not_found if there is nothing to back up, disk_full,
 * write_failed, and what lockLog throws.
 */
export async function writeBackup(path: string, from: BackupPlaces, clock: Clock): Promise<BackupManifest> {
  refuseRootInForeignDirectorySync(path);
  refuseExisting(path, null);
  const temporaries: string[] = [];
  const opened: number[] = [];
  const open = (name: string, file: string, isLines = false): BackupPart => {
    const fd = openOwn(file, "read");
    opened.push(fd);
    const { size } = fstatSync(fd);
    return { name, fd, offset: 0, size: isLines ? lastLineEnd(fd, size) : size };
  };
  const openCopy = (name: string, database: string): BackupPart => {
    const copy = temporaryFor(path);
    temporaries.push(copy);
    copyDatabase(database, copy);
    return open(name, copy);
  };
  try {
    sweep(dirname(path), clock, `${basename(path)}.`);
    refuseFullDisk(path, from);
    const parts: BackupPart[] = [];
    let responses: number | null = null;
    if (existsSync(from.ledger)) {
      parts.push(copiedLedger("ledger.db", from.ledger, openCopy));
      responses = ledgerSummary(temporaries.at(-1) ?? "")?.responses ?? null;
    }
    if (existsSync(from.hub)) parts.push(copiedLedger("hub.db", from.hub, openCopy));
    const lock = await lockLog(from.log, clock);
    try {
      parts.push(...logParts(from, open, openCopy));
    } finally {
      lock?.release();
    }
    for (const [name, file] of Object.entries(from.files)) if (existsSync(file)) parts.push(open(name, file));
    const hooks = namesIn(from.hooks).filter((name) => /^[a-z][a-z0-9-]{0,40}\.jsonl$/.test(name));
    for (const name of hooks.toSorted()) parts.push(open(`hooks/${name}`, `${from.hooks}/${name}`, true));
    if (parts.length === 0) {
      const hint = "run: pawprint scan, which reads the assistants' files into the ledger";
      throw new PawprintError("not_found", "there is nothing to back up: no ledger, no log, no settings", hint);
    }
    const temporary = temporaryFor(path);
    temporaries.push(temporary);
    const written = writeArchive(temporary, parts, responses, clock.now());
    refuseExisting(path, null);
    renameSync(temporary, path);
    syncDirectory(dirname(path));
    return written;
  } catch (error) {
    throw error instanceof PawprintError ? error : writeFailed(path, error);
  } finally {
    for (const fd of opened) closeSync(fd);
    for (const temporary of temporaries) removeIfPresent(temporary);
  }
}

function copiedLedger(
  name: string,
  ledger: string,
  openCopy: (name: string, database: string) => BackupPart,
): BackupPart {
  try {
    return openCopy(name, ledger);
  } catch (error) {
    throw ledgerError(ledger, error);
  }
}

/** The files of the log, opened while its lock is held: they then only grow, or are renamed, and can be read later. */
function logParts(
  { log, database, salt }: BackupPlaces,
  open: (name: string, file: string, isLines?: boolean) => BackupPart,
  openCopy: (name: string, database: string) => BackupPart,
): BackupPart[] {
  const files = recordKinds.flatMap((kind) => new RotatedFiles(`${log.directory}/${kind}.jsonl`, 0).all());
  return [
    ...files.map((file) => open(`log/${basename(file)}`, file, true)),
    ...(existsSync(database) ? [openCopy("log/usage.db", database)] : []),
    ...(existsSync(salt) ? [open("log/salt", salt)] : []),
  ];
}

/** Throws disk_full unless there is space for the backup and for the copies of databases in it. */
function refuseFullDisk(path: string, { ledger, hub, database }: BackupPlaces): void {
  const bytes = [ledger, `${ledger}-wal`, hub, `${hub}-wal`, database].reduce(
    (sum, file) => sum + Bun.file(file).size,
    0,
  );
  const free = freeBytes(dirname(path));
  if (free > 2 * bytes) return;
  const what = `a backup needs about ${bytesText(2 * bytes)} in ${dirname(path)} while it is written, and ${bytesText(free)} are free`;
  throw new PawprintError("disk_full", what, "choose a file on another disk");
}

function writeArchive(
  path: string,
  parts: readonly BackupPart[],
  responses: number | null,
  now: number,
): BackupManifest {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  const seconds = Math.floor(now / 1_000);
  const files: BackupFile[] = [];
  const writeText = (name: string, text: string): void => {
    const content = new TextEncoder().encode(text);
    writeAll(fd, headerOf(name, content.length, seconds));
    writeAll(fd, content);
    writeAll(fd, new Uint8Array(paddingOf(content.length)));
  };
  try {
    for (const part of parts) {
      writeAll(fd, headerOf(part.name, part.size, seconds));
      files.push({ name: part.name, size: part.size, sha256: copyRange(part, fd) });
      writeAll(fd, new Uint8Array(paddingOf(part.size)));
    }
    const content = { program: version, created: iso(now), machine: hostname(), responses, files };
    const manifest = manifestText(content);
    const digest = new Bun.CryptoHasher("sha256").update(manifest).digest("hex");
    writeText(MANIFEST, manifest);
    writeText(CHECKSUMS, checksumsText([...files, { name: MANIFEST, sha256: digest }]));
    writeAll(fd, END_OF_ARCHIVE);
    fsyncSync(fd);
    return { format: 1, ...content };
  } finally {
    closeSync(fd);
  }
}
