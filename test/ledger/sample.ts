import fc from "fast-check";
import type {
  Action,
  ActionObservation,
  Correction,
  CostStateObservation,
  DayObservation,
  Observation,
  ResponseObservation,
  SessionObservation,
} from "../../src/model/observation.ts";

/** Monday noon, UTC; everything in the samples happens around it. */
export const NOON = Date.UTC(2026, 9, 19, 12);

/** A response of the main thread without usage; spread it into others. */
export const plainResponse: ResponseObservation = {
  session: "s1",
  project: "/home/dev/work/api",
  branch: "main",
  agent: "",
  at: NOON,
  request: "req_1",
  model: "claude-sonnet-4-5-20250929",
  copy: 0,
  input: 0,
  output: 0,
  cacheWrite: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  cacheRead: 0,
  searches: 0,
  prompt: 0,
  speed: "standard",
  tier: "standard",
  region: "",
  cost: null,
  reasoning: null,
  isEstimated: false,
};

/** A tool use of the main thread without an outcome; spread it into others. */
export const plainAction: ActionObservation = {
  session: "s1",
  project: "/home/dev/work/api",
  branch: "main",
  agent: "",
  action: "tool",
  copy: 0,
  at: NOON,
  ended: null,
  name: "Bash",
  model: "claude-sonnet-4-5-20250929",
  ok: null,
  duration: null,
  target: null,
  tool: null,
  added: 0,
  removed: 0,
  length: 0,
};

// Few values of each field, so that keys, places and times coincide.
const session = fc.constantFrom("s1", "s2", "s3");
const agent = fc.constantFrom("", "", "Explore");
const place = {
  session,
  project: fc.constantFrom("/home/dev/work/api", "/home/dev/work/web", 'a "quoted"\u0000 né\ud800'),
  branch: fc.constantFrom("main", "feat/x", ""),
  agent,
};
/** Times on both sides of the border of a bucket and of a day, equal ones, and the last possible one. */
const time = fc.constantFrom(
  ...[0, 1, 899_999, 900_000, 43_199_999, 43_200_000].map((ms) => NOON + ms),
  Date.UTC(2199, 11, 31, 23, 59),
);
/** Mostly nothing; sometimes that an older reader attributed it to another session, or that it is withdrawn. */
const correction = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Correction>({}) },
  { weight: 3, arbitrary: fc.constantFrom<Correction>({ formerSession: "s1" }, { formerSession: "s2" }) },
  { weight: 1, arbitrary: fc.constant<Correction>({ isWithdrawn: true }) },
);
const count = fc.constantFrom(0, 1, 2, 7, 100, 4_000, 250_000);
const model = fc.constantFrom("claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001");

const response = fc
  .record({
    ...place,
    at: time,
    request: fc.constantFrom("req_1", "req_1", "req_2", null),
    model,
    copy: fc.constantFrom(0, 0, 1, 2, 4, 5),
    input: count,
    output: count,
    cacheWrite: count,
    cacheWrite5m: count,
    cacheWrite1h: count,
    cacheRead: count,
    searches: fc.constantFrom(0, 0, 3),
    speed: fc.constantFrom("standard", "standard", "fast"),
    tier: fc.constantFrom("standard", "standard", "batch"),
    region: fc.constantFrom("", "", "us"),
    cost: fc.constantFrom(null, null, 0, 1_500_000),
    reasoning: fc.constantFrom(null, 0, 400),
    isEstimated: fc.boolean(),
    correction,
  })
  .map(({ correction: how, ...one }): ResponseObservation => ({
    ...one,
    ...how,
    prompt: one.input + one.cacheWrite + one.cacheRead,
  }));

const responses = fc
  .tuple(fc.constantFrom("msg_1", "msg_2", "msg_3", "msg_1:advisor:0"), response, lineVariants())
  .map(([id, body, variants]) =>
    variants.map((variant): Observation => ({ kind: "response", key: `response:${id}`, body: variant(body) })),
  );

/** Remainders of totals, which may be empty. */
const remainders = fc
  .tuple(fc.constantFrom("r1", "r2"), response, fc.boolean())
  .map(([id, body, isNone]): Observation[] => {
    const none = { input: 0, output: 0, cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };
    return [{ kind: "rest", key: `rest:${id}`, body: isNone ? { ...body, ...none } : body }];
  });

/** Totals and their parts, of which some come twice. */
const sessionTotals = fc
  .tuple(fc.constantFrom("t1", "t2"), response, fc.constantFrom(null, null, "p1", "p2", "p3"))
  .map(([id, body, part]): Observation[] => [{ kind: "total", key: `total:${id}`, body: { ...body, part } }]);

/** The lines of one response: incomplete, of a sidechain, in a fork's copy, zeroed, without a request id. */
function lineVariants(): fc.Arbitrary<((body: ResponseObservation) => ResponseObservation)[]> {
  const zero = { input: 0, output: 0, cacheWrite: 0, cacheRead: 0 };
  return fc.uniqueArray(
    fc.constantFrom<(body: ResponseObservation) => ResponseObservation>(
      (body) => body,
      (body) => ({ ...body, output: Math.min(body.output, 1), at: body.at - 1 }),
      (body) => ({ ...body, copy: 1, agent: "Explore" }),
      (body) => ({ ...body, copy: 2, agent: "Explore", request: null }),
      (body) => ({ ...body, ...zero, copy: 4, session: "s3" }),
      (body) => ({ ...body, copy: 4, session: "s2" }),
      (body) => ({ ...body, request: null }),
      (body) => ({ ...body, cacheWrite5m: 0, cacheWrite1h: 0 }),
    ),
    { minLength: 1, maxLength: 4 },
  );
}

