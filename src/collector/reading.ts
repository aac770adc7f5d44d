import type { SkippedLine } from "../ledger/sqlite/Files.ts";
import { hasPossibleTimes } from "../ledger/fold/times.ts";
import { isUsage, type Observation } from "../model/observation.ts";
import type { Emitter, Phase } from "../sources/contract.ts";
import type { LineReader } from "./chunks.ts";
import { readerFor } from "./readers/registry.ts";
import type { Task } from "./readers/contract.ts";
import { writtenOf } from "./source-file.ts";

/** A part of what a file contains. */
export interface FilePart {
  readonly observations: readonly Observation[];
  readonly skipped: readonly SkippedLine[];
  /** Bytes read for this part. */
  readonly bytes: number;
  /** Everything before this offset has been emitted; null if no line was complete. */
  readonly reached: number | null;
  /** FileMark.prefix for that offset; null if there is none. */
  readonly prefix: number | null;
  /** The source's state after this part, as JSON. */
  readonly memory: string | null;
  /** Whether the file was read to its end, or could not be read at all. */
  readonly isLast: boolean;
  readonly isUnreadable: boolean;
  /** Whether reading was stopped because it took too long or too much memory. */
  readonly isAbandoned?: true;
}

/** Bytes, or observations and skipped places, after which a part ends. */
const PART_LIMITS = { bytes: 8 * 1_048_576, observations: 20_000 };

/** Reads a file part by part. A file that cannot be opened or read yields one part with `isUnreadable`. */
export async function* readTask(phase: Phase, task: Task, lines: LineReader): AsyncGenerator<FilePart> {
  const { path } = task;
  let observations: Observation[] = [];
  let skipped: SkippedLine[] = [];
  let bytes = 0;
  let reached: number | null = null;
  let prefix: number | null = null;
  const emitter: Emitter = {
    memory: task.memory,
    emit(one) {
      if (hasPossibleTimes(one.kind, one.body)) return void observations.push(one);
      // The exact offset is not known here. Usage counts nevertheless, at the time the file was written.
      const offset = reached ?? task.from;
      const isCounted = isUsage(one.kind);
      skipped.push({ path, offset, reason: isCounted ? "no_time" : "bad_time" });
      const at = writtenOf(task.mark.mtime);
      if (isCounted) observations.push({ ...one, body: { ...(one as Observation<"response">).body, at } });
    },
    skip: (offset, reason) => skipped.push({ path, offset, reason }),
  };
  const part = (isLast: boolean, isUnreadable = false): FilePart => {
    const memory = emitter.memory === null ? null : JSON.stringify(emitter.memory);
    const result = { observations, skipped, bytes, reached, prefix, memory, isLast, isUnreadable };
    observations = [];
    skipped = [];
    bytes = 0;
    return result;
  };
  await task.store.load?.(phase);
  try {
    for await (const step of readerFor(task.store).read(phase, task, emitter, lines)) {
      bytes += step.bytes;
      if (step.reached !== null) [reached, prefix] = [step.reached, step.prefix ?? null];
      // The result of the last step is yielded together with `isLast`, so that nobody stops in between.
      if (reached === task.to) continue;
      if (bytes >= PART_LIMITS.bytes || observations.length + skipped.length >= PART_LIMITS.observations)
        yield part(false);
    }
    yield part(true);
  } catch (error) {
    // A system error concerns this file only; anything else is an internal error.
    if (!(error instanceof Error && "syscall" in error)) throw error;
    yield part(true, true);
  }
}
