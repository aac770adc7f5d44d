import { afterAll, describe, expect, test } from "bun:test";
import type { Assistant } from "../../src/reports/shared/assistants.ts";
import { lengthLabel, lengthName } from "../../src/ledger/limits.ts";
import type { ReportContext } from "../../src/reports/shared/report.ts";
import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { LimitObservation, Observation } from "../../src/model/observation.ts";
import { limits } from "../../src/reports/limits.ts";
import { overview } from "../../src/reports/overview.ts";
import { width } from "../../src/utils/terminal.ts";
import { fullContext, runReport, type ShownResult } from "./harness.ts";
import { NOW, queryOf, sampleLedger, sampleLog } from "./sample.ts";
import { styleOf } from "../../src/utils/terminal.ts";
import { plain, renderText } from "./render-text.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const codex: Assistant = { name: "codex", title: "Codex", tested: null, gaps: [], roots: [] };

/** An observation of a limit; by default 40 % of a five-hour window with two hours left. */
function limit(change: Partial<LimitObservation> = {}): Observation {
  const defaults = {
    at: NOW - 3 * MINUTE,
    name: "codex",
    windowMinutes: 300,
    usedPercent: 40,
    resetsAt: NOW + 2 * HOUR,
  };
  const body = { ...defaults, plan: "plus", ...change };
  return { kind: "limit", key: `limit:codex:${body.name}:${body.windowMinutes}:${body.resetsAt}`, body };
}

const weekly = (change: Partial<LimitObservation> = {}): Observation =>
  limit({ windowMinutes: 10_080, resetsAt: NOW + 4 * DAY, usedPercent: 20, ...change });

/** The sample's ledger with limits of Codex. */
function ledgerWith(...observations: readonly Observation[]): Ledger {
  const ledger = sampleLedger();
  const entries = prepare(ledger.machine, "codex", observations);
  ledger.ingest({ source: "codex", entries, skipped: [], restarted: [], files: [] });
  return ledger;
}

async function runLimits(
  ledger: Ledger,
  source?: string,
  change: Partial<ReportContext> = {},
  now = NOW,
): Promise<ShownResult> {
  return await runReport(limits, { now, source }, fullContext(ledger, { assistants: [codex], ...change }), ledger);
}

/** Readings that rise by 30 % in one hour and by 10 % in the next. */
const risingReadings = [0, 30, 40].map((usedPercent, hour) =>
  limit({ usedPercent, at: NOW - 3 * MINUTE - (2 - hour) * HOUR, resetsAt: NOW + 2 * HOUR + hour * 1_000 }),
);
const whole = ledgerWith(...risingReadings, weekly(), limit({ name: "codex_bengalfox", usedPercent: 99, plan: "" }));
afterAll(() => whole[Symbol.dispose]());

