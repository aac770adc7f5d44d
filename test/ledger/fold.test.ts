import { describe, expect, test } from "bun:test";
import { foldAction, foldCostState, foldDay, foldResponse, foldSession } from "../../src/ledger/fold/fold.ts";
import type { ResponseFact, Observed } from "../../src/model/fact.ts";
import {
  type ActionObservation,
  type CostStateObservation,
  type DayObservation,
  type ResponseObservation,
  type SessionObservation,
} from "../../src/model/observation.ts";
import { NOON, plainAction, plainResponse } from "./sample.ts";

const observed = <Body>(body: Body, machine = "here"): Observed<Body> => ({
  machine,
  source: "claude-code",
  reader: 1,
  born: 0,
  body,
});

/** Folds lines of one message id into facts; each line is given as changes to a plain line of the main thread. */
const responses = (...lines: Partial<ResponseObservation>[]): ResponseFact[] =>
  foldResponse(
    "response:msg_1",
    lines.map((one) => observed({ ...plainResponse, ...one })),
  );

function response(...lines: Partial<ResponseObservation>[]): ResponseFact {
  const [fact, ...more] = responses(...lines);
  expect(more).toEqual([]);
  if (!fact) throw new Error("no fact");
  return fact;
}

describe("a response", () => {
  test("is counted once, with the largest count of any line for each field", () => {
    const fact = response(
      { input: 3, output: 1, cacheRead: 900, cacheWrite: 40, cacheWrite5m: 40 },
      { input: 3, output: 512, cacheRead: 900, cacheWrite: 40, cacheWrite5m: 40, searches: 2 },
      { input: 3, output: 512, cacheRead: 0 },
    );
    const { input, output, cacheRead, cacheWrite5m, cacheWrite1h, searches } = fact;
    expect({ input, output, cacheRead, cacheWrite5m, cacheWrite1h, searches }).toEqual({
      input: 3,
      output: 512,
      cacheRead: 900,
      cacheWrite5m: 40,
      cacheWrite1h: 0,
      searches: 2,
    });
  });

  test("is not changed by a fork's copy with zeroed counts and its cache split", () => {
    const whole = { input: 3, output: 90, cacheRead: 800, cacheWrite: 50, cacheWrite1h: 50 };
    const zeroed = { ...whole, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, copy: 4, session: "fork" };
    expect(response(whole, zeroed)).toEqual(response(whole));
  });

  test("of which only a zeroed copy remains has the cache writes of its split", () => {
    expect(response({ cacheWrite1h: 50, copy: 4 })).toMatchObject({ input: 0, cacheWrite5m: 0, cacheWrite1h: 50 });
  });

  test("has the session, branch and agent of the main line, not of a sidechain's replay, a progress line or a fork's copy", () => {
    const main = { session: "main", branch: "main", agent: "", output: 5, at: NOON };
    const others = [1, 2, 4, 5, 6].map((copy) => ({
      session: `copy ${copy}`,
      branch: "copy",
      agent: "Explore",
      copy,
      output: 9,
      at: NOON + copy,
    }));
    const { dimensions, at, output } = response(...others, main);
    expect(dimensions).toMatchObject({ session: "main", branch: "main", agent: "" });
    expect(at).toBe(NOON);
    expect(output).toBe(9);
  });

  test("of a subagent belongs to that subagent, not to its parent's progress line or a fork", () => {
    const lines = [
      { copy: 2, agent: "progress" },
      { copy: 1, agent: "Explore" },
      { copy: 5, agent: "fork" },
    ];
    expect(response(...lines).dimensions.agent).toBe("Explore");
  });

  test("that exists only in a progress line is counted from there", () => {
    expect(response({ copy: 2, agent: "Explore", output: 7 })).toMatchObject({
      output: 7,
      dimensions: { agent: "Explore" },
    });
  });

  test("has the time of the last line with its whole output", () => {
    const lines = [
      { output: 2, at: NOON + 9_000 },
      { output: 80, at: NOON },
      { output: 80, at: NOON + 5_000 },
    ];
    expect(response(...lines).at).toBe(NOON + 5_000);
  });

  test("that was incomplete when first read equals the complete one later", () => {
    expect(response({ output: 1 }, { output: 400, at: NOON + 1 })).toEqual(response({ output: 400, at: NOON + 1 }));
  });
});

