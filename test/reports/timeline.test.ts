import { describe, expect, test } from "bun:test";
import { stepsOf } from "../../src/reports/shared/session/concurrency.ts";
import { timeline, type TimelineJson } from "../../src/reports/timeline.ts";
import { golden, runReport } from "./harness.ts";
import { HOUR, MachinesLedger, member, MINUTE, used } from "./hub-machines.ts";
import { contextOf, ledgerOf, NOW } from "./sample.ts";

const members = [member("id-laptop", "Ann"), member("id-tower", "Bob")];
const BEGIN = NOW - 6 * HOUR;
/** A response of a session some minutes after the beginning. */
const at = (session: string, minute: number) => used(`${session}-${minute}`, BEGIN + minute * MINUTE, 100, session);
const isoOf = (minute: number): string => new Date(BEGIN + minute * MINUTE).toISOString();

async function timelineOf(observations: Parameters<typeof ledgerOf>[0]): Promise<TimelineJson> {
  using ledger = ledgerOf(observations);
  return (await runReport(timeline, { last: "7h" }, contextOf(ledger), ledger)).json as TimelineJson;
}

describe("timeline", () => {
  golden(timeline, "timeline", { since: "2026-11-18" });

  test("splits a session where it paused for long, and keeps what it used", async () => {
    const minutes = [0, 10, 25, 100, 101];
    const { machines, leftOut } = await timelineOf(minutes.map((minute) => at("a", minute)));
    const sessions = machines.flatMap((one) => one.sessions);
    expect(sessions.map(({ from, to, responses, tokens }) => [from, to, responses, tokens])).toEqual([
      [isoOf(0), isoOf(25), 3, 300],
      [isoOf(100), isoOf(101), 2, 200],
    ]);
    expect({ machine: machines[0]?.machine, leftOut }).toEqual({ machine: null, leftOut: 0 });
  });

  test("counts the most sessions at once, over all machines", async () => {
    using hub = new MachinesLedger();
    hub
      .add("id-laptop", [at("a", 0), at("a", 20), at("b", 10), at("b", 30)])
      .add("id-tower", [at("c", 15), at("c", 40), at("d", 200)]);
    const context = contextOf(hub.ledger, { members });
    const { json, notes } = await runReport(timeline, { last: "7h" }, context, hub.ledger);
    const { machines, peak, concurrency } = json as TimelineJson;
    expect(
      machines.map(({ machine, person, sessions }) => [machine, person, sessions.map((one) => one.session)]),
    ).toEqual([
      ["laptop", "Ann", ["a", "b"]],
      ["tower", "Bob", ["c", "d"]],
    ]);
    expect(peak).toEqual({ sessions: 3, from: isoOf(15), to: isoOf(20) });
    expect(notes[0]).toStartWith("At most 3 sessions at once: ");
    expect(Math.max(...concurrency.map(({ sessions }) => sessions))).toBe(3);
    expect(concurrency.findLast(({ sessions }) => sessions > 0)?.sessions).toBe(1);
  });

  test("has the times of each machine of a session that several have", async () => {
    using hub = new MachinesLedger();
    hub
      .add("id-laptop", [at("a", 4), at("a", 8)])
      .add("id-tower", [used("tower-2", BEGIN + 2 * MINUTE, 100, "a"), used("tower-9", BEGIN + 9 * MINUTE, 100, "a")]);
    const { json } = await runReport(timeline, { last: "7h" }, contextOf(hub.ledger, { members }), hub.ledger);
    const { machines } = json as TimelineJson;
    expect(machines.map(({ machine, sessions }) => [machine, sessions[0]?.from, sessions[0]?.to])).toEqual([
      ["laptop", isoOf(4), isoOf(8)],
      ["tower", isoOf(2), isoOf(9)],
    ]);
  });

  test("is the same for some of its sessions as for a ledger that has only those", async () => {
    using all = ledgerOf([at("a", 0), at("a", 20), at("b", 10), at("b", 30)]);
    const { json } = await runReport(timeline, { last: "7h", session: "b" }, contextOf(all), all);
    expect(json).toEqual(await timelineOf([at("b", 10), at("b", 30)]));
  });

  test("begins with the first response that it counts, where hours begin within a bucket", async () => {
    using ledger = ledgerOf([at("a", 302)]);
    const { json } = await runReport(timeline, { last: "1h", now: NOW + 7 * MINUTE }, contextOf(ledger), ledger);
    const { from, peak, concurrency } = json as TimelineJson;
    expect([from, peak?.from, concurrency[0]]).toEqual([isoOf(302), isoOf(302), { at: isoOf(302), sessions: 1 }]);
  });

  test("has no peak without usage", async () => {
    expect(await timelineOf([])).toMatchObject({ machines: [], peak: null, concurrency: [] });
  });

  test("counts in each step the most at once, also where that is shorter than the step", () => {
    const intervals = [
      { from: 0, to: 9 },
      { from: 12, to: 12 },
      { from: 12, to: 30 },
    ];
    expect(stepsOf(intervals, { from: 0, to: 40 }, 4)).toEqual([
      { at: 0, sessions: 1 },
      { at: 10, sessions: 2 },
      { at: 20, sessions: 1 },
      { at: 30, sessions: 1 },
    ]);
  });
});
