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

const seen = <Body>(body: Body, machine = "here"): Observed<Body> => ({
  machine,
  source: "claude-code",
  reader: 1,
  body,
});

/** The facts of one message id from what was told of it, each as a change to a plain line of the main thread. */
const responses = (...told: Partial<ResponseObservation>[]): ResponseFact[] =>
  foldResponse(
    "response:msg_1",
    told.map((one) => seen({ ...plainResponse, ...one })),
  );

function response(...told: Partial<ResponseObservation>[]): ResponseFact {
  const [fact, ...more] = responses(...told);
  expect(more).toEqual([]);
  if (!fact) throw new Error("no fact");
  return fact;
}

describe("a response", () => {
  test("is counted once, each count the largest that any line tells", () => {
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

  test("a fork's copy with its four counts zeroed and its split kept changes no count", () => {
    const whole = { input: 3, output: 90, cacheRead: 800, cacheWrite: 50, cacheWrite1h: 50 };
    const zeroed = { ...whole, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, copy: 4, session: "fork" };
    expect(response(whole, zeroed)).toEqual(response(whole));
  });

  test("of which only the zeroed copy is left has the cache writes of its split", () => {
    expect(response({ cacheWrite1h: 50, copy: 4 })).toMatchObject({ input: 0, cacheWrite5m: 0, cacheWrite1h: 50 });
  });

  test("the main line's identity beats a sidechain's replay, a parent's progress line and a fork's copy", () => {
    const main = { session: "main", branch: "main", agent: "", output: 5, at: NOON };
    const others = [1, 2, 4, 5, 6].map((copy) => ({
      session: `copy ${copy}`,
      branch: "copy",
      agent: "Explore",
      copy,
      output: 9,
      at: NOON + copy,
    }));
    const { slice, at, output } = response(...others, main);
    expect({ session: slice.session, branch: slice.branch, agent: slice.agent }).toEqual({
      session: "main",
      branch: "main",
      agent: "",
    });
    expect(at).toBe(NOON);
    expect(output).toBe(9);
  });

  test("of a subagent belongs to it, not to the progress line of its parent nor to a fork of it", () => {
    const told = [
      { copy: 2, agent: "told" },
      { copy: 1, agent: "Explore" },
      { copy: 5, agent: "fork" },
    ];
    expect(response(...told).slice.agent).toBe("Explore");
  });

  test("that stands in a progress line only is counted from there", () => {
    expect(response({ copy: 2, agent: "Explore", output: 7 })).toMatchObject({
      output: 7,
      slice: { agent: "Explore" },
    });
  });

  test("is dated by the last of the lines that tell its whole output", () => {
    const told = [
      { output: 2, at: NOON + 9_000 },
      { output: 80, at: NOON },
      { output: 80, at: NOON + 5_000 },
    ];
    expect(response(...told).at).toBe(NOON + 5_000);
  });

  test("half written when it was read first is what its rest says later", () => {
    expect(response({ output: 1 }, { output: 400, at: NOON + 1 })).toEqual(response({ output: 400, at: NOON + 1 }));
  });
});

describe("cache writes", () => {
  test("without a split are of five minutes", () => {
    expect(response({ cacheWrite: 70 })).toMatchObject({ cacheWrite5m: 70, cacheWrite1h: 0 });
  });

  test("whose split tells less than the total have the rest in the five minutes", () => {
    expect(response({ cacheWrite: 70, cacheWrite1h: 30 })).toMatchObject({ cacheWrite5m: 40, cacheWrite1h: 30 });
  });

  test("that two lines split in two ways are split as one of them says, never more than was written", () => {
    const told = [
      { cacheWrite: 100, cacheWrite5m: 100 },
      { cacheWrite: 100, cacheWrite1h: 100 },
    ];
    expect(response(...told)).toMatchObject({ cacheWrite5m: 0, cacheWrite1h: 100 });
  });

  test("are split as the line says that knows a split", () => {
    const told = [{ cacheWrite: 100 }, { cacheWrite: 100, cacheWrite1h: 60, cacheWrite5m: 40 }];
    expect(response(...told)).toMatchObject({ cacheWrite5m: 40, cacheWrite1h: 60 });
  });
});

describe("request ids", () => {
  test("lines without one are of the response that has one", () => {
    expect(response({ request: null, output: 1 }, { request: "req_1", output: 9 })).toMatchObject({ output: 9 });
  });

  test("a message id that a gateway gave to two requests of the main thread is a response for each request, subagents' too", () => {
    const told = [
      { request: "req_b", input: 20 },
      { request: "req_d", input: 10 },
      { request: null, input: 21 },
      { request: "req_a", copy: 1, agent: "Explore", input: 12 },
      { request: "req_c", copy: 4, input: 13 },
      { request: "req_d", copy: 4, input: 10 },
    ];
    expect(responses(...told).map(({ part, input, slice }) => ({ part, input, agent: slice.agent }))).toEqual([
      { part: 0, input: 12, agent: "Explore" },
      { part: 1, input: 21, agent: "" },
      { part: 2, input: 13, agent: "" },
      { part: 3, input: 10, agent: "" },
    ]);
  });

  test("a message id that a gateway gave to two requests is two responses also where only a fork's copies are left", () => {
    const told = [
      { request: "req_a", copy: 4, input: 10 },
      { request: "req_b", copy: 4, input: 20 },
    ];
    expect(responses(...told).map(({ input }) => input)).toEqual([10, 20]);
  });

  test("a subagent's line under another request id than the main thread's is a replay and adds nothing to it", () => {
    const replay = { request: "req_b", copy: 1, agent: "side", output: 900, input: 40, at: NOON + 5 };
    const main = { request: "req_a", output: 90, input: 3 };
    expect(response(main, replay)).toEqual(response(main));
    expect(response({ ...main, copy: 4 }, replay)).toEqual(response({ ...main, copy: 4 }));
    expect(response(replay)).toMatchObject({ output: 900 });
    // Where the ids cannot be compared, or are the same, it may be the fuller one.
    expect(response({ ...main, request: null }, replay).output).toBe(900);
    expect(response(main, { ...replay, request: "req_a" }).output).toBe(900);
  });

  test("a copy under another request id is a copy all the same", () => {
    expect(response({ request: "req_a" }, { request: "req_b", copy: 1 }, { request: "req_c", copy: 4 }).part).toBe(0);
  });
});

test("an advisor's answer has a key of its own, so that it is no part of the response's counts", () => {
  const whole = response({ output: 100 });
  const [advice] = foldResponse("response:msg_1:advisor-0", [
    seen({ ...plainResponse, model: "claude-opus-4-6", output: 900 }),
  ]);
  expect(whole.output).toBe(100);
  expect(advice).toMatchObject({ output: 900, slice: { model: "claude-opus-4-6" } });
});

describe("what a response cost", () => {
  test("is what a line said, the most of several", () => {
    expect(response({ cost: null }, { cost: 5 }, { cost: 7 })).toMatchObject({ cost: 7, slice: { isPriced: 1 } });
  });

  test("is not known where no line said it, which is not nothing", () => {
    expect(response({ cost: null })).toMatchObject({ cost: 0, slice: { isPriced: 0 } });
    expect(response({ cost: 0 })).toMatchObject({ cost: 0, slice: { isPriced: 1 } });
  });

  test("depends on how long its prompt was, which the line knows that tells all of it", () => {
    const started = { input: 5, cacheRead: 200_000, cacheWrite: 10_000, output: 1, prompt: 210_005 };
    const ended = { input: 5, output: 1_000, prompt: 5, at: NOON + 9 };
    expect(response(started, ended).slice.context).toBe(200_000);
    // Two requests of half the length each, which only the last line tells apart.
    const requests = { ...started, output: 1_000, prompt: 150_000 };
    expect(response(started, requests).slice.context).toBe(128_000);
    // No line knows all of it.
    const parts = [
      { cacheRead: 150_000, prompt: 150_000 },
      { input: 60_000, prompt: 60_000, output: 9 },
    ];
    expect(response(...parts).slice.context).toBe(200_000);
    // A sum of requests of which the longest is not known.
    const sums = [
      { cacheRead: 150_000, prompt: 0 },
      { input: 600_000, prompt: 0, output: 9 },
    ];
    expect(response(...sums).slice.context).toBe(0);
  });

  test("depends on how long its prompt was", () => {
    const long = { input: 1, cacheRead: 200_000, prompt: 200_001 };
    expect(response(long).slice.context).toBe(200_000);
    expect(response({ ...long, prompt: 150_000 }).slice.context).toBe(128_000);
    expect(response({ input: 100, prompt: 100 }).slice.context).toBe(0);
  });
});

describe("an action", () => {
  const action = (...told: Partial<ActionObservation>[]) =>
    foldAction(
      "action:tool:t1",
      told.map((one) => seen({ ...plainAction, ...one })),
    );
  const outcome = { at: null, name: null, model: null, ended: NOON + 4_000, ok: false };

  test("and its outcome, which stand on two lines, are one", () => {
    expect(action({}, outcome)).toMatchObject({ name: "Bash", at: NOON, ok: false, duration: 4_000 });
    expect(action(outcome, {})).toEqual(action({}, outcome));
  });

  test("lasted as long as the program measured, where it did", () => {
    expect(action({}, { ...outcome, duration: 1_200 }).duration).toBe(1_200);
  });

  test("without its outcome is neither done nor failed", () => {
    expect(action({})).toMatchObject({ ok: null, duration: null });
  });

  test("without its beginning is dated by its end and has no name", () => {
    expect(action(outcome)).toMatchObject({ at: NOON + 4_000, name: "", duration: null });
  });

  test("belongs to the session that did it, not to a fork of it", () => {
    expect(action({ copy: 4, session: "fork" }, { session: "own" }).slice.session).toBe("own");
  });

  test("that ended before it began took no time", () => {
    expect(action({}, { ...outcome, ended: NOON - 1 }).duration).toBe(0);
  });
});

describe("a session", () => {
  const stretch = (one: Partial<SessionObservation>): Observed<SessionObservation> => {
    const { session, project, branch, agent } = plainResponse;
    return seen({ session, project, branch, agent, first: NOON, last: NOON, reason: null, version: "", ...one });
  };
  test("reaches from its first to its last line and is where it began", () => {
    const fact = foldSession("session:s1", [
      stretch({ first: NOON + 5, last: NOON + 9, branch: "later", version: "2.1.98", reason: "closed" }),
      stretch({ first: NOON, last: NOON + 3, branch: "main", version: "2.1.30" }),
    ]);
    expect(fact).toMatchObject({ first: NOON, last: NOON + 9, branch: "main", version: "2.1.98", reason: "closed" });
  });

  test("that went on after it was closed is open", () => {
    const told = [stretch({ reason: "closed", last: NOON + 1 }), stretch({ first: NOON + 2, last: NOON + 3 })];
    expect(foldSession("session:s1", told).reason).toBeNull();
  });
});

test("of an assistant's own totals the newest hold, and of a day the fullest account", () => {
  const state = (duration: number, cost: number): Observed<CostStateObservation> =>
    seen({ session: "s1", duration, cost, models: {} });
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
  const told = [seen(day), seen({ ...day, provenance: "stats-cache", unsplit: 12 })];
  expect(foldDay("day:2026-01-01", told).body.unsplit).toBe(12);
});
