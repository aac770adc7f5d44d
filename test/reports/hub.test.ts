import { describe, expect, test } from "bun:test";
import { accounts } from "../../src/reports/accounts.ts";
import type { Report } from "../../src/reports/contract.ts";
import { diagnostics } from "../../src/reports/diagnostics.ts";
import { limits } from "../../src/reports/limits.ts";
import type { DiagnosticsJson } from "../../src/reports/shared/findings.ts";
import type { ReportMember } from "../../src/reports/shared/report.ts";
import { sources } from "../../src/reports/sources.ts";
import {
  ANN,
  BOB,
  event,
  HOUR,
  MachinesLedger,
  member,
  MINUTE,
  reading,
  RESET,
  signedIn,
  tool,
  used,
} from "./hub-machines.ts";
import { renderText } from "./render-text.ts";
import { contextOf, NOW, queryOf } from "./sample.ts";

const members = [member("id-laptop", "Ann"), member("id-tower", "Ann"), member("id-ci", "Bob")];

/** Runs a report over a ledger of machines. */
async function run(
  report: Report,
  { ledger }: MachinesLedger,
  machines?: readonly string[],
  of: readonly ReportMember[] = members,
) {
  const { filter, ...query } = queryOf(ledger);
  const [selected, otherMembers] = [true, false].map((is) =>
    of.filter(({ machine }) => (machines?.includes(machine) ?? true) === is),
  );
  const context = contextOf(ledger, {
    ...(selected && { members: selected }),
    ...(otherMembers && { otherMembers }),
    log: () => Promise.reject(new Error("a hub has no log")),
  });
  const result = await report.run({ ...query, filter: { ...filter, machines } }, context);
  return { ...result, json: result.json(result.rows) as Record<string, unknown>, text: renderText(result, 200) };
}

/** Ann uses her account on two machines, Bob his own on one. */
const sample = (): MachinesLedger =>
  new MachinesLedger()
    .log("id-laptop", signedIn(ANN), reading(NOW - 40 * MINUTE, 30), reading(NOW - 20 * MINUTE, 44))
    .log(
      "id-tower",
      signedIn(ANN),
      reading(NOW - 5 * MINUTE, 41),
      reading(NOW - 50 * MINUTE, 90, { name: "seven_day", resetsAt: NOW + 50 * HOUR }),
    )
    .log("id-ci", signedIn(BOB), reading(NOW - 2 * HOUR, 7, { account: BOB }))
    .add("id-laptop", [used("a", NOW - HOUR, 300), used("before", RESET - 6 * HOUR, 5_000)])
    .add("id-tower", [used("b", NOW - 90 * MINUTE, 100)])
    .add("id-ci", [used("c", NOW - 30 * MINUTE, 50)]);

