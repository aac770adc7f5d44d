import type { FileMark } from "../../ledger/sqlite/Files.ts";
import type { Emitter, Phase, Source, Store } from "../../sources/contract.ts";
import type { LineReader } from "../chunks.ts";
import type { FoundFile } from "../walk.ts";

/** What shows that a file has changed. */
export interface FileStamp {
  /** Bytes, including files that belong to it, such as a write-ahead log. */
  readonly size: number;
  /** Milliseconds, with the fraction that the file system stores. */
  readonly mtime: number;
}

/** What is to be read of one file. */
export interface Task<S extends Store = Store> {
  readonly path: string;
  readonly store: S;
  /** The file's mark once it is read. */
  readonly mark: FileMark;
  /** Whether it is read from its beginning; also set for new files, because a file may have had that path before. */
  readonly isRestarted: boolean;
  /** Offsets in bytes; `to` is exclusive. Files that are not read by lines are read whole. */
  readonly from: number;
  readonly to: number;
  /** The source's state after what precedes `from`. */
  readonly memory: unknown;
}

/** Progress of reading a file. */
export interface Step {
  /** Bytes read in this step. */
  readonly bytes: number;
  /** Everything before this offset has been emitted; null if that has not changed. */
  readonly reached: number | null;
  /** FileMark.prefix for that offset, if lines are read for usage. */
  prefix?: number;
}

/** Reads one kind of store. */
export interface StoreReader<S extends Store = Store> {
  stamp(found: FoundFile): FileStamp;
  /** Plans what to read of a file that is new or has changed since its mark. Throws what the system throws. */
  plan(source: Source, store: S, found: FoundFile, stamp: FileStamp, mark: FileMark | null): Task<S>;
  /** Reads step by step. A system error is thrown with the name of the call as `syscall`. */
  read(phase: Phase, task: Task<S>, emitter: Emitter, lines: LineReader): Iterable<Step> | AsyncIterable<Step>;
}
