import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reports } from "../../src/reports/registry.ts";
import { width } from "../../src/utils/terminal.ts";
import { booksOf, questionOf, sampleLedger } from "./sample.ts";
import { shown } from "./show.ts";

/**
 * The usage reports over the sample, as a terminal shows them. To record them anew after a change that is meant:
 *
 *   PAWPRINT_RECORD=1 bun test test/reports/golden.test.ts
 */
const isRecording = Bun.env["PAWPRINT_RECORD"] === "1";
const folder = join(import.meta.dir, "../fixtures/reports");
const usage = ["daily", "weekly", "monthly", "session", "blocks", "projects", "models", "branches"];
const widths = [60, 80, 200];

const ledger = sampleLedger();
afterAll(() => ledger[Symbol.dispose]());

async function text(name: string, columns: number, isBrokenDown: boolean): Promise<string> {
  const report = reports.find((one) => one.name === name);
  if (!report) throw new Error(`no report ${name}`);
  return shown(await report.run(questionOf(ledger, { isBrokenDown }), booksOf(ledger)), columns);
}

function compare(file: string, found: string): void {
  const path = join(folder, `${file}.txt`);
  if (isRecording) writeFileSync(path, found);
  expect(existsSync(path)).toBe(true);
  expect(found).toBe(readFileSync(path, "utf8"));
}

describe("usage reports over the sample", () => {
  const cases = usage.flatMap((name) => widths.map((columns) => ({ name, columns })));
  test.each(cases)("$name at $columns columns", async ({ name, columns }) => {
    const found = await text(name, columns, false);
    compare(`${name}-${columns}`, found);
    const [table = ""] = found.split("\n\n");
    expect(Math.max(...table.split("\n").map(width))).toBeLessThanOrEqual(columns);
  });

  test("daily with a row for each model", async () => {
    compare("daily-breakdown-80", await text("daily", 80, true));
  });
});
