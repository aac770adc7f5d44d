import { afterAll, describe, expect, test } from "bun:test";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { blocks } from "../../src/reports/blocks.ts";
import { cache } from "../../src/reports/cache.ts";
import { reports } from "../../src/reports/registry.ts";
import { daily } from "../../src/reports/daily.ts";
import { limits } from "../../src/reports/limits.ts";
import { models } from "../../src/reports/models.ts";
import { overview } from "../../src/reports/overview.ts";
import { session } from "../../src/reports/session.ts";
import { activity } from "../../src/reports/activity.ts";
import type { Report } from "../../src/reports/contract.ts";
import { runReport, golden, sample, fullContext, type ShownResult } from "./harness.ts";
import { assistants, SHARED } from "./sample-assistants.ts";
import { plainResponse } from "../ledger/sample.ts";
import { ledgerOf, severalLedger, withProgress } from "./sample.ts";

const several = severalLedger();
afterAll(() => several[Symbol.dispose]());

type Fields = Readonly<Record<string, unknown>>;
const runSeveral = (report: Report, options: Parameters<typeof runReport>[1] = {}, change = {}): Promise<ShownResult> =>
  runReport(report, options, fullContext(several, change), several);
const listOf = ({ json }: Pick<ShownResult, "json">, name: string): readonly Fields[] =>
  (json as Record<string, Fields[]>)[name] ?? [];
const named = (name: string): Report => {
  const report = reports.find((one) => one.name === name);
  if (!report) throw new Error(`no report ${name}`);
  return report;
};

describe("a report over several assistants", () => {
  for (const name of "session blocks projects models branches tools files git activity cache overview".split(" ")) {
    golden(named(name), `${name}-several`, {}, several);
  }
  golden(daily, "daily-several-breakdown", { since: "2026-11-17", isBrokenDown: true }, several);
  test("the table of the overview has rows for each assistant whose usage is known", async () => {
    const names = (await runSeveral(named("overview"))).cells.map(([when]) => when);
    expect(names.slice(0, 3)).toEqual(["today", "since 2026-11-15", "last 30 days"]);
    expect(names.slice(3)).toContain("today, Codex");
    expect(names.slice(3)).toContain("since 2026-11-15, Claude Code");
  });

  test("models of two assistants may have the same short name, and those of one assistant have their ids", async () => {
    using ledger = ledgerOf([]);
    const used: readonly (readonly [source: string, model: string])[] = [
      ["claude-code", "claude-sonnet-4-5-20250929"],
      ["copilot-cli", "claude-sonnet-4.5"],
      ["pi", "claude-haiku-4-5-20251001"],
      ["pi", "claude-haiku-4.5"],
    ];
    used.forEach(([source, model], index) => {
      const body = { ...plainResponse, model, output: 1_000 - index };
      const entries = prepare(ledger.machine, source, [{ kind: "response", key: `response:${index}`, body }]);
      ledger.ingest({ source, entries, skipped: [], restarted: [], files: [] });
    });
    const { cells } = await runReport(models, {}, fullContext(ledger), ledger);
    expect(new Set(cells.map(([name]) => name))).toEqual(
      new Set(["sonnet-4-5", "claude-haiku-4-5-20251001", "claude-haiku-4.5"]),
    );
    expect(cells).toHaveLength(4);
  });

  golden(cache, "cache-several-breakdown", { isBrokenDown: true }, several);

  test("each report limited to Claude Code equals the report without other assistants", async () => {
    for (const report of reports.filter(({ name, isAboutHub }) => name !== "sources" && !isAboutHub)) {
      const [claudeOnly, filtered] = [await runReport(report), await runSeveral(report, { source: "claude-code" })];
      expect({ report: report.name, cells: filtered.cells, heads: filtered.heads }).toEqual({
        report: report.name,
        cells: claudeOnly.cells,
        heads: claudeOnly.heads,
      });
    }
  });

  test.each("daily weekly monthly session projects models branches activity".split(" "))(
    "in %s, the usage of each assistant adds up to the total",
    async (name) => {
      const total = async (source?: string): Promise<number> => {
        const { json } = await runSeveral(named(name), { source });
        return (json as { totals: { totalTokens: number | null } }).totals.totalTokens ?? 0;
      };
      const parts = await Promise.all(assistants.map((one) => total(one.name)));
      expect(parts.reduce((a, b) => a + b)).toBe(await total());
      expect(parts.filter((one) => one > 0)).toHaveLength(3);
    },
  );

  test.each(["models", "activity"])(
    "%s says what a response of an assistant is that records totals only",
    async (name) => {
      const unit = "what was added to the total of a session since it was last read";
      const some = assistants.map((one) => (one.name === "pi" ? { ...one, responseUnit: unit } : one));
      const notes = async (source?: string): Promise<readonly string[]> =>
        (await runSeveral(named(name), { source }, { assistants: some })).notes ?? [];
      expect(await notes()).toContain(`A response of pi is ${unit}.`);
      expect(await notes("codex")).not.toContain(`A response of pi is ${unit}.`);
    },
  );

  test.each("tools files git heatmap".split(" "))(
    "in %s, the activity of each assistant adds up to the total",
    async (name) => {
      const count = async (source?: string): Promise<number> => {
        const { heads, totals } = await runSeveral(named(name), { source });
        return Number(totals?.[heads.findIndex((one) => /Uses|Changes|Count|Prompts/.test(one.name))] ?? 0);
      };
      const parts = await Promise.all(assistants.map((one) => count(one.name)));
      expect(parts.reduce((a, b) => a + b)).toBe(await count());
      expect(parts.slice(0, 3).every((one) => one > 0)).toBe(true);
    },
  );

  test("sessions of two assistants with the same id stay separate", async () => {
    for (const report of [session, activity]) {
      const same = listOf(await runSeveral(report), "sessions").filter(({ sessionId }) => sessionId === SHARED);
      const tokens = new Map(same.map(({ source, totalTokens }) => [source, totalTokens]));
      expect(tokens).toEqual(
        new Map([
          ["claude-code", 1_504_139],
          ["codex", 204_625],
        ]),
      );
    }
  });

  test("usage of other assistants on a day does not replace an imported day of Claude Code", async () => {
    const first = listOf(await runSeveral(daily), "daily")[0];
    expect(first).toMatchObject({ date: "2026-09-29", totalTokens: 5_451_900 });
    expect(listOf(await runSeveral(daily, { source: "codex" }), "daily").map(({ date }) => date)).toEqual([
      "2026-11-17",
      "2026-11-20",
    ]);
  });

  test("breakdowns have the fields of ccusage for Claude Code, and a source for any other assistant", async () => {
    const day = listOf(await runSeveral(daily, { since: "2026-11-19", until: "2026-11-19" }), "daily")[0];
    const parts = day?.["modelBreakdowns"] as Fields[];
    expect(day?.["modelsUsed"]).toEqual(["claude-opus-5-5", "claude-sonnet-5-5", "mystery-9"]);
    expect(parts.filter(({ modelName }) => modelName === "claude-opus-5-5").map(({ source }) => source)).toEqual([
      undefined,
      "pi",
    ]);
  });

  test("reasoning tokens are null for an assistant that never reports them", async () => {
    const found = listOf(await runSeveral(models), "models");
    const of = (source: string): unknown[] =>
      found.filter((one) => one["source"] === source).map(({ reasoningTokens }) => reasoningTokens);
    expect(of("codex")).toEqual([3_460]);
    expect(of("pi")).toEqual([null]);
    expect(new Set(of("claude-code"))).toEqual(new Set([null]));
  });
});

