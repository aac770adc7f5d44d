import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reports } from "../../src/reports/registry.ts";
import { width } from "../../src/utils/terminal.ts";
import { contextOf, queryOf, sampleLedger } from "./sample.ts";
import { renderText } from "./render-text.ts";

/**
 * The terminal output of the usage reports over the sample. To record it again after an intended change:
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
  return renderText(await report.run(queryOf(ledger, { isBrokenDown }), contextOf(ledger)), columns);
}

function compare(file: string, output: string): void {
  const path = join(folder, `${file}.txt`);
  if (isRecording) writeFileSync(path, output);
  expect(existsSync(path)).toBe(true);
  expect(output).toBe(readFileSync(path, "utf8"));
}

describe("usage reports over the sample", () => {
  const cases = usage.flatMap((name) => widths.map((columns) => ({ name, columns })));
  test.each(cases)("$name at $columns columns equals its golden file", async ({ name, columns }) => {
    const output = await text(name, columns, false);
    compare(`${name}-${columns}`, output);
    const [table = ""] = output.split("\n\n");
    expect(Math.max(...table.split("\n").map(width))).toBeLessThanOrEqual(columns);
  });

  test("daily --breakdown equals its golden file", async () => {
    compare("daily-breakdown-80", await text("daily", 80, true));
  });
});
