import type { Observation, SkipReason } from "../model/observation.ts";
import type { Environment } from "../utils/config.ts";
import type { ShelfItem } from "../utils/shelf.ts";

/** What is read of a file: responses first, since every report needs them; then what sessions did. */
export type Pass = "usage" | "activity";

/** Complete lines of one file. */
export interface Chunk {
  /** Absolute path of the file, for what only its name tells. */
  readonly path: string;
  readonly bytes: Buffer;
  /** Bytes of the file before this chunk. */
  readonly offset: number;
  /** When the file was last written, epoch milliseconds: the last resort for what tells no time. */
  readonly written: number;
  /** The last line has no newline yet: what cannot be read of it is not skipped but waited for. */
  readonly isOpen: boolean;
}

/** Where a reader puts what it finds. */
export interface Findings {
  observed(observation: Observation): void;
  /** A line that looks like usage and is not counted, by its place in the file. */
  skipped(offset: number, reason: SkipReason): void;
}

/** An assistant whose files we can read. */
export interface Source extends ShelfItem {
  /** Directories in which its files may lie, absolute; some may be missing. */
  roots(env: Environment, home: string): string[];
  /** Whether a file below such a directory is one of its files, by the path relative to the directory. */
  owns(path: string): boolean;
  /** Reads one chunk. Throws nothing, whatever is in it. */
  read(pass: Pass, chunk: Chunk, findings: Findings): void;
}