describe("cache writes", () => {
  test("without a split count as 5-minute writes", () => {
    expect(response({ cacheWrite: 70 })).toMatchObject({ cacheWrite5m: 70, cacheWrite1h: 0 });
  });

  test("that exceed their split count the difference as 5-minute writes", () => {
    expect(response({ cacheWrite: 70, cacheWrite1h: 30 })).toMatchObject({ cacheWrite5m: 40, cacheWrite1h: 30 });
  });

  test("with two different splits use one of them as a whole, never more than was written", () => {
    const lines = [
      { cacheWrite: 100, cacheWrite5m: 100 },
      { cacheWrite: 100, cacheWrite1h: 100 },
    ];
    expect(response(...lines)).toMatchObject({ cacheWrite5m: 0, cacheWrite1h: 100 });
  });

  test("use the split of the line that has one", () => {
    const lines = [{ cacheWrite: 100 }, { cacheWrite: 100, cacheWrite1h: 60, cacheWrite5m: 40 }];
    expect(response(...lines)).toMatchObject({ cacheWrite5m: 40, cacheWrite1h: 60 });
  });
});

describe("request ids", () => {
  test("are optional: a line without one belongs to the response that has one", () => {
    expect(response({ request: null, output: 1 }, { request: "req_1", output: 9 })).toMatchObject({ output: 9 });
  });

  test("that differ in the main thread for one message id make a response for each request, including those of subagents", () => {
    const lines = [
      { request: "req_b", input: 20 },
      { request: "req_d", input: 10 },
      { request: null, input: 21 },
      { request: "req_a", copy: 1, agent: "Explore", input: 12 },
      { request: "req_c", copy: 4, input: 13 },
      { request: "req_d", copy: 4, input: 10 },
    ];
    expect(responses(...lines).map(({ part, input, dimensions: { agent } }) => ({ part, input, agent }))).toEqual([
      { part: 0, input: 12, agent: "Explore" },
      { part: 1, input: 21, agent: "" },
      { part: 2, input: 13, agent: "" },
      { part: 3, input: 10, agent: "" },
    ]);
  });

  test("that differ in the copies of a fork for one message id make two responses", () => {
    const lines = [
      { request: "req_a", copy: 4, input: 10 },
      { request: "req_b", copy: 4, input: 20 },
    ];
    expect(responses(...lines).map(({ input }) => input)).toEqual([10, 20]);
  });

  test("of a subagent that differ from the main thread's mark a replay, which adds nothing", () => {
    const replay = { request: "req_b", copy: 1, agent: "side", output: 900, input: 40, at: NOON + 5 };
    const main = { request: "req_a", output: 90, input: 3 };
    expect(response(main, replay)).toEqual(response(main));
    expect(response({ ...main, copy: 4 }, replay)).toEqual(response({ ...main, copy: 4 }));
    expect(response(replay)).toMatchObject({ output: 900 });
    // If the ids cannot be compared, or are equal, the subagent's line may be the more complete one.
    expect(response({ ...main, request: null }, replay).output).toBe(900);
    expect(response(main, { ...replay, request: "req_a" }).output).toBe(900);
  });

  test("of a copy do not matter", () => {
    expect(response({ request: "req_a" }, { request: "req_b", copy: 1 }, { request: "req_c", copy: 4 }).part).toBe(0);
  });
});

test("an advisor's answer has its own key, so that its counts are not part of the response", () => {
  const whole = response({ output: 100 });
  const [advice] = foldResponse("response:msg_1:advisor-0", [
    observed({ ...plainResponse, model: "claude-opus-4-6", output: 900 }),
  ]);
  expect(whole.output).toBe(100);
  expect(advice).toMatchObject({ output: 900, dimensions: { model: "claude-opus-4-6" } });
});

