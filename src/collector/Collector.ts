import { dirname } from "node:path";
import { OriginsSeen } from "../ledger/Origins.ts";
import type { FileMark, Glance, SkippedLine } from "../ledger/Files.ts";
import type { Ledger } from "../ledger/Ledger.ts";
import { type Entry, prepare } from "../ledger/prepare.ts";
import { type Pass, readerOf, type Source, type Store } from "../sources/contract.ts";
import type { Environment } from "../utils/config.ts";
import { accountsOf } from "./accounts.ts";
import { engineOf } from "./engines/all.ts";
import type { Task } from "./engines/contract.ts";
import { isSameFile, UNFINISHED } from "./engines/lines.ts";
import { type Help, Readers } from "./readers.ts";
import type { Part } from "./reading.ts";
import { type Found, walk } from "./walk.ts";

/** What a scan needs of the machine. */
export interface Scene {
  readonly env: Environment;
  /** The user's home directory. */
  readonly home: string;
  /** Epoch milliseconds. */
  now(): number;
  /** Threads that may read where there is much to read; it reads alone where this is missing. */
  readonly help?: Help | undefined;
}

/** How a scan is watched and stopped. */
export interface Watch {
  /** Called now and then with bytes read and bytes to be read in this pass. */
  readonly progress?: (read: number, total: number) => void;
  /** Ends the scan after the piece at hand; what was read is kept, and the next scan goes on there. */
  readonly signal?: AbortSignal;
}

/** What a scan did. */
export interface Scanned {
  readonly files: number;
  readonly bytes: number;
  /** Files that could not be opened, by path. */
  readonly unreadable: readonly string[];
  /** It was told to stop. */
  readonly isCut: boolean;
}

/** Entries that are handed to the ledger at one go; more before a transaction begins, so that others can write in between. */
const BATCH = { first: 4_000, next: 1_000 };
/**
 * A transaction ends after so many entries, bytes or milliseconds: what a kill can cost, and how long other writers wait.
 * Keys come in no order, so that each transaction writes nearly every page again: half of a second took 3 % longer, the second pass 5 %.
 */
const TRANSACTION = { entries: 50_000, bytes: 1_024 * 1_048_576, ms: 1_000 };
/** Bytes after which others have their turn. */
const BREATH = 8 * 1_048_576;

/** One machine's eyes: finds what was appended to the files of all sources, and brings it to the ledger. */
export class Collector {
  readonly #ledger: Ledger;
  readonly #sources: readonly Source[];
  readonly #scene: Scene;

  constructor(ledger: Ledger, sources: readonly Source[], scene: Scene) {
    this.#ledger = ledger;
    this.#sources = sources;
    this.#scene = scene;
  }

