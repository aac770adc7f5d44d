import { describe, expect, test } from "bun:test";
import { foldSum } from "../../src/ledger/fold/sums.ts";
import type { Observed } from "../../src/model/fact.ts";
import type { RunningTotalObservation } from "../../src/model/observation.ts";
import { plainResponse } from "./sample.ts";

const NOTHING = { cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };

/** A reading of a session's total at a time. */
const reading = (
  at: number,
  input: number,
  more: Partial<RunningTotalObservation> = {},
): Observed<RunningTotalObservation> => ({
  machine: "m",
  born: 0,
  source: "an-assistant",
  reader: 1,
  body: {
    ...plainResponse,
    ...NOTHING,
    session: "a",
    output: input / 10,
    reasoning: 0,
    at,
    input,
    copiedAt: null,
    isCountedElsewhere: false,
    ...more,
  },
});
/** A reading of a session that began with a copy of the total of session a. */
const copy = (at: number, input: number, copiedAt: number, session = "b") => reading(at, input, { copiedAt, session });

/** Session, time, input and output of the facts; the same for every order of the readings. */
function facts(...readings: readonly Observed<RunningTotalObservation>[]): unknown[][] {
  const of = (some: readonly Observed<RunningTotalObservation>[]): unknown[][] =>
    foldSum("running-total", "running-total:a", some).map((fact) => [
      fact.dimensions.session,
      fact.at,
      fact.input,
      fact.output,
    ]);
  expect(of(readings.toReversed())).toEqual(of(readings));
  expect(of([...readings, ...readings])).toEqual(of(readings));
  return of(readings);
}

describe("a running total", () => {
  test("counts what was added between two readings at the time of the second one", () => {
    expect(facts(reading(1, 100), reading(2, 100), reading(5, 250))).toEqual([
      ["a", 2, 100, 10],
      ["a", 5, 150, 15],
    ]);
  });

  test("never shrinks if a smaller or damaged total is read later", () => {
    expect(facts(reading(1, 100), reading(2, 0), reading(3, 90, { output: 12 }))).toEqual([
      ["a", 3, 90, 12],
      ["a", 1, 10, 0],
    ]);
  });

  test("has the time of an answer and not that of its file, if both are known", () => {
    expect(facts(reading(9, 100, { copy: 1 }), reading(2, 100))).toEqual([["a", 2, 100, 10]]);
  });

  test("that another session continues counts only once", () => {
    expect(facts(reading(1, 100), copy(3, 130, 2))).toEqual([
      ["a", 1, 100, 10],
      ["b", 3, 30, 3],
    ]);
    // The session that was continued no longer exists and was never read.
    expect(facts(copy(3, 130, 2))).toEqual([["b", 3, 130, 13]]);
  });

  test("that grew again after it was copied is subtracted as it was when it was copied", () => {
    expect(facts(reading(1, 100), reading(5, 170), copy(3, 130, 2), copy(6, 150, 2), copy(7, 101, 2, "c"))).toEqual([
      ["a", 1, 100, 10],
      ["a", 5, 70, 7],
      ["b", 3, 30, 3],
      ["b", 6, 20, 2],
      ["c", 7, 1, expect.closeTo(0.1)],
    ]);
  });

  test("that was first read after it grew again is subtracted as a whole, so that nothing counts twice", () => {
    expect(facts(reading(5, 120), copy(6, 150, 2))).toEqual([
      ["a", 5, 120, 12],
      ["b", 6, 30, 3],
    ]);
  });

  test("that is itself a continuation counts under the key of the session before, and serves its own continuations", () => {
    expect(facts(reading(1, 100), reading(1, 100, { isCountedElsewhere: true }), copy(3, 130, 2))).toEqual([
      ["b", 3, 30, 3],
    ]);
  });
});
