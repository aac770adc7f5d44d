import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Collector } from "../../src/collector/Collector.ts";
import { sources } from "../../src/sources/registry.ts";
import { recordedHomes } from "../sources/homes.ts";
import { type CountedResponse, RESPONSE_KEY, SourceHarness, type Totals } from "../sources/harness.ts";
import { harnessOf } from "../sources/known.ts";

setDefaultTimeout(60_000);

describe("the registry of assistants", () => {
  test.each(sources.map((source) => [source.name, source] as const))(
    "%s has a title, stores, gaps and, if it was tested, a recorded home",
    (_, source) => {
      expect(source.title).toMatch(/^[A-Z\p{L}][\w .-]+$/iu);
      expect(source.tested ?? "1.0").toMatch(/^\d+(\.\d+)*/);
      // A program and an option or a command of it; the id of a session follows.
      expect(source.resume ?? "x --y").toMatch(/^[a-z]+ (?:--)?[a-z]+$/);
      expect(source.stores.length).toBeGreaterThan(0);
      expect(new Set(source.stores.map(({ name }) => name)).size).toBe(source.stores.length);
      for (const { what, why } of source.gaps) for (const words of [what, why]) expect(words).toMatch(/^\S(.{3,}\S)$/);
      if (source.tested !== null) expect(recordedHomes.map((home) => home.source)).toContain(source);
      for (const store of source.stores)
        for (const root of store.roots({}, "/home/user")) expect(root).toStartWith("/home/user/");
    },
  );

  test.each([
    ["in the order of the registry", recordedHomes],
    ["in the opposite order, twice", [...recordedHomes.toReversed(), ...recordedHomes]],
  ])("in one ledger, read %s, all assistants give the same facts as each alone", async (_, homes) => {
    using harness = new SourceHarness([]);
    const alone = new Map<string, string>();
    for (const home of homes) {
      using own = await harnessOf(home, "all");
      for (const { key, ...counted } of own.responses)
        alone.set(`${home.source.name} ${key}`, JSON.stringify(tokensOf(counted)));
      const collector = new Collector(harness.ledger, [home.source], { env: {}, home: own.home, now: () => 0 });
      for (const phase of ["usage", "activity"] as const) await collector.scan(phase);
    }
    expect(factsIn(harness)).toEqual(alone);
    expect(sum([harness.totals])).toEqual(sum(recordedHomes.map(({ truth }) => truth)));
  });

  test("in one home, the files of all assistants are read by their own source only", async () => {
    const newest = [...new Map(recordedHomes.map((home) => [home.source.name, home])).values()];
    using harness = new SourceHarness(sources);
    for (const home of newest) home.place(harness);
    await harness.scan();
    expect(harness.skipped.filter(({ reason }) => reason === "unknown_format")).toEqual([]);
    expect(sum([harness.totals])).toEqual(sum(newest.map(({ truth }) => truth)));
    const before = harness.dump();
    expect((await harness.scan()).bytes).toBe(0);
    expect(harness.dump()).toEqual(before);
  });
});

const NAMES = ["responses", "input", "output", "cacheRead", "cacheWrite", "reasoning"] as const;
const sum = (totals: readonly Totals[]): number[] =>
  NAMES.map((name) => totals.reduce((total, one) => total + one[name], 0));

/** The tokens of each response, by assistant and key. */
function factsIn(harness: SourceHarness): Map<string, string> {
  const all = harness.all<CountedResponse & { source: string }>(
    `SELECT source, ${RESPONSE_KEY}, input, output, cache_write_5m AS cacheWrite5m, cache_write_1h AS cacheWrite1h,
     cache_read AS cacheRead, reasoning FROM response JOIN dimension_set ON dimension_set.id = dimension_id`,
  );
  const facts = new Map(all.map((one) => [`${one.source} ${one.key}`, JSON.stringify(tokensOf(one))]));
  expect(facts.size).toBe(all.length);
  return facts;
}

const tokensOf = ({
  input,
  output,
  cacheWrite5m,
  cacheWrite1h,
  cacheRead,
  reasoning,
}: Omit<CountedResponse, "key">) => [input, output, cacheWrite5m, cacheWrite1h, cacheRead, reasoning];
