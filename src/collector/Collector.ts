import { dirname } from "node:path";
import type { FileMark, FileStat } from "../ledger/sqlite/Files.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { type Phase, readerVersionOf, type Source, type Store } from "../sources/contract.ts";
import type { Environment } from "../utils/config.ts";
import { accountsOf } from "./accounts.ts";
import { readerFor } from "./readers/registry.ts";
import type { Task } from "./readers/contract.ts";
import { isSameFile } from "./readers/lines.ts";
import { type AbandonedFile, Batches, LONGEST_PAUSE_MS, type ScanOptions } from "./batches.ts";
import { type ReaderOptions, ReaderThreads } from "./thread-pool.ts";
import { type FoundFile, walk } from "./walk.ts";

/** What a scan needs from the machine. */
export interface ScanEnvironment {
  readonly env: Environment;
  /** The user's home directory. */
  readonly home: string;
  /** Epoch milliseconds. */
  now(): number;
  /** Threads that may read when there is much to read; if missing, this thread reads alone. */
  readonly readers?: ReaderOptions | undefined;
}

/** The result of a scan. */
export interface ScanResult {
  readonly files: number;
  readonly bytes: number;
  /** Files that could not be opened, by path. */
  readonly unreadable: readonly string[];
  /** Files that are not read for a while, because reading them took too long or too much memory. */
  readonly abandoned: readonly AbandonedFile[];
  /** Whether the scan was stopped before its end. */
  readonly isStopped: boolean;
}

/** Finds what was appended to the files of all sources and writes it to the ledger. */
export class Collector {
  readonly #ledger: Ledger;
  readonly #sources: readonly Source[];
  readonly #environment: ScanEnvironment;

  constructor(ledger: Ledger, sources: readonly Source[], environment: ScanEnvironment) {
    this.#ledger = ledger;
    this.#sources = sources;
    this.#environment = environment;
  }

  /** Reads everything new in all files, for one phase. Throws what the ledger throws; what was written before stays. */
  async scan(phase: Phase, options: ScanOptions = {}): Promise<ScanResult> {
    using readers = new ReaderThreads(this.#environment.readers);
    // Started before it is known how much there is to read: on a first scan it is usually much.
    if (this.#ledger.files.isEmpty()) readers.start();
    const unreadable: string[] = [];
    const abandoned: AbandonedFile[] = [];
    const tasks = this.#sources.map((source) => {
      const { due, deferred } = this.#dueOf(this.#tasksOf(source, phase, unreadable), options);
      abandoned.push(...deferred);
      return { source, tasks: due };
    });
    const total = tasks.flatMap((one) => one.tasks).reduce((sum, { from, to }) => sum + to - from, 0);
    const reading = new Batches(this.#ledger, phase, total, unreadable, options, () => this.#environment.now());
    const { env, home } = this.#environment;
    for (const { source, tasks: sourceTasks } of tasks) {
      // Most scans find nothing, and creating a reader's buffer takes as long as a query.
      if (sourceTasks.length === 0) continue;
      const accountOf = accountsOf(source, env, home);
      const [databases, files] = [
        sourceTasks.filter(isForeignDatabase),
        sourceTasks.filter((task) => !isForeignDatabase(task)),
      ];
      await reading.read(source, files, readers.read(source, phase, files), accountOf, false);
      await reading.read(source, databases, readers.readInProcess(source, phase, databases), accountOf, true);
    }
    return {
      files: tasks.reduce((sum, one) => sum + one.tasks.length, 0),
      bytes: reading.bytes,
      unreadable,
      abandoned: [...abandoned, ...reading.abandoned],
      isStopped: options.signal?.aborted === true,
    };
  }

  /** Splits the tasks of the requested kinds into those due now and those deferred because they were abandoned. */
  #dueOf(tasks: readonly Task[], { databases }: ScanOptions): { due: Task[]; deferred: AbandonedFile[] } {
    const now = this.#environment.now();
    const requested = tasks.filter(
      (task) => databases === undefined || isForeignDatabase(task) === (databases === "only"),
    );
    const due: Task[] = [];
    const deferred: AbandonedFile[] = [];
    for (const task of requested) {
      const retryAt = task.mark.retryAt ?? 0;
      // A time further ahead was stored before the clock was set back.
      if (retryAt > now && retryAt - now <= LONGEST_PAUSE_MS) deferred.push({ path: task.path, retryAt });
      else due.push(task);
    }
    return { due, deferred };
  }

