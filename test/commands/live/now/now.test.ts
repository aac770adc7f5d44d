import { describe, expect, test } from "bun:test";
import { type NowData, nowData } from "../../../../src/commands/live/now/data.ts";
import { columnsFor, layOutPanels } from "../../../../src/commands/live/now/layout.ts";
import { evenPercent, limitsPanel } from "../../../../src/commands/live/now/limits-panel.ts";
import { nowPanels } from "../../../../src/commands/live/now/panels.ts";
import { nowReport } from "../../../../src/commands/live/now/report.ts";
import type { Ledger } from "../../../../src/ledger/sqlite/Ledger.ts";
import { loggedRecord, type UsageRecord } from "../../../../src/model/record.ts";
import { models } from "../../../../src/reports/models.ts";
import { overview } from "../../../../src/reports/overview.ts";
import { projects } from "../../../../src/reports/projects.ts";
import { styleOf, width as widthOf } from "../../../../src/utils/terminal.ts";
import { plainResponse } from "../../../ledger/sample.ts";
import { fullContext, sample } from "../../../reports/harness.ts";
import { ledgerOf, NOW, queryOf, severalLedger } from "../../../reports/sample.ts";

const MINUTE = 60_000;
const unicode = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });
const ascii = styleOf({ theme: "classic", glyphs: "ascii", colour: false, links: false });
const SIZES = [
  [40, 10],
  [60, 20],
  [80, 24],
  [140, 40],
  [200, 60],
] as const;

const dataOf = (ledger: Ledger, context = fullContext(ledger)): Promise<NowData> =>
  nowData(queryOf(ledger, { last: "1d" }), context);

const linesOf = (data: NowData, columns: number, rows: number, style = unicode): string[] =>
  layOutPanels(nowPanels(data, "today", columnsFor(columns), style), columns, rows, style);

