import { existsSync, lstatSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { lockLog } from "../monitoring/lock-log.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import type { Clock } from "../utils/clock.ts";
import { parseDotEnv } from "../utils/config.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { namesIn, readPlain, removeIfPresent } from "../utils/files.ts";
import { type Lock, tryLock, waitForLock } from "../utils/lock.ts";
import { expand, hubPath, ledgerPath, loadSettings, petsOf, serveLock, settingsDirectories } from "../utils/paths.ts";
import { realPathOf } from "./command.ts";
import { foreignNameIn } from "./home.ts";
import { withInstallLock } from "./install.ts";
import { readInstallRecord } from "./installation.ts";
import {
  fileKinds,
  type FileKind,
  type Foreign,
  foundFiles,
  type FoundFiles,
  isOwnDirectory,
  type Outside,
  type PawprintHome,
} from "./inventory.ts";
import type { Machine } from "./machine.ts";
import { profiles } from "./service/profile.ts";

/** All that Pawprint wrote on this machine. */
export interface Inventory {
  readonly kinds: readonly FileKind[];
  readonly found: readonly FoundFiles[];
  readonly foreign: readonly Foreign[];
  /** Every directory that was looked in. */
  readonly directories: readonly string[];
  /** Those that belong to Pawprint alone. */
  readonly own: readonly string[];
  /** Paths of the ledgers that exist. */
  readonly ledgers: readonly string[];
  /** Paths of the files of hubs that exist. */
  readonly hubs: readonly string[];
}

/** What remained, and why: what is not Pawprint's, and what the system does not let this user remove; the directories that were removed. */
export interface Purged {
  readonly left: readonly Foreign[];
  readonly stuck: readonly Foreign[];
  readonly directories: readonly string[];
}

/** How long nothing may be written again before a purge has ended, and how long it is tried, milliseconds. */
const QUIET_MS = 1_000;
const LONGEST_MS = 20_000;
const PAUSE_MS = 100;
/** `pawprint watch` renews its lease more often than this, milliseconds. */
const LEASE_MS = 15_000;

/** What is known about files outside of this folder: paths of the hooks files of other assistants, and what is a ledger. */
export interface Elsewhere extends Pick<Outside, "ledgerProblem"> {
  readonly hookFiles: readonly string[];
}

/**
 * Lists what Pawprint wrote. The files of a directory that leads to
 * this one by PET_HOME come last. Throws what readInstallRecord throws.
 */
export async function inventoryOf(machine: Machine, { hookFiles, ledgerProblem }: Elsewhere): Promise<Inventory> {
  const { env, places } = machine;
  const installed = readInstallRecord(places);
  const configured = [...settingsDirectories(env, places.home), ...Object.keys(installed?.lines ?? {})];
  const settingsFiles = [
    ...configured.map((directory) => `${directory}/settings.json`),
    ...hookFiles,
    ...profiles({ env, places }),
  ];
  const edited = [...new Set(settingsFiles.flatMap((path) => [path, realPathOf(path)]))];
  const kinds: FileKind[] = [];
  const homes = await homesOf(machine);
  for (const [index, home] of homes.entries()) {
    const isFirst = index === 0;
    kinds.push(
      ...(await fileKinds(home, {
        edited: isFirst ? edited : [],
        installed: isFirst ? installed : readInstallRecord(home.places),
        ledgerProblem,
      })),
    );
  }
  const folders = kinds.flatMap((kind) => kind.folders);
  const directories = [...new Set(folders.map(({ directory }) => directory))];
  const own = folders.filter(({ isOurs }) => isOurs).map(({ directory }) => directory);
  const pets = homes.map((home) => home.places.pets).filter((directory) => foreignNameIn(directory) === null);
  const all = foundFiles(kinds);
  const paths = new Set(all.found.flatMap((one) => one.paths));
  const existing = (pathOf: (home: PawprintHome) => string): string[] =>
    [...new Set(homes.map(pathOf))].filter((path) => paths.has(path));
  return {
    kinds,
    ...all,
    directories,
    own: [...new Set([...pets, ...own])],
    ledgers: existing((home) => ledgerPath(home.settings, home.places)),
    hubs: existing((home) => hubPath(home.settings, home.places)),
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
 * Removes what an inventory lists while no worker writes the log and nothing is installed, restored or rebuilt, and
 * directories that are then empty and were created by Pawprint. Lines and workers that are still running may write once
 * more: that is removed too. Can be repeated after a kill at any moment, because the settings that lead to the other files
 * are removed last. Throws busy.
 */
export async function purge(machine: Machine, before: Inventory): Promise<Purged> {
  const { clock, places } = machine;
  const removal = new Removal(before.kinds, places.home);
  const removeLocked = async (): Promise<void> => {
    const locks = await locksOf(machine, before);
    try {
      removal.run();
    } finally {
      for (const lock of locks) lock.release();
    }
  };
  const isOurs = before.own.includes(places.pets) && isOwnDirectory(places.pets);
  await (isOurs ? withInstallLock(places, clock, removeLocked) : removeLocked());
  for (let waited = 0, quiet = 0; quiet < QUIET_MS; waited += PAUSE_MS, quiet += PAUSE_MS) {
    if (removal.run()) quiet = 0;
    if (waited > LONGEST_MS) {
      throw new PawprintError(
        "busy",
        "another process keeps writing Pawprint's files",
        "close the sessions of Claude Code and run it again",
      );
    }
    await clock.sleep(PAUSE_MS);
  }
  const stuck = removal.stuck();
  return { left: leftIn(before, stuck), stuck, directories: [...removal.directories] };
}

/** Throws busy if `pawprint watch` writes one of the logs, since it would go on without the files that are removed. */
export function refuseWatch({ directories }: Inventory, clock: Clock): void {
  for (const run of directories.filter(isOwnRun)) {
    const lease = statSync(leaseIn(run), { throwIfNoEntry: false });
    if (lease?.isDirectory() && Math.abs(clock.now() - lease.mtimeMs) < LEASE_MS)
      throw new PawprintError("busy", "pawprint watch is running for this log", "stop it, or wait 15 s if it crashed");
  }
}

/** The lease of `watch`, which is a directory. */
const leaseIn = (run: string): string => `${run}/watch.lease`;

const isOwnRun = (directory: string): boolean => directory.endsWith("/.run") && isOwnDirectory(directory);

/** Takes the locks of logs and ledgers, and removes leases of crashed processes. Throws busy. */
async function locksOf({ places, clock }: Machine, before: Inventory): Promise<Lock[]> {
  refuseWatch(before, clock);
  const locks: (Lock | null)[] = [];
  try {
    for (const run of before.directories.filter(isOwnRun)) {
      if (existsSync(leaseIn(run))) rmdirSync(leaseIn(run));
      locks.push(await lockLog(logFiles(dirname(run), places.scope), clock));
    }
    for (const ledger of before.ledgers) {
      const lock = await waitForLock(clock, () => tryLock(`${ledger}.rebuild-lock`));
      if (lock === null) throw new PawprintError("busy", "a rebuild is running", "wait until it has ended");
      locks.push(lock);
    }
    for (const hub of before.hubs) {
      const lock = tryLock(serveLock(hub));
      if (lock === null) throw new PawprintError("busy", "the hub of this machine is running", "stop pawprint serve");
      locks.push(lock);
    }
    return locks.filter((lock) => lock !== null);
  } catch (error) {
    for (const lock of locks) lock?.release();
    throw error;
  }
}

/** Errors with which the system keeps a file or a directory from being removed. */
const REFUSALS = ["EACCES", "EPERM", "EBUSY", "EROFS"];

/**
 * Removes the files of each kind and the directories that they leave empty, so that nothing is left for the settings, which
 * come last, to lead to.
 */
class Removal {
  readonly directories = new Set<string>();
  readonly #kinds: readonly FileKind[];
  readonly #home: string;
  readonly #refused = new Map<string, string>();

  constructor(kinds: readonly FileKind[], home: string) {
    this.#kinds = kinds;
    this.#home = home;
  }

  /** Returns whether anything was removed. */
  run(): boolean {
    let isChanged = false;
    for (const kind of this.#kinds) {
      for (const path of foundFiles([kind]).found.flatMap(({ paths }) => paths))
        isChanged = this.#remove(path) || isChanged;
      const emptied = removeDirectories(
        kind.folders.map(({ directory }) => directory),
        this.#home,
      );
      for (const directory of emptied) this.directories.add(directory);
      isChanged ||= emptied.length > 0;
    }
    return isChanged;
  }

  /** The files that the system did not let this user remove. */
  stuck(): Foreign[] {
    return [...this.#refused].map(([path, code]) => ({ path, why: `cannot be removed (${code})` }));
  }

  #remove(path: string): boolean {
    try {
      removeIfPresent(path);
      this.#refused.delete(path);
      return true;
    } catch (error) {
      const code = errnoOf(error) ?? "";
      if (!REFUSALS.includes(code)) throw error;
      this.#refused.set(path, code);
      return false;
    }
  }
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
        if (["ENOENT", "ENOTEMPTY", "EEXIST", ...REFUSALS].includes(errnoOf(error) ?? "")) break;
        throw error;
      }
      removed.push(at);
    }
  }
  return removed;
}

const isCreatedEmpty = (directory: string): boolean =>
  isOwnDirectory(directory) && (lstatSync(directory).mode & 0o777) === 0o700 && namesIn(directory).length === 0;

/** What else is still in Pawprint's own directories, and what stands in the place of its files elsewhere. */
function leftIn({ foreign, own }: Inventory, stuck: readonly Foreign[]): Foreign[] {
  const left = new Map([...stuck, ...foreign].map((one) => [one.path, one]));
  for (const directory of own.filter((one) => isOwnDirectory(one) && !left.has(one))) {
    for (const name of namesIn(directory)) {
      const path = `${directory}/${name}`;
      const isListed = left.has(path) || own.includes(path);
      if (!isListed) left.set(path, { path, why: "was not written by Pawprint" });
    }
  }
  return [...left.values()];
}