  /** Reads what is new in all files, for one pass. Throws what the ledger's database throws; what was written before stays. */
  async scan(pass: Pass, watch: Watch = {}): Promise<Scanned> {
    using readers = new Readers(this.#scene.help);
    // Before it is known how much there is to read: in a first count that is usually much.
    if (this.#ledger.files.areNone) readers.start();
    const unreadable: string[] = [];
    const tasks = this.#sources.map((source) => ({ source, tasks: this.#tasksOf(source, pass, unreadable) }));
    const total = tasks.flatMap((one) => one.tasks).reduce((sum, { from, to }) => sum + to - from, 0);
    const reading = new Reading(this.#ledger, pass, total, unreadable, watch, () => this.#scene.now());
    const { env, home } = this.#scene;
    for (const one of tasks) {
      if (one.tasks.length > 0) await reading.read(one.source, one.tasks, readers, accountsOf(one.source, env, home));
    }
    return {
      files: tasks.reduce((sum, one) => sum + one.tasks.length, 0),
      bytes: reading.bytes,
      unreadable,
      isCut: watch.signal?.aborted === true,
    };
  }

  #tasksOf(source: Source, pass: Pass, unreadable: string[]): Task[] {
    const { files } = this.#ledger;
    if (pass === "activity") return files.behind(source.name).flatMap((mark) => behind(source, mark));
    const { env, home } = this.#scene;
    const known = files.glances(source.name);
    const roots: string[] = [];
    const folders = new Set<string>();
    const found: Found[] = [];
    const news: { readonly store: Store; readonly file: Found }[] = [];
    let met = 0;
    for (const store of source.stores) {
      const own = store.roots(env, home);
      const looked = new Set<string>();
      for (const file of walk(store, own, looked)) {
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
      const engine = engineOf(store);
      const mark = known.get(path);
      // It has only moved.
      if (mark && !isOutdated(source, mark) && !hasChanged(store, file, mark)) return [];
      try {
        return [
          engine.plan(
            source,
            store,
            file,
            engine.look(file),
            mark && !isOutdated(source, mark) ? files.of(path) : null,
          ),
        ];
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
    known: Map<string, Glance>,
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
const isOutdated = (source: Source, { reader }: Glance): boolean => reader < readerOf(source);

/** Whether a file is not as it was when it was read; one that cannot be looked at is taken for changed. */
function hasChanged(store: Store, file: Found, { size, mtime, inode }: Glance): boolean {
  try {
    const look = engineOf(store).look(file);
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

/** One pass over some files, batch by batch. */
class Reading {
  bytes = 0;
  readonly unreadable: string[];
  readonly #ledger: Ledger;
  readonly #pass: Pass;
  readonly #total: number;
  readonly #watch: Watch;
  readonly #now: () => number;
  /** Marks of files that are being read, as far as they were read. */
  readonly #marks = new Map<string, FileMark>();
  #entries: Entry[] = [];
  #skipped: SkippedLine[] = [];
  #restarted: string[] = [];
  #touched = new Set<string>();
  #origins = new OriginsSeen();
  /** Entries in the transaction that is open; bytes and time where it began. */
  #transaction: { entries: number; bytes: number; at: number };

  constructor(ledger: Ledger, pass: Pass, total: number, unreadable: string[], watch: Watch, now: () => number) {
    this.#ledger = ledger;
    this.#pass = pass;
    this.#total = total;
    this.unreadable = unreadable;
    this.#watch = watch;
    this.#now = now;
    this.#transaction = { entries: 0, bytes: 0, at: now() };
  }

  /** Reads some tasks, at least one: a reader's buffer costs a report as much as a question. */
  async read(
    source: Source,
    tasks: readonly Task[],
    readers: Readers,
    accountOf: (path: string) => string,
  ): Promise<void> {
    let breath = this.bytes;
    try {
      for await (const { task, part } of readers.read(source, this.#pass, tasks)) {
        this.#take(source, part, task);
        const account = accountOf(task.path);
        for (const { kind, body } of part.observations) this.#origins.see(kind, body, account);
        const isLong = this.#isLong();
        const batch = this.#transaction.entries === 0 ? BATCH.first : BATCH.next;
        if (isLong || this.#entries.length >= batch) this.#write(source);
        if (isLong) this.#commit();
        if (this.bytes - breath < BREATH) continue;
        // So that signals, timers and keys are noticed in the middle of a long scan.
        breath = this.bytes;
        await Bun.sleep(0);
        if (this.#watch.signal?.aborted) break;
      }
      this.#write(source);
    } finally {
      this.#commit();
    }
  }

  /** Whether the transaction has been open for long enough. */
  #isLong(): boolean {
    const { entries, bytes, at } = this.#transaction;
    return (
      entries + this.#entries.length >= TRANSACTION.entries ||
      this.bytes - bytes >= TRANSACTION.bytes ||
      this.#now() - at >= TRANSACTION.ms
    );
  }

  #commit(): void {
    this.#ledger.commit();
    this.#transaction = { entries: 0, bytes: this.bytes, at: this.#now() };
  }

  #take(source: Source, part: Part, task: Task): void {
    const { path } = task;
    this.bytes += part.bytes;
    for (const entry of prepare(this.#ledger.machine, source.name, part.observations, readerOf(source)))
      this.#entries.push(entry);
    this.#skipped.push(...part.skipped);
    if (part.isUnreadable) this.unreadable.push(path);
    if (!this.#marks.has(path) && task.isRestarted) this.#restarted.push(path);
    const mark = this.#marks.get(path) ?? task.mark;
    const isDone = part.isLast && !part.isUnreadable;
    const place =
      this.#pass === "usage"
        ? {
            usageOffset: part.reached ?? mark.usageOffset,
            usageMemory: part.memory,
            prefix: part.reached === null ? mark.prefix : part.prefix,
            mtime: isDone ? task.mark.mtime : UNFINISHED,
          }
        : { activityOffset: isDone ? task.to : (part.reached ?? mark.activityOffset), activityMemory: part.memory };
    this.#marks.set(path, { ...mark, ...place });
    this.#touched.add(path);
    this.#watch.progress?.(this.bytes, this.#total);
  }

  #write(source: Source): void {
    if (this.#touched.size === 0) return;
    this.#ledger.add({
      source: source.name,
      entries: this.#entries,
      skipped: this.#skipped,
      restarted: this.#restarted,
      files: Array.from(this.#touched, (path) => this.#marks.get(path)).filter((mark) => mark !== undefined),
      origins: this.#origins.all,
    });
    this.#transaction.entries += this.#entries.length;
    this.#entries = [];
    this.#skipped = [];
    this.#restarted = [];
    this.#touched = new Set();
    this.#origins = new OriginsSeen();
  }
}
