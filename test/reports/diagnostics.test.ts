import { describe, expect, test } from "bun:test";
import { replay } from "../../src/monitoring/records.ts";
import { healthOf, openMs, storiesOf, trendOf } from "../../src/reports/shared/findings.ts";
import { diagnostics } from "../../src/reports/diagnostics.ts";
import { ask, golden, silentBooks, wholeBooks } from "./deeds.ts";
import { ledgerOf, NOW } from "./sample.ts";
import { sampleFindings, told } from "./show.ts";

const DAY = 86_400_000;

describe("diagnostics", () => {
  golden(diagnostics);

  test("open ones first, the worst of them first; what is resolved comes last", async () => {
    const { rows } = await ask(diagnostics);
    expect(rows.map(([, type, , state]) => [type, state])).toEqual([
      ["permission_rules", "open"],
      ["config_mismatch", "open"],
      ["search_broken", "resolved"],
    ]);
  });

  test("a range leaves out what was resolved before it, never what is open", async () => {
    const { rows } = await ask(diagnostics, { since: "2026-11-19" });
    expect(rows.map(([, , , state]) => state)).toEqual(["open", "open"]);
  });

  test("without a log: a sentence, and no score", async () => {
    const { rows, empty, notes, draw, json } = await ask(diagnostics, {}, silentBooks());
    expect({ rows, draw }).toEqual({ rows: [], draw: undefined });
    expect(empty).toBe("Nothing is logged of the installation.");
    expect(notes.join()).toContain("pawprint install --log");
    expect(json).toMatchObject({ permissionHealth: null, findings: [] });
  });

  test("without activity the score says that tools were left out", async () => {
    using ledger = ledgerOf([]);
    const { notes } = await ask(diagnostics, {}, wholeBooks(ledger), ledger);
    expect(notes.join("\n")).toContain("Tool uses are not known yet");
  });
});

describe("stories of findings", () => {
  test("what came back is one story with two spells", () => {
    const story = storiesOf(sampleFindings)[0];
    expect(story).toMatchObject({
      type: "permission_rules",
      isOpen: true,
      first: NOW - 20 * DAY,
      since: NOW - 3 * DAY,
    });
    expect(story && openMs(story, NOW)).toBe(8 * DAY);
  });

  test("a change goes on with the spell; two accounts have a story each", () => {
    const changed = told(2, "changed", { severity: "error" });
    expect(storiesOf([told(3, "appeared"), changed])).toMatchObject([{ severity: "error", spells: [{ to: null }] }]);
    const other = told(1, "resolved");
    const apart = { ...other, id: other.id.replace("5c09e000", "other") };
    expect(storiesOf([told(3, "appeared"), apart]).map(({ isOpen }) => isOpen)).toEqual([true, false]);
  });

  test("a log of an earlier version, which told each number as a finding of its own, makes few stories", () => {
    const hourly = Array.from({ length: 48 }, (_, hour) => [
      told(3 - hour / 24, "appeared", { message: `API: failed after ${hour + 3} ms` }),
      ...(hour > 0 ? [told(3 - hour / 24, "resolved", { message: `API: failed after ${hour + 2} ms` })] : []),
    ]).flat();
    const stories = storiesOf(hourly);
    expect(stories.filter(({ isOpen }) => isOpen).map(({ message }) => message)).toEqual(["API: failed after 50 ms"]);
    expect(stories.length).toBe(2);
    expect(replay(hourly).map(({ message }) => message)).toEqual(["API: failed after 50 ms"]);
  });

  test("findings that differ in a number alone and are open at once have a story each", () => {
    const both = [1, 2].map((version) => told(3, "appeared", { message: `Leftover at v${version}.0.0` }));
    const gone = told(2, "resolved", { message: "Leftover at v1.0.0" });
    expect(storiesOf([...both, gone]).map(({ message, isOpen }) => [message, isOpen])).toEqual([
      ["Leftover at v1.0.0", false],
      ["Leftover at v2.0.0", true],
    ]);
    expect(replay([...both, gone]).map(({ message }) => message)).toEqual(["Leftover at v2.0.0"]);
  });

  test("a changed number goes on with the story, under the newest sentence", () => {
    const events = [told(3, "appeared", { message: "45k chars" }), told(2, "changed", { message: "61k chars" })];
    expect(storiesOf(events)).toMatchObject([{ message: "61k chars", isOpen: true, spells: [{ to: null }] }]);
    expect(replay(events).map(({ message }) => message)).toEqual(["61k chars"]);
    expect(replay([...events, told(1, "resolved", { message: "61k chars" })])).toEqual([]);
  });

  test("the trend counts what was open at the end of each day, and knows nothing before the log", () => {
    const trend = trendOf(storiesOf(sampleFindings), NOW - 20 * DAY, 22, "UTC", NOW);
    expect(trend).toEqual([null, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 2, 2, 2]);
  });
});

describe("the permission health score", () => {
  const rules = (count: number) =>
    storiesOf(Array.from({ length: count }, (_, at) => told(1, "appeared", { message: `${at}` })));
  const denied = storiesOf([told(1, "appeared", { diagnostic_type: "permission_warning" })]);

  test.each([
    ["nothing is wrong", [], false, { uses: 100, failed: 5 }, 100],
    ["nothing is known", [], null, null, 100],
    ["a rule", rules(1), false, null, 85],
    ["seven rules", rules(7), false, null, 0],
    ["updates lack permission and take root", denied, true, null, 65],
    ["tools fail", [], false, { uses: 100, failed: 12 }, 93],
    ["all tools fail", [], false, { uses: 100, failed: 100 }, 80],
  ] as const)("%s", (_, stories, sudo, tools, score) => {
    const health = healthOf(stories, sudo, tools);
    expect(health.score).toBe(score);
    const lowered = health.because.reduce((sum, { points }) => sum + points, 0);
    expect(Math.max(100 - lowered, 0)).toBe(score);
  });
});