describe("limits of a hub", () => {
  test("are the newest reading of any machine, are never added up, and name who used the window", async () => {
    using machines = sample();
    const { json } = await run(limits, machines);
    const [five, week, bob] = json["limits"] as [object, object, object];
    expect(five).toMatchObject({
      source: "claude-code",
      account: ANN,
      name: "Ann (h-AnnAnn)",
      limit: "5 hours",
      usedPercent: 41,
      resetsAt: new Date(RESET).toISOString(),
      ageMs: 5 * MINUTE,
      readBy: "tower",
      plan: "max",
      usage: { tokens: 400, cost: 0.01 },
      machines: [
        { machine: "laptop", person: "Ann", tokens: 300, cost: 0.0075, share: 75 },
        { machine: "tower", person: "Ann", tokens: 100, cost: 0.0025, share: 25 },
      ],
    });
    expect(week).toMatchObject({ limit: "week", usedPercent: 90, readBy: "tower", usage: { tokens: 5_400 } });
    expect(bob).toMatchObject({
      account: BOB,
      usedPercent: 7,
      ageMs: 2 * HOUR,
      machines: [{ machine: "ci", tokens: 50 }],
    });
    expect(json["limits"]).toHaveLength(3);
  });

  test("of selected machines are those of their accounts, with the shares of these machines only", async () => {
    using machines = sample();
    const { json, text } = await run(limits, machines, ["id-laptop"]);
    const found = json["limits"] as { limit: string; readBy: string; machines: unknown }[];
    expect(found.map(({ limit, readBy, machines: by }) => [limit, readBy, by])).toEqual([
      ["5 hours", "tower", [{ machine: "laptop", person: "Ann", tokens: 300, cost: 0.0075, share: 75 }]],
      ["week", "tower", [expect.objectContaining({ machine: "laptop", tokens: 5_300 })]],
    ]);
    expect(text).not.toContain("Bob");
  });

  test("whose window is over show no use and no usage", async () => {
    using machines = new MachinesLedger()
      .log("id-ci", reading(NOW - 4 * HOUR, 99, { resetsAt: NOW - MINUTE }))
      .add("id-ci", [used("c", NOW - 4 * HOUR, 50)]);
    const { json } = await run(limits, machines);
    expect(json["limits"]).toMatchObject([{ usedPercent: null, lastSeenPercent: 99, usage: null, machines: [] }]);
  });

  test("of readings without an account belong to the account that the machine's status names", async () => {
    using machines = new MachinesLedger().log("id-ci", signedIn(BOB), reading(NOW - HOUR, 7, { account: "" }));
    machines.log("id-tower", reading(NOW - HOUR, 9, { account: "" }), reading(NOW - 2 * HOUR, 9, { account: "" }));
    const { json } = await run(limits, machines);
    expect(
      (json["limits"] as { account: unknown; name: unknown }[]).map(({ account, name }) => [account, name]),
    ).toEqual([
      [null, "Ann (account not known)"],
      [BOB, "Bob (h-BobBob)"],
    ]);
  });

  test("say of which machines the usage is shown for several accounts, and have extra usage and other assistants", async () => {
    using machines = sample().log(
      "id-ci",
      reading(NOW - HOUR, 25, { name: "extra_usage", resetsAt: null, spent: 12.5, spendLimit: 50, currency: "EUR" }),
    );
    const codex = {
      at: NOW - MINUTE,
      name: "codex",
      windowMinutes: 300,
      usedPercent: 12,
      resetsAt: RESET,
      plan: "plus",
    };
    for (const machine of ["id-laptop", "id-ci"])
      machines.add(machine, [{ kind: "limit", key: `limit:codex:codex:300:${RESET}`, body: codex }], "codex");
    const { json, notes } = await run(limits, machines);
    expect(notes.join(" ")).toContain("several accounts, whose usage is shown for each of them: ci.");
    const found = json["limits"] as Record<string, unknown>[];
    expect(found.find(({ limit }) => limit === "extra usage")).toMatchObject({
      name: "Ann, Bob (h-AnnAnn)",
      spent: "12.50 EUR of 50.00 EUR",
      usage: null,
    });
    expect(found.filter(({ source }) => source === "codex")).toMatchObject([
      { account: null, name: "Ann (account not known)", usedPercent: 12, readBy: "laptop" },
      { account: null, name: "Bob (account not known)", usedPercent: 12, readBy: "ci" },
    ]);
  });
});

describe("findings of a hub", () => {
  test("are listed by machine with the score of each, and without the sentence where only metrics were sent", async () => {
    using machines = new MachinesLedger()
      .log("id-laptop", signedIn(ANN), event(NOW - 5 * HOUR, "appeared"), event(NOW - 2 * HOUR, "resolved"))
      .log("id-ci", signedIn(BOB, { requiresSudo: true }), event(NOW - 3 * HOUR, "appeared", { message: "" }))
      .add("id-ci", [tool("x", true), tool("y", false)]);
    const { json, notes, text } = await run(diagnostics, machines);
    expect(json["findings"]).toMatchObject([
      {
        machine: "ci",
        person: "Bob",
        message: null,
        type: "permission_rules",
        state: "open",
        openMs: 3 * HOUR,
        times: 1,
      },
      {
        machine: "laptop",
        person: "Ann",
        message: 'Rule "Bash(rm:*)" can never match',
        state: "resolved",
        openMs: 3 * HOUR,
      },
    ]);
    expect(json["open"]).toBe(1);
    expect(json["machines"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ machine: "ci", permissionHealth: expect.objectContaining({ score: 55 }) as object }),
        expect.objectContaining({
          machine: "laptop",
          permissionHealth: expect.objectContaining({ score: 100 }) as object,
        }),
      ]),
    );
    expect(text).toContain("permission rules");
    expect(text).toContain("open, 30 days");
    expect(notes.join(" ")).toContain("Nothing is known of tower");
    expect((await run(diagnostics, machines, ["id-laptop"])).json["findings"]).toHaveLength(1);
  });
});

