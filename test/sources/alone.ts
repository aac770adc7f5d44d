import { join } from "node:path";
import "./loaded.ts";
import { sourceFileOf } from "../../src/collector/source-file.ts";
import type { Observation, SkipReason } from "../../src/model/observation.ts";
import type { Phase } from "../../src/sources/contract.ts";
import type { SourceHarness } from "./harness.ts";
import type { HomeFile } from "./home.ts";

/** What a source emitted for one record, read alone. */
export interface RecordResult {
  readonly observed: readonly Observation[];
  readonly skipped: readonly SkipReason[];
  /** The reader's memory afterwards. */
  readonly memory: unknown;
}

/**
 * Reads one line of a file with the reader's memory from before it, or a whole document. Sibling files are read from
 * the harness.
 */
export function readAlone(
  harness: SourceHarness,
  { path, store, modifiedAt }: HomeFile,
  phase: Phase,
  bytes: Buffer,
  offset: number,
  memory: unknown,
): RecordResult {
  const observed: Observation[] = [];
  const skipped: SkipReason[] = [];
  const emitter = {
    memory: structuredClone(memory),
    emit: (one: Observation) => void observed.push(one),
    skip: (_: number, reason: SkipReason) => void skipped.push(reason),
  };
  const full = join(harness.home, path);
  const file = sourceFileOf(full, modifiedAt.getTime());
  if (store?.kind === "lines") store.read(phase, { ...file, bytes, offset, isOpen: false }, emitter);
  else if (store?.kind === "document") store.read(phase, { ...file, bytes }, emitter);
  else throw new Error(`${path} holds no records that can be read alone`);
  return { observed, skipped, memory: emitter.memory };
}
