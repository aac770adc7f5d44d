import { afterAll, describe, expect, test } from "bun:test";
import type { ReportResult } from "../../src/reports/shared/question.ts";
import { blocks } from "../../src/reports/blocks.ts";
import { cache } from "../../src/reports/cache.ts";
import { reports } from "../../src/reports/registry.ts";
import { daily } from "../../src/reports/daily.ts";
import { limits } from "../../src/reports/limits.ts";
import { models } from "../../src/reports/models.ts";
import { overview } from "../../src/reports/overview.ts";
import { session } from "../../src/reports/session.ts";
import { sessions } from "../../src/reports/sessions.ts";
import type { Report } from "../../src/reports/contract.ts";
import { ask, golden, sample, wholeBooks } from "./deeds.ts";
import { assistants, SHARED } from "./sample-assistants.ts";
import { severalLedger } from "./sample.ts";

const several = severalLedger();
afterAll(() => several[Symbol.dispose]());

type Fields = Readonly<Record<string, unknown>>;
const over = (report: Report, asked: Parameters<typeof ask>[1] = {}, change = {}): Promise<ReportResult> =>
  ask(report, asked, wholeBooks(several, change), several);
const listOf = ({ json }: ReportResult, name: string): readonly Fields[] =>
  (json as Record<string, Fields[]>)[name] ?? [];
const named = (name: string): Report => {
  const report = reports.find((one) => one.name === name);
  if (!report) throw new Error(`no report ${name}`);
  return report;
};

describe("several assistants in one answer", () => {
  for (const name of "session blocks projects models branches tools files git sessions cache overview".split(" ")) {
    golden(named(name), `${name}-several`, {}, several);
  }
  golden(daily, "daily-several-breakdown", { since: "2026-11-17", isBrokenDown: true }, several);
  golden(cache, "cache-several-breakdown", { isBrokenDown: true }, several);

  test("without others each report is the one that it was", async () => {
    for (const report of reports.filter(({ name }) => name !== "sources")) {
      const [alone, among] = [await ask(report), await over(report, { source: "claude-code" })];
      expect({ report: report.name, rows: among.rows, columns: among.columns }).toEqual({
        report: report.name,
        rows: alone.rows,
        columns: alone.columns,
      });
    }
  });

  test.each("daily weekly monthly session projects models branches sessions".split(" "))(
    "%s: what each used comes to what all used",
    async (name) => {
      const total = async (source?: string): Promise<number> => {
        const { json } = await over(named(name), { source });
        return (json as { totals: { totalTokens: number | null } }).totals.totalTokens ?? 0;
      };
      const parts = await Promise.all(assistants.map((one) => total(one.name)));
      expect(parts.reduce((a, b) => a + b)).toBe(await total());
      expect(parts.filter((one) => one > 0)).toHaveLength(3);
    },
  );

  test.each("tools files git heatmap".split(" "))("%s: what each did comes to what all did", async (name) => {
    const count = async (source?: string): Promise<number> => {
      const { columns, totals } = await over(named(name), { source });
      return Number(totals?.[columns.findIndex((one) => /Uses|Changes|Count|Prompts/.test(one.name))] ?? 0);
    };
    const parts = await Promise.all(assistants.map((one) => count(one.name)));
    expect(parts.reduce((a, b) => a + b)).toBe(await count());
    expect(parts.slice(0, 3).every((one) => one > 0)).toBe(true);
  });

  test("sessions whose ids are equal by chance are two", async () => {
    for (const report of [session, sessions]) {
      const same = listOf(await over(report), "sessions").filter(({ sessionId }) => sessionId === SHARED);
      const tokens = new Map(same.map(({ source, totalTokens }) => [source, totalTokens]));
      expect(tokens).toEqual(
        new Map([
          ["claude-code", 1_504_139],
          ["codex", 204_625],
        ]),
      );
    }
  });

  test("imported days are Claude Code's: others' use of that day does not take their place", async () => {
    const first = listOf(await over(daily), "daily")[0];
    expect(first).toMatchObject({ date: "2026-09-29", totalTokens: 5_451_900 });
    expect(listOf(await over(daily, { source: "codex" }), "daily").map(({ date }) => date)).toEqual([
      "2026-11-17",
      "2026-11-20",
    ]);
  });

  test("breakdowns are ccusage's for Claude Code, and name any other", async () => {
    const day = listOf(await over(daily, { since: "2026-11-19", until: "2026-11-19" }), "daily")[0];
    const parts = day?.["modelBreakdowns"] as Fields[];
    expect(day?.["modelsUsed"]).toEqual(["claude-opus-5-5", "claude-sonnet-5-5", "mystery-9"]);
    expect(parts.filter(({ modelName }) => modelName === "claude-opus-5-5").map(({ source }) => source)).toEqual([
      undefined,
      "pi",
    ]);
  });

  test("reasoning is null for who never tells it", async () => {
    const found = listOf(await over(models), "models");
    const of = (source: string): unknown[] =>
      found.filter((one) => one["source"] === source).map(({ reasoningTokens }) => reasoningTokens);
    expect(of("codex")).toEqual([3_460]);
    expect(of("pi")).toEqual([null]);
    expect(new Set(of("claude-code"))).toEqual(new Set([null]));
  });
});