test("the trend of a hub counts the findings of all its machines at the end of each day, from the first day of a log", async () => {
  const finding = { finding: "h-b", type: "installation" };
  using machines = new MachinesLedger()
    .log("id-laptop", signedIn(ANN), event(NOW - 49 * HOUR, "appeared"), event(NOW - 2 * HOUR, "resolved"))
    .log("id-ci", event(NOW - 74 * HOUR, "appeared", finding), event(NOW - 50 * HOUR, "resolved", finding))
    .log("id-tower", event(NOW - 26 * HOUR, "appeared"), event(NOW - 25 * HOUR, "changed"));
  const trendOf = async (of?: readonly string[]) =>
    ((await run(diagnostics, machines, of)).json as unknown as DiagnosticsJson).trend.openAtEndOfDay;
  expect((await trendOf()).slice(-5)).toEqual([null, 1, 1, 2, 1]);
  expect(await trendOf()).toHaveLength(30);
  expect((await trendOf(["id-laptop"])).slice(-5)).toEqual([null, null, 1, 1, 0]);
  const [score] = ((await run(diagnostics, machines)).json as unknown as DiagnosticsJson).machines ?? [];
  expect(score).toMatchObject({ machine: "laptop", open: 0 });
});

describe("assistants and accounts of a hub", () => {
  test("have the usage of each machine, and what it still has to send", async () => {
    using machines = sample();
    const waiting = [member("id-laptop", "Ann", { pending: { "claude-code": 12, pawprint: 3 } }), ...members.slice(1)];
    const { json } = await run(sources, machines, undefined, waiting);
    expect(json).toMatchObject({
      sources: [
        {
          source: "claude-code",
          responses: 4,
          totalTokens: 5_450,
          toBeSent: 12,
          machines: [
            { machine: "laptop", person: "Ann", responses: 2, totalTokens: 5_300, toBeSent: 12 },
            { machine: "tower", responses: 1, toBeSent: 0 },
            { machine: "ci", responses: 1, toBeSent: 0 },
          ],
        },
        { source: "pawprint", title: "Pawprint's log", responses: 0, toBeSent: 3 },
      ],
      totals: { responses: 4, totalTokens: 5_450 },
    });
  });

  test("are summed by account where a machine has only one", async () => {
    using machines = sample();
    const rows = async () =>
      ((await run(accounts, machines)).json["accounts"] as Record<string, unknown>[]).map(
        ({ account, users, totalTokens }) => [account, users, totalTokens],
      );
    expect(await rows()).toEqual([
      [ANN, ["Ann"], 5_400],
      [BOB, ["Bob"], 50],
    ]);
    machines.log("id-ci", signedIn(ANN, { scope: "h-other" }));
    expect(await rows()).toEqual([
      [ANN, ["Ann", "Bob"], 5_400],
      [null, [], 50],
    ]);
  });
});

test("a report over a hub runs a fixed number of queries, however many machines and accounts there are", async () => {
  const queriesOf = async (report: Report, count: number): Promise<number> => {
    using machines = new MachinesLedger();
    const of = Array.from({ length: count }, (_, at) => member(`id-${at}`, `P${at}`));
    for (const { machine } of of) {
      const account = `h-${machine}`;
      machines.log(machine, signedIn(account), reading(NOW - MINUTE, 5, { account }), event(NOW - HOUR, "appeared"));
      machines.add(machine, [used(machine, NOW - HOUR, 10), tool(`tool-${machine}`, true)]);
    }
    let calls = 0;
    const queries = new Proxy(machines.ledger.queries, {
      get(target, name) {
        calls++;
        return Reflect.get(target, name) as unknown;
      },
    });
    const found = await report.run(queryOf(machines.ledger), contextOf(machines.ledger, { members: of, queries }));
    expect(found.rows.length).toBeGreaterThanOrEqual(count);
    return calls;
  };
  for (const report of [limits, diagnostics, sources, accounts]) {
    const few = await queriesOf(report, 1);
    expect({ report: report.name, queries: await queriesOf(report, 12) }).toEqual({
      report: report.name,
      queries: few,
    });
    expect(few).toBeLessThan(8);
  }
});
