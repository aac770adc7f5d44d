import { describe, expect, test } from "bun:test";
import { blocks } from "../../src/reports/blocks.ts";
import { limits } from "../../src/reports/limits.ts";
import { compare, type CompareJson } from "../../src/reports/compare.ts";
import { daily } from "../../src/reports/daily.ts";
import { machines } from "../../src/reports/machines.ts";
import { overview } from "../../src/reports/overview.ts";
import { session } from "../../src/reports/session.ts";
import type { MachinesJson } from "../../src/reports/shared/hub/machines.ts";
import type { Report } from "../../src/reports/contract.ts";
import { queryOf } from "../../src/reports/shared/query.ts";
import { runWithOptions } from "../../src/reports/shared/run.ts";
import type { ReportOptions } from "../../src/reports/shared/options.ts";
import { importedDays } from "../../src/reports/shared/usage/imported-days.ts";
import { dataOf } from "../../src/reports/shared/data/data.ts";
import type { Observation } from "../../src/model/observation.ts";
import { PriceTable } from "../../src/model/price.ts";
import { ANN, HOUR, MachinesLedger, member, MINUTE, reading, signedIn, used } from "./hub-machines.ts";
import { renderText } from "./render-text.ts";
import { contextOf, NOW, prices, ZONE } from "./sample.ts";

const HOURS_AWAY = 30 * HOUR;
const members = [
  member("id-laptop", "Ann"),
  member("id-tower", "Ann", { seen: NOW - HOURS_AWAY, pending: { codex: 1_200, "claude-code": 34 } }),
  member("id-ci", "", { seen: null, conflict: NOW - HOUR, late: 3 }),
];

/** Runs a report with options over the ledger of a hub. */
async function run(report: Report, options: ReportOptions, { ledger }: MachinesLedger, of = members) {
  const { costs: _, ...context } = contextOf(ledger, { members: of, log: () => Promise.resolve([]) });
  const place = { ...context, prices: new PriceTable(prices), now: NOW };
  const result = await runWithOptions(report, options, { zone: ZONE, problem: null }, place);
  return { ...result, json: result.json(result.rows), text: renderText(result, 200) };
}

const sample = (): MachinesLedger =>
  new MachinesLedger()
    .log("id-laptop", signedIn(ANN), reading(NOW - 20 * MINUTE, 44))
    .add("id-laptop", [used("a", NOW - HOUR, 300)])
    .add("id-tower", [used("b", NOW - 90 * MINUTE, 100)]);

const totalOf = (line: { outputTokens?: unknown } | undefined): unknown => line?.outputTokens;