describe("limits of other assistants", () => {
  test("limits of other assistants follow Claude Code's, each family under its own name", async () => {
    const { cells } = await runLimits(whole);
    expect(cells.map(([name, used]) => [name, used])).toEqual([
      ["5 hours", 26],
      ["week", 38],
      ["Codex 5 hours", 40],
      ["Codex week", 20],
      ["Codex 5 hours, codex_bengalfox", 99],
    ]);
    expect(cells[2]?.slice(2)).toEqual([
      Date.parse("2026-11-20T12:00:02Z"),
      3 * MINUTE,
      expect.closeTo(40 + 10 * (123 / 60), 1),
      expect.stringMatching(/^\d+% ± \d+ at the reset$/),
      null,
      null,
      "plus",
    ]);
    // One reading is not enough for a forecast.
    expect(cells[3]?.[5]).toBe("not known: too little is seen yet");
  });

  test("the JSON of a limit holds the reported values, the pace and the forecast", async () => {
    const { limits: found } = (await runLimits(whole, "codex")).json as { limits: Record<string, unknown>[] };
    expect(found[0]).toEqual({
      source: "codex",
      limit: "codex:300",
      name: "Codex 5 hours",
      family: null,
      window: "Codex 5 hours",
      evenPercent: expect.closeTo(60, 1),
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

  test("--source shows the limits of one assistant only", async () => {
    expect((await runLimits(whole, "codex")).cells.map(([name]) => name)).not.toContain("5 hours");
    const own = await runLimits(whole, "claude-code");
    expect(own.cells.map(([name]) => name)).toEqual(["5 hours", "week"]);
    expect(own.notes.join()).not.toContain("other assistants");
    const none = await runLimits(whole, "pi");
    expect([none.rows, none.notes, none.empty]).toEqual([[], [], expect.stringContaining("report no limits")]);
  });

  test("a window after its reset has no current percentage", async () => {
    const later = await runLimits(whole, "codex", {}, NOW + 3 * HOUR);
    const [five, week] = (later.json as { limits: object[] }).limits;
    expect(five).toMatchObject({ usedPercent: null, lastSeenPercent: 40, forecast: null, pacePercentAtReset: null });
    expect(week).toMatchObject({ usedPercent: 20 });
    expect(later.draw?.(plain, 120).join("\n")).toContain(
      "Codex 5 hours                   ?  was reset 13:00, not seen since  seen 3h03m ago",
    );
  });

  test("an open window is shown instead of an expired one reported later, and a fall of the percentage restarts the forecast", async () => {
    using ledger = ledgerWith(
      weekly({ usedPercent: 50, at: NOW - 9 * HOUR }),
      weekly({ usedPercent: 20, at: NOW - 8 * HOUR }),
      weekly({ usedPercent: 21, at: NOW - 7 * HOUR }),
      weekly({ usedPercent: 88, at: NOW - HOUR, resetsAt: NOW - MINUTE }),
    );
    const { cells } = await runLimits(ledger, "codex");
    expect(cells).toHaveLength(1);
    expect(cells[0]?.slice(0, 2)).toEqual(["Codex week", 21]);
    expect(cells[0]?.[5]).toBe("not known: too little is seen yet");
  });

  test("leave out a limit dated after now: it was written before the clock was set back", async () => {
    using ledger = ledgerWith(limit(), limit({ usedPercent: 90, at: NOW + MINUTE, resetsAt: NOW + 3 * HOUR }));
    expect((await runLimits(ledger, "codex")).cells.map(([name, used]) => [name, used])).toEqual([
      ["Codex 5 hours", 40],
    ]);
  });

  test("the overview shows open limits of other assistants, and only those with --source", async () => {
    const limitsOf = async (source?: string): Promise<unknown> => {
      const query = queryOf(whole, { now: NOW });
      const context = fullContext(whole, { assistants: [codex] });
      const { rows, json } = await overview.run({ ...query, filter: { ...query.filter, source } }, context);
      return (json(rows) as { limits: { limit: string; usedPercent: number }[] }).limits.map((one) => [
        one.limit,
        one.usedPercent,
      ]);
    };
    const codexLimits = [
      ["codex:300", 40],
      ["codex:10080", 20],
      ["codex:codex_bengalfox:300", 99],
    ];
    expect(await limitsOf("codex")).toEqual(codexLimits);
    const [five, week, ...rest] = (await limitsOf()) as unknown[];
    expect([five, week]).toEqual([
      ["five_hour", 26],
      ["seven_day", 38],
    ]);
    expect(rest).toEqual(codexLimits);
    expect(await limitsOf("pi")).toEqual([]);
    const query = queryOf(whole, { now: NOW });
    const { draw, rows: shown } = await overview.run(
      { ...query, filter: { ...query.filter, source: "pi" } },
      fullContext(whole),
    );
    // Turning on our log would not provide limits of this assistant.
    expect(
      draw?.(styleOf({ theme: "plain", glyphs: "unicode", colour: false, links: false }), 100, shown).join("\n"),
    ).not.toContain("limits");
  });

  test("the estimates per percent of Claude Code's limits ignore other assistants' usage", async () => {
    const claudeCodeLimits = async (ledger: Ledger) =>
      (await runLimits(ledger, "claude-code")).json as { limits: { estimate: object }[] };
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
    const counts = { copy: 0, input: 9e6, output: 9e6, ...cache, cost: null, isEstimated: false };
    const body = { ...place, ...counts, at: Date.parse(like?.timestamp ?? ""), speed: "standard", tier: "standard" };
    const seen = [{ kind: "response", key: "response:c", body: { ...body, region: "" } }] as const;
    const entries = prepare(other.machine, "codex", seen);
    other.ingest({ source: "codex", entries, skipped: [], restarted: [], files: [] });
    expect(await claudeCodeLimits(other)).toEqual(await claudeCodeLimits(plainLedger));
  });

  test("without our own log, limits of other assistants are shown with a hint to turn on the log", async () => {
    const { cells, notes } = await runLimits(whole, undefined, { log: () => Promise.resolve([]) });
    expect(cells).toHaveLength(3);
    expect(notes.join(" ")).toContain(
      "Nothing is logged about Claude Code's limits. No records in ~/.claude/pets/logs: pawprint install --log",
    );
    expect(notes.join(" ")).not.toContain("readings in our own usage log");
  });

  test("hostile names of limits stay within the terminal width", async () => {
    using ledger = ledgerWith(
      limit({ name: "\u001b[2Jx\n".repeat(60), plan: "日本語".repeat(90) }),
      limit({ resetsAt: 9e16 }),
    );
    const result = await runLimits(ledger, "codex");
    expect(result.rows).toHaveLength(1);
    for (const columns of [60, 80, 200]) {
      const lines = renderText({ ...result, notes: [] }, columns).split("\n");
      expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(columns);
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
])("a window of %d minutes is named %s, and %s in the status line", (minutes, name, label) => {
  expect([lengthName(minutes), lengthLabel(minutes)]).toEqual([name, label]);
});
