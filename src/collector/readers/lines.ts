import { closeSync, openSync, readSync } from "node:fs";
import type { FileMark } from "../../ledger/sqlite/Files.ts";
import { type Emitter, type LineStore, type Phase, readerVersionOf, type Source } from "../../sources/contract.ts";
import { endsLine, type LineReader, type FilePiece } from "../chunks.ts";
import type { FoundFile } from "../walk.ts";
import type { StoreReader, FileStamp, Step, Task } from "./contract.ts";
import { readPacked } from "./packed.ts";
import { wholeTask } from "./whole.ts";

/** Bytes at the beginning of a file that identify it. */
const HEAD_BYTES = 1_024;
/** Modification time stored for a file that was not read to its end. */
export const UNFINISHED = -1;
/** A file that its program compressed when it grew old; nothing is appended to it. */
const PACKED = ".zst";

/** Reads files to which lines are appended. */
export const lineStoreReader: StoreReader<LineStore> = {
  stamp: ({ stat }) => ({ size: stat.size, mtime: stat.mtimeMs }),
  plan: (source, store, found, stamp, mark) =>
    found.path.endsWith(PACKED)
      ? wholeTask(source, store, found, stamp, null)
      : plan(source, store, found, stamp, mark),
  read: (phase, task, emitter, lines) =>
    task.path.endsWith(PACKED) ? readPacked(phase, task, emitter) : readLines(phase, task, emitter, lines),
};

function* readLines(phase: Phase, task: Task<LineStore>, emitter: Emitter, lines: LineReader): Generator<Step> {
  const fd = openSync(task.path, "r");
  try {
    for (const piece of lines.read(fd, task.path, task.from, task.to)) {
      const step = readPiece(phase, task, piece, emitter);
      if (phase === "usage" && step.reached !== null) step.prefix = prefixOf(fd, step.reached, piece);
      yield step;
    }
  } finally {
    closeSync(fd);
  }
}

function readPiece(phase: Phase, { store }: Task<LineStore>, piece: FilePiece, emitter: Emitter): Step {
  if ("tooLong" in piece) {
    if (piece.tooLong !== null) emitter.skip(piece.tooLong, "line_too_long");
    return { bytes: piece.length, reached: piece.end };
  }
  const { bytes, offset, isOpen } = piece;
  // An unfinished line is read again, so the source's state must not include it.
  const before = isOpen ? JSON.stringify(emitter.memory) : null;
  store.read(phase, piece, emitter);
  if (before !== null) emitter.memory = JSON.parse(before) as unknown;
  return { bytes: bytes.length, reached: isOpen ? null : offset + bytes.length };
}

/** Plans what to read of a new or changed file: the appended lines, or all of it if it was rewritten. */
function plan(
  source: Source,
  store: LineStore,
  { path, stat }: FoundFile,
  { size, mtime }: FileStamp,
  mark: FileMark | null,
): Task<LineStore> {
  const fd = openSync(path, "r");
  try {
    const headLength = mark?.headLength || Math.min(HEAD_BYTES, size);
    const head = hashOf(fd, 0, headLength);
    const isSame = mark !== null && mark.inode === stat.ino && mark.head === head && size >= mark.usageOffset;
    const isAppended = isSame && (size > mark.size || mark.mtime === UNFINISHED) && isAsRead(fd, mark);
    const identity = { path, source: source.name, store: store.name, device: stat.dev, inode: stat.ino, size, mtime };
    const from = isAppended ? mark.usageOffset : 0;
    const length = isAppended ? headLength : Math.min(HEAD_BYTES, size);
    const usageMemory = isAppended ? mark.usageMemory : null;
    return {
      path,
      store,
      mark: {
        ...identity,
        head: length === headLength ? head : hashOf(fd, 0, length),
        headLength: length,
        usageOffset: from,
        activityOffset: isAppended ? mark.activityOffset : 0,
        usageMemory,
        activityMemory: isAppended ? mark.activityMemory : null,
        reader: readerVersionOf(source),
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

/**
 * Whether a found file is that of a mark: the same inode, which a new file may have been given, and the same beginning.
 */
export function isSameFile({ path, stat }: FoundFile, mark: FileMark): boolean {
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
  const bytesRead = readSync(fd, bytes, 0, length, at);
  return Bun.hash.xxHash32(bytes.subarray(0, bytesRead));
}

/** Whether what was read of a file is still there, as far as samples of it show. */
function isAsRead(fd: number, { prefix, usageOffset }: FileMark): boolean {
  return prefix === null ? endsLine(fd, usageOffset) : prefixOf(fd, usageOffset) === prefix;
}

/** Of more than `whole` bytes, `end` bytes at the end and `pieces` times `bytes` before them are hashed. */
const SAMPLES = { whole: 65_536, end: 4_096, pieces: 16, bytes: 2_048 };
/** Reused for every hash: allocating a buffer takes as long as filling it. */
const sample = Buffer.alloc(SAMPLES.whole);

/**
 * Hashes samples of the bytes before an offset, or all of them up to 64 KB; bytes that `piece` already holds are not
 * read again.
 */
function prefixOf(fd: number, end: number, piece?: FilePiece): number {
  const held = piece && "bytes" in piece && piece.offset === 0 && piece.bytes.length >= end ? piece.bytes : null;
  const { whole, pieces, bytes } = SAMPLES;
  const take = (to: number, length: number, from: number): void => {
    const bytesRead = held ? held.copy(sample, to, from, from + length) : readSync(fd, sample, to, length, from);
    // The file was truncated meanwhile.
    if (bytesRead < length) sample.fill(0, to + bytesRead, to + length);
  };
  if (end <= whole) take(0, end, 0);
  else {
    for (let at = 0; at < pieces; at++) take(at * bytes, bytes, Math.floor(((end - SAMPLES.end) / pieces) * at));
    take(pieces * bytes, SAMPLES.end, end - SAMPLES.end);
  }
  return Bun.hash.xxHash32(sample.subarray(0, end <= whole ? end : pieces * bytes + SAMPLES.end));
}
