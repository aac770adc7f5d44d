import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ReportResult, ReportContext } from "../../src/reports/shared/question.ts";
import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { LogRecord } from "../../src/model/record.ts";
import type { Report } from "../../src/reports/contract.ts";
import { width } from "../../src/utils/terminal.ts";
import { booksOf, questionOf, sampleLedger, sampleLog } from "./sample.ts";
import { sampleFindings, shown, status } from "./show.ts";

/** The sample ledger; one for all, since nothing is ever written to it. */
export const sample = sampleLedger();
const folder = join(import.meta.dir, "../fixtures/reports");
/** Golden files are written anew with PAWPRINT_RECORD=1. */
const isRecording = Bun.env["PAWPRINT_RECORD"] === "1";

/** The sample's books with a whole log: limits, findings, a status record. */
export function wholeBooks(ledger: Ledger = sample, change: Partial<ReportContext> = {}): ReportContext {
  const log: Record<string, readonly LogRecord[]> = {
    usage: sampleLog(),
    diagnostics: sampleFindings,
    status: [status(40)],
  };
  return booksOf(ledger, {
    log: (kind, since) => Promise.resolve((log[kind] ?? []).filter((one) => Date.parse(one.timestamp) >= since)),
    ...change,
  });
}

/** Books over the sample without a log. */
export const silentBooks = (ledger: Ledger = sample): ReportContext =>
  booksOf(ledger, { log: () => Promise.resolve([]) });

/** What a report answers over a ledger, the sample unless another is given. */
export async function ask(
  report: Report,
  asked: Parameters<typeof questionOf>[1] = {},
  books: ReportContext = wholeBooks(),
  ledger: Ledger = sample,
): Promise<ReportResult> {
  return await report.run(questionOf(ledger, asked), books);
}

/** A test for each width: what a terminal shows is the golden file, and nothing but the notes is wider. */
export function golden(
  report: Report,
  file = report.name,
  asked: Parameters<typeof questionOf>[1] = {},
  ledger: Ledger = sample,
): void {
  test.each([60, 80, 200])(`${file} at %d columns`, async (columns) => {
    const answer = await ask(report, asked, wholeBooks(ledger), ledger);
    const found = shown(answer, columns);
    const path = join(folder, `${file}-${columns}.txt`);
    if (isRecording) writeFileSync(path, found);
    expect(existsSync(path)).toBe(true);
    expect(found).toBe(readFileSync(path, "utf8"));
    const lines = shown({ ...answer, notes: [] }, columns).split("\n");
    expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(columns);
  });
}
