import { describe, expect, test } from "bun:test";
import type { ActionObservation, Observation, ResponseObservation } from "../../src/model/observation.ts";
import { loggedRecord, type UsageRecord } from "../../src/model/record.ts";
import { turns, type TurnsJson } from "../../src/reports/turns.ts";
import { plainAction, plainResponse } from "../ledger/sample.ts";
import { assistants } from "./sample-assistants.ts";
import { contextWithoutLog, golden, runReport, sample } from "./harness.ts";
import { HOUR, MachinesLedger, member, MINUTE } from "./hub-machines.ts";
import { contextOf, ledgerOf, NOW } from "./sample.ts";
import { OPUS, sessionId, SONNET } from "./sample-work.ts";

type Session = Extract<TurnsJson, { contextWindow: unknown }>;
const BEGIN = NOW - 2 * HOUR;
const SECOND = 1_000;

const response = (id: string, at: number, change: Partial<ResponseObservation> = {}): Observation => ({
  kind: "response",
  key: `response:${id}`,
  body: {
    ...plainResponse,
    session: "s",
    at: BEGIN + at,
    model: OPUS,
    input: 1_000,
    output: 10,
    cacheRead: 0,
    cacheWrite: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    ...change,
  },
});
const action = (
  id: string,
  at: number,
  change: Partial<ActionObservation> & Pick<ActionObservation, "action">,
): Observation => ({
  kind: "action",
  key: `action:${id}`,
  body: { ...plainAction, session: "s", ok: null, ended: null, at: BEGIN + at, name: "", ...change },
});

async function sessionOf(observations: readonly Observation[], context = {}): Promise<Session> {
  using ledger = ledgerOf(observations);
  const { json } = await runReport(
    turns,
    { session: "s" },
    contextOf(ledger, { log: () => Promise.resolve([]), ...context }),
    ledger,
  );
  return json as Session;
}

const sumOf = (values: readonly (number | null)[]): number => values.reduce<number>((sum, one) => sum + (one ?? 0), 0);

