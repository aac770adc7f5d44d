import { closeSync, openSync, readSync } from "node:fs";
import type { FileMark } from "../../ledger/Files.ts";
import { type Findings, type LineStore, type Pass, readerOf, type Source } from "../../sources/contract.ts";
import { endsLine, type LineReader, type Piece } from "../chunks.ts";
import type { Found } from "../walk.ts";
import type { Engine, Look, Step, Task } from "./contract.ts";
import { readPacked } from "./packed.ts";
import { wholeTask } from "./whole.ts";

/** Bytes of the beginning by which a file is known again. */
const HEAD = 1_024;
/** Stands for the time of a file that was not read to its end. */
export const UNFINISHED = -1;
/** A file that its program packed when it grew old; nothing is added to it. */
const PACKED = ".zst";

/** Files to which lines are added at the end. */
export const lineEngine: Engine<LineStore> = {
  look: ({ stat }) => ({ size: stat.size, mtime: stat.mtimeMs }),
  plan: (source, store, found, look, mark) =>
    found.path.endsWith(PACKED) ? wholeTask(source, store, found, look, null) : plan(source, store, found, look, mark),
  read: (pass, task, findings, lines) =>
    task.path.endsWith(PACKED) ? readPacked(pass, task, findings) : readLines(pass, task, findings, lines),
};

function* readLines(pass: Pass, task: Task<LineStore>, findings: Findings, lines: LineReader): Generator<Step> {
  const fd = openSync(task.path, "r");
  try {
    for (const piece of lines.read(fd, task.path, task.from, task.to)) {
      const step = tell(pass, task, piece, findings);
      if (pass === "usage" && step.reached !== null) step.prefix = prefixOf(fd, step.reached, piece);
      yield step;
    }
  } finally {
    closeSync(fd);
  }
}

function tell(pass: Pass, { store }: Task<LineStore>, piece: Piece, findings: Findings): Step {
  if ("tooLong" in piece) {
    if (piece.tooLong !== null) findings.skipped(piece.tooLong, "line_too_long");
    return { bytes: piece.length, reached: piece.end };
  }
  const { bytes, offset, isOpen } = piece;
  // An unfinished line is read again, and its source must then not remember that it saw it.
  const before = isOpen ? JSON.stringify(findings.memory) : null;
  store.read(pass, piece, findings);
  if (before !== null) findings.memory = JSON.parse(before) as unknown;
  return { bytes: bytes.length, reached: isOpen ? null : offset + bytes.length };
}

/** What is to be read of a file that is new or changed: the rest where it was only appended to, else all of it. */
function plan(
  source: Source,
  store: LineStore,
  { path, stat }: Found,
  { size, mtime }: Look,
  mark: FileMark | null,
): Task<LineStore> {
  const fd = openSync(path, "r");
  try {
    const headLength = mark?.headLength || Math.min(HEAD, size);
    const head = hashOf(fd, 0, headLength);
    const isSame = mark !== null && mark.inode === stat.ino && mark.head === head && size >= mark.usageOffset;
    const isAppended = isSame && (size > mark.size || mark.mtime === UNFINISHED) && isAsRead(fd, mark);
    const own = { path, source: source.name, store: store.name, device: stat.dev, inode: stat.ino, size, mtime };
    const from = isAppended ? mark.usageOffset : 0;
    const length = isAppended ? headLength : Math.min(HEAD, size);
    const usageMemory = isAppended ? mark.usageMemory : null;
    return {
      path,
      store,
      mark: {
        ...own,
        head: length === headLength ? head : hashOf(fd, 0, length),
        headLength: length,
        usageOffset: from,
        activityOffset: isAppended ? mark.activityOffset : 0,
        usageMemory,
        activityMemory: isAppended ? mark.activityMemory : null,
        reader: readerOf(source),
        prefix: isAppended ? mark.prefix : null,
        timeouts: 0,
        retryAt: null,
      },
      isRestarted: !isAppended,
      from,
      to: size,
      memory: usageMemory === null ? null : (JSON.parse(usageMemory) as unknown),
    };
  } finally {
    closeSync(fd);
  }
}

/** Whether a found file is the one of a mark: the same inode, which a new file may have got, and the same beginning. */
export function isSameFile({ path, stat }: Found, mark: FileMark): boolean {
  if (stat.ino !== mark.inode || stat.dev !== mark.device || stat.size < mark.headLength) return false;
  if (mark.headLength === 0) return true;
  try {
    const fd = openSync(path, "r");
    try {
      return hashOf(fd, 0, mark.headLength) === mark.head;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function hashOf(fd: number, at: number, length: number): number {
  const bytes = Buffer.alloc(length);
  const got = readSync(fd, bytes, 0, length, at);
  return Bun.hash.xxHash32(bytes.subarray(0, got));
}

/** Whether what was read of a file still stands there, as far as samples of it show. */
function isAsRead(fd: number, { prefix, usageOffset }: FileMark): boolean {
  return prefix === null ? endsLine(fd, usageOffset) : prefixOf(fd, usageOffset) === prefix;
}

/** Of a longer stretch than `whole` so many bytes at its end are hashed, and so many pieces of so many bytes before them. */
const SAMPLES = { whole: 65_536, end: 4_096, pieces: 16, bytes: 2_048 };
/** Used again for each hash: making room for one takes as long as filling it. */
const sample = Buffer.alloc(SAMPLES.whole);

/** Hash of samples of what lies before a place, or of all of it where that is not more than 64 KB; bytes of a piece that was read are not read again. */
function prefixOf(fd: number, end: number, piece?: Piece): number {
  const held = piece && "bytes" in piece && piece.offset === 0 && piece.bytes.length >= end ? piece.bytes : null;
  const { whole, pieces, bytes } = SAMPLES;
  const take = (to: number, length: number, from: number): void => {
    const got = held ? held.copy(sample, to, from, from + length) : readSync(fd, sample, to, length, from);
    // The file was made shorter meanwhile.
    if (got < length) sample.fill(0, to + got, to + length);
  };
  if (end <= whole) take(0, end, 0);
  else {
    for (let at = 0; at < pieces; at++) take(at * bytes, bytes, Math.floor(((end - SAMPLES.end) / pieces) * at));
    take(pieces * bytes, SAMPLES.end, end - SAMPLES.end);
  }
  return Bun.hash.xxHash32(sample.subarray(0, end <= whole ? end : pieces * bytes + SAMPLES.end));
}