describe("usage over a hub", () => {
  test("machines has a line for each machine, with when it was seen, what it still has to send, and what is wrong with it", async () => {
    using ledger = sample();
    const { json, text, notes } = await run(machines, {}, ledger);
    const lines = (json as { machines: Record<string, unknown>[] }).machines;
    expect(lines.map(({ name, person, pending, late, share }) => [name, person, pending, late, share === 0])).toEqual([
      ["laptop", "Ann", 0, 0, false],
      ["tower", "Ann", 1_234, 0, false],
      ["ci", "", 0, 3, true],
    ]);
    expect(text).toMatch(/tower +Ann +1d06h .* 1\.2k /);
    expect(text).toMatch(/ci .*two ledgers spoke as it/);
    expect(notes).toEqual(
      expect.arrayContaining([
        "Not seen in the last hour, so its newest usage may be missing: tower (1d06h ago).",
        "Observations that are still to be sent: tower (1,234).",
      ]),
    );
  });

  test("machines says which are online and whose versions are older than the newest of them", async () => {
    using ledger = sample().log("id-tower", signedIn(ANN, { version: "2.1.299" }), signedIn(ANN, { scope: "h-b" }));
    const mixed = [
      ...members.slice(0, 2),
      member("id-ci", "", { seen: NOW - 149_000, program: "0.10.0" }),
      member("id-old", "", { program: "0.99.0", revoked: NOW - HOUR }),
    ];
    const { json, notes, text } = await run(machines, {}, ledger, mixed);
    const { machines: lines, ...all } = json as MachinesJson;
    expect(all).toMatchObject({ online: 2, known: 3, newestProgram: "0.10.0", newestClaude: "2.1.300" });
    const stateOf = (one: (typeof lines)[number]): unknown[] => [
      one.name,
      one.isOnline,
      one.isProgramOld,
      one.claudeVersions.toSorted(),
      one.isClaudeOld,
    ];
    expect(lines.map(stateOf)).toEqual([
      ["laptop", true, true, ["2.1.300"], false],
      ["tower", false, true, ["2.1.299", "2.1.300"], true],
      ["ci", true, false, [], false],
      ["old", false, false, [], false],
    ]);
    expect(notes).toContain("Online: 2 of 3 machines, as last heard from.");
    expect(text).toMatch(/tower .*older Pawprint, older Claude Code/);
    const [only] = ((await run(machines, { machine: "tower" }, ledger, mixed)).json as MachinesJson).machines;
    expect(only).toMatchObject({ name: "tower", isClaudeOld: true, isProgramOld: true });
  });

  test("notes name only machines that are selected", async () => {
    using ledger = sample();
    expect((await run(daily, { machine: "laptop" }, ledger)).notes).toEqual([]);
    expect((await run(daily, { machine: "id-tower" }, ledger)).notes).toHaveLength(2);
  });

  test("the windows of one machine begin with its own usage, not with that of others", async () => {
    using ledger = new MachinesLedger()
      .add("id-laptop", [used("a", NOW - 7 * HOUR, 1)])
      .add("id-tower", [used("b", NOW - 3 * HOUR, 2)]);
    const beginOf = async (machine?: string): Promise<unknown> =>
      ((await run(blocks, { machine }, ledger)).json as { blocks: { startTime: string }[] }).blocks.map((one) =>
        one.startTime.slice(11, 16),
      );
    expect(await beginOf()).toEqual(["03:00"]);
    expect(await beginOf("tower")).toEqual(["07:00"]);
  });

  test("days are split by machine or by person, and sessions name their machine", async () => {
    using ledger = sample();
    const byMachine = (await run(daily, { by: "machine" }, ledger)).json as { machines: Record<string, object[]> };
    const byPerson = (await run(daily, { by: "person" }, ledger)).json as { persons: Record<string, object[]> };
    const sum = Number(totalOf(byMachine.machines["laptop"]?.[0])) + Number(totalOf(byMachine.machines["tower"]?.[0]));
    expect(sum).toBeGreaterThan(0);
    expect(byPerson.persons["Ann"]?.map(totalOf)).toEqual([sum]);
    const { sessions } = (await run(session, {}, ledger)).json as { sessions: { machine: string }[] };
    expect(new Set(sessions.map(({ machine }) => machine))).toEqual(new Set(["laptop", "tower"]));
  });

  test("usage is split by what every row of it has, without and with a hub", async () => {
    using ledger = sample();
    for (const [by, list] of [
      ["model", "models"],
      ["branch", "branches"],
      ["assistant", "assistants"],
      ["project", "projects"],
    ] as const) {
      const { json } = await run(daily, { by }, ledger);
      const parts = Object.values(
        (json as Record<string, Record<string, Record<string, unknown>[]>>)[list] ?? {},
      ).flat();
      expect(parts.reduce((sum, part) => sum + Number(totalOf(part)), 0)).toBe(400);
      for (const part of parts) expect(part).toMatchObject({ [by]: expect.any(String), name: expect.any(String) });
    }
  });

  test("a comparison has a part for each person or machine", async () => {
    using ledger = sample().add("id-ci", [used("c", NOW - 8 * 24 * HOUR, 50)]);
    const { parts } = (await run(compare, { by: "machine" }, ledger)).json as CompareJson;
    expect(parts.map((part) => [part.name, part.tokens, part.tokensBefore])).toEqual([
      ["laptop", 300, 0],
      ["tower", 100, 0],
      ["ci", 0, 50],
    ]);
    const ofPersons = (await run(compare, { by: "person" }, ledger)).json as CompareJson;
    expect(ofPersons.parts.map(({ name, tokens }) => [name, tokens])).toEqual([
      ["Ann", 400],
      ["(not known)", 0],
    ]);
  });

  test.each(["machine", "person"])("a ledger of one machine cannot be split by %s", async (by) => {
    using ledger = new MachinesLedger().add("id-laptop", [used("a", NOW - HOUR, 300)]);
    const place = { ...contextOf(ledger.ledger), home: "/", now: NOW };
    expect(await queryOf({ by }, place, ZONE).catch((error: unknown) => error)).toMatchObject({
      code: "bad_usage",
      message: "this ledger has one machine",
    });
  });

  test("the overview shows the open limits of each account, and says so where no machine has sent any", async () => {
    using ledger = sample();
    expect((await run(overview, {}, ledger)).text).toMatch(/, 5 hours +\S+ +44%/);
    using empty = new MachinesLedger().add("id-tower", [used("b", NOW - 90 * MINUTE, 100)]);
    const { text } = await run(overview, { machine: "tower" }, empty);
    expect(text).toContain("No machine has sent limits that are open now.");
    expect(text).toContain("machine tower");
  });
});

