import { describe, expect, test } from "bun:test";
import { feed, type FeedJson } from "../../src/reports/feed.ts";
import { runReport, golden } from "./harness.ts";
import { HOUR, member, MachinesLedger, MINUTE, used } from "./hub-machines.ts";
import { contextOf, ledgerOf, NOW, queryOf } from "./sample.ts";

const feedOf = async (ledger: ReturnType<typeof ledgerOf>, options: Parameters<typeof queryOf>[1] = {}) =>
  ((await runReport(feed, options, contextOf(ledger), ledger)).json as FeedJson).feed;

describe("feed", () => {
  golden(feed);

  test("it has the newest responses first, of the last seven days if no range is given, and none of the future", async () => {
    const at = (id: string, ms: number) => used(id, ms, 100);
    const old = NOW - 7 * 24 * HOUR;
    using ledger = ledgerOf([at("a", NOW - HOUR), at("b", NOW), at("c", old), at("d", old - 1), at("e", NOW + MINUTE)]);
    expect((await feedOf(ledger)).map(({ session }) => session)).toEqual(["b", "a", "c"]);
    expect((await feedOf(ledger, { since: "2026-11-01" })).map(({ session }) => session)).toEqual(["b", "a", "c", "d"]);
  });

  test("it is bounded to the newest 1,000 responses, and says so", async () => {
    using ledger = ledgerOf(Array.from({ length: 1_002 }, (_, index) => used(`r${index}`, NOW - index * 1_000, 1)));
    const { rows, notes } = await runReport(feed, {}, contextOf(ledger), ledger);
    expect(rows).toHaveLength(1_000);
    expect(notes).toEqual(["The newest 1,000 responses of the last 7 days."]);
  });

  test("over a hub each response names its machine and person", async () => {
    using hub = new MachinesLedger();
    hub.add("id-laptop", [used("a", NOW - MINUTE, 40_000)]).add("id-mini", [used("b", NOW - 2 * MINUTE, 80_000)]);
    const members = [member("id-laptop", "Ann"), member("id-mini", "")];
    const found = (await runReport(feed, {}, contextOf(hub.ledger, { members }), hub.ledger)).json as FeedJson;
    expect(found.feed.map(({ machine, person, tokens, cost }) => [machine, person, tokens, cost])).toEqual([
      ["laptop", "Ann", 40_000, 1],
      ["mini", null, 80_000, 2],
    ]);
  });
});