describe("what is not recorded", () => {
  const note = "Not recorded: 16 responses (Codex 9, Cursor 4, pi 3); pawprint sources says why.";

  test.each("daily weekly monthly session projects models branches sessions cache overview".split(" "))(
    "%s says how many of whom",
    async (name) => {
      const { notes, json } = await over(named(name));
      expect(notes).toContain(note);
      const told = (json as { notRecorded: { responses: number }[] }).notRecorded;
      expect(told.reduce((sum, { responses }) => sum + responses, 0)).toBe(16);
    },
  );

  test("of the range, of the assistant, and at least so many while what sessions did is not read", async () => {
    const noteOf = async (asked: Parameters<typeof ask>[1], change = {}): Promise<string | undefined> =>
      (await over(daily, asked, change)).notes.find((one) => one.startsWith("Not recorded"));
    expect(await noteOf({ source: "pi" })).toBe(
      "Not recorded: 3 interrupted responses (pi 3); pawprint sources says why.",
    );
    expect(await noteOf({ since: "2026-11-18", until: "2026-11-18" })).toBeUndefined();
    expect(await noteOf({ model: "gpt", source: "codex" })).toContain("9 responses of any model (Codex 9)");
    const progress = { files: 1, size: 2, usage: 2, activity: 1 };
    expect(await noteOf({}, { progress })).toContain("at least 16 responses");
  });

  test("is no session of 0 tokens", async () => {
    const cursor = listOf(await over(sessions), "sessions").find(({ source }) => source === "cursor");
    expect(cursor).toMatchObject({ totalTokens: null, totalCost: null, notRecorded: 4, prompts: 1 });
    const { assistants: found } = (await over(overview)).json as { assistants: Fields[] };
    expect(found.find(({ source }) => source === "cursor")).toMatchObject({ today: null, week: null, notRecorded: 4 });
  });
});

describe("what is Claude Code's alone", () => {
  test("windows of five hours are without the others, unless one is asked for", async () => {
    const [alone, among] = [await ask(blocks), await over(blocks)];
    expect(among.rows).toEqual(alone.rows);
    expect(among.notes).toContain(
      "Windows are Claude Code's, without what Codex, pi used: --source shows that of one.",
    );
    const codex = listOf(await over(blocks, { source: "codex" }), "blocks").filter(({ isGap }) => isGap === false);
    expect(codex.map(({ isEstimated, entries }) => [isEstimated, entries])).toEqual([
      [true, 8],
      [true, 10],
    ]);
  });

  test("one percent of a limit is learned from its use alone", async () => {
    expect((await over(limits)).rows).toEqual((await ask(limits)).rows);
  });

  test("what ran out in caches is estimated of it alone, and not known of the others", async () => {
    type Totals = { totals: { estimate: unknown } };
    const estimate = async (asked: Parameters<typeof ask>[1]): Promise<unknown> =>
      ((await over(cache, asked)).json as Totals).totals.estimate;
    expect(await estimate({})).toEqual(((await ask(cache, {}, wholeBooks(sample))).json as Totals).totals.estimate);
    expect(await estimate({ source: "codex" })).toBeNull();
    expect((await over(cache, { source: "codex" })).notes.join()).toContain("Lost is known of Claude Code alone");
  });
});
