import type { FileMark } from "../../ledger/sqlite/Files.ts";
import type { Emitter, Phase, Source, Store } from "../../sources/contract.ts";
import type { LineReader } from "../chunks.ts";
import type { Found } from "../walk.ts";

/** By what a change of a file is noticed. */
export interface FileLook {
  /** Bytes, those of files that belong to it included. */
  readonly size: number;
  /** Milliseconds, with the fraction that the file system keeps. */
  readonly mtime: number;
}

/** What is to be read of one file. */
export interface Task<S extends Store = Store> {
  readonly path: string;
  readonly store: S;
  /** How the file will be noted, once it is read. */
  readonly mark: FileMark;
  /** It is read from its beginning: also where it is new, since it may have been here before. */
  readonly isRestarted: boolean;
  /** Bytes; `to` is exclusive. What is no list of lines is read whole. */
  readonly from: number;
  readonly to: number;
  /** What the source remembered of what lies before. */
  readonly memory: unknown;
}

/** Some of a file has been read. */
export interface Step {
  /** How many bytes that were. */
  readonly bytes: number;
  /** Everything before this byte has been told; null where that has not changed. */
  readonly reached: number | null;
  /** FileMark.prefix for that byte, where lines are read for usage. */
  prefix?: number;
}

/** How one kind of store is read. */
export interface StoreReader<S extends Store = Store> {
  look(found: Found): FileLook;
  /** What is to be read of a file that is new or changed since its mark. Throws what the system refuses. */
  plan(source: Source, store: S, found: Found, look: FileLook, mark: FileMark | null): Task<S>;
  /** Reads step by step. Throws what the system refuses, with the name of the call as `syscall`. */
  read(pass: Phase, task: Task<S>, findings: Emitter, lines: LineReader): Iterable<Step> | AsyncIterable<Step>;
}
