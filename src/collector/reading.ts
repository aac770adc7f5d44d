import { closeSync, openSync } from "node:fs";
import type { SkippedLine } from "../ledger/Files.ts";
import { type Entry, prepare } from "../ledger/prepare.ts";
import type { Observation } from "../model/observation.ts";
import type { Pass, Source } from "../sources/contract.ts";
import type { LineReader } from "./chunks.ts";

/** A stretch of a file that is to be read, in bytes; `to` is exclusive. */
export interface Stretch {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** Some of what a stretch held, ready for the ledger. */
export interface Part {
  readonly path: string;
  readonly entries: readonly Entry[];
  readonly skipped: readonly SkippedLine[];
  /** Bytes that were read for it. */
  readonly bytes: number;
  /** Everything before this byte has been told; null where no line was complete. */
  readonly reached: number | null;
  /** The stretch was read to its end, or could not be read at all. */
  readonly isLast: boolean;
  readonly isUnreadable: boolean;
}

/** Bytes after which a part is handed on. */
const PART = 8 * 1_048_576;

/** Reads a stretch part by part. A file that cannot be opened or read gives one part that says so. */
export function* readStretch(
  source: Source,
  pass: Pass,
  machine: string,
  { path, from, to }: Stretch,
  lines: LineReader,
): Generator<Part> {
  let observations: Observation[] = [];
  let skipped: SkippedLine[] = [];
  let bytes = 0;
  let reached: number | null = null;
  const part = (isLast: boolean, isUnreadable = false): Part => {
    const entries = prepare(machine, source.name, observations);
    const made = { path, entries, skipped, bytes, reached, isLast, isUnreadable };
    observations = [];
    skipped = [];
    bytes = 0;
    return made;
  };
  let fd: number | null = null;
  try {
    fd = openSync(path, "r");
    for (const piece of lines.read(fd, path, from, to)) {
      if ("tooLong" in piece) {
        skipped.push({ path, offset: piece.tooLong, reason: "line_too_long" });
        continue;
      }
      source.read(pass, piece, {
        observed: (one) => observations.push(one),
        skipped: (offset, reason) => skipped.push({ path, offset, reason }),
      });
      bytes += piece.bytes.length;
      if (!piece.isOpen) reached = piece.offset + piece.bytes.length;
      if (bytes >= PART) yield part(false);
    }
    yield part(true);
  } catch (error) {
    // What the system refuses concerns this file alone; anything else is a fault of ours.
    if (!(error instanceof Error && "syscall" in error)) throw error;
    yield part(true, true);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
