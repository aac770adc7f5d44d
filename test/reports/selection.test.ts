import { afterAll, describe, expect, test } from "bun:test";
import { itemsOf, reportHome, reportNamed } from "../contracts/report-home.ts";
import { sessionId } from "./sample-work.ts";

const home = await reportHome();
afterAll(() => home[Symbol.dispose]());

describe("what an option selects", () => {
  const tokens = async (...args: string[]): Promise<unknown> =>
    ((await home.print(reportNamed("daily"), args)).json["totals"] as Record<string, unknown>)["totalTokens"];

  test("an assistant is named by the beginning of its name, if no other begins so", async () => {
    expect(await tokens("--source", "claude")).toBe(await tokens("--source", "claude-code"));
    expect(await tokens("--source", "GEM")).toBe(await tokens("--source", "gemini-cli"));
    const { message, hint } = await home.error(reportNamed("daily"), ["--source", "co"]);
    expect(message).toBe('several assistants begin with "co"');
    expect(hint).toBe("one of: cowork, codex, copilot-cli, continue");
    expect((await home.error(reportNamed("daily"), ["--source", "nobody"])).hint).toContain("claude-code");
    expect((await home.error(reportNamed("daily"), ["--source", ""])).hint).toContain("claude-code");
  });

  test("a session is named by the beginning of its id, and errors list candidates", async () => {
    const report = reportNamed("session");
    const { json } = await home.print(report, ["--id", "5e550003"]);
    expect(itemsOf(json).map(({ sessionId }) => sessionId)).toEqual([sessionId(2)]);
    const ambiguous = await home.error(report, ["--id", "5e55"]);
    expect(ambiguous.message).toMatch(/^\d+ sessions begin with "5e55"$/);
    expect(ambiguous.hint).toStartWith(`the newest: ${sessionId(10)}, `);
    const unknown = await home.error(report, ["--id", "zz"]);
    expect(unknown.message).toBe('no session begins with "zz"');
    expect(unknown.hint).toContain(sessionId(10));
  });

  test("a period is a positional argument of every report that has a range", async () => {
    expect(await tokens("yesterday")).toBe(await tokens("--since", "yesterday", "--until", "yesterday"));
    expect(await tokens("7d")).toBe(await tokens("--last", "7d"));
    expect(await tokens("2026-11-18")).toBe(await tokens("--since", "20261118", "--until", "20261118"));
    for (const [args, message] of [
      [["tomorrow"], "not a period: tomorrow"],
      [["today", "yesterday"], "not a period: today yesterday"],
      [["today", "--since", "today"], "the period today cannot be combined with --since, --until or --last"],
    ] as const)
      expect((await home.error(reportNamed("tools"), args)).message).toBe(message);
    expect((await home.error(reportNamed("limits"), ["today"])).message).toBe("limits takes no arguments: today");
  });

  test("a number of periods is counted in days, weeks or months of the calendar", async () => {
    const first = async (name: string, ...args: string[]): Promise<unknown> =>
      Object.values(itemsOf((await home.print(reportNamed(name), args)).json)[0] ?? {})[0];
    expect(await first("daily", "--last", "3")).toBe("2026-11-18");
    expect(await first("weekly", "--last", "2")).toBe("2026-11-08");
    expect(await first("weekly", "--last", "1", "-w", "monday")).toBe("2026-11-16");
    expect(await first("monthly", "--last", "1")).toBe("2026-11");
    expect((await home.error(reportNamed("models"), ["--last", "2"])).message).toBe(
      "--last is not a length of time: 2",
    );
  });

  test("a week begins on the day that is asked for", async () => {
    const rows = async (...args: string[]) => (await home.print(reportNamed("heatmap"), args)).json["days"];
    expect(await rows()).toEqual(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
    expect(await rows("-w", "sunday")).toEqual(["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]);
    const week = async (...args: string[]) => (await home.print(reportNamed("overview"), args)).json["week"];
    expect(await week()).toMatchObject({ since: "2026-11-15" });
    expect(await week("--start-of-week", "Thursday")).toMatchObject({ since: "2026-11-19" });
    const { message, hint } = await home.error(reportNamed("weekly"), ["-w", "someday"]);
    expect({ message, hint }).toEqual({
      message: 'there is no value of --start-of-week "someday"',
      hint: expect.stringMatching(/one of: sunday, monday, tuesday, wednesday, thursday, friday, saturday$/),
    });
  });

  test("days without usage are rows of zeros, from the first day of the ledger to today", async () => {
    const daily = reportNamed("daily");
    const days = itemsOf((await home.print(daily, ["--all-days", "--since", "2026-10-01"])).json);
    const plain = itemsOf((await home.print(daily, ["--since", "2026-10-01"])).json);
    expect(days[0]?.["date"]).toBe("2026-10-05");
    expect(days.at(-1)?.["date"]).toBe("2026-11-20");
    expect(days).toHaveLength(47);
    expect(days.filter(({ totalTokens }) => totalTokens !== 0)).toEqual([...plain]);
    expect(days[1]).toMatchObject({ date: "2026-10-06", totalTokens: 0, totalCost: 0, modelsUsed: [] });
    expect(itemsOf((await home.print(daily, ["--all-days", "--until", "2026-10-08"])).json).at(-1)?.["date"]).toBe(
      "2026-10-08",
    );
  });

  test("days without usage by any project are rows without a project, and other days have none", async () => {
    const args = ["--instances", "--all-days", "--since", "2026-10-05", "--until", "2026-10-07"];
    const { json, csv } = await home.print(reportNamed("daily"), args);
    const cells = csv.split("\r\n").map((line) => line.split(",").slice(0, 2));
    expect(cells.slice(1, -1)).toEqual([
      ["2026-10-05", "api"],
      ["2026-10-05", "shop"],
      ["2026-10-06", ""],
      ["2026-10-07", ""],
    ]);
    const projects = json["projects"] as Record<string, { date: string }[]>;
    expect(projects[""]?.map(({ date }) => date)).toEqual(["2026-10-06", "2026-10-07"]);
  });

  test("rows of zeros alone are explained like a table without rows", async () => {
    const { lines } = await home.print(reportNamed("weekly"), ["--all-days", "--project", "nowhere"]);
    expect(lines.at(-1)).toMatch(/^The ledger .* of project nowhere\.$/);
  });

  test("the days of a project are below its name in JSON, and add up to its days", async () => {
    const daily = reportNamed("daily");
    const { json } = await home.print(daily, ["--instances"]);
    const projects = json["projects"] as Record<string, { date: string; totalTokens: number; project: string }[]>;
    expect(Object.keys(projects)).toContain("-home-ada-work-shop");
    const sum = Object.values(projects)
      .flat()
      .reduce((total, { totalTokens }) => total + totalTokens, 0);
    expect(sum as unknown).toBe(await tokens());
    const limited = (await home.print(daily, ["--instances", "--limit", "2"])).json;
    expect(Object.values(limited["projects"] as object).flat()).toHaveLength(2);
    expect(limited["totals"]).toEqual(json["totals"]);
  });
});
