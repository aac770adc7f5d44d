import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Dimension, Filter, UsageRow } from "../../src/ledger/rows.ts";
import { rangesWithData } from "../../src/ledger/sqlite/intervals.ts";
import { FOREVER, offsetsIn, type OffsetInterval } from "../../src/model/calendar.ts";
import { dumpOf, folder, wrongSums } from "./dump.ts";
import { NOON, plainResponse, sourceObservations, type SourceObservation } from "./sample.ts";
import { ingest } from "./take.ts";
import { queriesOf } from "./queries.ts";

const DAY_MS = 86_400_000;
const WHOLE = { from: 0, to: FOREVER };
/**
 * Time zones with offsets of whole hours, :30 and :45, ahead of and behind UTC; one of them changes its clocks
 * near the samples' time.
 */
const zones = ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Pacific/Marquesas", "Europe/Berlin"];

const responseAt = (key: string, at: number, output: number): SourceObservation => ({
  source: "claude-code",
  reader: 1,
  observation: { kind: "response", key: `response:${key}`, body: { ...plainResponse, at, output } },
});

/** Sums by everything that a row is grouped by, however many rows a day came in. */
function merged(rows: readonly UsageRow[]): Record<string, number[]> {
  const sums: Record<string, number[]> = {};
  for (const row of rows) {
    const { responses, input, output, cacheWrite5m, cacheWrite1h, cacheRead, searches, cost, reasoning, ...place } =
      row;
    const key = JSON.stringify(Object.entries(place).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const counts = [responses, input, output, cacheWrite5m, cacheWrite1h, cacheRead, searches, cost, reasoning];
    sums[key] = counts.map((count, at) => count + (sums[key]?.[at] ?? 0));
  }
  return sums;
}

const queries = fc.record({
  zone: fc.constantFrom(...zones),
  from: fc.constantFrom(-3 * DAY_MS, -DAY_MS, -5_400_000, 0, 900_000),
  to: fc.constantFrom(900_000, 43_200_000, DAY_MS, 9 * DAY_MS, FOREVER - NOON),
  by: fc.subarray<Dimension>(["machine", "source", "project", "session", "bucket"], { maxLength: 2 }),
  filter: fc.constantFrom<Partial<Filter>>({}, {}, { model: "haiku" }, { source: "claude-code" }, { project: "api" }),
});

describe("day sums", () => {
  test("give the same results as bucket sums for any query", () => {
    fc.assert(
      fc.property(
        sourceObservations,
        sourceObservations,
        fc.array(queries, { minLength: 3, maxLength: 6 }),
        (before, after, all) => {
          using place = folder();
          const path = join(place.path, "with.db");
          using ledger = new Ledger(path, () => "here");
          using plain = new Ledger(join(place.path, "without.db"), () => "here");
          ingest(ledger, before);
          for (const { zone } of all.slice(1)) ledger.keepDays(offsetsIn(zone, NOON - DAY_MS, NOON + 9 * DAY_MS));
          ingest(ledger, after);
          ingest(plain, [...before, ...after]);
          expect(wrongSums(path)).toEqual([]);
          for (const { zone, from, to, by, filter } of all) {
            const range = { ...filter, from: NOON + from, to: NOON + to };
            const intervals = offsetsIn(zone, range.from, range.to);
            const [own, other] = [ledger, plain].map((one) =>
              merged(
                queriesOf(one).usage(
                  range,
                  intervals,
                  by.filter((name) => name !== "machine"),
                ),
              ),
            );
            expect(own).toEqual(other);
          }
          const kept = dumpOf(path).sums;
          ledger.rebuild();
          expect(dumpOf(path).sums).toEqual(kept);
          expect(wrongSums(path)).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  test("keep machines and assistants apart, whether the query requests it or not", () => {
    using place = folder();
    using ledger = new Ledger(join(place.path, "ledger.db"), () => "here");
    const other = { ...responseAt("2", NOON, 7), source: "codex" };
    ingest(ledger, [responseAt("1", NOON, 5), other]);
    const intervals: OffsetInterval[] = [{ from: NOON - DAY_MS, to: NOON + DAY_MS, offsetMs: 0 }];
    ledger.keepDays(intervals);
    const ask = (by: Dimension[]) => queriesOf(ledger).usage(WHOLE, intervals, by);
    const outputs = Object.fromEntries(ask(["source"]).map(({ source, output }) => [source, output]));
    expect(outputs).toEqual({ "claude-code": 5, codex: 7 });
    expect(new Set(ask(["machine"]).map(({ machine }) => machine))).toEqual(new Set([ledger.machine]));
    expect(ask([]).map(({ source, machine }) => source + machine)).toEqual(["", ""]);
  });

  test("are used for whole days and only for them", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    ingest(ledger, [responseAt("1", NOON - DAY_MS, 5), responseAt("2", NOON, 7)]);
    const intervals: OffsetInterval[] = [{ from: NOON - DAY_MS, to: NOON + 900_000, offsetMs: 19_800_000 }];
    ledger.keepDays(intervals);
    {
      using database = new Database(path);
      database.run("UPDATE usage_day SET output = output + 100");
    }
    const output = (from: number): number =>
      queriesOf(ledger)
        .usage(WHOLE, [{ from, to: NOON + 900_000, offsetMs: 19_800_000 }])
        .reduce((sum, row) => sum + row.output, 0);
    // Neither day is complete.
    expect(output(NOON - DAY_MS)).toBe(12);
    // In this time zone the previous day begins at 18:30 UTC.
    expect(output(NOON - DAY_MS - 17.5 * 3_600_000)).toBe(112);
  });

  test("are queried only for intervals with usage, although one time in the far future makes thousands of intervals", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    const far = Date.UTC(2199, 11, 31, 22, 59);
    ingest(ledger, [responseAt("1", NOON, 5), responseAt("2", NOON + DAY_MS, 7), responseAt("3", far, 9)]);
    const intervals = offsetsIn("Europe/Berlin", 0, FOREVER);
    expect(intervals.length).toBeGreaterThan(10_000);
    using database = new Database(path);
    const held = (some: readonly OffsetInterval[]) =>
      rangesWithData(database, "usage_bucket", some).map(({ from }) => from * 900_000);
    const ends = [NOON, far].flatMap((at) =>
      intervals.filter(({ from, to }) => from <= at && at < to).map(({ from }) => from),
    );
    expect(held(intervals)).toEqual(ends);
    expect(held(intervals.toReversed())).toEqual(ends.toReversed());
    const borders = [NOON, NOON + 900_000, NOON + DAY_MS, NOON + DAY_MS + 900_000];
    const pieces = borders.slice(1).map((to, at) => ({ from: borders[at] ?? 0, to, offsetMs: 0 }));
    expect(held(pieces)).toEqual([NOON, NOON + DAY_MS]);
    for (const kept of [false, true]) {
      if (kept) ledger.keepDays(intervals);
      const outputs = queriesOf(ledger)
        .usage(WHOLE, intervals)
        .map(({ output }) => output);
      expect(outputs.toSorted((a, b) => a - b)).toEqual([5, 7, 9]);
    }
  });

  test("are rebuilt with everything else, even if they covered a day without usage", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    ingest(ledger, [responseAt("1", NOON, 5)]);
    ledger.keepDays([{ from: NOON, to: NOON + DAY_MS, offsetMs: 0 }]);
    {
      using database = new Database(path);
      database.run("UPDATE usage_day SET day = day + 400");
    }
    expect(wrongSums(path)).not.toEqual([]);
    ledger.rebuild();
    expect(wrongSums(path)).toEqual([]);
  });

  test("are not created while another process writes: the results are the same, and a later report creates them", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    ingest(ledger, [responseAt("1", NOON, 5)]);
    const intervals: OffsetInterval[] = [{ from: NOON - DAY_MS, to: NOON + DAY_MS, offsetMs: 0 }];
    const output = () =>
      queriesOf(ledger)
        .usage(WHOLE, intervals)
        .map((row) => row.output);
    {
      using other = new Database(path);
      other.run("BEGIN IMMEDIATE");
      ledger.keepDays(intervals);
      expect(output()).toEqual([5]);
      other.run("ROLLBACK");
    }
    using database = new Database(path);
    const kept = () => database.query("SELECT ahead FROM day_offset").values();
    expect(kept()).toEqual([]);
    ledger.keepDays(intervals);
    expect(kept()).toEqual([[0]]);
    expect(output()).toEqual([5]);
    ingest(ledger, [responseAt("2", NOON, 7)]);
    expect(output()).toEqual([12]);
  });
});
