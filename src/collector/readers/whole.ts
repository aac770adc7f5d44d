import type { FileMark } from "../../ledger/sqlite/Files.ts";
import { readerVersionOf, type Source, type Store } from "../../sources/contract.ts";
import type { FoundFile } from "../walk.ts";
import type { FileStamp, Task } from "./contract.ts";

/**
 * Plans to read a file from beginning to end, whatever was read of it before; the source's state for the same file is
 * kept.
 */
export function wholeTask<S extends Store>(
  source: Source,
  store: S,
  { path, stat }: FoundFile,
  { size, mtime }: FileStamp,
  mark: FileMark | null,
): Task<S> {
  const isSame = mark?.inode === stat.ino;
  const identity = { path, source: source.name, store: store.name, device: stat.dev, inode: stat.ino, size, mtime };
  const memory = isSame ? (mark?.usageMemory ?? null) : null;
  const retries = { timeouts: isSame ? (mark?.timeouts ?? 0) : 0, retryAt: isSame ? (mark?.retryAt ?? null) : null };
  const state = { usageMemory: memory, activityMemory: isSame ? (mark?.activityMemory ?? null) : null };
  return {
    path,
    store,
    mark: {
      ...identity,
      head: 0,
      headLength: 0,
      usageOffset: 0,
      activityOffset: 0,
      prefix: null,
      ...state,
      ...retries,
      reader: readerVersionOf(source),
    },
    isRestarted: !isSame,
    from: 0,
    to: size,
    memory: memory === null ? null : (JSON.parse(memory) as unknown),
  };
}
