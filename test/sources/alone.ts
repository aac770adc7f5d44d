import { join } from "node:path";
import "./loaded.ts";
import { sourceFileOf } from "../../src/collector/source-file.ts";
import type { Observation, SkipReason } from "../../src/model/observation.ts";
import type { Phase } from "../../src/sources/contract.ts";
import type { SourceHarness } from "./harness.ts";
import type { HomeFile } from "./home.ts";

/** What a source found in one record, read alone. */
export interface Alone {
  readonly observed: readonly Observation[];
  readonly skipped: readonly SkipReason[];
  /** What it remembers afterwards. */
  readonly memory: unknown;
}

/** Reads one line of a file, with what was remembered of those before; or a whole document. The file's neighbours lie in a harness. */
export function readAlone(
  harness: SourceHarness,
  { path, store, written }: HomeFile,
  pass: Phase,
  bytes: Buffer,
  offset: number,
  memory: unknown,
): Alone {
  const observed: Observation[] = [];
  const skipped: SkipReason[] = [];
  const findings = {
    memory: structuredClone(memory),
    observed: (one: Observation) => void observed.push(one),
    skipped: (_: number, reason: SkipReason) => void skipped.push(reason),
  };
  const full = join(harness.home, path);
  const file = sourceFileOf(full, written.getTime());
  if (store?.kind === "lines") store.read(pass, { ...file, bytes, offset, isOpen: false }, findings);
  else if (store?.kind === "document") store.read(pass, { ...file, bytes }, findings);
  else throw new Error(`${path} holds no records that could be read alone`);
  return { observed, skipped, memory: findings.memory };
}
