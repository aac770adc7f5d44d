import { dirname } from "node:path";
import type { FileMark, FileStat } from "../ledger/sqlite/Files.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { type Phase, readerOf, type Source, type Store } from "../sources/contract.ts";
import type { Environment } from "../utils/config.ts";
import { accountsOf } from "./accounts.ts";
import { readerFor } from "./readers/registry.ts";
import type { Task } from "./readers/contract.ts";
import { isSameFile } from "./readers/lines.ts";
import { type Abandoned, Batches, LONGEST_PAUSE_MS, type ScanOptions } from "./batches.ts";
import { type Help, ReaderThreads } from "./thread-pool.ts";
import { type Found, walk } from "./walk.ts";

/** What a scan needs of the machine. */
export interface ScanEnvironment {
  readonly env: Environment;
  /** The user's home directory. */
  readonly home: string;
  /** Epoch milliseconds. */
  now(): number;
  /** Threads that may read where there is much to read; it reads alone where this is missing. */
  readonly help?: Help | undefined;
}

/** What a scan did. */
export interface ScanResult {
  readonly files: number;
  readonly bytes: number;
  /** Files that could not be opened, by path. */
  readonly unreadable: readonly string[];
  /** Files of which nothing new is read for a while, because reading them took too long or too much memory. */
  readonly abandoned: readonly Abandoned[];
  /** It was told to stop. */
  readonly isCut: boolean;
}

/** One machine's eyes: finds what was appended to the files of all sources, and brings it to the ledger. */
export class Collector {
  readonly #ledger: Ledger;
  readonly #sources: readonly Source[];
  readonly #scene: ScanEnvironment;

  constructor(ledger: Ledger, sources: readonly Source[], scene: ScanEnvironment) {
    this.#ledger = ledger;
    this.#sources = sources;
    this.#scene = scene;
  }

  /** Reads what is new in all files, for one pass. Throws what the ledger's database throws; what was written before stays. */
  async scan(pass: Phase, watch: ScanOptions = {}): Promise<ScanResult> {
    using readers = new ReaderThreads(this.#scene.help);
    // Before it is known how much there is to read: in a first count that is usually much.
    if (this.#ledger.files.areNone) readers.start();
    const unreadable: string[] = [];
    const abandoned: Abandoned[] = [];
    const tasks = this.#sources.map((source) => {
      const { due, later } = this.#dueOf(this.#tasksOf(source, pass, unreadable), watch);
      abandoned.push(...later);
      return { source, tasks: due };
    });
    const total = tasks.flatMap((one) => one.tasks).reduce((sum, { from, to }) => sum + to - from, 0);
    const reading = new Batches(this.#ledger, pass, total, unreadable, watch, () => this.#scene.now());
    const { env, home } = this.#scene;
    for (const { source, tasks: own } of tasks) {
      // Most scans find nothing, and a reader's buffer costs a report as much as a question.
      if (own.length === 0) continue;
      const accountOf = accountsOf(source, env, home);
      const [apart, here] = [own.filter(isApart), own.filter((task) => !isApart(task))];
      await reading.read(source, here, readers.read(source, pass, here), accountOf, false);
      await reading.read(source, apart, readers.readApart(source, pass, apart), accountOf, true);
    }
    return {
      files: tasks.reduce((sum, one) => sum + one.tasks.length, 0),
      bytes: reading.bytes,
      unreadable,
      abandoned: [...abandoned, ...reading.abandoned],
      isCut: watch.signal?.aborted === true,
    };
  }

  /** The tasks whose time has come, of the kinds that are asked for; what was abandoned is left for later. */
  #dueOf(tasks: readonly Task[], { databases }: ScanOptions): { due: Task[]; later: Abandoned[] } {
    const now = this.#scene.now();
    const asked = tasks.filter((task) => databases === undefined || isApart(task) === (databases === "only"));
    const due: Task[] = [];
    const later: Abandoned[] = [];
    for (const task of asked) {
      const retryAt = task.mark.retryAt ?? 0;
      // One that lies further ahead was noted before the clock was set back.
      if (retryAt > now && retryAt - now <= LONGEST_PAUSE_MS) later.push({ path: task.path, retryAt });
      else due.push(task);
    }
    return { due, later };
  }

