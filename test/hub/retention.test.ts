import { expect, test } from "bun:test";
import { Retention } from "../../src/hub/Retention.ts";
import { encodeBody } from "../../src/model/body.ts";
import { plainResponse } from "../ledger/sample.ts";
import { eventsOf, expectFrame, helloOf, hubOf, joined, NOW } from "./harness.ts";

const DAY_MS = 86_400_000;

test("rows older than the days that are kept leave the journal, their facts stay, and late rows are not counted", async () => {
  using made = hubOf();
  const { hub, clock } = made;
  const { machine, ask } = joined(hub, "laptop");
  const row = (key: string, daysAgo: number, output = 1) =>
    [`response:${key}`, encodeBody("response", { ...plainResponse, output, at: NOW - daysAgo * DAY_MS })] as const;
  const send = async (from: number, ...rows: (readonly [string, string])[]) => {
    const groups = [{ source: "claude-code", reader: 1, level: "details", rows }] as const;
    return expectFrame(await ask(eventsOf(from, from + rows.length, { groups })), "ack");
  };
  const keys = (table: string): unknown[] =>
    hub.ledger.database.query(`SELECT key FROM ${table} ORDER BY key`).values().flat();
  await send(0, row("old", 401), row("new", 399), row("both", 402), row("both", 1, 2));
  expect(await new Retention(hub.ledger, clock, 400).run()).toBe(1);
  expect(keys("journal")).toEqual(["response:both", "response:both", "response:new"]);
  expect(keys("response")).toEqual(["response:both", "response:new", "response:old"]);
  expect((await send(4, row("old", 401, 9), row("older", 800))).late).toBe(1);
  // A key without a fact is counted, whatever its day.
  expect(keys("response")).toContain("response:older");
  expect([hub.members.find(machine)?.late, keys("journal").length]).toEqual([1, 4]);
  const { horizon } = expectFrame(await ask(helloOf(machine)), "welcome");
  expect(horizon).toBe(Math.floor(NOW / DAY_MS) - 400);
});
