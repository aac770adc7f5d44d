import type { Finding } from "../model/finding.ts";
import type { Sample } from "../model/pace.ts";
import { readOwn, removeIfPresent, replaceFile } from "../utils/files.ts";
import type { CountedUsage } from "./accounting/usage-in-records.ts";
import type { RecordedLimits } from "./limits.ts";
import type { LogFiles } from "./LogFiles.ts";
import type { StatusAnswer } from "./types.ts";

/** What a capture of one account keeps for the next one. */
export interface ScopeMemory {
  /** The newest status answers, reused for sessions that start shortly after. */
  readonly answers: { readonly at: number; readonly status: StatusAnswer } | null;
  readonly samples: readonly Sample[];
  readonly findings: readonly Finding[];
}

/** What a worker keeps for the next one. It is a cache: what is missing is read from the log, except `answers`. */
export interface Memory {
  /** The usage of this machine that records have counted. */
  readonly usage: CountedUsage | null;
  /** The recorded limits of other assistants. Null while a record of them is being written. */
  readonly limits: RecordedLimits | null;
  /** By account (Places.scope), with the time of its last capture (epoch milliseconds). */
  readonly scopes: Readonly<Record<string, ScopeMemory & { readonly at: number }>>;
}

const VERSION = 1;
/** Largest file that is read, bytes. One account needs at most 200 KB. */
const MAX_BYTES = 16 * 1_048_576;

/**
 * Reads the memory from its file. A file of an earlier version is removed when the memory is saved; if it is there, that
 * version was the last to write records, and its content is newer than that of the memory.
 */
export function loadMemory({ memory, earlier }: LogFiles, scope: string): Memory {
  const saved = { usage: null, limits: null, scopes: {}, ...(parse(readCache(memory, MAX_BYTES)) as Memory | null) };
  const usage = parse(readCache(earlier.usage)) as CountedUsage | null;
  const own = parse(readCache(earlier.memory)) as ScopeMemory | null;
  return {
    usage: usage ?? saved.usage,
    limits: usage === null ? saved.limits : null,
    scopes: own === null ? saved.scopes : { ...saved.scopes, [scope]: { ...own, at: 0 } },
  };
}

/** Saves the memory in its file. Throws the system's error. */
export function saveMemory(files: LogFiles, memory: Memory): void {
  replaceFile(files.memory, `${JSON.stringify({ version: VERSION, ...memory })}\n`);
  for (const path of Object.values(files.earlier)) removeIfPresent(path);
}

/** Returns the text of one of our cache files; null if it is missing or foreign. Such a file is later replaced by a rename. */
export function readCache(path: string, cap?: number): string | null {
  try {
    return readOwn(path, cap);
  } catch {
    return null;
  }
}

/** Parses the content of a file of this version; null if it is missing, damaged or of another version. */
function parse(text: string | null): object | null {
  try {
    const { version, ...content } = JSON.parse(text ?? "null") as { version?: unknown };
    return version === VERSION ? content : null;
  } catch {
    return null;
  }
}
