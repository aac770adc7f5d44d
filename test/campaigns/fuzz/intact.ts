import { SourceHarness } from "../../sources/harness.ts";
import { type HomeFile, put } from "../../sources/home.ts";
import { idsIn } from "../../sources/mutate.ts";
import type { RecordedHome } from "../../sources/recorded.ts";
import type { Tally } from "./tally.ts";

/** What an undamaged home contains. */
export interface Intact {
  /** Tokens of each response, by its key. */
  readonly responses: ReadonlyMap<string, readonly number[]>;
  /** Ids that can be changed to give a damaged copy of a record its own key. */
  readonly ids: ReadonlySet<string>;
  /** Times, epoch milliseconds, that are part of keys. */
  readonly times: ReadonlySet<string>;
}

/** Scans a home as it was recorded. */
export async function intactOf(home: RecordedHome, files: readonly HomeFile[]): Promise<Intact> {
  using harness = new SourceHarness([home.source]);
  for (const file of files) put(harness, file);
  await harness.scan();
  const keys = harness.all<{ key: string }>("SELECT key FROM response UNION SELECT key FROM action");
  const sessions = harness.all<{ session: string }>("SELECT DISTINCT session FROM dimension_set");
  // Session ids are not changed.
  const ids = new Set(keys.flatMap(({ key }) => idsIn(key))).difference(new Set(sessions.map((one) => one.session)));
  const times = new Set(keys.flatMap(({ key }) => key.match(/(?<=@)\d{13}(?=:)/g) ?? []));
  return { responses: tokensIn(harness), ids, times };
}

function tokensIn(harness: SourceHarness): Map<string, number[]> {
  const tokens = harness.responses.map((one) => {
    const { key, input, output, cacheRead, cacheWrite5m, cacheWrite1h } = one;
    return [key, [input, output, cacheRead, cacheWrite5m + cacheWrite1h]] as const;
  });
  return new Map(tokens.map(([key, counts]) => [key, [...counts]]));
}

/**
 * Scans a harness and checks all responses of the intact home. Each must have its original tokens, or with "at least"
 * no fewer, for a file that was itself damaged before. The ledger rebuilt from its journal must be the same.
 */
export async function checkNeighbours(
  harness: SourceHarness,
  { responses }: Intact,
  tally: Tally,
  what: string,
  how: "the same" | "at least" = "the same",
): Promise<void> {
  await tally.try(what, "", async () => {
    await harness.scan();
    const found = tokensIn(harness);
    for (const [key, counts] of responses) {
      tally.neighbours++;
      const now = found.get(key) ?? [];
      const holds = counts.every((count, index) =>
        how === "the same" ? now[index] === count : (now[index] ?? -1) >= count,
      );
      if (!holds) tally.failed.push(`${what}: ${key} is ${now.join("/")} instead of ${counts.join("/")}`);
    }
    const before = harness.dump();
    harness.ledger.rebuild();
    if (!Bun.deepEquals(harness.dump(), before))
      tally.failed.push(`${what}: the ledger rebuilt from its journal differs`);
  });
}
