import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { prepareRows } from "../../src/ledger/fold/prepare-rows.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { encodeBody } from "../../src/model/body.ts";
import { type AccountLimitObservation, LOG_SOURCE, logKeys } from "../../src/model/log-observation.ts";
import type { Observation } from "../../src/model/observation.ts";
import { ANN, BOB, event, HOUR, MINUTE, reading, RESET, signedIn } from "../reports/hub-machines.ts";
import { NOW } from "../reports/sample.ts";

/** What a machine observed, in one batch. */
interface MachineBatch {
  readonly machine: string;
  readonly observations: readonly Observation[];
}

/** A ledger that received batches in an order, as the answers to its queries. */
async function answers(batches: readonly MachineBatch[], isRebuilt = false) {
  using ledger = new Ledger(":memory:", () => "hub");
  for (const { machine, observations } of batches) {
    const entries = prepare(machine, LOG_SOURCE, observations);
    const sender = { id: machine, name: machine, born: 1 };
    ledger.ingest({ machine: sender, source: LOG_SOURCE, entries, skipped: [], restarted: [], files: [] });
  }
  if (isRebuilt) ledger.rebuild();
  const { queries } = ledger;
  return {
    limits: await queries.accountLimits(0),
    history: await queries.accountLimitHistory(0),
    findings: await queries.findings(),
    statuses: await queries.statuses(),
  };
}

const machine = fc.constantFrom("id-laptop", "id-ci");
const time = fc.integer({ min: -20, max: 0 }).map((minutes) => NOW + minutes * MINUTE);
const account = fc.constantFrom(ANN ?? "", BOB ?? "", "");
const observation = fc.oneof(
  fc
    .tuple(time, fc.nat(100), account, fc.constantFrom("five_hour", "seven_day"))
    .map(([at, percent, own, name]) => reading(at, percent, { account: own, name })),
  fc.tuple(time, fc.constantFrom("appeared", "changed", "resolved")).map(([at, state]) => event(at, state)),
  fc.tuple(time, account).map(([at, own]) => signedIn(own, { at })),
);
const batches = fc.array(fc.record({ machine, observations: fc.array(observation, { minLength: 1, maxLength: 6 }) }), {
  minLength: 1,
  maxLength: 5,
});

describe("observations of our own log", () => {
  test("give the same facts in any order, repeated or rebuilt", async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const expected = await answers(all);
        expect(await answers([...all.toReversed(), ...all])).toEqual(expected);
        expect(await answers(all, true)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test("of one window by two machines are one limit, which is the newest reading", async () => {
    const { limits, history } = await answers([
      { machine: "id-laptop", observations: [reading(NOW - MINUTE, 44, { resetsAt: RESET - 3_000 })] },
      { machine: "id-ci", observations: [reading(NOW, 41)] },
    ]);
    expect(limits).toMatchObject([{ usedPercent: 41, machine: "id-ci", resetsAt: RESET }]);
    expect(history.map(({ machine: of, usedPercent }) => [of, usedPercent])).toEqual([
      ["id-laptop", 44],
      ["id-ci", 41],
    ]);
  });

  test("of one window in the same millisecond are the larger one, whatever the order", async () => {
    for (const percents of [
      [41, 44],
      [44, 41],
    ]) {
      const { limits } = await answers(
        percents.map((percent) => ({ machine: "id-laptop", observations: [reading(NOW, percent)] })),
      );
      expect(limits.map(({ usedPercent }) => usedPercent)).toEqual([44]);
    }
  });

  test("keep accounts apart that reset at the same time, and machines whose log names no account", async () => {
    const unknown = { account: "" };
    const { limits } = await answers([
      { machine: "id-laptop", observations: [reading(NOW, 1), reading(NOW, 3, unknown)] },
      { machine: "id-ci", observations: [reading(NOW, 2, { account: BOB ?? "" }), reading(NOW, 4, unknown)] },
    ]);
    expect(limits.map(({ usedPercent }) => usedPercent)).toEqual(expect.arrayContaining([1, 2, 3, 4]));
  });

  test("count how often and how long a finding was open", async () => {
    const events = [
      event(NOW - 9 * HOUR, "appeared"),
      event(NOW - 8 * HOUR, "changed", { message: "worse" }),
      event(NOW - 7 * HOUR, "resolved"),
      event(NOW - 3 * HOUR, "appeared", { message: "again" }),
    ];
    const { findings } = await answers([{ machine: "id-ci", observations: events }]);
    expect(findings).toMatchObject([
      { isOpen: true, times: 2, closedMs: 2 * HOUR, first: NOW - 9 * HOUR, since: NOW - 3 * HOUR, message: "again" },
    ]);
  });
});

describe("rows of another machine's log", () => {
  const sender = { machine: "id-ci", source: LOG_SOURCE, reader: 1 } as const;
  const refusedOf = (key: string, one: Observation, change: object = {}) =>
    prepareRows(sender, [[key, encodeBody(one.kind, { ...one.body, ...change })]]).refused;

  test("are taken under the key that follows from the body", () => {
    for (const one of [reading(NOW, 1), reading(NOW, null as never)]) expect(refusedOf(one.key, one)).toEqual([]);
    for (const one of [event(NOW, "appeared"), signedIn(ANN ?? "")])
      expect(refusedOf(`${one.key}:id-ci`, one)).toEqual([]);
  });

  test("are refused under the key of another machine or another account", () => {
    const other = "the key is that of another machine";
    for (const one of [event(NOW, "appeared"), signedIn(ANN ?? ""), reading(NOW, 1, { account: "" })])
      expect(refusedOf(`${one.key}:id-laptop`, one)).toMatchObject([{ code: "bad_row", reason: other }]);
    const bob = logKeys["account-limit"]({ ...(reading(NOW, 1).body as AccountLimitObservation), account: BOB ?? "" });
    expect(refusedOf(bob, reading(NOW, 1))).toMatchObject([{ reason: "the key is not that of the body" }]);
  });

  test.each([
    ["a percentage below zero", reading(NOW, -1)],
    ["a percentage that is a text", reading(NOW, "5" as never)],
    ["a reset outside of all times", reading(NOW, 1, { resetsAt: 9e15 })],
    ["no time", reading(null as never, 1)],
    ["a name that is a number", reading(NOW, 1, { name: 5 as never })],
  ])("are refused with %s", (_, one) => {
    expect(refusedOf(one.key, one)).toMatchObject([{ code: "bad_row" }]);
  });

  test("are refused with a state or severity that no program writes", () => {
    const one = event(NOW, "appeared");
    for (const change of [{ state: "gone" }, { severity: "fatal" }])
      expect(refusedOf(`${one.key}:id-ci`, one, change)).toMatchObject([{ code: "bad_row" }]);
  });
});
