import type { Observation, SkipReason } from "../model/observation.ts";
import type { Environment } from "../utils/config.ts";
import { type Fields, lineOf, linesIn } from "../utils/json.ts";
import type { ShelfItem } from "../utils/shelf.ts";

/** What is read of a store: responses first, since every report needs them; then what sessions did. */
export type Pass = "usage" | "activity";

/** Where a reader puts what it finds. */
export interface Findings {
  observed(observation: Observation): void;
  /** Something that looks like usage and is not counted, by its place: bytes into the file, or the row of a table. */
  skipped(offset: number, reason: SkipReason): void;
  /**
   * What the source has to know when it goes on with this file in this pass, as JSON can hold it, and small: it is written
   * down with each batch. Null at the file's beginning, and when the file was written anew.
   */
  memory: unknown;
}

/** A file that is being read. */
export interface SourceFile {
  /** Absolute path of the file, for what only its name tells. */
  readonly path: string;
  /** When the file was last written, epoch milliseconds: the last resort for what tells no time. */
  readonly written: number;
  /** Another file of the same store by its path relative to this file's folder, for what only two tell together; null where it cannot be read. */
  beside(path: string): Buffer | null;
  /** Names of what lies in a folder of the same store, by its path relative to this file's folder; none where it cannot be looked into. */
  names(folder: string): readonly string[];
}

/** Complete lines of one file. */
export interface Chunk extends SourceFile {
  /** Used again for the next chunk: nothing of it may be kept. */
  readonly bytes: Buffer;
  /** Bytes of the file before this chunk. */
  readonly offset: number;
  /** The last line has no newline yet: what cannot be read of it is not skipped but waited for. */
  readonly isOpen: boolean;
}

/** The objects in the lines of a chunk, each with its place in the file. What is none is skipped, unless it is still being written. */
export function* objectsIn(
  { bytes, offset, isOpen }: Chunk,
  findings: Findings,
): Generator<{ readonly line: Fields; readonly place: number }> {
  for (const { from, to, isComplete } of linesIn(bytes)) {
    // A blank line, or what an editor or a crash left of one.
    if (to - from < 2) continue;
    const line = lineOf(bytes, from, to);
    if (line) yield { line, place: offset + from };
    else if (isComplete || !isOpen) findings.skipped(offset + from, "bad_json");
  }
}

/** A whole file. */
export interface Document extends SourceFile {
  readonly bytes: Buffer;
}

/** A SQLite database that belongs to somebody else, as it is at one moment. */
export interface Tables extends SourceFile {
  /** Columns of a table; none where there is no such table. */
  columns(table: string): readonly string[];
  /** Rows of a question. Throws where the database is damaged, which ends the reading of it and is told as skipped. */
  rows(sql: string, ...values: (string | number | null)[]): Iterable<Readonly<Record<string, unknown>>>;
}

/** Where a store's files lie. */
interface Where {
  /** Unique among the stores of its source; kept with each file. */
  readonly name: string;
  /** Directories in which its files may lie, or files by their names, absolute; some may be missing. */
  roots(env: Environment, home: string): string[];
  /** The configuration directory to which such a directory belongs, by its real path: by it accounts are told apart. */
  account?(root: string): string;
  /** Whether a file below such a directory is one of its files, by the path relative to the directory. */
  owns(path: string): boolean;
  /** Whether a directory below such a directory is looked into; all are where this is missing. */
  enters?(path: string): boolean;
  /** Loads what reads its files, where that is not loaded with the source: awaited before the first `read`, and again without effect. */
  load?(): Promise<void>;
}

/** Files to which lines are added at the end; also packed ones, *.zst. Only what was added is read. */
export interface LineStore extends Where {
  readonly kind: "lines";
  /** Reads one chunk. Throws nothing, whatever is in it. */
  read(pass: Pass, chunk: Chunk, findings: Findings): void;
}

/** Files that are written anew as a whole: one that changed is read again from its beginning. */
export interface DocumentStore extends Where {
  readonly kind: "document";
  /** Reads one file. Throws nothing, whatever is in it. */
  read(pass: Pass, document: Document, findings: Findings): void;
}

/** SQLite databases, read in place and never written. Memory says from which row on; it is not null when the database changed only. */
export interface TableStore extends Where {
  readonly kind: "tables";
  /** Reads what is new. Yields where a batch may end: all that was told before is then remembered. */
  read(pass: Pass, tables: Tables, findings: Findings): Iterable<void>;
}

/** One way in which an assistant keeps what it did. */
export type Store = LineStore | DocumentStore | TableStore;

/** The two members of a store whose files are read by what is in another module. */
export interface LoadedLater<Read> {
  load(): Promise<void>;
  readonly read: Read;
}

/**
 * `load` and `read` of a store whose reading is in another module, which `load` imports: most reports find nothing new in the
 * files of most assistants. `read` throws where it is called before `load` has ended.
 */
export function loadedLater<Read extends Store["read"]>(imported: () => Promise<Read>): LoadedLater<Read> {
  let loaded: Read | null = null;
  const read = (...given: never[]): unknown => {
    if (loaded === null) throw new Error("a store was read before it was loaded");
    return (loaded as (...given: never[]) => unknown)(...given);
  };
  return {
    async load() {
      loaded ??= await imported();
    },
    read: read as Read,
  };
}

/** Usage that an assistant does not write down, so that nobody can count it. */
export interface Gap {
  /** "interrupted responses" */
  readonly what: string;
  /** Why, in a clause: "nothing is written when a response is cut". */
  readonly why: string;
}

/** The version of a source's reader. */
export const readerOf = ({ readerVersion = 1 }: Pick<Source, "readerVersion">): number => readerVersion;

/** What an assistant can be told to run when a turn ends, for what it says then and writes down nowhere. */
export interface Hook {
  /** The file in which its hooks are set up, absolute. */
  settings(env: Environment, home: string): string;
  /** The assistant's name for the end of a turn. */
  readonly event: string;
  /** The line to be kept of what it said at a time in epoch milliseconds, for a store of the source; null for none. Throws nothing. */
  line(said: unknown, at: number): string | null;
}

/** An assistant whose files we can read; `meaning` says what is known of it. */
export interface Source extends ShelfItem {
  /** What people call it. */
  readonly title: string;
  /** The newest version whose files were tested; null where none could be run. */
  readonly tested: string | null;
  readonly stores: readonly Store[];
  /**
   * Which version of this reader it is; 1 where this is missing. To be raised whenever the same files would now give other
   * observations: files that an older version read are then read again from their beginning, if they still exist, and what
   * they give replaces what the older version observed there (see `supersede`). An observation that was of another session
   * before says so as `formerSession`; a key that is no longer observed is observed once more, withdrawn.
   */
  readonly readerVersion?: number;
  /** Where its own numbers, or those that are easily taken from its files, are not what was used: sentences. */
  readonly misleads: string;
  readonly gaps: readonly Gap[];
  /** What `pawprint setup` puts into the assistant's hooks, and `pawprint hook` keeps. */
  readonly hook?: Hook;
}
