import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SourceFile } from "../sources/contract.ts";
import { END_OF_TIME } from "../utils/json.ts";

/** The largest file that is read as a whole; no assistant's file is larger. */
export const MAX_FILE_BYTES = 128 * 1_048_576;

/** The time when a file was last written, limited to possible times, because a file may have any modification time. */
export const writtenOf = (ms: number): number => Math.floor(Math.min(Math.max(ms, 1), END_OF_TIME - 1));

/** A file being read, with access to the files near it. */
export function sourceFileOf(path: string, writtenMs: number): SourceFile {
  const at = (relative: string): string => join(dirname(path), relative);
  return {
    path,
    modifiedAt: writtenOf(writtenMs),
    readSibling(relative) {
      try {
        // Regular files only: a pipe or a device may never end.
        const stat = statSync(at(relative));
        return stat.isFile() && stat.size <= MAX_FILE_BYTES ? readFileSync(at(relative)) : null;
      } catch {
        return null;
      }
    },
    listFolder(folder) {
      try {
        return readdirSync(at(folder)).toSorted();
      } catch {
        return [];
      }
    },
  };
}
