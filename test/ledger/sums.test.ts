import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { Observation } from "../../src/model/observation.ts";
import { dumpOf, folder, wrongSums } from "./dump.ts";
import { plainResponse } from "./sample.ts";
import { queriesOf } from "./queries.ts";

const NOTHING = { cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };
const remainder = (input: number, output: number): Observation => ({
  kind: "rest",
  key: "rest:r1",
  body: { ...plainResponse, ...NOTHING, input, output },
});

/** Tokens of the responses in a ledger after ingesting these observations in one batch each. */
function counted(...observations: readonly Observation[]): number[][] {
  using place = folder();
  const path = join(place.path, "ledger.db");
  using ledger = new Ledger(path, () => "here");
  const rows = (): number[][] =>
    queriesOf(ledger)
      .responses({ from: 0, to: Number.MAX_SAFE_INTEGER })
      .map(({ input, output }) => [input, output]);
  for (const one of observations) {
    const entries = prepare(ledger.machine, "an-assistant", [one]);
    ledger.ingest({ source: "an-assistant", entries, skipped: [], restarted: [], files: [] });
    expect(wrongSums(path)).toEqual([]);
  }
  const facts = rows();
  const before = dumpOf(path);
  ledger.rebuild();
  expect(dumpOf(path)).toEqual(before);
  return facts;
}

describe("the remainder of a total", () => {
  test("is the smallest that was observed, because it shrinks as more responses become known", () => {
    expect(counted(remainder(70, 9), remainder(40, 5), remainder(60, 1))).toEqual([[40, 5]]);
    expect(counted(remainder(40, 5), remainder(60, 1), remainder(70, 9))).toEqual([[40, 5]]);
  });

  test("is empty if all responses are known, and stays empty", () => {
    expect(counted(remainder(0, 0))).toEqual([]);
    expect(counted(remainder(70, 9), remainder(0, 0))).toEqual([]);
    expect(counted(remainder(0, 0), remainder(70, 9))).toEqual([]);
  });
});

/** A total, or with a name a part of it. */
const total = (input: number, output: number, part: string | null = null): Observation => ({
  kind: "total",
  key: "total:t1",
  body: { ...plainResponse, ...NOTHING, input, output, part },
});

describe("what remains of a total without its parts", () => {
  test("is counted, whatever the order in which the total and its parts become known", () => {
    const all = [total(100, 9, "a"), total(100, 9), total(250, 30), total(50, 1, "b"), total(100, 9, "a")];
    expect(counted(...all)).toEqual([[100, 20]]);
    expect(counted(...all.toReversed())).toEqual([[100, 20]]);
  });

  test("is the same after a part was removed from the assistant's files while the total grew", () => {
    const before = [total(100, 9, "a"), total(100, 9)];
    expect(counted(...before)).toEqual([]);
    // A compaction of 30 and 5 tokens replaces the part, and a new response follows.
    expect(counted(...before, total(130, 14), total(20, 2, "b"), total(150, 16))).toEqual([[30, 5]]);
    // If the part was never observed, it remains too.
    expect(counted(total(20, 2, "b"), total(150, 16))).toEqual([[130, 14]]);
  });

  test("is nothing if the total is not known, and never negative", () => {
    expect(counted(total(100, 9, "a"))).toEqual([]);
    expect(counted(total(100, 9, "a"), total(70, 9))).toEqual([]);
    expect(counted(total(100, 9, "a"), total(70, 12))).toEqual([[0, 3]]);
  });
});
