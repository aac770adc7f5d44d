import { relative } from "node:path";
import { SourceHarness } from "./harness.ts";
import { filesOf, type HomeFile, put } from "./home.ts";
import type { RecordedHome } from "./recorded.ts";

/**
 * Facts, and skipped records by their path below the home. Records skipped as "no_history" are left out: they remain if
 * a total was read before the responses that it sums up.
 */
export const stateOf = (harness: SourceHarness): readonly string[] => [
  ...harness.dump().facts,
  ...harness.skipped
    .filter(({ reason }) => reason !== "no_history")
    .map(({ path, offset, reason }) => `${relative(harness.home, path)} ${offset} ${reason}`),
];

/** Files of a home, and what the ledger contains after reading all of them. */
export interface Known {
  readonly files: readonly HomeFile[];
  readonly own: readonly HomeFile[];
  readonly facts: readonly string[];
  readonly state: readonly string[];
}

const known = new Map<RecordedHome, Promise<Known>>();

/** Reads a home once for all tests. */
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

/** A harness with only the files beside a home's stores, or with all of its files, scanned. */
export async function harnessOf(home: RecordedHome, content: "siblings" | "all"): Promise<SourceHarness> {
  const { files } = await knownOf(home);
  const harness = new SourceHarness([home.source]);
  for (const file of files) if (content === "all" || !file.store) put(harness, file);
  if (content === "all") await harness.scan();
  return harness;
}
