import { afterAll, describe, expect, test } from "bun:test";
import type { ReportResult } from "../../src/reports/shared/report.ts";
import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Observation, ResponseObservation } from "../../src/model/observation.ts";
import { reports } from "../../src/reports/registry.ts";
import type { Report } from "../../src/reports/contract.ts";
import { csvOf } from "../../src/render/csv.ts";
import { tableOf } from "../../src/render/table.ts";
import { shownCells } from "../render/cell-table.ts";
import { styleOf, width } from "../../src/utils/terminal.ts";
import { contextOf, ledgerOf, queryOf, sampleLedger, severalLedger } from "../reports/sample.ts";

const styles = (["unicode", "ascii"] as const).flatMap((glyphs) =>
  [true, false].map((colour) => styleOf({ theme: "classic", glyphs, colour, links: false })),
);
const DAY_MS = 86_400_000;
/** Columns whose total is not the sum of the rows: their values occur in several rows but are counted once. */
const notSums = new Set(["Days", "Sessions"]);

/** A year up to the sample's time, with four responses a day of two models. */
function yearOf(): Observation[] {
  const begin = Date.parse("2025-11-21T01:00:00.000Z");
  return Array.from({ length: 365 * 4 }, (_, index): Observation => {
    const body: ResponseObservation = {
      session: `year-${Math.floor(index / 4)}`,
      project: `/home/ada/work/${index % 3 === 0 ? "api" : "shop"}`,
      branch: "main",
      agent: "",
      at: begin + Math.floor(index / 4) * DAY_MS + (index % 4) * 5 * 3_600_000,
      request: `req_${index}`,
      model: index % 2 ? "claude-opus-5-5" : "claude-haiku-5-5",
      copy: 0,
      input: 10,
      output: 100,
      cacheWrite: 1_000,
      cacheWrite5m: 1_000,
      cacheWrite1h: 0,
      cacheRead: 10_000,
      searches: 0,
      prompt: 0,
      speed: "standard",
      tier: "standard",
      region: "",
      cost: null,
      reasoning: null,
      isEstimated: false,
    };
    return { kind: "response", key: `response:year-${index}`, body };
  });
}

const empty = ledgerOf([]);
const sample = sampleLedger();
const several = severalLedger();
const year = ledgerOf(yearOf());
afterAll(() => [empty, sample, several, year].forEach((ledger) => ledger[Symbol.dispose]()));

const ask = async (report: Report, ledger: Ledger, asked: Parameters<typeof queryOf>[1] = {}): Promise<ReportResult> =>
  report.run(queryOf(ledger, asked), contextOf(ledger, ledger === empty ? { log: () => Promise.resolve([]) } : {}));

/** Parses RFC 4180 text into rows of fields. */
const fieldsOf = (text: string): string[][] =>
  [...text.matchAll(/((?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*)\r\n/g)].map(([, row = ""]) =>
    [...`,${row}`.matchAll(/,("(?:[^"]|"")*"|[^",\r\n]*)/g)].map(([, field = ""]) => field),
  );