describe("the first page of live", () => {
  test.each(
    SIZES.flatMap(([columns, rows]) =>
      [sample, severalLedger(), ledgerOf([])].map((ledger) => ({ columns, rows, ledger })),
    ),
  )("fits $columns columns and $rows rows", async ({ columns, rows, ledger }) => {
    const data = await dataOf(ledger);
    for (const style of [unicode, ascii]) {
      const lines = linesOf(data, columns, rows, style);
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
      if (style === ascii) expect(lines.join("\n")).toMatch(/^[\n -~]*$/);
    }
  });

  test("shows usage, burn rate, limits, sessions, projects and models in 80 columns and 24 rows", async () => {
    const text = linesOf(await dataOf(sample), 80, 22).join("\n");
    for (const part of [
      "Today",
      "Burn",
      "Cost per minute",
      "5 hours",
      "Sessions at work",
      "Projects, today",
      "Models, today",
    ])
      expect(text).toContain(part);
  });

  test("uses a wide screen for several columns, and a high one for all panels", async () => {
    const lines = linesOf(await dataOf(severalLedger()), 200, 58);
    expect(lines.some((line) => /Limits.*Sessions at work.*Projects/.test(line))).toBe(true);
    expect(lines.some((line) => /Cost per minute.*Tokens per minute.*by hour/.test(line))).toBe(true);
    for (const part of ["by hour", "tokens per day", "Assistants"]) expect(lines.join("\n")).toContain(part);
  });

  test("adds up to the numbers of the reports over the same time", async () => {
    const ledger = severalLedger();
    const [context, query] = [fullContext(ledger), queryOf(ledger, { last: "1d" })];
    const data = await nowData(query, context);
    const hours = data.hours.reduce((sum, one) => sum + (one?.total ?? 0), 0);
    expect(hours).toBe(data.overview.today.total);
    expect(hours).toBeGreaterThan(0);
    for (const [report, usage] of [
      [projects, data.projects],
      [models, data.models],
    ] as const) {
      const result = await report.run(query, context);
      const { totals } = result.json(result.rows) as { totals: { totalTokens: number; totalCost: number } };
      expect(usage.reduce((sum, one) => sum + one.sum.total, 0)).toBe(totals.totalTokens);
      expect(usage.reduce((sum, one) => sum + one.sum.micros, 0) / 1e6).toBeCloseTo(totals.totalCost, 6);
    }
  });

  test("counts the hour that is not over yet, and knows nothing of those that have not begun", async () => {
    const body = { ...plainResponse, at: NOW, input: 100, output: 0, session: "s", project: "/w/app" };
    const { hours } = await dataOf(ledgerOf([{ kind: "response", key: "response:1", body }]));
    expect(hours.map((sum) => sum?.total ?? null)).toEqual([...Array(11).fill(0), 100, ...Array(12).fill(null)]);
  });

  test("puts each response of the last hour into its minute, and none of an earlier one", async () => {
    const response = (at: number, key: string) => ({
      kind: "response" as const,
      key: `response:${key}`,
      body: { ...plainResponse, at, input: 100, output: 0, session: "s", project: "/w/app" },
    });
    const data = await dataOf(
      ledgerOf([response(NOW, "now"), response(NOW - 59 * MINUTE, "first"), response(NOW - 60 * MINUTE, "earlier")]),
    );
    const used = data.minutes.flatMap(({ tokens }, index) => (tokens > 0 ? [[index, tokens]] : []));
    expect(used).toEqual([
      [0, 100],
      [59, 100],
    ]);
  });

  test("shows a session with its context as the log has it, with its age, else with the tokens of its last request", async () => {
    const response = (session: string, agent: string, at: number, input: number) => ({
      kind: "response" as const,
      key: `response:${session}-${at}`,
      body: {
        ...plainResponse,
        at,
        input,
        output: 7,
        session,
        agent,
        project: `/w/${session}`,
        model: "claude-opus-5-5",
      },
    });
    const ledger = ledgerOf([
      response("logged", "", NOW - 5 * MINUTE, 100),
      response("plain", "", NOW - 3 * MINUTE, 45_000),
      response("plain", "sub", NOW - 2 * MINUTE, 900),
    ]);
    const record = loggedRecord<UsageRecord>({
      id: "usage-1",
      timestamp: new Date(NOW - 4 * MINUTE).toISOString(),
      session_id: "logged",
      cwd: null,
      model: null,
      version: null,
      source: "statusline",
      usage_data: {},
      statusline: { rate_limits: null, context_window: { used_percentage: 43.9 }, cost: null },
    });
    const log = (kind: string) => Promise.resolve(kind === "usage" ? [record] : []);
    const text = linesOf(await dataOf(ledger, fullContext(ledger, { log })), 100, 40).join("\n");
    expect(text.indexOf("plain ")).toBeLessThan(text.indexOf("logged "));
    expect(text).toMatch(/plain +opus-5-5 +45\.0k tokens .* 2m ago/);
    expect(text).toMatch(/logged +opus-5-5 +43% 4m ago .* 5m ago/);
  });

  test("shows text from outside without control characters", async () => {
    const body = {
      ...plainResponse,
      at: NOW,
      input: 1_000,
      output: 10,
      project: "/w/\x1b]0;x\x07evil\x9b2J",
      session: "s",
      model: "m\x1b[2J",
    };
    const data = await dataOf(ledgerOf([{ kind: "response", key: "response:1", body }]));
    for (const [columns, rows] of SIZES)
      expect(linesOf(data, columns, rows).join("")).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
  });

  test("shows the overview instead where the ledger holds no usage", async () => {
    const ledger = ledgerOf([]);
    const [context, query] = [fullContext(ledger), queryOf(ledger)];
    const shown = await nowReport(() => 22, "today").run(query, context);
    const expected = await overview.run(query, context);
    expect(shown.draw?.(unicode, 80, [])).toEqual(expected.draw?.(unicode, 80, []) ?? []);
  });

  test("the age of old limits stands in the title if it is that of all, else beside each, and nothing is cut", async () => {
    const { overview: found, ...data } = await dataOf(sample);
    const [limit] = found.limits;
    if (!limit) throw new Error("the sample has no limits");
    const panelOf = (...minutes: number[]) => {
      const limits = minutes.map((one) => ({ ...limit, observedAt: NOW - one * MINUTE }));
      return limitsPanel({ ...data, overview: { ...found, limits, now: NOW } }, unicode);
    };
    expect(panelOf(1, 1).title).toBe("Limits, with the even pace at │");
    expect(panelOf(12, 12).title).toBe("Limits, seen 12m ago, with the even pace at │");
    for (const columns of [60, 68, 80, 100, 140]) {
      expect(panelOf(1, 1).lines(columns, 9).join()).not.toContain("seen");
      expect(panelOf(12, 12).lines(columns, 9).join()).not.toContain("seen");
      const lines = panelOf(1, 12, 14).lines(columns, 3);
      expect(lines.map((line) => /seen (\d+)m/.exec(line)?.[1])).toEqual([undefined, "12", "14"]);
      expect([...lines, ...panelOf(1, 12).lines(columns, 9)].filter((line) => widthOf(line) > columns)).toEqual([]);
    }
  });

  test("a limit of which nothing more is known takes one line", async () => {
    const { overview: found, ...data } = await dataOf(sample);
    const [limit] = found.limits;
    if (!limit) throw new Error("the sample has no limits");
    const over = { ...limit, isOver: true, forecast: null };
    const panel = limitsPanel({ ...data, overview: { ...found, limits: [over, limit] } }, unicode);
    expect(panel.want(80)).toBe(3);
    const lines = panel.lines(80, 3);
    expect(lines.map((line) => line.startsWith("  "))).toEqual([false, false, true]);
    expect(lines[2]?.trim()).not.toBe("");
  });

  test("says in whole words how to turn the log on where no limits are known", async () => {
    const data = await dataOf(sample, fullContext(sample, { log: () => Promise.resolve([]) }));
    const panel = limitsPanel({ ...data, overview: { ...data.overview, limits: [] } }, unicode);
    expect(panel.lines(30, panel.want(30)).join(" ")).toContain("pawprint install --log turns logging on.");
  });

  test("the even pace is the part of the window's time that is gone", () => {
    const limit = { key: "five_hour", name: "5 hours", percent: 10, observedAt: NOW, pace: null, forecast: null };
    const at = (hoursLeft: number) =>
      evenPercent({ ...limit, isOver: false, lengthMs: 5 * 60 * MINUTE, resetsAt: NOW + hoursLeft * 60 * MINUTE }, NOW);
    expect([at(5), at(4), at(0)]).toEqual([0, 20, 100].map((value) => expect.closeTo(value, 6)));
    expect(evenPercent({ ...limit, isOver: false, lengthMs: null, resetsAt: NOW + 1 }, NOW)).toBeNull();
  });
});