  #tasksOf(source: Source, pass: Phase, unreadable: string[]): Task[] {
    const { files } = this.#ledger;
    if (pass === "activity") return files.behind(source.name).flatMap((mark) => behind(source, mark));
    const { env, home } = this.#scene;
    const known = files.stats(source.name);
    const roots: string[] = [];
    const folders = new Set<string>();
    const found: Found[] = [];
    const news: { readonly store: Store; readonly file: Found }[] = [];
    let met = 0;
    for (const store of source.stores) {
      const own = store.roots(env, home);
      const looked = new Set<string>();
      for (const file of walk(store, own, looked, unreadable)) {
        found.push(file);
        const mark = known.get(file.path);
        if (mark) met++;
        if (!mark || isOutdated(source, mark) || hasChanged(store, file, mark)) news.push({ store, file });
      }
      roots.push(...own);
      for (const folder of looked) folders.add(folder);
    }
    if (met < known.size) this.#follow(roots, folders, found, known);
    return news.flatMap(({ store, file }) => {
      const { path } = file;
      const engine = readerFor(store);
      const glance = known.get(path);
      const mark = glance && !isOutdated(source, glance) ? glance : null;
      // It has only moved.
      if (mark && !hasChanged(store, file, mark)) return [];
      try {
        return [engine.plan(source, store, file, engine.look(file), mark && files.of(path))];
      } catch {
        unreadable.push(path);
        return [];
      }
    });
  }

  /** Files that went to another path keep their marks; those that are gone are noted as gone. */
  #follow(
    roots: readonly string[],
    folders: ReadonlySet<string>,
    found: readonly Found[],
    known: Map<string, FileStat>,
  ): void {
    const strays = found.filter(({ path }) => !known.has(path));
    const paths = new Set(found.map(({ path }) => path));
    const missing = [...known.keys()].filter((path) => !paths.has(path));
    const { files } = this.#ledger;
    const gone: string[] = [];
    for (const path of missing) {
      // Asked for each, and of another day's CLAUDE_CONFIG_DIR all are missing.
      const mark = strays.length > 0 ? files.of(path) : null;
      const moved = mark && strays.find((one) => isSameFile(one, mark));
      if (moved) {
        files.move(path, moved.path);
        known.set(moved.path, mark);
      } else if (roots.some((root) => path.startsWith(`${root}/`)) || isBelow(path, folders)) gone.push(path);
    }
    files.vanish(gone, this.#scene.now());
  }
}

/** Whether an older version of the source's reader has read a file: then nothing that is known of it is of use. */
const isOutdated = (source: Source, { reader }: FileStat): boolean => reader < readerOf(source);

/** Whether a file is not as it was when it was read; one that cannot be looked at is taken for changed. */
function hasChanged(store: Store, file: Found, { size, mtime, inode }: FileStat): boolean {
  try {
    const look = readerFor(store).look(file);
    return look.size !== size || look.mtime !== mtime || file.stat.ino !== inode;
  } catch {
    return true;
  }
}

/** Whether a path lies in or below a folder that was walked, by real paths: the roots may be links. */
function isBelow(path: string, folders: ReadonlySet<string>): boolean {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) if (folders.has(at)) return true;
  return false;
}

/** What of a file the second pass has not read, up to where the first one came. */
function behind(source: Source, mark: FileMark): Task[] {
  const { path, activityOffset: from, usageOffset: to, activityMemory } = mark;
  const store = source.stores.find(({ name }) => name === mark.store);
  if (!store || from >= to) return [];
  const memory = activityMemory === null ? null : (JSON.parse(activityMemory) as unknown);
  return [{ path, store, mark, isRestarted: false, from, to, memory }];
}

/** Databases of other programs, whose queries may have no end. */
const isApart = ({ store }: Task): boolean => store.kind === "tables";
