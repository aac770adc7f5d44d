import { lstatSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { lockLog } from "../monitoring/lock-log.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import { parseDotEnv } from "../utils/config.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { namesIn, readPlain, removeIfPresent } from "../utils/files.ts";
import type { Lock } from "../utils/lock.ts";
import { expand, loadSettings, petsOf, settingsDirectories } from "../utils/paths.ts";
import { realPathOf } from "./command.ts";
import { readInstallRecord } from "./installation.ts";
import {
  fileKinds,
  type FileKind,
  type Foreign,
  foundFiles,
  type FoundFiles,
  isOwnDirectory,
  type PawprintHome,
} from "./inventory.ts";
import type { Machine } from "./machine.ts";

/** All that Pawprint wrote on this machine. */
export interface Inventory {
  readonly kinds: readonly FileKind[];
  readonly found: readonly FoundFiles[];
  readonly foreign: readonly Foreign[];
  /** Every directory that was looked in. */
  readonly directories: readonly string[];
  /** Those that belong to Pawprint alone. */
  readonly own: readonly string[];
}

/** Files that remained, and why; the directories that were removed. */
export interface Purged {
  readonly left: readonly Foreign[];
  readonly directories: readonly string[];
}

/** How long nothing may be written again before a purge has ended, and how long it is tried, milliseconds. */
const QUIET_MS = 1_000;
const LONGEST_MS = 20_000;
const PAUSE_MS = 100;
/** `pawprint watch` renews its lease more often than this, milliseconds. */
const LEASE_MS = 15_000;

/**
 * Lists what Pawprint wrote; `hookFiles` are the hooks files of other assistants. The files of a directory that leads to
 * this one by PET_HOME come last. Throws what readInstallRecord throws.
 */
export async function inventoryOf(machine: Machine, hookFiles: readonly string[]): Promise<Inventory> {
  const { env, places } = machine;
  const installed = readInstallRecord(places);
  const configured = [...settingsDirectories(env, places.home), ...Object.keys(installed?.lines ?? {})];
  const paths = [...configured.map((directory) => `${directory}/settings.json`), ...hookFiles];
  const edited = [...new Set(paths.flatMap((path) => [path, realPathOf(path)]))];
  const kinds: FileKind[] = [];
  const homes = await homesOf(machine);
  for (const [index, home] of homes.entries()) {
    const isFirst = index === 0;
    kinds.push(
      ...(await fileKinds(home, {
        edited: isFirst ? edited : [],
        installed: isFirst ? installed : readInstallRecord(home.places),
      })),
    );
  }
  const folders = kinds.flatMap((kind) => kind.folders);
  const directories = [...new Set(folders.map(({ directory }) => directory))];
  const own = folders.filter(({ isOurs }) => isOurs).map(({ directory }) => directory);
  return {
    kinds,
    ...foundFiles(kinds),
    directories,
    own: [...new Set([...homes.map((home) => home.places.pets), ...own])],
  };
}

/** This Pawprint directory, and the default ones whose settings lead to it. */
async function homesOf({ env, places, settings }: Machine): Promise<PawprintHome[]> {
  const withoutHome = { ...env, PET_HOME: undefined };
  const defaults = new Set([null, places.root].map((root) => petsOf(withoutHome, places.home, root)));
  const homes: PawprintHome[] = [{ places, settings }];
  for (const pets of defaults) {
    const saved = parseDotEnv(new TextDecoder().decode(readPlain(`${pets}/.env`) ?? new Uint8Array()))["PET_HOME"];
    if (pets === places.pets || saved === undefined || expand(saved, places) !== places.pets) continue;
    const former = { ...places, pets };
    homes.push({ places: former, settings: (await loadSettings(withoutHome, former)).settings });
  }
  return homes;
}

/**
 * Removes what an inventory lists while no worker writes the log, and directories that are then empty and were created by
 * Pawprint. Lines and workers that are still running may write once more: that is removed too. Can be repeated after a
 * kill at any moment, because the settings that lead to the other files are removed last. Throws busy.
 */
export async function purge(machine: Machine, before: Inventory): Promise<Purged> {
  const { clock, places } = machine;
  const locks: Lock[] = [];
  const removed = new Set<string>();
  try {
    for (const directory of before.directories.filter((one) => one.endsWith("/.run") && isOwnDirectory(one))) {
      refuseWatch(`${directory}/watch.lease`, clock.now());
      const lock = await lockLog(logFiles(dirname(directory), places.scope), clock);
      if (lock !== null) locks.push(lock);
    }
    removeAll(before.kinds, places.home, removed);
  } finally {
    for (const lock of locks) lock.release();
  }
  for (let waited = 0, quiet = 0; quiet < QUIET_MS; waited += PAUSE_MS, quiet += PAUSE_MS) {
    if (removeAll(before.kinds, places.home, removed)) quiet = 0;
    if (waited > LONGEST_MS) {
      throw new PawprintError(
        "busy",
        "another process keeps writing Pawprint's files",
        "close the sessions of Claude Code and run it again",
      );
    }
    await clock.sleep(PAUSE_MS);
  }
  return { left: leftIn(before), directories: [...removed] };
}

/**
 * Removes the files of each kind and the directories that they leave empty, so that nothing is left for the settings, which
 * come last, to lead to. Adds the directories to `removed`; returns whether there was anything to remove.
 */
function removeAll(kinds: readonly FileKind[], home: string, removed: Set<string>): boolean {
  let wasFound = false;
  for (const kind of kinds) {
    const paths = foundFiles([kind]).found.flatMap((found) => found.paths);
    for (const path of paths) removeIfPresent(path);
    const emptied = removeDirectories(
      kind.folders.map(({ directory }) => directory),
      home,
    );
    for (const directory of emptied) removed.add(directory);
    wasFound ||= paths.length > 0 || emptied.length > 0;
  }
  return wasFound;
}

/** Throws busy if `pawprint watch` holds its lease, which is a directory; removes one that it left behind. */
function refuseWatch(lease: string, now: number): void {
  const stat = statSync(lease, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return;
  if (Math.abs(now - stat.mtimeMs) < LEASE_MS)
    throw new PawprintError("busy", "pawprint watch is running for this log", "stop it, or wait 15 s if it crashed");
  rmdirSync(lease);
}

/**
 * Removes directories that are empty, and the empty ones above them up to the home directory. Only those that are closed to
 * other users count as created by Pawprint, since it creates no others.
 */
function removeDirectories(directories: readonly string[], home: string): string[] {
  const removed: string[] = [];
  for (const directory of directories.toSorted((a, b) => b.length - a.length)) {
    for (let at = directory; at !== home && at !== dirname(at) && isCreatedEmpty(at); at = dirname(at)) {
      try {
        rmdirSync(at);
      } catch (error) {
        if (["ENOTEMPTY", "EEXIST", "EACCES", "EPERM", "EBUSY", "EROFS"].includes(errnoOf(error) ?? "")) break;
        throw error;
      }
      removed.push(at);
    }
  }
  return removed;
}

const isCreatedEmpty = (directory: string): boolean =>
  isOwnDirectory(directory) && (lstatSync(directory).mode & 0o777) === 0o700 && namesIn(directory).length === 0;

/** What is still in Pawprint's own directories, and what stands in the place of its files elsewhere. */
function leftIn({ foreign, own }: Inventory): Foreign[] {
  const left = new Map(foreign.map((one) => [one.path, one]));
  for (const directory of own.filter(isOwnDirectory)) {
    for (const name of namesIn(directory)) {
      const path = `${directory}/${name}`;
      const isListed = left.has(path) || own.includes(path);
      if (!isListed) left.set(path, { path, why: "was not written by Pawprint" });
    }
  }
  return [...left.values()];
}