function expectWhole(result: ReportResult): void {
  const { notes, empty } = result;
  const { heads, cells } = shownCells(result);
  for (const cell of cells.flat()) if (typeof cell === "number") expect(Number.isFinite(cell)).toBe(true);
  for (const [index, { kind }] of heads.entries()) {
    if (["integer", "tokens", "money"].includes(kind)) {
      for (const row of cells) expect(Number.isSafeInteger(row[index] ?? 0)).toBe(true);
    }
  }
  expect(new Set(heads.map(({ name }) => name)).size).toBe(heads.length);
  expect(empty).toMatch(/\S/);
  for (const note of notes) expect(note).not.toMatch(/undefined|NaN|null|\[object/);
}

test("no two reports share a name or another name", () => {
  const names = reports.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(names).toEqual([...new Set(names)]);
});

describe.each(reports.map((report) => [report.name, report] as const))("report %s", (_, report) => {
  test("answers an empty ledger with a sentence", async () => {
    const answer = await ask(report, empty);
    expectWhole(answer);
    expect(answer.empty).toMatch(/^[A-Z].*[.)]$/);
    expect(JSON.parse(JSON.stringify(answer.json(answer.rows)))).toBeObject();
  });

  test("fits 60, 80 and 200 columns", async () => {
    for (const ledger of [empty, sample, several, year]) {
      const answer = await ask(report, ledger);
      for (const style of styles) {
        for (const maxWidth of [60, 80, 200]) {
          const lines = answer.draw?.(style, maxWidth, answer.rows) ?? tableOf(answer, { width: maxWidth, style });
          expect(lines.filter((line) => width(line) > maxWidth)).toEqual([]);
          expect(lines.filter((line) => line.includes("\n"))).toEqual([]);
        }
      }
    }
  });

  test.each(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"])(
    "has totals that are the sums of its rows in %s",
    async (zone) => {
      for (const ledger of [sample, several, year]) {
        const answer = await ask(report, ledger, { zone });
        expectWhole(answer);
        const { heads, cells, totals } = shownCells(answer);
        for (const [index, { kind, name }] of heads.entries()) {
          const total = totals?.[index];
          if (!["integer", "tokens"].includes(kind) || typeof total !== "number") continue;
          const sum = cells.reduce((all, row) => all + Number(row[index]), 0);
          if (notSums.has(name)) expect(total).toBeLessThanOrEqual(sum);
          else expect({ name, total }).toEqual({ name, total: sum });
        }
      }
    },
  );

  test("gives the same JSON each time, and CSV that can be parsed", async () => {
    for (const isBrokenDown of [false, true]) {
      const [one, two] = [await ask(report, sample, { isBrokenDown }), await ask(report, sample, { isBrokenDown })];
      const { rows } = one;
      const json = one.json(rows);
      expect(JSON.stringify(two.json(two.rows))).toBe(JSON.stringify(json));
      expect(JSON.parse(JSON.stringify(json))).toEqual(json);
      const read = fieldsOf(csvOf(one));
      expect(read.length).toBe(rows.length + 1);
      for (const row of read) expect(row.length).toBe(shownCells(one).heads.length);
    }
  });

  test("marks exactly the indented rows as parts of another row", async () => {
    for (const isBrokenDown of [false, true]) {
      const answer = await ask(report, several, { isBrokenDown });
      const { cells } = shownCells(answer);
      const marked = answer.rows.map((row) => answer.isPart?.(row) ?? false);
      expect(marked).toEqual(cells.map(([name]) => String(name).startsWith("  ")));
    }
  });

  test("gives CSV with the unit of each column in its head, and money in dollars and durations in seconds", async () => {
    const units: Readonly<Record<string, readonly [suffix: RegExp, perUnit: number]>> = {
      money: [/ \(USD\)$/, 1e6],
      duration: [/ \(s\)$/, 1e3],
      latency: [/ \(s\)$/, 1e3],
      percent: [/ \(%\)$/, 1],
      tokens: [/ \(tokens\)$|^Tokens$/, 1],
      time: [/ \(UTC\)$/, 1],
    };
    const answer = await ask(report, several);
    const { heads, cells } = shownCells(answer);
    const [names = [], ...rows] = fieldsOf(csvOf(answer));
    heads.forEach(({ kind }, column) => {
      const [suffix = /^[^()]*( \(est\.\))?$/, perUnit = 1] = units[kind] ?? [];
      expect(names[column]).toMatch(suffix);
      cells.forEach((row, at) => {
        const cell = row[column];
        if (typeof cell !== "number") return;
        const field = rows[at]?.[column] ?? "";
        expect(kind === "time" ? Date.parse(field) : Number(field)).toBeCloseTo(cell / perUnit, 5);
      });
    });
  });

  test.each([
    { last: "7d" },
    { last: "1h" },
    { since: "2026-10-25", until: "2026-10-25" },
    { project: "shop" },
    { model: "opus" },
    { branch: "main" },
    { source: "codex" },
    { source: "gemini-cli" },
  ])("gives a valid result for %j", async (asked) => expectWhole(await ask(report, several, asked)));
});