describe("turns", () => {
  golden(turns);
  golden(turns, "turns-one-session", { session: sessionId(4) });

  test("add up to the session, and so do its single responses", async () => {
    const { json } = await runReport(turns, { session: sessionId(4) });
    const { session, turns: all, responses } = json as Session;
    expect(session).toMatchObject({ responses: 38, prompts: 10, tools: 38, model: SONNET, version: "2.1.300" });
    for (const list of [all, responses]) {
      expect(sumOf(list.map(({ tokens }) => tokens))).toBe(session.tokens ?? -1);
      expect(sumOf(list.map(({ cost }) => cost))).toBeCloseTo(session.cost ?? -1, 4);
    }
    expect(responses.at(-1)?.costSoFar).toBeCloseTo(session.cost ?? -1, 6);
    expect(session.linesAdded).toBe(sumOf(all.flatMap(({ items }) => items.map(({ linesAdded }) => linesAdded))));
  });

  test("are of the newest session, unless another one is named", async () => {
    const [newest, named] = [await runReport(turns), await runReport(turns, { session: sessionId(2) })];
    expect((newest.json as Session).session.session).toBe(sessionId(10));
    expect((named.json as Session).session.session).toBe(sessionId(2));
  });

  test("group equal tools, and show a tool that changed a file or ran git as that", async () => {
    const { session, turns: all } = await sessionOf([
      action("p", 0, { action: "prompt", length: 214 }),
      ...[1, 2, 3].map((at) =>
        action(`r${at}`, at * SECOND, { action: "tool", name: "Read", ok: true, duration: 100 }),
      ),
      action("r4", 4 * SECOND, { action: "tool", name: "Read", ok: false, duration: 50 }),
      action("e", 5 * SECOND, { action: "tool", name: "Edit", ok: true, duration: 20 }),
      action("f", 5 * SECOND, {
        action: "file",
        name: "update",
        target: "/a/b.ts",
        tool: "action:e",
        added: 38,
        removed: 12,
      }),
      action("b", 6 * SECOND, { action: "tool", name: "Bash", ok: true, duration: 200 }),
      action("g1", 6 * SECOND, { action: "git", name: "add", tool: "action:b" }),
      action("g2", 6 * SECOND, { action: "git", name: "commit", tool: "action:b" }),
      response("1", 7 * SECOND),
    ]);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ kind: "prompt", characters: 214, tokens: 1_010, durationMs: 7 * SECOND });
    expect(all[0]?.items).toMatchObject([
      { kind: "tool", name: "Read", count: 3, ok: true, durationMs: 300 },
      { kind: "tool", name: "Read", count: 1, ok: false, durationMs: 50 },
      { kind: "tool", name: "Edit", target: "/a/b.ts", ok: true, durationMs: 20, linesAdded: 38, linesRemoved: 12 },
      { kind: "git", name: "add", ok: true, durationMs: 200 },
      { kind: "git", name: "commit", ok: true, durationMs: null },
    ]);
    expect(session).toMatchObject({ tools: 6, failedTools: 1, commits: 1, files: 1, linesAdded: 38 });
  });

  test("have subagents as lanes, whose usage is a part of the turn in which they begin", async () => {
    const {
      turns: all,
      agents,
      session,
    } = await sessionOf([
      action("p", 0, { action: "prompt", length: 1 }),
      response("1", MINUTE),
      action("a", MINUTE, { action: "agent", name: "reviewer", ok: true, duration: 3 * MINUTE }),
      response("2", 2 * MINUTE, { agent: "reviewer" }),
      action("t", 2 * MINUTE, { action: "tool", name: "Grep", agent: "reviewer", ok: true }),
      response("3", 3 * MINUTE, { agent: "reviewer" }),
      // Without a recorded start, a pause of more than five minutes ends the lane.
      response("4", 20 * MINUTE, { agent: "reviewer" }),
    ]);
    expect(agents).toMatchObject([
      { name: "reviewer", starts: 1, ok: true, responses: 2, tokens: 2_020 },
      { name: "reviewer", starts: 0, ok: null, responses: 1, tokens: 1_010 },
    ]);
    expect(agents.map(({ from, to }) => (Date.parse(to) - Date.parse(from)) / MINUTE)).toEqual([3, 0]);
    expect(all[0]).toMatchObject({ responses: 4, tokens: session.tokens });
    expect(all[0]?.items).toMatchObject([
      { kind: "agent", name: "reviewer", responses: 2, durationMs: 3 * MINUTE },
      { kind: "tool", name: "Grep", agent: "reviewer" },
      { kind: "agent", name: "reviewer", responses: 1 },
    ]);
  });

  test("have the context before and after a compaction, and its part of the window that the log names", async () => {
    const record = loggedRecord<UsageRecord>({
      id: "u",
      timestamp: new Date(NOW).toISOString(),
      session_id: "s",
      cwd: null,
      model: OPUS,
      version: "2.1.300",
      source: "statusline",
      usage_data: {},
      statusline: { rate_limits: null, context_window: { context_window_size: 200_000 }, cost: null },
    });
    const observed = [
      response("0", 0, { input: 50_000 }),
      action("p", MINUTE, { action: "prompt", length: 1 }),
      response("1", 2 * MINUTE, { input: 180_000 }),
      response("a", 3 * MINUTE, { input: 7_000, agent: "reviewer" }),
      action("c", 4 * MINUTE, { action: "compaction", duration: 18 * SECOND }),
      action("q", 5 * MINUTE, { action: "prompt", length: 1 }),
      response("2", 6 * MINUTE, { input: 44_000 }),
    ];
    const {
      turns: all,
      compactions,
      responses,
      contextWindow,
    } = await sessionOf(observed, {
      log: () => Promise.resolve([record]),
    });
    expect(all.map(({ kind, contextTokens }) => [kind, contextTokens])).toEqual([
      ["start", 50_000],
      ["prompt", 180_000],
      ["compaction", null],
      ["prompt", 44_000],
    ]);
    expect(compactions).toMatchObject([{ before: 180_000, after: 44_000 }]);
    expect(all[2]?.durationMs).toBe(18 * SECOND);
    expect(contextWindow).toEqual({ tokens: 200_000, of: "session" });
    expect(responses.map(({ contextPercent }) => contextPercent)).toEqual([25, 90, null, 22]);
    const unknown = await sessionOf(observed);
    expect([unknown.contextWindow, ...unknown.responses.map((one) => one.contextPercent)]).toEqual(Array(5).fill(null));
  });

  test("say how a session is continued, and nothing for an id that a shell would take for more than a word", async () => {
    const resuming = assistants.map((one) => ({ ...one, resume: "claude --resume" }));
    const resumeOf = async (id: string) => {
      using ledger = ledgerOf([response("1", 0, { session: id })]);
      return ((await runReport(turns, {}, contextOf(ledger, { assistants: resuming }), ledger)).json as Session).session
        .resume;
    };
    expect(await resumeOf("5e55-1")).toBe("claude --resume 5e55-1");
    for (const id of ["a;rm -rf ~", "$(id)", "--help", "a\nb", "a b"]) expect(await resumeOf(id)).toBeNull();
  });

  test("are bounded for a long session, and say what they leave out", async () => {
    const many = Array.from({ length: 1_500 }, (_, at) => [
      response(`${at}`, at * SECOND),
      action(
        `${at}`,
        at * SECOND,
        at % 3 === 0 ? { action: "prompt" } : { action: "tool", name: `tool ${at}`, ok: true },
      ),
    ]).flat();
    const long = await sessionOf(many);
    expect(long.session).toMatchObject({ responses: 1_500, prompts: 500 });
    expect([long.turns.length, long.responses.length]).toEqual([300, 1_000]);
    expect(long.leftOut).toMatchObject({ turns: 200, responses: 500, agents: 0 });
    expect(long.turns.at(-1)?.at).toBe(new Date(BEGIN + 1_497 * SECOND).toISOString());
    expect([long.responses[0]?.at, long.responses.at(-1)?.at]).toEqual(
      [0, 1_499].map((at) => new Date(BEGIN + at * SECOND).toISOString()),
    );
    expect(long.responses.at(-1)?.costSoFar).toBeCloseTo(long.session.cost ?? -1, 6);
  });

  test("leave unknown what was not recorded", async () => {
    const place = { session: "s", project: "", branch: "", agent: "" };
    const { session, turns: all } = await sessionOf([
      { kind: "session", key: "session:s", body: { ...place, first: BEGIN, last: BEGIN, reason: null, version: "" } },
      action("p", 0, { action: "prompt", length: 9 }),
    ]);
    expect(session).toMatchObject({ cost: null, tokens: null, cacheReadPercent: null, model: null, version: null });
    expect(all).toMatchObject([{ cost: null, tokens: null, contextTokens: null, durationMs: null }]);
  });

  test("name the machine and the person of a session at a hub", async () => {
    using hub = new MachinesLedger();
    hub.add("id-laptop", [response("1", 0)]).add("id-tower", [response("2", MINUTE, { session: "other" })]);
    const context = contextOf(hub.ledger, { members: [member("id-laptop", "Ann"), member("id-tower", "Bob")] });
    const { json } = await runReport(turns, { session: "s" }, context, hub.ledger);
    expect((json as Session).session).toMatchObject({ machine: "laptop", person: "Ann" });
  });

  test("know no machine in the ledger of one", async () => {
    const { json } = await runReport(turns, {}, contextWithoutLog(), sample);
    expect((json as Session).session).toMatchObject({ machine: null, person: null });
  });
});
