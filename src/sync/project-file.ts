import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { errnoOf } from "../utils/errors.ts";
import { type Level, levels } from "../model/wire.ts";

/** How much of a project leaves: nothing, or one of levels. */
export type SentLevel = "off" | Level;

const rank: Readonly<Record<SentLevel, number>> = { off: 0, metrics: 1, details: 2 };

/** The lower one of two. */
export const lower = (a: SentLevel, b: SentLevel): SentLevel => (rank[a] <= rank[b] ? a : b);

/** The word as SentLevel; null if it is another word. */
export const sentLevelOf = (word: string): SentLevel | null =>
  word === "off" ? "off" : (levels.find((one) => one === word) ?? null);

/** Name of the file in a project's directory with one word: off, metrics or details. */
export const PROJECT_FILE = ".pawprint";
/** More than any of the words with spaces around it. */
const MAX_BYTES = 64;

/**
 * What the file in a directory says; null if there is none, and "unknown" if the directory is gone or cannot be reached. Of a
 * file that is a link, no regular file, too long, not readable or has another word nothing leaves: whoever wrote it wanted less.
 */
export function readProjectFile(directory: string): SentLevel | null | "unknown" {
  const path = `${directory}/${PROJECT_FILE}`;
  let fd: number;
  try {
    // A FIFO would block, and a link could lead anywhere.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT") return isThere(directory) ? null : "unknown";
    return code === "ENOTDIR" || !isListed(path) ? "unknown" : "off";
  }
  try {
    if (!fstatSync(fd).isFile()) return "off";
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    const length = readSync(fd, bytes, 0, bytes.length, 0);
    return length > MAX_BYTES ? "off" : (sentLevelOf(bytes.toString("utf8", 0, length).trim()) ?? "off");
  } catch {
    return "off";
  } finally {
    closeSync(fd);
  }
}

/** Whether there is something at a path, which may not be read. */
function isListed(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function isThere(directory: string): boolean {
  try {
    closeSync(openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY));
    return true;
  } catch (error) {
    return errnoOf(error) === "EACCES";
  }
}
