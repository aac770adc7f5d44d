import { describe, expect, test } from "bun:test";
import type { Observation } from "../../src/model/observation.ts";
import { cache } from "../../src/reports/cache.ts";
import { daily } from "../../src/reports/daily.ts";
import { now, type NowJson } from "../../src/reports/now.ts";
import { plainResponse } from "../ledger/sample.ts";
import { fullContext, golden, runReport, sample } from "./harness.ts";
import { HOUR, member, MachinesLedger, MINUTE, used } from "./hub-machines.ts";
import { contextOf, ledgerOf, NOW, queryOf } from "./sample.ts";
import { OPUS } from "./sample-work.ts";

const DAY = 24 * HOUR;

type Options = Parameters<typeof queryOf>[1];
const json = async (ledger = sample, options: Options = {}): Promise<NowJson> =>
  (await runReport(now, options, contextOf(ledger), ledger)).json as NowJson;

/** A response of Opus that costs some dollars: output at $25 a million. */
const spent = (id: string, at: number, dollars: number): Observation => used(id, at, dollars * 40_000);

describe("now", () => {
  golden(now);

  test("today is what daily and cache print for today", async () => {
    const { today } = await json();
    const days = (await runReport(daily, { since: "2026-11-20" })).json as { totals: object };
    expect(days.totals).toMatchObject({ totalTokens: today.tokens, totalCost: today.cost });
    const saved = (await runReport(cache, { since: "2026-11-20" })).json as { totals: object };
    expect(saved.totals).toMatchObject({ hitPercent: today.cacheReadPercent, saved: today.saved });
  });

  test("a usual day is the median of the same weekdays by the same time of the local clock, and today is compared up to it", async () => {
    const weeks = [1, 2, 3, 4].flatMap((week) => {
      // 11:00 in Berlin; four weeks ago it was summer time there.
      const eleven = NOW - week * 7 * DAY - (week === 4 ? HOUR : 0);
      return [spent(`before-${week}`, eleven - 10 * MINUTE, week), spent(`after-${week}`, eleven + 5 * MINUTE, 100)];
    });
    const today = [spent("today", NOW - 2 * HOUR, 5), spent("since", NOW + 3 * MINUTE, 7)];
    using ledger = ledgerOf([...weeks, ...today]);
    const { usual, today: all } = await json(ledger, { now: NOW + 4 * MINUTE });
    expect(usual).toEqual({
      cost: 2.5,
      costToday: 5,
      days: 4,
      weekday: "friday",
      until: "2026-11-20T10:00:00.000Z",
      changePercent: 100,
    });
    expect(all.cost).toBe(12);
  });

  test("with too few of the same weekday a usual day is one of the last two weeks, and with fewer than three days it is not known", async () => {
    const days = [1, 2, 3].map((day) => spent(`d${day}`, NOW - day * DAY - HOUR, day));
    using three = ledgerOf(days);
    const { usual } = await json(three);
    expect(usual).toMatchObject({ cost: 2, days: 3, weekday: null });
    using two = ledgerOf(days.slice(1));
    expect((await json(two)).usual).toBeNull();
  });

  test("a day with usage only later in the day counts as nothing, and there is then no percentage", async () => {
    const days = [1, 2, 3].map((week) => spent(`w${week}`, NOW - week * 7 * DAY + 3 * HOUR, 9));
    using ledger = ledgerOf([...days, spent("today", NOW - HOUR, 4)]);
    expect((await json(ledger)).usual).toMatchObject({ cost: 0, costToday: 4, days: 3, changePercent: null });
  });

  test("the burn rate is that of the last ten minutes, to the millisecond, and null without a response", async () => {
    const responses = [
      spent("early", NOW - 10 * MINUTE, 50),
      spent("first", NOW - 10 * MINUTE + 1, 1),
      spent("last", NOW, 2),
      spent("ahead", NOW + 1, 50),
    ];
    using ledger = ledgerOf(responses);
    const { burn, atWork } = await json(ledger);
    expect(burn).toEqual({ minutes: 10, tokensPerMinute: 12_000, costPerHour: 18, machines: 1 });
    expect(atWork).toEqual({ minutes: 10, sessions: 2, machines: 1, subagents: 0 });
    expect((await json(ledger, { now: NOW + HOUR })).burn).toBeNull();
  });

  test("a model without a price has a burn rate in tokens only", async () => {
    const unknown = {
      ...plainResponse,
      session: "u",
      at: NOW - MINUTE,
      model: "mystery-9",
      output: 9_000,
      cacheRead: 1_000,
    };
    using ledger = ledgerOf([{ kind: "response", key: "response:u", body: unknown }]);
    const { burn, today } = await json(ledger);
    expect(burn?.tokensPerMinute).toBe(1_000);
    expect([burn?.costPerHour, today.cost, today.saved]).toEqual([null, null, null]);
  });

  test("subagents at work are counted once each, and belong to their session", async () => {
    const response = (id: string, agent: string): Observation => ({
      kind: "response",
      key: `response:${id}`,
      body: { ...plainResponse, session: "s", at: NOW - MINUTE, agent, model: OPUS },
    });
    using ledger = ledgerOf([response("1", ""), response("2", "a"), response("3", "a"), response("4", "b")]);
    expect((await json(ledger)).atWork).toMatchObject({ sessions: 1, subagents: 2 });
  });

  test("over a hub each machine has its own minutes, and one that is not heard of has no rate", async () => {
    using hub = new MachinesLedger();
    hub
      .add("id-laptop", [used("a", NOW - 30 * MINUTE, 500), used("b", NOW - MINUTE, 1_000)])
      .add("id-desktop", [used("c", NOW - 2 * MINUTE, 3_000)])
      .add("id-old", [used("d", NOW - 3 * DAY, 7)]);
    const members = [
      member("id-laptop", "Ann"),
      member("id-desktop", ""),
      member("id-old", "", { seen: NOW - DAY }),
      member("id-idle", ""),
      member("id-gone", "", { revoked: NOW - DAY }),
    ];
    const found = (await runReport(now, {}, contextOf(hub.ledger, { members }), hub.ledger)).json as NowJson;
    const { machines, burn, minutes, online, known } = found;
    expect([online, known]).toEqual([3, 4]);
    expect(
      machines.map(({ machine, person, tokensPerMinute, lastAt }) => [machine, person, tokensPerMinute, lastAt]),
    ).toEqual([
      ["desktop", null, 300, "2026-11-20T09:58:00.000Z"],
      ["laptop", "Ann", 100, "2026-11-20T09:59:00.000Z"],
      ["idle", null, 0, null],
      ["old", null, null, null],
    ]);
    expect(burn).toMatchObject({ machines: 2, tokensPerMinute: 400 });
    expect(minutes).toEqual({ from: "2026-11-20T09:00:00.000Z", count: 60 });
    const laptop = machines.find(({ machine }) => machine === "laptop")?.perMinute ?? [];
    expect(laptop).toHaveLength(60);
    expect([laptop[30], laptop[59], laptop.reduce((sum, one) => sum + one, 0)]).toEqual([500, 1_000, 1_500]);
  });

  test("the minute that is not over is in the burn rate but not among the minutes", async () => {
    using ledger = ledgerOf([used("a", NOW + 10_000, 600)]);
    const { machines, burn } = await json(ledger, { now: NOW + 20_000 });
    expect(burn?.tokensPerMinute).toBe(60);
    expect(machines[0]?.perMinute.every((tokens) => tokens === 0)).toBe(true);
  });

  test("an empty ledger has a sentence and no numbers in the terminal", async () => {
    using ledger = ledgerOf([]);
    const found = await now.run(queryOf(ledger), fullContext(ledger));
    expect(found.isEmpty).toBe(true);
    expect(found.notes).toEqual([]);
  });
});
