import type { Observation, Place, SessionObservation, SkipReason } from "../model/observation.ts";
import type { Environment } from "../utils/config.ts";
import { type Fields, lineOf, linesIn } from "../utils/json.ts";
import type { RegistryItem } from "../utils/registry.ts";

/**
 * A scan reads each store in two phases: "usage" reads responses, which every report needs; "activity" reads what
 * sessions did.
 */
export type Phase = "usage" | "activity";

/** Receives what a reader finds. */
export interface Emitter {
  emit(observation: Observation): void;
  /**
   * Records something that looks like usage but is not counted. `offset` is in bytes from the start of the file, or the
   * row of a table.
   */
  skip(offset: number, reason: SkipReason): void;
  /**
   * State that the source needs to continue with this file in this phase. It must be small and JSON-serializable, since
   * it is stored with each batch. Null at the start of a file and after the file was rewritten.
   */
  memory: unknown;
}

/** A file that is being read. */
export interface SourceFile {
  /** Absolute path, for information that only the file's name contains. */
  readonly path: string;
  /** Modification time of the file, epoch milliseconds: used when a record has no timestamp. */
  readonly modifiedAt: number;
  /**
   * Reads another file of the same store by its path relative to this file's folder. Returns null if it cannot be read.
   */
  readSibling(path: string): Buffer | null;
  /**
   * Lists a folder of the same store by its path relative to this file's folder. Returns an empty list if the folder
   * cannot be read.
   */
  listFolder(folder: string): readonly string[];
}

/** Complete lines of one file. */
export interface LineChunk extends SourceFile {
  /** Reused for the next chunk: do not keep references to it. */
  readonly bytes: Buffer;
  /** Bytes of the file before this chunk. */
  readonly offset: number;
  /** The last line has no newline yet. If it cannot be parsed, it is not skipped but read again later. */
  readonly isOpen: boolean;
}

/** The objects in the lines of a chunk, each with its byte offset in the file. Other lines are skipped, unless they are still being written. */
export function* objectsIn(
  { bytes, offset, isOpen }: LineChunk,
  emitter: Emitter,
): Generator<{ readonly line: Fields; readonly place: number }> {
  for (const { from, to, isComplete } of linesIn(bytes)) {
    // Blank lines, or the remains of a line after an edit or a crash.
    if (to - from < 2) continue;
    const line = lineOf(bytes, from, to);
    if (line) yield { line, place: offset + from };
    else if (isComplete || !isOpen) emitter.skip(offset + from, "bad_json");
  }
}

/** The part of a session that has been read, null before its first line, extended by a line in a place at `at`, epoch milliseconds. */
export const extendSession = (known: SessionObservation | null, place: Place, at: number): SessionObservation => ({
  ...place,
  first: Math.min(known?.first ?? at, at),
  last: Math.max(known?.last ?? at, at),
  reason: null,
  version: "",
});

/** A whole file. */
export interface Document extends SourceFile {
  readonly bytes: Buffer;
}

/** A SQLite database of another program, as a consistent snapshot. */
export interface Tables extends SourceFile {
  /** Names of a table's columns; empty if the table does not exist. */
  columns(table: string): readonly string[];
  /** Runs a query. Throws if the database is damaged; reading then ends, and the database is recorded as skipped. */
  rows(sql: string, ...values: (string | number | null)[]): Iterable<Readonly<Record<string, unknown>>>;
}

/** Where the files of a store are. */
interface StoreLocation {
  /** Unique among the stores of its source; stored with each file. */
  readonly name: string;
  /** Directories that may contain its files, or single files; absolute. Some may not exist. */
  roots(env: Environment, home: string): string[];
  /** Real path of the configuration directory that a root belongs to. It identifies the account. */
  account?(root: string): string;
  /** Whether a file below a root belongs to the store. `path` is relative to the root. */
  owns(path: string): boolean;
  /** Whether a directory below a root is searched. All are if this is missing. */
  enters?(path: string): boolean;
  /**
   * Loads the module that reads the files in a phase, if it is not loaded with the source. Awaited before the first `read` of
   * that phase; calling it again has no effect.
   */
  load?(phase: Phase): Promise<void>;
}

