import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedgerFor, resultLines, runReport } from "../../src/cli/report-command.ts";
import type { Context } from "../../src/commands/contract.ts";
import { reports } from "../../src/reports/registry.ts";
import type { ReportResult } from "../../src/reports/shared/report.ts";
import { styleOf, width } from "../../src/utils/terminal.ts";
import { contextOf } from "../install/harness.ts";

const home = mkdtempSync(join(tmpdir(), "pawprint-empty-"));
mkdirSync(join(home, ".codex/sessions"), { recursive: true });
afterAll(() => rmSync(home, { recursive: true, force: true }));
const root = join(import.meta.dir, "../..");

async function runOn(report: (typeof reports)[number], options: Context["options"] = {}): Promise<ReportResult> {
  const context = contextOf({ HOME: home, PET_LOG_DIR: `${home}/logs` }, root, options, []);
  using opened = openLedgerFor(context);
  await opened.collector.scan("usage");
  return await runReport(report, opened, context, { zone: "UTC", problem: null });
}

describe.each(reports.map((report) => [report.name, report] as const))("report %s in an empty home", (_, report) => {
  test("names a folder that it looked in, in lines that fit 60 to 200 columns", async () => {
    const result = await runOn(report);
    for (const glyphs of ["unicode", "ascii"] as const) {
      const style = styleOf({ theme: "classic", glyphs, colour: false, links: false });
      for (const columns of [60, 80, 100, 140, 200]) {
        const lines = resultLines(result, style, columns);
        expect(lines.filter((line) => width(line) > columns)).toEqual([]);
        expect(lines.join("\n")).toMatch(
          report.isAboutLog ? /~\/logs/ : /Claude Code +~\/\.claude\/projects +not there/,
        );
        expect(lines.join("\n")).not.toMatch(/undefined|NaN|null|\[object/);
      }
    }
  });

  test.skipIf(report.isAboutLog === true)("lists in JSON which folders exist, and only those of --source", async () => {
    const { json, rows } = await runOn(report, { source: "codex" });
    const folders = ["sessions", "archived_sessions"].map((name) => ({
      path: `${home}/.codex/${name}`,
      exists: name === "sessions",
    }));
    expect(json(rows)).toMatchObject({ searched: [{ source: "codex", folders }] });
  });
});