describe("the cost of a response", () => {
  test("is the largest that any line reports", () => {
    expect(response({ cost: null }, { cost: 5 }, { cost: 7 })).toMatchObject({ cost: 7, dimensions: { costKind: 1 } });
  });

  test("is unknown if no line reports it, which differs from a reported zero", () => {
    expect(response({ cost: null })).toMatchObject({ cost: 0, dimensions: { costKind: 0 } });
    expect(response({ cost: 0 })).toMatchObject({ cost: 0, dimensions: { costKind: 1 } });
  });

  test("depends on the length of the prompt that the most complete line reports", () => {
    const started = { input: 5, cacheRead: 200_000, cacheWrite: 10_000, output: 1, prompt: 210_005 };
    const ended = { input: 5, output: 1_000, prompt: 5, at: NOON + 9 };
    expect(response(started, ended).dimensions.context).toBe(200_000);
    // Two requests of half the length each, reported separately only by the last line.
    const requests = { ...started, output: 1_000, prompt: 150_000 };
    expect(response(started, requests).dimensions.context).toBe(128_000);
    // No line has all of the counts.
    const parts = [
      { cacheRead: 150_000, prompt: 150_000 },
      { input: 60_000, prompt: 60_000, output: 9 },
    ];
    expect(response(...parts).dimensions.context).toBe(200_000);
    // The sum of several requests; the longest is not known.
    const sums = [
      { cacheRead: 150_000, prompt: 0 },
      { input: 600_000, prompt: 0, output: 9 },
    ];
    expect(response(...sums).dimensions.context).toBe(0);
  });

  test("depends on the length of the prompt", () => {
    const long = { input: 1, cacheRead: 200_000, prompt: 200_001 };
    expect(response(long).dimensions.context).toBe(200_000);
    expect(response({ ...long, prompt: 150_000 }).dimensions.context).toBe(128_000);
    expect(response({ input: 100, prompt: 100 }).dimensions.context).toBe(0);
  });
});

describe("an action", () => {
  const action = (...lines: Partial<ActionObservation>[]) =>
    foldAction(
      "action:tool:t1",
      lines.map((one) => observed({ ...plainAction, ...one })),
    );
  const outcome = { at: null, name: null, model: null, ended: NOON + 4_000, ok: false };

  test("and its outcome on another line become one fact", () => {
    expect(action({}, outcome)).toMatchObject({ name: "Bash", at: NOON, ok: false, duration: 4_000 });
    expect(action(outcome, {})).toEqual(action({}, outcome));
  });

  test("has the duration that the program measured, if it did", () => {
    expect(action({}, { ...outcome, duration: 1_200 }).duration).toBe(1_200);
  });

  test("without an outcome has neither succeeded nor failed", () => {
    expect(action({})).toMatchObject({ ok: null, duration: null });
  });

  test("without a beginning has the time of its end and no name", () => {
    expect(action(outcome)).toMatchObject({ at: NOON + 4_000, name: "", duration: null });
  });

  test("belongs to the session that did it, not to a fork of it", () => {
    expect(action({ copy: 4, session: "fork" }, { session: "own" }).dimensions.session).toBe("own");
  });

  test("that ended before it began has a duration of 0", () => {
    expect(action({}, { ...outcome, ended: NOON - 1 }).duration).toBe(0);
  });
});

describe("a session", () => {
  const interval = (one: Partial<SessionObservation>): Observed<SessionObservation> => {
    const { session, project, branch, agent } = plainResponse;
    return observed({ session, project, branch, agent, first: NOON, last: NOON, reason: null, version: "", ...one });
  };
  test("reaches from its first to its last line and is placed where it began", () => {
    const fact = foldSession("session:s1", [
      interval({ first: NOON + 5, last: NOON + 9, branch: "later", version: "2.1.98", reason: "closed" }),
      interval({ first: NOON, last: NOON + 3, branch: "main", version: "2.1.30" }),
    ]);
    expect(fact).toMatchObject({ first: NOON, last: NOON + 9, branch: "main", version: "2.1.98", reason: "closed" });
  });

  test("that continued after it was closed is open", () => {
    const lines = [interval({ reason: "closed", last: NOON + 1 }), interval({ first: NOON + 2, last: NOON + 3 })];
    expect(foldSession("session:s1", lines).reason).toBeNull();
  });
});

test("an assistant's newest totals hold, and so does the import of a day with the most tokens", () => {
  const state = (duration: number, cost: number): Observed<CostStateObservation> =>
    observed({ session: "s1", duration, cost, models: {} });
  expect(foldCostState("cost-state:s1", [state(5, 90), state(9, 30), state(9, 40)]).cost).toBe(40);
  const { input, output, cacheWrite, cacheRead, model } = plainResponse;
  const day: DayObservation = {
    date: "2026-01-01",
    provenance: "ccusage",
    unsplit: 0,
    cost: 1,
    input,
    output,
    cacheWrite,
    cacheRead,
    model,
  };
  const lines = [observed(day), observed({ ...day, provenance: "stats-cache", unsplit: 12 })];
  expect(foldDay("day:2026-01-01", lines).body.unsplit).toBe(12);
});
