import { relative } from "node:path";
import { SourceHarness } from "./harness.ts";
import { filesOf, type HomeFile, put } from "./home.ts";
import type { RecordedHome } from "./recorded.ts";

/**
 * What is known, and what was not counted by its place below the home; but for sums that came before what they sum up: those
 * notes stay, as they would where it is gone.
 */
export const stateOf = (harness: SourceHarness): readonly string[] => [
  ...harness.dump().facts,
  ...harness.skipped
    .filter(({ reason }) => reason !== "no_history")
    .map(({ path, offset, reason }) => `${relative(harness.home, path)} ${offset} ${reason}`),
];

/** A home's files, and what is known once all of them were read. */
export interface Known {
  readonly files: readonly HomeFile[];
  readonly own: readonly HomeFile[];
  readonly facts: readonly string[];
  readonly state: readonly string[];
}

const known = new Map<RecordedHome, Promise<Known>>();

/** Reads a home once for all that ask. */
export function knownOf(home: RecordedHome): Promise<Known> {
  const read = async (): Promise<Known> => {
    const files = filesOf(home);
    using harness = new SourceHarness([home.source]);
    for (const file of files) put(harness, file);
    await harness.scan();
    return { files, own: files.filter(({ store }) => store), facts: harness.dump().facts, state: stateOf(harness) };
  };
  const promise = known.get(home) ?? read();
  known.set(home, promise);
  return promise;
}

/** A harness with what lies beside the files of a home, which are not there yet; or with all of them, read. */
export async function harnessOf(home: RecordedHome, with_: "beside" | "all"): Promise<SourceHarness> {
  const { files } = await knownOf(home);
  const harness = new SourceHarness([home.source]);
  for (const file of files) if (with_ === "all" || !file.store) put(harness, file);
  if (with_ === "all") await harness.scan();
  return harness;
}
