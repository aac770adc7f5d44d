import { renameSync } from "node:fs";
import { basename, dirname } from "node:path";
import { namesIn, removeIfPresent, syncDirectory } from "../utils/files.ts";

/**
 * The numbered files beside a log file: <path>.000001, <path>.000002, ... of its rotation, and <path>.torn-000001, ... with
 * fragments. At most `maxFiles` of each are kept.
 */
export class RotatedFiles {
  readonly #path: string;
  readonly #maxFiles: number;

  constructor(path: string, maxFiles: number) {
    this.#path = path;
    this.#maxFiles = maxFiles;
  }

  /** Rotates the log file by a single rename to the next number, so that a kill -9 loses no file. */
  rotate(): void {
    renameSync(this.#path, this.next(""));
    syncDirectory(dirname(this.#path));
    this.prune("");
  }

  /** Returns the rotated files, oldest first, and the log file itself last if it exists. */
  all(): string[] {
    const exists = namesIn(dirname(this.#path)).includes(basename(this.#path));
    return [...this.numbered(""), ...(exists ? [this.#path] : [])];
  }

  /** Returns the files <path>.<prefix><number>, ordered by number. */
  numbered(prefix: "" | "torn-"): string[] {
    const start = `${basename(this.#path)}.${prefix}`;
    const directory = dirname(this.#path);
    return namesIn(directory)
      .filter((name) => name.startsWith(start) && /^\d{6,}$/.test(name.slice(start.length)))
      .toSorted((a, b) => Number(a.slice(start.length)) - Number(b.slice(start.length)))
      .map((name) => `${directory}/${name}`);
  }

  /** Returns the path of the next numbered file. */
  next(prefix: "" | "torn-"): string {
    const last = Number(this.numbered(prefix).at(-1)?.match(/\d+$/)?.[0] ?? 0);
    return `${this.#path}.${prefix}${String(last + 1).padStart(6, "0")}`;
  }

  /** Removes the oldest numbered files. */
  prune(prefix: "" | "torn-"): void {
    for (const file of this.numbered(prefix).slice(0, -this.#maxFiles)) removeIfPresent(file);
  }
}
