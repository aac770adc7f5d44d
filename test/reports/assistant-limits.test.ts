import { afterAll, describe, expect, test } from "bun:test";
import type { Assistant } from "../../src/asking/assistants.ts";
import { lengthLabel, lengthName } from "../../src/asking/limits/assistants.ts";
import type { Answer, Books } from "../../src/asking/question.ts";
import type { Ledger } from "../../src/ledger/Ledger.ts";
import { prepare } from "../../src/ledger/prepare.ts";
import type { LimitSeen, Observation } from "../../src/model/observation.ts";
import { limits } from "../../src/reports/limits.ts";
import { overview } from "../../src/reports/overview.ts";
import { width } from "../../src/utils/terminal.ts";
import { wholeBooks } from "./deeds.ts";
import { NOW, questionOf, sampleLedger, sampleLog } from "./sample.ts";
import { lookOf } from "../../src/utils/terminal.ts";
import { plain, shown } from "./show.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const codex: Assistant = { name: "codex", title: "Codex", tested: null, gaps: [], roots: [] };

/** A limit as it was told: by default 40 % of five hours, of which two are left. */
function limit(change: Partial<LimitSeen> = {}): Observation {
  const told = { at: NOW - 3 * MINUTE, name: "codex", windowMinutes: 300, usedPercent: 40, resetsAt: NOW + 2 * HOUR };
  const body = { ...told, plan: "plus", ...change };
  return { kind: "limit", key: `limit:codex:${body.name}:${body.windowMinutes}:${body.resetsAt}`, body };
}

const weekly = (change: Partial<LimitSeen> = {}): Observation =>
  limit({ windowMinutes: 10_080, resetsAt: NOW + 4 * DAY, usedPercent: 20, ...change });

/** The sample's ledger, which saw some limits of Codex as well. */
function ledgerWith(...observations: readonly Observation[]): Ledger {
  const ledger = sampleLedger();
  const entries = prepare(ledger.machine, "codex", observations);
  ledger.ingest({ source: "codex", entries, skipped: [], restarted: [], files: [] });
  return ledger;
}

async function ask(ledger: Ledger, source?: string, change: Partial<Books> = {}, now = NOW): Promise<Answer> {
  const question = questionOf(ledger, { now });
  const books = wholeBooks(ledger, { assistants: [codex], ...change });
  return await limits.run({ ...question, filter: { ...question.filter, source } }, books);
}

/** An hour of 10 % after an hour of 30 %. */
const risen = [0, 30, 40].map((usedPercent, hour) =>
  limit({ usedPercent, at: NOW - 3 * MINUTE - (2 - hour) * HOUR, resetsAt: NOW + 2 * HOUR + hour * 1_000 }),
);
const whole = ledgerWith(...risen, weekly(), limit({ name: "codex_bengalfox", usedPercent: 99, plan: "" }));
afterAll(() => whole[Symbol.dispose]());

