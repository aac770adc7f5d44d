import { describe, expect, test } from "bun:test";
import { sumBy } from "../../src/pricing/costs.ts";
import { activity } from "../../src/reports/activity.ts";
import { runReport, golden, sample, fullContext } from "./harness.ts";
import { HOUR, MachinesLedger, member, used } from "./hub-machines.ts";
import { contextOf, ledgerOf, NOW, queryOf } from "./sample.ts";
import { sampleObservations, sessionId } from "./sample-work.ts";
import type { Observation } from "../../src/model/observation.ts";
import { type Arrangement, arrange } from "../../src/reports/shared/arrange.ts";
import { queriesOf } from "../ledger/queries.ts";

interface Json {
  readonly sessions: readonly {
    sessionId: string;
    ended: string | null;
    totalTokens: number;
    totalCost: number | null;
  }[];
  readonly totals: { sessions: number; totalTokens: number; totalCost: number };
}

describe("activity", () => {
  golden(activity);

  test("totals equal those of the ledger", async () => {
    const { json } = await runReport(activity);
    const { filter, intervals } = queryOf(sample);
    const { all } = sumBy(queriesOf(sample).usage(filter, intervals), fullContext().costs, () => null);
    const { totals, sessions: found } = json as Json;
    expect(totals).toMatchObject({ totalTokens: all.total, totalCost: all.micros / 1e6, sessions: 11 });
    expect(found.at(-1)).toMatchObject({ ended: null });
    expect(found.filter(({ totalCost }) => totalCost === null).length).toBe(1);
  });

  test("--model keeps only sessions that used the model", async () => {
    const { sessions: found } = (await runReport(activity, { model: "mystery" })).json as Json;
    expect(found.length).toBe(2);
  });

  test("--branch and --machine keep what a session of another branch or machine used there", async () => {
    using hub = new MachinesLedger();
    const place = { project: "/home/dev/api", branch: "main", agent: "", reason: null, version: "" };
    const body = { session: "s", ...place, first: NOW - 2 * HOUR, last: NOW };
    const on = (one: Observation, branch: string) => ({ ...one, body: { ...one.body, branch } });
    hub
      .add("id-laptop", [
        { kind: "session", key: "session:s", body },
        on(used("a", NOW - 2 * HOUR, 10, "s"), "main"),
        on(used("b", NOW - HOUR, 200, "s"), "feat/x"),
      ])
      .add("id-tower", [on(used("c", NOW - HOUR, 3_000, "s"), "main")]);
    const context = contextOf(hub.ledger, { members: [member("id-laptop", "Ann"), member("id-tower", "Bob")] });
    const tokensOf = async (place: { branch?: string; machines?: string[] }) => {
      const query = queryOf(hub.ledger);
      const result = await activity.run({ ...query, filter: { ...query.filter, ...place } }, context);
      return (result.json(result.rows) as Json).sessions.map(({ totalTokens }) => totalTokens);
    };
    expect(await tokensOf({ branch: "feat/x" })).toEqual([200]);
    expect(await tokensOf({ machines: ["id-tower"] })).toEqual([3_000]);
    expect(await tokensOf({ branch: "none" })).toEqual([]);
  });

  test("hours that begin within a bucket have the sessions that ended in it, whose usage counts", async () => {
    const place = { project: "/home/dev/api", branch: "main", agent: "", reason: null, version: "" };
    const at = NOW - HOUR + 60_000;
    using ledger = ledgerOf([
      { kind: "session", key: "session:s", body: { session: "s", ...place, first: at, last: at } },
      used("a", at, 10, "s"),
    ]);
    const options = { last: "1h", now: NOW + 5 * 60_000 };
    const { json } = await runReport(activity, options, contextOf(ledger), ledger);
    expect((json as Json).sessions.map(({ totalTokens }) => totalTokens)).toEqual([10]);
  });

  test("a note counts sessions whose activity is not read yet", async () => {
    using ledger = ledgerOf(sampleObservations().filter(({ kind }) => kind === "response"));
    const { rows, notes } = await runReport(activity, {}, fullContext(ledger), ledger);
    expect(rows).toEqual([]);
    expect(notes.join()).toContain("11 more with usage in this range");
  });

  test("--match keeps the sessions that are named so, and totals are theirs", async () => {
    const matching = async (match: string) => (await runReport(activity, { match })).json as Json;
    const branch = await matching("FEAT/Export");
    expect(branch.sessions.map(({ sessionId: id }) => id)).toEqual([sessionId(7), sessionId(10)]);
    expect(branch.totals.totalTokens).toBe(branch.sessions.reduce((sum, one) => sum + one.totalTokens, 0));
    const [model, project, id, assistant] = await Promise.all(
      ["mystery", "work/shop", sessionId(3), "claude code"].map(async (text) => (await matching(text)).sessions.length),
    );
    expect({ model, project, id, assistant }).toEqual({ model: 2, project: 4, id: 1, assistant: 11 });
    expect((await matching("nothing of that name")).totals).toMatchObject({ sessions: 0, totalTokens: 0 });
  });

  test("--match finds the sessions of a machine and of a person at a hub", async () => {
    using hub = new MachinesLedger();
    const session = (name: string): Observation => ({
      kind: "session",
      key: `session:${name}`,
      body: {
        session: name,
        project: "",
        branch: "",
        agent: "",
        first: NOW - HOUR,
        last: NOW,
        reason: null,
        version: "",
      },
    });
    hub
      .add("id-laptop", [session("a"), used("1", NOW - HOUR, 5, "a")])
      .add("id-tower", [session("b"), used("2", NOW - HOUR, 5, "b")]);
    const context = contextOf(hub.ledger, { members: [member("id-laptop", "Ann"), member("id-tower", "Bob")] });
    for (const [match, found] of [
      ["lapt", { sessionId: "a", machine: "laptop", person: "Ann" }],
      ["bob", { sessionId: "b", machine: "tower", person: "Bob" }],
    ] as const) {
      const { json } = await runReport(activity, { match }, context, hub.ledger);
      expect((json as Json).sessions).toMatchObject([found]);
    }
  });
});

describe("--offset", () => {
  const page = async (arrangement: Arrangement) => {
    const result = await activity.run(queryOf(sample), fullContext());
    const { rows, json, showing, empty } = arrange(result, arrangement);
    return { ids: (json(rows) as Json).sessions.map(({ sessionId: id }) => id), showing, empty, json: json(rows) };
  };

  test.each([{}, { order: "desc" as const }, { sort: "cost" }])("pages of %j make up the whole list", async (order) => {
    const whole = (await page(order)).ids;
    const pages = await Promise.all([0, 4, 8].map(async (offset) => (await page({ ...order, limit: 4, offset })).ids));
    expect(pages.map((ids) => ids.length)).toEqual([4, 4, 3]);
    // The pages of a list by time begin with the newest rows, each in the order of time.
    expect((Object.keys(order).length === 0 ? pages.toReversed() : pages).flat()).toEqual(whole);
  });

  test("says which rows are shown, and that there are no more", async () => {
    const { showing, json } = await page({ limit: 4, offset: 4 });
    expect(showing).toBe("Showing 4 of 11 rows, before the last 4; totals are those of all.");
    expect(json).toMatchObject({ showing: { rows: 4, of: 11, offset: 4 }, totals: { sessions: 11 } });
    expect((await page({ sort: "cost", offset: 9 })).showing).toStartWith("Showing 2 of 11 rows, after the first 9;");
    expect(await page({ offset: 11 })).toMatchObject({ ids: [], empty: "There are only 11 rows." });
  });
});
