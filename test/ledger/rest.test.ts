import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { Observation } from "../../src/model/observation.ts";
import { dumpOf, folder, wrongSums } from "./dump.ts";
import { plainResponse } from "./sample.ts";

const NOTHING = { cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };
const rest = (input: number, output: number): Observation => ({
  kind: "rest",
  key: "rest:r1",
  body: { ...plainResponse, ...NOTHING, input, output },
});

/** Tokens of the responses in a ledger that was told these, one batch after the other. */
function counted(...told: readonly Observation[]): number[][] {
  using place = folder();
  const path = join(place.path, "ledger.db");
  using ledger = new Ledger(path, () => "here");
  const rows = (): number[][] =>
    ledger.queries.responses({ from: 0, to: Number.MAX_SAFE_INTEGER }).map(({ input, output }) => [input, output]);
  for (const one of told) {
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

describe("what is left of a total", () => {
  test("is the least that was told, whole, since it shrinks as more responses are known", () => {
    expect(counted(rest(70, 9), rest(40, 5), rest(60, 1))).toEqual([[40, 5]]);
    expect(counted(rest(40, 5), rest(60, 1), rest(70, 9))).toEqual([[40, 5]]);
  });

  test("is nothing where all responses are known, and stays nothing", () => {
    expect(counted(rest(0, 0))).toEqual([]);
    expect(counted(rest(70, 9), rest(0, 0))).toEqual([]);
    expect(counted(rest(0, 0), rest(70, 9))).toEqual([]);
  });
});