/** Files that grow by appended lines, including compressed ones (*.zst). Only appended lines are read. */
export interface LineStore extends StoreLocation {
  readonly kind: "lines";
  /** Reads one chunk. Never throws, whatever the chunk contains. */
  read(phase: Phase, chunk: LineChunk, emitter: Emitter): void;
}

/** Files that are rewritten as a whole. A changed file is read again from the start. */
export interface DocumentStore extends StoreLocation {
  readonly kind: "document";
  /** Reads one file. Never throws, whatever the file contains. */
  read(phase: Phase, document: Document, emitter: Emitter): void;
}

/**
 * SQLite databases, read in place and never written. `memory` says which row to continue from and is kept when the
 * database changes.
 */
export interface TableStore extends StoreLocation {
  readonly kind: "tables";
  /** Reads new rows. Yields where a batch may end: everything emitted before is then stored. */
  read(phase: Phase, tables: Tables, emitter: Emitter): Iterable<void>;
}

/** One way in which an assistant stores its data. */
export type Store = LineStore | DocumentStore | TableStore;

/** `load` and `read` of a store whose reader is in another module. */
export interface LazyReader<Read> {
  load(phase: Phase): Promise<void>;
  readonly read: Read;
}

/**
 * Returns `load` and `read` of a store whose reader is imported by `load` only, because most reports find no new data
 * in the files of most assistants. `read` throws if it is called before `load` has finished.
 */
export function lazyReader<Read extends Store["read"]>(imported: () => Promise<Read>): LazyReader<Read> {
  let loaded: Read | null = null;
  const read = (...given: never[]): unknown => {
    if (loaded === null) throw new Error("a store was read before its reader was loaded");
    return (loaded as (...given: never[]) => unknown)(...given);
  };
  return {
    async load() {
      loaded ??= await imported();
    },
    read: read as Read,
  };
}

/** Usage that an assistant does not record, so it cannot be counted. */
export interface Gap {
  /** A noun phrase: "interrupted responses". */
  readonly what: string;
  /** The reason as a clause: "nothing is written when a response is interrupted". */
  readonly why: string;
}

/** Returns the version of a source's reader. */
export const readerVersionOf = ({ readerVersion = 1 }: Pick<Source, "readerVersion">): number => readerVersion;

/** A command that an assistant runs at the end of each turn, with data that it does not record in any file. */
export interface Hook {
  /** Absolute path of the file that configures the assistant's hooks. */
  settings(env: Environment, home: string): string;
  /** The assistant's name for the end of a turn. */
  readonly event: string;
  /**
   * Returns the line to store for a hook call's JSON input, received at `at` (epoch milliseconds), or null for none. A
   * store of the source reads the line. Never throws.
   */
  line(payload: unknown, at: number): string | null;
}

/** An assistant whose files Pawprint can read. `description` lists what is known about it. */
export interface Source extends RegistryItem {
  /** Display name. */
  readonly title: string;
  /** Newest version whose files were tested; null if none could be run. */
  readonly tested: string | null;
  readonly stores: readonly Store[];
  /**
   * Version of the reader; 1 if missing. Increase it whenever the same files would give other observations. Files that
   * an older version read are then read again from the start, if they still exist, and the new observations replace
   * those of the older version (see `supersede`). An observation that now belongs to another session names the old one
   * in `formerSession`. A key that is no longer observed is observed once more, as withdrawn.
   */
  readonly readerVersion?: number;
  /** Sentences on how the assistant's own numbers, or naive sums over its files, differ from actual usage. */
  readonly caveats: string;
  readonly gaps: readonly Gap[];
  /**
   * What one of its responses is, if the assistant records no single responses, as a noun phrase: "what was added to the
   * total of a session since it was last read".
   */
  readonly responseUnit?: string;
  /** The command that continues a session, without the id that follows it; missing if the assistant has none that is safe. */
  readonly resume?: string;
  /** Hook that `pawprint setup` installs and whose data `pawprint hook` stores. */
  readonly hook?: Hook;
}