describe("limits of other assistants", () => {
  test("come after Claude Code's, each family under its own name", async () => {
    const { rows } = await ask(whole);
    expect(rows.map(([name, used]) => [name, used])).toEqual([
      ["5 hours", 26],
      ["week", 38],
      ["Codex 5 hours", 40],
      ["Codex week", 20],
      ["Codex 5 hours, codex_bengalfox", 99],
    ]);
    expect(rows[2]?.slice(2)).toEqual([
      "2026-11-20 13:00",
      3 * MINUTE,
      expect.closeTo(40 + 10 * (123 / 60), 1),
      expect.stringMatching(/^\d+% ± \d+ at the reset$/),
      null,
      null,
      "plus",
    ]);
    // One sighting makes a rate, and no forecast.
    expect(rows[3]?.[5]).toBe("not known: too little is seen yet");
  });

  test("as JSON: everything that was told, and what follows from it", async () => {
    const { limits: found } = (await ask(whole, "codex")).json as { limits: Record<string, unknown>[] };
    expect(found[0]).toEqual({
      source: "codex",
      limit: "codex:300",
      name: "Codex 5 hours",
      family: null,
      windowMinutes: 300,
      plan: "plus",
      usedPercent: 40,
      lastSeenPercent: 40,
      resetsAt: "2026-11-20T12:00:02.000Z",
      resetsInMs: 2 * HOUR + 2_000,
      seenAt: "2026-11-20T09:57:00.000Z",
      ageMs: 3 * MINUTE,
      pacePercentAtReset: expect.any(Number),
      forecast: expect.objectContaining({ kind: "stands", rates: 3 }),
      estimate: { tokensPerPercent: null, dollarsPerPercent: null, risesElsewhere: 0 },
    });
    expect(found[2]).toMatchObject({ family: "codex_bengalfox", plan: null });
  });

  test("--source shows one assistant alone", async () => {
    expect((await ask(whole, "codex")).rows.map(([name]) => name)).not.toContain("5 hours");
    const own = await ask(whole, "claude-code");
    expect(own.rows.map(([name]) => name)).toEqual(["5 hours", "week"]);
    expect(own.notes.join()).not.toContain("other assistants");
    const none = await ask(whole, "pi");
    expect([none.rows, none.notes, none.empty]).toEqual([[], [], expect.stringContaining("tell no limits")]);
  });

  test("a window that is over says nothing of now", async () => {
    const later = await ask(whole, "codex", {}, NOW + 3 * HOUR);
    const [five, week] = (later.json as { limits: object[] }).limits;
    expect(five).toMatchObject({ usedPercent: null, lastSeenPercent: 40, forecast: null, pacePercentAtReset: null });
    expect(week).toMatchObject({ usedPercent: 20 });
    expect(later.draw?.(plain, 120).join("\n")).toContain(
      "Codex 5 hours                   ?  was reset 13:00, not seen since  seen 3h03m ago",
    );
  });

  test("the window that is open goes before one that was told later, and a limit that was raised begins anew", async () => {
    using ledger = ledgerWith(
      weekly({ usedPercent: 50, at: NOW - 9 * HOUR }),
      weekly({ usedPercent: 20, at: NOW - 8 * HOUR }),
      weekly({ usedPercent: 21, at: NOW - 7 * HOUR }),
      weekly({ usedPercent: 88, at: NOW - HOUR, resetsAt: NOW - MINUTE }),
    );
    const { rows } = await ask(ledger, "codex");
    expect(rows).toHaveLength(1);
    expect(rows[0]?.slice(0, 2)).toEqual(["Codex week", 21]);
    expect(rows[0]?.[5]).toBe("not known: too little is seen yet");
  });

  test("what is dated after now was written before the clock was set back, and is left out", async () => {
    using ledger = ledgerWith(limit(), limit({ usedPercent: 90, at: NOW + MINUTE, resetsAt: NOW + 3 * HOUR }));
    expect((await ask(ledger, "codex")).rows.map(([name, used]) => [name, used])).toEqual([["Codex 5 hours", 40]]);
  });

  test("stand in the overview while they are open, and alone where only their assistant is asked of", async () => {
    const limitsOf = async (source?: string): Promise<unknown> => {
      const question = questionOf(whole, { now: NOW });
      const books = wholeBooks(whole, { assistants: [codex] });
      const { json } = await overview.run({ ...question, filter: { ...question.filter, source } }, books);
      return (json as { limits: { limit: string; usedPercent: number }[] }).limits.map((one) => [
        one.limit,
        one.usedPercent,
      ]);
    };
    const others = [
      ["codex:300", 40],
      ["codex:10080", 20],
      ["codex:codex_bengalfox:300", 99],
    ];
    expect(await limitsOf("codex")).toEqual(others);
    const [five, week, ...rest] = (await limitsOf()) as unknown[];
    expect([five, week]).toEqual([
      ["five_hour", 26],
      ["seven_day", 38],
    ]);
    expect(rest).toEqual(others);
    expect(await limitsOf("pi")).toEqual([]);
    const question = questionOf(whole, { now: NOW });
    const { draw } = await overview.run(
      { ...question, filter: { ...question.filter, source: "pi" } },
      wholeBooks(whole),
    );
    // To turn our log on would not tell them.
    expect(
      draw?.(lookOf({ theme: "plain", glyphs: "unicode", colour: false, links: false }), 100).join("\n"),
    ).not.toContain("limits");
  });

  test("what Claude Code's limits are learned from is not mixed with another's usage", async () => {
    const learned = async (ledger: Ledger) =>
      (await ask(ledger, "claude-code")).json as { limits: { estimate: object }[] };
    using plainLedger = sampleLedger();
    using other = sampleLedger();
    const like = sampleLog()[9];
    const place = { session: "c", project: "/c", branch: "", agent: "", request: null, model: "claude-opus-5-5" };
    const cache = {
      cacheWrite: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      cacheRead: 0,
      searches: 0,
      prompt: 0,
      reasoning: 0,
    };
    const counts = { copy: 0, input: 9e6, output: 9e6, ...cache, cost: null, isReckoned: false };
    const body = { ...place, ...counts, at: Date.parse(like?.timestamp ?? ""), speed: "standard", tier: "standard" };
    const seen = [{ kind: "response", key: "response:c", body: { ...body, region: "" } }] as const;
    const entries = prepare(other.machine, "codex", seen);
    other.ingest({ source: "codex", entries, skipped: [], restarted: [], files: [] });
    expect(await learned(other)).toEqual(await learned(plainLedger));
  });

  test("without a log of our own: theirs, and how to get ours", async () => {
    const { rows, notes } = await ask(whole, undefined, { log: () => Promise.resolve([]) });
    expect(rows).toHaveLength(3);
    expect(notes.join(" ")).toContain("Nothing is logged of Claude Code's limits: pawprint install --log");
    expect(notes.join(" ")).not.toContain("our own usage log last saw");
  });

  test("fits its room, whatever a file called its limits", async () => {
    using ledger = ledgerWith(
      limit({ name: "\u001b[2Jx\n".repeat(60), plan: "日本語".repeat(90) }),
      limit({ resetsAt: 9e16 }),
    );
    const answer = await ask(ledger, "codex");
    expect(answer.rows).toHaveLength(1);
    for (const room of [60, 80, 200]) {
      const lines = shown({ ...answer, notes: [] }, room).split("\n");
      expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(room);
      expect(lines.join("")).not.toContain("\u001b");
    }
  });
});

test.each([
  [300, "5 hours", "5h"],
  [10_080, "week", "7d"],
  [60, "1 hour", "1h"],
  [1_440, "1 day", "1d"],
  [43_200, "30 days", "30d"],
  [90, "90 minutes", "90m"],
])("a window of %d minutes is called %s, and %s in the line", (minutes, name, label) => {
  expect([lengthName(minutes), lengthLabel(minutes)]).toEqual([name, label]);
});
