import { describe, expect, test } from "bun:test";
import { dateOf } from "../../src/model/calendar.ts";
import { openFindingsIn } from "../../src/monitoring/records.ts";
import { healthOf, openMs, findingHistories, trendOf } from "../../src/reports/shared/findings.ts";
import { diagnostics } from "../../src/reports/diagnostics.ts";
import { runReport, golden, contextWithoutLog, fullContext } from "./harness.ts";
import { ledgerOf, NOW } from "./sample.ts";
import { sampleFindings, findingEvent } from "./render-text.ts";

const DAY = 86_400_000;

describe("diagnostics", () => {
  golden(diagnostics);

  test("open findings come first, most severe first, then resolved ones", async () => {
    const { cells } = await runReport(diagnostics);
    expect(cells.map(([, type, , state]) => [type, state])).toEqual([
      ["permission_rules", "open"],
      ["config_mismatch", "open"],
      ["search_broken", "resolved"],
    ]);
  });

  test("a range leaves out findings resolved before it, and keeps open ones", async () => {
    const { cells } = await runReport(diagnostics, { since: "2026-11-19" });
    expect(cells.map(([, , , state]) => state)).toEqual(["open", "open"]);
  });

  test("without a log there is a hint and no score", async () => {
    const { rows, empty, notes, draw, json } = await runReport(diagnostics, {}, contextWithoutLog());
    expect({ rows, draw }).toEqual({ rows: [], draw: undefined });
    expect(empty).toBe("Nothing is logged about the installation.");
    expect(notes.join()).toContain("pawprint install --log");
    expect(json).toMatchObject({ permissionHealth: null, findings: [] });
  });

  test("without activity a note says that the score leaves out tool uses", async () => {
    using ledger = ledgerOf([]);
    const { notes } = await runReport(diagnostics, {}, fullContext(ledger), ledger);
    expect(notes.join("\n")).toContain("Tool uses are not known yet");
  });
});

describe("histories of findings", () => {
  test("a finding that reappears has one history with two open intervals", () => {
    const history = findingHistories(sampleFindings)[0];
    expect(history).toMatchObject({
      type: "permission_rules",
      isOpen: true,
      first: NOW - 20 * DAY,
      since: NOW - 3 * DAY,
    });
    expect(history && openMs(history, NOW)).toBe(8 * DAY);
  });

  test("a change continues the open interval, and two accounts have separate histories", () => {
    const changed = findingEvent(2, "changed", { severity: "error" });
    expect(findingHistories([findingEvent(3, "appeared"), changed])).toMatchObject([
      { severity: "error", openIntervals: [{ to: null }] },
    ]);
    const other = findingEvent(1, "resolved");
    const apart = { ...other, scope: "login-other" };
    expect(findingHistories([findingEvent(3, "appeared"), apart]).map(({ isOpen }) => isOpen)).toEqual([true, false]);
  });

  test("a log of an earlier version with a finding for each number is merged into few histories", () => {
    const hourly = Array.from({ length: 48 }, (_, hour) => [
      findingEvent(3 - hour / 24, "appeared", { message: `API: failed after ${hour + 3} ms` }),
      ...(hour > 0 ? [findingEvent(3 - hour / 24, "resolved", { message: `API: failed after ${hour + 2} ms` })] : []),
    ]).flat();
    const histories = findingHistories(hourly);
    expect(histories.filter(({ isOpen }) => isOpen).map(({ message }) => message)).toEqual(["API: failed after 50 ms"]);
    expect(histories.length).toBe(2);
    expect(openFindingsIn(hourly).map(({ message }) => message)).toEqual(["API: failed after 50 ms"]);
  });

  test("findings that are open at once and differ only in a number have separate histories", () => {
    const both = [1, 2].map((version) => findingEvent(3, "appeared", { message: `Leftover at v${version}.0.0` }));
    const gone = findingEvent(2, "resolved", { message: "Leftover at v1.0.0" });
    expect(findingHistories([...both, gone]).map(({ message, isOpen }) => [message, isOpen])).toEqual([
      ["Leftover at v1.0.0", false],
      ["Leftover at v2.0.0", true],
    ]);
    expect(openFindingsIn([...both, gone]).map(({ message }) => message)).toEqual(["Leftover at v2.0.0"]);
  });

  test("a changed number continues the history, with the newest message", () => {
    const events = [
      findingEvent(3, "appeared", { message: "45k chars" }),
      findingEvent(2, "changed", { message: "61k chars" }),
    ];
    expect(findingHistories(events)).toMatchObject([
      { message: "61k chars", isOpen: true, openIntervals: [{ to: null }] },
    ]);
    expect(openFindingsIn(events).map(({ message }) => message)).toEqual(["61k chars"]);
    expect(openFindingsIn([...events, findingEvent(1, "resolved", { message: "61k chars" })])).toEqual([]);
  });

  test("the trend counts findings open at the end of each day, and is null before the log", () => {
    const trend = trendOf(findingHistories(sampleFindings), NOW - 20 * DAY, "UTC", NOW);
    expect(trend).toMatchObject({ days: 30, until: dateOf("UTC", NOW) });
    expect(trend.openAtEndOfDay.slice(0, 9)).toEqual(Array(9).fill(null));
    expect(trend.openAtEndOfDay.slice(9)).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 2, 2, 2]);
  });
});

describe("the permission health score", () => {
  const rules = (count: number) =>
    findingHistories(Array.from({ length: count }, (_, at) => findingEvent(1, "appeared", { message: `${at}` })));
  const denied = findingHistories([findingEvent(1, "appeared", { diagnostic_type: "permission_warning" })]);

  test.each([
    ["nothing is wrong", [], false, { uses: 100, failed: 5 }, 100],
    ["nothing is known", [], null, null, 100],
    ["one rule may not work", rules(1), false, null, 85],
    ["seven rules may not work", rules(7), false, null, 0],
    ["updates lack permission and take root", denied, true, null, 65],
    ["tools fail", [], false, { uses: 100, failed: 12 }, 93],
    ["all tools fail", [], false, { uses: 100, failed: 100 }, 80],
  ] as const)("when %s, the score is as expected", (_, histories, sudo, tools, score) => {
    const health = healthOf(histories, sudo, tools);
    expect(health.score).toBe(score);
    const lowered = health.because.reduce((sum, { points }) => sum + points, 0);
    expect(Math.max(100 - lowered, 0)).toBe(score);
  });
});
