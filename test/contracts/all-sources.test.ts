import { describe, expect, test } from "bun:test";
import { Collector } from "../../src/collector/Collector.ts";
import { sources } from "../../src/sources/registry.ts";
import { recordedHomes } from "../sources/homes.ts";
import { type CountedResponse, RESPONSE_KEY, SourceHarness, type Totals } from "../sources/harness.ts";
import { harnessOf } from "../sources/known.ts";

describe("the registry of assistants", () => {
  test.each(sources.map((source) => [source.name, source] as const))(
    "%s has a title, stores, gaps and, if it was tested, a recorded home",
    (_, source) => {
      expect(source.title).toMatch(/^[A-Z\p{L}][\w .-]+$/iu);
      expect(source.tested ?? "1.0").toMatch(/^\d+(\.\d+)*/);
      expect(source.stores.length).toBeGreaterThan(0);
      expect(new Set(source.stores.map(({ name }) => name)).size).toBe(source.stores.length);
      for (const { what, why } of source.gaps) for (const words of [what, why]) expect(words).toMatch(/^\S(.{3,}\S)$/);
      if (source.tested !== null) expect(recordedHomes.map((home) => home.source)).toContain(source);
      for (const store of source.stores)
        for (const root of store.roots({}, "/home/user")) expect(root).toStartWith("/home/user/");
    },
  );

  test("in one ledger, all assistants give the same facts as each alone", async () => {
    using harness = new SourceHarness([]);
    const alone = new Map<string, string>();
    for (const home of recordedHomes) {
      using own = await harnessOf(home, "all");
      for (const { key, ...counted } of own.responses)
        alone.set(`${home.source.name} ${key}`, JSON.stringify(tokensOf(counted)));
      const collector = new Collector(harness.ledger, [home.source], { env: {}, home: own.home, now: () => 0 });
      for (const phase of ["usage", "activity"] as const) await collector.scan(phase);
    }
    const all = harness.all<CountedResponse & { source: string }>(
      `SELECT source, ${RESPONSE_KEY}, input, output, cache_write_5m AS cacheWrite5m, cache_write_1h AS cacheWrite1h,
       cache_read AS cacheRead, reasoning FROM response JOIN dimension_set ON dimension_set.id = dimension_id`,
    );
    const together = all.map((one) => [`${one.source} ${one.key}`, JSON.stringify(tokensOf(one))] as const);
    expect(together.length).toBe(alone.size);
    expect(new Map<string, string>(together)).toEqual(alone);
    const sum = (totals: readonly Totals[]): number[] =>
      (["responses", "input", "output", "cacheRead", "cacheWrite", "reasoning"] as const).map((name) =>
        totals.reduce((total, one) => total + one[name], 0),
      );
    expect(sum([harness.totals])).toEqual(sum(recordedHomes.map(({ truth }) => truth)));
  });
});

const tokensOf = ({
  input,
  output,
  cacheWrite5m,
  cacheWrite1h,
  cacheRead,
  reasoning,
}: Omit<CountedResponse, "key">) => [input, output, cacheWrite5m, cacheWrite1h, cacheRead, reasoning];
