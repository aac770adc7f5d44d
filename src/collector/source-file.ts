import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SourceFile } from "../sources/contract.ts";
import { END_OF_TIMES } from "../utils/json.ts";

/** A file that is larger, as a whole, is none of an assistant's. */
export const LARGEST = 128 * 1_048_576;

/** When a file was written, as a time at which something can have happened: a file may have been given any time. */
export const writtenOf = (ms: number): number => Math.floor(Math.min(Math.max(ms, 1), END_OF_TIMES - 1));

/** A file that is read, and how its source looks at others in and near its folder. */
export function sourceFileOf(path: string, writtenMs: number): SourceFile {
  const at = (relative: string): string => join(dirname(path), relative);
  return {
    path,
    written: writtenOf(writtenMs),
    beside(relative) {
      try {
        // Only what has an end: no pipe, no device.
        const stat = statSync(at(relative));
        return stat.isFile() && stat.size <= LARGEST ? readFileSync(at(relative)) : null;
      } catch {
        return null;
      }
    },
    names(folder) {
      try {
        return readdirSync(at(folder)).toSorted();
      } catch {
        return [];
      }
    },
  };
}