const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null });
const actions = fc
  .tuple(
    fc.constantFrom("tool:t1", "tool:t2", "git:t1:0", "prompt:p1", "file:t1"),
    fc.record({
      ...place,
      action: fc.constantFrom<Action>("prompt", "tool", "file", "git", "link"),
      copy: fc.constantFrom(0, 0, 4),
      at: maybe(time),
      ended: maybe(time),
      name: maybe(fc.constantFrom("Bash", "Edit", "")),
      model: maybe(model),
      ok: maybe(fc.boolean()),
      duration: maybe(fc.constantFrom(0, 12, 90_000)),
      target: maybe(fc.constantFrom("/home/dev/work/api/a.ts", "")),
      tool: maybe(fc.constantFrom("action:tool:t1")),
      added: count,
      removed: count,
      length: count,
    }),
    correction,
  )
  .map(([id, action, how]) => [id, { ...action, ...how }] as const)
  .map(([id, body]): Observation[] => [{ kind: "action", key: `action:${id}`, body }]);

const sessions = fc
  .record({
    ...place,
    first: time,
    last: time,
    reason: fc.constantFrom(null, "closed", "clear"),
    version: fc.constantFrom("", "2.1.30", "2.1.98"),
    correction,
  })
  .map(({ correction: how, ...body }): SessionObservation => ({ ...body, ...how }))
  .map((body): Observation[] => [{ kind: "session", key: `session:${body.session}`, body }]);

const costStates = fc
  .record({ session, duration: count, cost: count })
  .map((body): CostStateObservation => {
    const models = { [body.duration > 5 ? "claude-opus-4-6" : "claude-haiku-4-5"]: totals(body.cost) };
    return { ...body, models };
  })
  .map((body): Observation[] => [{ kind: "cost-state", key: `cost-state:${body.session}`, body }]);

const totals = (cost: number) => ({
  input: 1,
  output: 2,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  cacheRead: 0,
  searches: 0,
  cost,
});

const days = fc
  .record({
    date: fc.constantFrom("2026-01-01", "2026-01-02"),
    model,
    provenance: fc.constantFrom("ccusage", "stats-cache"),
    input: count,
    output: count,
    cacheWrite: count,
    cacheRead: count,
    unsplit: count,
    cost: maybe(count),
  })
  .map((body: DayObservation): Observation[] => [{ kind: "day", key: `day:${body.date}:${body.model}`, body }]);

const worktrees: fc.Arbitrary<Observation[]> = fc
  .record({
    directory: fc.constantFrom("/w/one", "/w/two"),
    repository: fc.constantFrom("/home/dev/work/api", "/r"),
    name: fc.constantFrom("one", "two"),
  })
  .map((body): Observation[] => [{ kind: "worktree", key: `worktree:${body.directory}`, body }]);

/** Readings of running totals: of sessions, of their continuations, and of sessions that count elsewhere. */
const runningTotals = fc
  .tuple(fc.constantFrom("s1", "s2"), response, maybe(time), fc.constantFrom(false, false, true))
  .map(([id, body, copiedAt, isCountedElsewhere]): Observation[] => [
    { kind: "running-total", key: `running-total:${id}`, body: { ...body, copiedAt, isCountedElsewhere } },
  ]);

/** Observations of all kinds; keys repeat, each time with slightly different content. */
export const observations: fc.Arbitrary<Observation[]> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: responses },
      { weight: 2, arbitrary: remainders },
      { weight: 2, arbitrary: sessionTotals },
      { weight: 4, arbitrary: actions },
      { weight: 2, arbitrary: sessions },
      { weight: 1, arbitrary: costStates },
      { weight: 1, arbitrary: days },
      { weight: 1, arbitrary: worktrees },
      { weight: 2, arbitrary: runningTotals },
    ),
    { minLength: 1, maxLength: 24 },
  )
  .map((some) => some.flat());

/** An observation with its source and the version of its reader. */
export interface SourceObservation {
  readonly source: string;
  readonly reader: number;
  readonly observation: Observation;
}

/** Observations of two sources. */
export const sourceObservations: fc.Arbitrary<SourceObservation[]> = fc
  .array(
    fc.tuple(fc.constantFrom("claude-code", "claude-code", "another"), fc.constantFrom(1, 1, 2, 3), observations),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) =>
    parts.flatMap(([source, reader, some]) => some.map((observation) => ({ source, reader, observation }))),
  );

/** One transaction of a history: which of two writers writes it, and what it contains. */
export interface Step {
  readonly writer: number;
  /** Indexes into the list of all observations, modulo its length. */
  readonly picked: readonly number[];
}

/** A history of some transactions. The caller adds the observations that no transaction contains. */
export const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ writer: fc.nat(1), picked: fc.array(fc.nat(200), { minLength: 1, maxLength: 12 }) }),
  { maxLength: 8 },
);