test("a report of one machine names an account by all machines that use it", async () => {
  using hub = new MachinesLedger()
    .log("id-laptop", signedIn(ANN), reading(NOW - MINUTE, 44))
    .log("id-ci", signedIn(ANN), reading(NOW - HOUR, 40));
  const { json } = await run(limits, { machine: "laptop" }, hub);
  expect(json).toMatchObject({ limits: [{ name: "Ann, ci (h-AnnAnn)", machines: [] }] });
});

/** An imported sum of two tokens on the first of November. */
const day = (provenance: string): Observation => ({
  kind: "day",
  key: `day:${provenance}`,
  body: {
    date: "2026-11-01",
    model: "m",
    provenance,
    input: 1,
    output: 1,
    cacheWrite: 0,
    cacheRead: 0,
    unsplit: 0,
    cost: null,
  },
});

test("of the sums of each machine for a day those of its best program count, whatever another machine has", async () => {
  using hub = new MachinesLedger().add("id-laptop", [day("ccusage")]).add("id-ci", [day("stats-cache")]);
  const query = { filter: { from: 0, to: NOW }, zone: "UTC", since: null, until: null };
  const found = await importedDays(query, { queries: hub.ledger.queries });
  expect(found.map(({ machine }) => machine).toSorted()).toEqual(["id-ci", "id-laptop"]);
});

test("machines counts imported days as daily and its split by machine do, and says so", async () => {
  using hub = sample().add("id-ci", [day("ccusage")]);
  const { json, notes } = await run(machines, {}, hub);
  const { totals, machines: lines } = json as MachinesJson;
  expect(totals).toEqual(((await run(daily, { by: "machine" }, hub)).json as MachinesJson).totals);
  expect(lines.find(({ name }) => name === "ci")).toMatchObject({ totalTokens: 2, totalCost: null });
  expect(notes).toContain("Includes imported usage: 2026-11-01 from ccusage.");
});

test("what is drawn for another machine has the rows that a terminal shows", () => {
  const result = { columns: [], rows: [1, 2, 3], maxRows: 2, zone: "UTC", empty: "", notes: [], json: () => ({}) };
  const draw = (_: unknown, __: number, rows: readonly number[]): string[] => rows.map(String);
  expect(dataOf("x", { ...result, draw }, { width: 80, glyphs: "ascii" })).toMatchObject({
    rows: [[], [], []],
    lines: [["1"], ["2"]],
  });
});
