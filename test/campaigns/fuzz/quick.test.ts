import { expect, test } from "bun:test";
import { recordedHomes } from "../../sources/homes.ts";
import { fuzzSource } from "./sources.ts";

/** A reduced run: bun run fuzz:sources damages ten thousand records of each source. */
const EXTENT = { records: 250, files: 1 };

for (const [name, homes] of Map.groupBy(recordedHomes, ({ source }) => source.name))
  test(`damaged records of ${name} do not crash the reader, are counted or skipped, and leave others intact`, async () => {
    const { failed, records, neighbours } = await fuzzSource(homes, EXTENT, 1);
    expect(failed).toEqual([]);
    expect(records).toBeGreaterThanOrEqual(EXTENT.records / 2);
    expect(neighbours).toBeGreaterThan(0);
  });
