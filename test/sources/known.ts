import { relative } from "node:path";
import { SourceDesk } from "./harness.ts";
import { filesOf, type HomeFile, put } from "./home.ts";
import type { RecordedHome } from "./recorded.ts";

/**
 * What is known, and what was not counted by its place below the home; but for sums that came before what they sum up: those
 * notes stay, as they would where it is gone.
 */
export const stateOf = (desk: SourceDesk): readonly string[] => [
  ...desk.dump().facts,
  ...desk.skipped
    .filter(({ reason }) => reason !== "no_history")
    .map(({ path, offset, reason }) => `${relative(desk.home, path)} ${offset} ${reason}`),
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
    using desk = new SourceDesk([home.source]);
    for (const file of files) put(desk, file);
    await desk.scan();
    return { files, own: files.filter(({ store }) => store), facts: desk.dump().facts, state: stateOf(desk) };
  };
  const promise = known.get(home) ?? read();
  known.set(home, promise);
  return promise;
}

/** A desk with what lies beside the files of a home, which are not there yet; or with all of them, read. */
export async function deskOf(home: RecordedHome, with_: "beside" | "all"): Promise<SourceDesk> {
  const { files } = await knownOf(home);
  const desk = new SourceDesk([home.source]);
  for (const file of files) if (with_ === "all" || !file.store) put(desk, file);
  if (with_ === "all") await desk.scan();
  return desk;
}