  #tasksOf(source: Source, phase: Phase, unreadable: string[]): Task[] {
    const { files } = this.#ledger;
    if (phase === "activity") return files.behind(source.name).flatMap((mark) => activityTasks(source, mark));
    const { env, home } = this.#environment;
    const known = files.stats(source.name);
    const roots: string[] = [];
    const folders = new Set<string>();
    const found: FoundFile[] = [];
    const changed: { readonly store: Store; readonly file: FoundFile }[] = [];
    let knownCount = 0;
    for (const store of source.stores) {
      const storeRoots = store.roots(env, home);
      const walked = new Set<string>();
      for (const file of walk(store, storeRoots, walked, unreadable)) {
        found.push(file);
        const mark = known.get(file.path);
        if (mark) knownCount++;
        if (!mark || isOutdated(source, mark) || hasChanged(store, file, mark)) changed.push({ store, file });
      }
      roots.push(...storeRoots);
      for (const folder of walked) folders.add(folder);
    }
    if (knownCount < known.size) this.#trackMoved(roots, folders, found, known);
    return changed.flatMap(({ store, file }) => {
      const { path } = file;
      const reader = readerFor(store);
      const stat = known.get(path);
      const mark = stat && !isOutdated(source, stat) ? stat : null;
      // The file has only moved.
      if (mark && !hasChanged(store, file, mark)) return [];
      try {
        return [reader.plan(source, store, file, reader.stamp(file), mark && files.of(path))];
      } catch {
        unreadable.push(path);
        return [];
      }
    });
  }

  /** Updates the marks of files that moved to another path, and marks those that no longer exist. */
  #trackMoved(
    roots: readonly string[],
    folders: ReadonlySet<string>,
    found: readonly FoundFile[],
    known: Map<string, FileStat>,
  ): void {
    const unknown = found.filter(({ path }) => !known.has(path));
    const paths = new Set(found.map(({ path }) => path));
    const missing = [...known.keys()].filter((path) => !paths.has(path));
    const { files } = this.#ledger;
    const gone: string[] = [];
    for (const path of missing) {
      // Looked up only if there are new files: with another CLAUDE_CONFIG_DIR all files are missing.
      const mark = unknown.length > 0 ? files.of(path) : null;
      const moved = mark && unknown.find((one) => isSameFile(one, mark));
      if (moved) {
        files.move(path, moved.path);
        known.set(moved.path, mark);
      } else if (roots.some((root) => path.startsWith(`${root}/`)) || isBelow(path, folders)) gone.push(path);
    }
    files.markVanished(gone, this.#environment.now());
  }
}

/** Whether an older version of the source's reader read a file; then nothing stored about it can be used. */
const isOutdated = (source: Source, { reader }: FileStat): boolean => reader < readerVersionOf(source);

/** Whether a file has changed since it was read; a file whose state cannot be read counts as changed. */
function hasChanged(store: Store, file: FoundFile, { size, mtime, inode }: FileStat): boolean {
  try {
    const stamp = readerFor(store).stamp(file);
    return stamp.size !== size || stamp.mtime !== mtime || file.stat.ino !== inode;
  } catch {
    return true;
  }
}

/** Whether a path is in or below a folder that was walked, by real paths, because roots may be links. */
function isBelow(path: string, folders: ReadonlySet<string>): boolean {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) if (folders.has(at)) return true;
  return false;
}

/** The part of a file that the activity phase has not read, up to where the usage phase stopped. */
function activityTasks(source: Source, mark: FileMark): Task[] {
  const { path, activityOffset: from, usageOffset: to, activityMemory } = mark;
  const store = source.stores.find(({ name }) => name === mark.store);
  if (!store || from >= to) return [];
  const memory = activityMemory === null ? null : (JSON.parse(activityMemory) as unknown);
  return [{ path, store, mark, isRestarted: false, from, to, memory }];
}

/** Whether a task reads a database of another program, whose queries may never end. */
const isForeignDatabase = ({ store }: Task): boolean => store.kind === "tables";
