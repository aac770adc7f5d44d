import type { SkippedLine } from "../ledger/Files.ts";
import { hasPossibleTimes } from "../ledger/times.ts";
import type { Observation } from "../model/observation.ts";
import type { Findings, Pass } from "../sources/contract.ts";
import type { LineReader } from "./chunks.ts";
import { engineOf } from "./engines/all.ts";
import type { Task } from "./engines/contract.ts";
import { writtenOf } from "./source-file.ts";

/** Some of what a file held. */
export interface Part {
  readonly observations: readonly Observation[];
  readonly skipped: readonly SkippedLine[];
  /** Bytes that were read for it. */
  readonly bytes: number;
  /** Everything before this byte has been told; null where no line was complete. */
  readonly reached: number | null;
  /** FileMark.prefix for that byte; null where it has none. */
  readonly prefix: number | null;
  /** What the source remembers of what was told, as JSON. */
  readonly memory: string | null;
  /** The file was read to its end, or could not be read at all. */
  readonly isLast: boolean;
  readonly isUnreadable: boolean;
  /** The reading was stopped because it took too long or too much memory. */
  readonly isAbandoned?: true;
}

/** Bytes, or observations and places that are skipped, after which a part is handed on. */
const PART = { bytes: 8 * 1_048_576, observations: 20_000 };

/** Reads a file part by part. One that cannot be opened or read gives one part that says so. */
export async function* readTask(pass: Pass, task: Task, lines: LineReader): AsyncGenerator<Part> {
  const { path } = task;
  let observations: Observation[] = [];
  let skipped: SkippedLine[] = [];
  let bytes = 0;
  let reached: number | null = null;
  let prefix: number | null = null;
  const findings: Findings = {
    memory: task.memory,
    observed(one) {
      if (hasPossibleTimes(one.kind, one.body)) return void observations.push(one);
      // Where in what was read last it stands is not known here. What was used counts all the same, when the file was written.
      const offset = reached ?? task.from;
      const isUsage = one.kind === "response" || one.kind === "rest";
      skipped.push({ path, offset, reason: isUsage ? "no_time" : "bad_time" });
      const at = writtenOf(task.mark.mtime);
      if (isUsage) observations.push({ ...one, body: { ...(one as Observation<"response">).body, at } });
    },
    skipped: (offset, reason) => skipped.push({ path, offset, reason }),
  };
  const part = (isLast: boolean, isUnreadable = false): Part => {
    const memory = findings.memory === null ? null : JSON.stringify(findings.memory);
    const made = { observations, skipped, bytes, reached, prefix, memory, isLast, isUnreadable };
    observations = [];
    skipped = [];
    bytes = 0;
    return made;
  };
  await task.store.load?.();
  try {
    for await (const step of engineOf(task.store).read(pass, task, findings, lines)) {
      bytes += step.bytes;
      if (step.reached !== null) [reached, prefix] = [step.reached, step.prefix ?? null];
      // What the last step told is handed on with word that it was the last, so that nobody stops in between.
      if (reached === task.to) continue;
      if (bytes >= PART.bytes || observations.length + skipped.length >= PART.observations) yield part(false);
    }
    yield part(true);
  } catch (error) {
    // What the system refuses concerns this file alone; anything else is a fault of ours.
    if (!(error instanceof Error && "syscall" in error)) throw error;
    yield part(true, true);
  }
}
