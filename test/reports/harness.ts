import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ReportResult, ReportContext } from "../../src/reports/shared/report.ts";
import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { loggedRecord, type LoggedRecord } from "../../src/model/record.ts";
import type { Report } from "../../src/reports/contract.ts";
import { type Style, width } from "../../src/utils/terminal.ts";
import { contextOf, queryOf, sampleLedger, sampleLog } from "./sample.ts";
import { shownCells } from "../render/cell-table.ts";
import { sampleFindings, renderText, status } from "./render-text.ts";

/** The sample ledger, shared by all tests because none writes to it. */
export const sample = sampleLedger();
const folder = join(import.meta.dir, "../fixtures/reports");
/** PAWPRINT_RECORD=1 records the golden files again. */
const isRecording = Bun.env["PAWPRINT_RECORD"] === "1";

/** The report context of the sample with a complete log: limits, findings, a status record. */
export function fullContext(ledger: Ledger = sample, change: Partial<ReportContext> = {}): ReportContext {
  const log: Record<string, readonly LoggedRecord[]> = {
    usage: sampleLog(),
    diagnostics: sampleFindings,
    status: [loggedRecord(status(40))],
  };
  return contextOf(ledger, {
    log: (kind, since) => Promise.resolve((log[kind] ?? []).filter((one) => Date.parse(one.timestamp) >= since)),
    ...change,
  });
}

/** The report context of the sample without a log. */
export const contextWithoutLog = (ledger: Ledger = sample): ReportContext =>
  contextOf(ledger, { log: () => Promise.resolve([]) });

/** A result with all of its rows, its shown columns and their cells. */
export type ShownResult = Omit<ReportResult, "json" | "draw"> &
  ReturnType<typeof shownCells> & { readonly json: unknown; readonly draw?: (style: Style, width: number) => string[] };

/** Runs a report over a ledger, by default the sample. */
export async function runReport(
  report: Report,
  options: Parameters<typeof queryOf>[1] = {},
  context: ReportContext = fullContext(),
  ledger: Ledger = sample,
): Promise<ShownResult> {
  const result = await report.run(queryOf(ledger, options), context);
  const { draw, json, ...table } = result;
  return {
    ...table,
    ...shownCells(result),
    json: json(result.rows),
    ...(draw && { draw: (style, width) => draw(style, width, result.rows) }),
  };
}

/** Adds a test for each width: the terminal output equals the golden file, and only notes exceed the width. */
export function golden(
  report: Report,
  file = report.name,
  options: Parameters<typeof queryOf>[1] = {},
  ledger: Ledger = sample,
): void {
  test.each([60, 80, 200])(`${file} at %d columns equals its golden file`, async (columns) => {
    const result = await runReport(report, options, fullContext(ledger), ledger);
    const text = renderText(result, columns);
    const path = join(folder, `${file}-${columns}.txt`);
    if (isRecording) writeFileSync(path, text);
    expect(existsSync(path)).toBe(true);
    expect(text).toBe(readFileSync(path, "utf8"));
    const lines = renderText({ ...result, notes: [] }, columns).split("\n");
    expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(columns);
  });
}
