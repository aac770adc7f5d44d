import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Dimension, Filter, UsageRow } from "../../src/ledger/rows.ts";
import { inhabited } from "../../src/ledger/sqlite/intervals.ts";
import { FOREVER, offsetsIn, type OffsetInterval } from "../../src/model/calendar.ts";
import { dumpOf, folder, wrongSums } from "./dump.ts";
import { NOON, plainResponse, toldBySources, type Told } from "./sample.ts";
import { take } from "./take.ts";

const DAY_MS = 86_400_000;
const WHOLE = { from: 0, to: FOREVER };
/** Zones of whole, half and quarter hours, ahead and behind, one of them with a change of its clocks about the samples' time. */
const zones = ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Pacific/Marquesas", "Europe/Berlin"];

const responseAt = (key: string, at: number, output: number): Told => ({
  source: "claude-code",
  reader: 1,
  observation: { kind: "response", key: `response:${key}`, body: { ...plainResponse, at, output } },
});

/** An answer as it is meant: sums by everything that a row tells, however many parts a day came in. */
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

const asked = fc.record({
  zone: fc.constantFrom(...zones),
  from: fc.constantFrom(-3 * DAY_MS, -DAY_MS, -5_400_000, 0, 900_000),
  to: fc.constantFrom(900_000, 43_200_000, DAY_MS, 9 * DAY_MS, FOREVER - NOON),
  by: fc.subarray<Dimension>(["machine", "source", "project", "session", "quarter"], { maxLength: 2 }),
  filter: fc.constantFrom<Partial<Filter>>({}, {}, { model: "haiku" }, { source: "claude-code" }, { project: "api" }),
});

describe("days", () => {
  test("answer as quarter hours do, whatever is asked", () => {
    fc.assert(
      fc.property(
        toldBySources,
        toldBySources,
        fc.array(asked, { minLength: 3, maxLength: 6 }),
        (before, after, all) => {
          using place = folder();
          const path = join(place.path, "with.db");
          using ledger = new Ledger(path, () => "here");
          using plain = new Ledger(join(place.path, "without.db"), () => "here");
          take(ledger, before);
          for (const { zone } of all.slice(1)) ledger.keepDays(offsetsIn(zone, NOON - DAY_MS, NOON + 9 * DAY_MS));
          take(ledger, after);
          take(plain, [...before, ...after]);
          expect(wrongSums(path)).toEqual([]);
          for (const { zone, from, to, by, filter } of all) {
            const range = { ...filter, from: NOON + from, to: NOON + to };
            const stretches = offsetsIn(zone, range.from, range.to);
            const [own, other] = [ledger, plain].map((one) =>
              merged(
                one.queries.usage(
                  range,
                  stretches,
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

  test("are told apart by machine and by assistant where that is asked for, and also where it is not", () => {
    using place = folder();
    using ledger = new Ledger(join(place.path, "ledger.db"), () => "here");
    const other = { ...responseAt("2", NOON, 7), source: "codex" };
    take(ledger, [responseAt("1", NOON, 5), other]);
    const stretches: OffsetInterval[] = [{ from: NOON - DAY_MS, to: NOON + DAY_MS, offsetMs: 0 }];
    ledger.keepDays(stretches);
    const ask = (by: Dimension[]) => ledger.queries.usage(WHOLE, stretches, by);
    const outputs = Object.fromEntries(ask(["source"]).map(({ source, output }) => [source, output]));
    expect(outputs).toEqual({ "claude-code": 5, codex: 7 });
    expect(new Set(ask(["machine"]).map(({ machine }) => machine))).toEqual(new Set([ledger.machine]));
    expect(ask([]).map(({ source, machine }) => source + machine)).toEqual(["", ""]);
  });

  test("are what whole days are answered from, and only those", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    take(ledger, [responseAt("1", NOON - DAY_MS, 5), responseAt("2", NOON, 7)]);
    const stretches: OffsetInterval[] = [{ from: NOON - DAY_MS, to: NOON + 900_000, offsetMs: 19_800_000 }];
    ledger.keepDays(stretches);
    {
      using database = new Database(path);
      database.run("UPDATE usage_day SET output = output + 100");
    }
    const output = (from: number): number =>
      ledger.queries
        .usage(WHOLE, [{ from, to: NOON + 900_000, offsetMs: 19_800_000 }])
        .reduce((sum, row) => sum + row.output, 0);
    // Both days are cut.
    expect(output(NOON - DAY_MS)).toBe(12);
    // In this zone the day before begins at 18:30 UTC.
    expect(output(NOON - DAY_MS - 17.5 * 3_600_000)).toBe(112);
  });

  test("are asked for only where there is something: one time far ahead makes hundreds of stretches", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    const far = Date.UTC(2199, 11, 31, 22, 59);
    take(ledger, [responseAt("1", NOON, 5), responseAt("2", NOON + DAY_MS, 7), responseAt("3", far, 9)]);
    const stretches = offsetsIn("Europe/Berlin", 0, FOREVER);
    expect(stretches.length).toBeGreaterThan(10_000);
    using database = new Database(path);
    const held = (some: readonly OffsetInterval[]) =>
      inhabited(database, "usage_quarter", some).map(({ from }) => from * 900_000);
    const ends = [NOON, far].flatMap((at) =>
      stretches.filter(({ from, to }) => from <= at && at < to).map(({ from }) => from),
    );
    expect(held(stretches)).toEqual(ends);
    expect(held(stretches.toReversed())).toEqual(ends.toReversed());
    const borders = [NOON, NOON + 900_000, NOON + DAY_MS, NOON + DAY_MS + 900_000];
    const pieces = borders.slice(1).map((to, at) => ({ from: borders[at] ?? 0, to, offsetMs: 0 }));
    expect(held(pieces)).toEqual([NOON, NOON + DAY_MS]);
    for (const kept of [false, true]) {
      if (kept) ledger.keepDays(stretches);
      const told = ledger.queries.usage(WHOLE, stretches).map(({ output }) => output);
      expect(told.toSorted((a, b) => a - b)).toEqual([5, 7, 9]);
    }
  });

  test("are made anew with all else, also where they told of a day on which nothing was", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    take(ledger, [responseAt("1", NOON, 5)]);
    ledger.keepDays([{ from: NOON, to: NOON + DAY_MS, offsetMs: 0 }]);
    {
      using database = new Database(path);
      database.run("UPDATE usage_day SET day = day + 400");
    }
    expect(wrongSums(path)).not.toEqual([]);
    ledger.rebuild();
    expect(wrongSums(path)).toEqual([]);
  });

  test("are not waited for: where another process writes, the answer is the same, and a later report keeps them", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    take(ledger, [responseAt("1", NOON, 5)]);
    const stretches: OffsetInterval[] = [{ from: NOON - DAY_MS, to: NOON + DAY_MS, offsetMs: 0 }];
    const output = () => ledger.queries.usage(WHOLE, stretches).map((row) => row.output);
    {
      using other = new Database(path);
      other.run("BEGIN IMMEDIATE");
      ledger.keepDays(stretches);
      expect(output()).toEqual([5]);
      other.run("ROLLBACK");
    }
    using database = new Database(path);
    const kept = () => database.query("SELECT ahead FROM day_offset").values();
    expect(kept()).toEqual([]);
    ledger.keepDays(stretches);
    expect(kept()).toEqual([[0]]);
    expect(output()).toEqual([5]);
    take(ledger, [responseAt("2", NOON, 7)]);
    expect(output()).toEqual([12]);
  });
});
