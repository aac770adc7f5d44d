import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/line/view.ts";
import { sessionOf } from "../../src/model/session.ts";
import { emptyState } from "../../src/model/state.ts";
import { NOW, plain as style, settings } from "../contracts/sample-view.ts";

const HOUR = 3_600_000;
const resetsAt = NOW + 2 * HOUR;

/** The keys of the paces shown if the log knows 60 % of the five hours, and the session received another number since. */
function pacesWith(percent: number, reset: number, heardAt = NOW - 1_000): string[] {
  const state = {
    ...emptyState,
    quotas: [{ key: "five_hour", percent: 60, resetsAt, observedAt: NOW - 60_000 }],
    pace: [{ key: "five_hour", percentAtReset: 90, fullAt: null, resetsAt }],
  };
  const rate_limits = { five_hour: { used_percentage: percent, resets_at: reset / 1_000 } };
  const session = { ...sessionOf({ rate_limits }), heardAt };
  return viewOf({ now: NOW, session, state, branch: null, problem: null, settings, style }).pace.map(({ key }) => key);
}

describe("the pace from the log", () => {
  test("is shown for a newer number of the same window that has grown, or is smaller by no more than rounding", () => {
    expect([pacesWith(63, resetsAt), pacesWith(59, resetsAt + 60_000)]).toEqual([["five_hour"], ["five_hour"]]);
  });

  test("is not shown if a newer number has fallen, or is of another window", () => {
    expect([pacesWith(2, resetsAt), pacesWith(63, resetsAt + HOUR)]).toEqual([[], []]);
  });

  test("is shown if the session's other number is the older one", () => {
    expect(pacesWith(2, resetsAt + HOUR, NOW - 120_000)).toEqual(["five_hour"]);
  });
});