describe("usage that is not recorded", () => {
  const note = "Not recorded: 16 responses (Codex 9, Cursor 4, pi 3); see pawprint sources for the reasons.";

  test.each("daily weekly monthly session projects models branches activity cache overview".split(" "))(
    "%s notes the number of unrecorded responses by assistant",
    async (name) => {
      const { notes, json } = await runSeveral(named(name));
      expect(notes).toContain(note);
      const notRecorded = (json as { notRecorded: { responses: number }[] }).notRecorded;
      expect(notRecorded.reduce((sum, { responses }) => sum + responses, 0)).toBe(16);
    },
  );

  test("the note follows range and assistant, and says at least while activity is not completely read", async () => {
    const noteOf = async (options: Parameters<typeof runReport>[1], change = {}): Promise<string | undefined> =>
      (await runSeveral(daily, options, change)).notes.find((one) => one.startsWith("Not recorded"));
    expect(await noteOf({ source: "pi" })).toBe(
      "Not recorded: 3 interrupted responses (pi 3); see pawprint sources for the reasons.",
    );
    expect(await noteOf({ since: "2026-11-18", until: "2026-11-18" })).toBeUndefined();
    expect(await noteOf({ model: "gpt", source: "codex" })).toContain("9 responses of any model (Codex 9)");
    const queries = withProgress(several, { files: 1, size: 2, usage: 2, activity: 1 });
    expect(await noteOf({}, { queries })).toContain("at least 16 responses");
  });

  test("a session without recorded usage has null tokens, not 0", async () => {
    const cursor = listOf(await runSeveral(activity), "sessions").find(({ source }) => source === "cursor");
    expect(cursor).toMatchObject({ responses: 0, totalTokens: null, totalCost: null, notRecorded: 4, prompts: 1 });
    const { assistants: found } = (await runSeveral(overview)).json as { assistants: Fields[] };
    expect(found.find(({ source }) => source === "cursor")).toMatchObject({ today: null, week: null, notRecorded: 4 });
  });
});

describe("reports that follow Claude Code's rules", () => {
  test("five-hour windows leave out other assistants unless --source selects one", async () => {
    const [claudeOnly, filtered] = [await runReport(blocks), await runSeveral(blocks)];
    expect(filtered.cells).toEqual(claudeOnly.cells);
    expect(filtered.notes).toContain(
      "Windows are those of Claude Code, without the usage of Codex, pi: --source selects another assistant.",
    );
    const codex = listOf(await runSeveral(blocks, { source: "codex" }), "blocks").filter(
      ({ isGap }) => isGap === false,
    );
    expect(codex.map(({ isEstimated, entries }) => [isEstimated, entries])).toEqual([
      [true, 8],
      [true, 10],
    ]);
  });

  test("the estimate per percent of a limit uses Claude Code's usage only", async () => {
    expect((await runSeveral(limits)).cells).toEqual((await runReport(limits)).cells);
  });

  test("losses to expired caches are estimated for Claude Code only", async () => {
    type Totals = { totals: { estimate: unknown } };
    const estimate = async (options: Parameters<typeof runReport>[1]): Promise<unknown> =>
      ((await runSeveral(cache, options)).json as Totals).totals.estimate;
    expect(await estimate({})).toEqual(
      ((await runReport(cache, {}, fullContext(sample))).json as Totals).totals.estimate,
    );
    expect(await estimate({ source: "codex" })).toBeNull();
    expect((await runSeveral(cache, { source: "codex" })).notes.join()).toContain(
      "Lost is estimated for Claude Code only",
    );
  });
});
