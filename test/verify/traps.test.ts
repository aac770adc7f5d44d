import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { sources } from "../../src/sources/registry.ts";
import { compare, type Difference, sumOf } from "../../src/verify/compare.ts";
import { recountFiles } from "../../src/verify/recount-files.ts";
import { snapshotOf } from "../../src/verify/snapshot.ts";
import { cannotSet, traps, withHome } from "../traps/trap.ts";

/** Homes in which lines that were read are removed later. */
const HISTORIES = new Set(["deleted-after-thirty-days", "replaced-by-a-shorter-file", "replaced-by-the-same-size"]);

/** The differences between a ledger that was filled step by step and the current files. */
async function differencesIn(home: string, env: Record<string, string>): Promise<Difference[]> {
  const path = join(home, "ledger", "ledger.db");
  using ledger = new Ledger(path, () => "here");
  const collector = new Collector(ledger, sources, { env, home, now: () => 1 });
  const { unreadable } = await collector.scan("usage");
  await collector.scan("activity");
  const { facts, wrongSums, read, vanished } = snapshotOf(path);
  const { recount, changed } = recountFiles(env, home, read, Number.POSITIVE_INFINITY);
  expect(wrongSums).toEqual([]);
  const found = compare(facts, recount, { vanished, changed, unreadable });
  if (found.length === 0) expect(sumOf(facts)).toEqual(sumOf(recount.responses));
  return found;
}

describe("verify after a main transcript was deleted", () => {
  const names = new Set([
    "side-question-replays-with-other-counts",
    "gateway-reuses-its-id-in-subagents",
    "fork-of-a-fork",
  ]);
  test.each(
    traps()
      .filter(({ name }) => names.has(name))
      .map((trap) => [trap.name, trap] as const),
  )("verify explains every difference in %s", async (_, trap) => {
    const causes = await withHome(trap, async (home, env) => {
      const [session = ""] = Object.keys(trap.truth.bySession ?? {});
      await differencesIn(home, env);
      rmSync(join(home, ".claude/projects/-home-dev-work-x", `${session}.jsonl`));
      return (await differencesIn(home, env)).map(({ cause }) => cause);
    });
    expect(causes).not.toContain(null);
    expect(causes.length > 0).toBe(trap.name !== "fork-of-a-fork");
  });
});

describe("verify finds no difference in a trap, or explains it", () => {
  for (const trap of traps()) {
    test.skipIf(cannotSet(trap) !== null)(`${trap.name}: ${trap.meaning}`, async () => {
      const found = await withHome(trap, differencesIn);
      expect(found.filter(({ cause }) => cause === null)).toEqual([]);
      if (!HISTORIES.has(trap.name)) expect(found).toEqual([]);
    });
  }
});
