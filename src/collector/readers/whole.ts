import type { FileMark } from "../../ledger/sqlite/Files.ts";
import { readerOf, type Source, type Store } from "../../sources/contract.ts";
import type { Found } from "../walk.ts";
import type { FileLook, Task } from "./contract.ts";

/** Reading a file from its beginning to its end, whatever was read of it before; what is remembered of the same file stays. */
export function wholeTask<S extends Store>(
  source: Source,
  store: S,
  { path, stat }: Found,
  { size, mtime }: FileLook,
  mark: FileMark | null,
): Task<S> {
  const isSame = mark?.inode === stat.ino;
  const own = { path, source: source.name, store: store.name, device: stat.dev, inode: stat.ino, size, mtime };
  const memory = isSame ? (mark?.usageMemory ?? null) : null;
  const retries = { timeouts: isSame ? (mark?.timeouts ?? 0) : 0, retryAt: isSame ? (mark?.retryAt ?? null) : null };
  const remembered = { usageMemory: memory, activityMemory: isSame ? (mark?.activityMemory ?? null) : null };
  return {
    path,
    store,
    mark: {
      ...own,
      head: 0,
      headLength: 0,
      usageOffset: 0,
      activityOffset: 0,
      prefix: null,
      ...remembered,
      ...retries,
      reader: readerOf(source),
    },
    isRestarted: !isSame,
    from: 0,
    to: size,
    memory: memory === null ? null : (JSON.parse(memory) as unknown),
  };
}
