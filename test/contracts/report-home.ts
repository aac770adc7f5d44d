import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "../../src/cli/command-line.ts";
import { reportCommand, resultLines, runReport } from "../../src/cli/report-command.ts";
import { withPeriod } from "../../src/cli/report-query.ts";
import type { OpenedLedger } from "../../src/collector/open-ledger.ts";
import type { Context } from "../../src/commands/contract.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { NEVER } from "../../src/ledger/fold/origins.ts";
import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { loggedRecord } from "../../src/model/record.ts";
import { shownColumns } from "../../src/render/columns.ts";
import { csvOf } from "../../src/render/csv.ts";
import { valueFormats } from "../../src/render/format.ts";
import type { Report } from "../../src/reports/contract.ts";
import { reports } from "../../src/reports/registry.ts";
import { PawprintError } from "../../src/utils/errors.ts";
import { loadMachine } from "../../src/utils/paths.ts";
import { styleOf } from "../../src/utils/terminal.ts";
import { plainResponse } from "../ledger/sample.ts";
import { NOW, sampleLog, severalLedger } from "../reports/sample.ts";
import { SHARED } from "../reports/sample-assistants.ts";
import { API, OPUS, sessionId } from "../reports/sample-work.ts";
import { sampleFindings, status } from "../reports/render-text.ts";

const style = styleOf({ theme: "plain", glyphs: "unicode", colour: false, links: false });

/** What a report printed with some arguments: its JSON, CSV, and lines in a wide terminal. */
export interface Printed {
  readonly json: Readonly<Record<string, unknown>>;
  readonly csv: string;
  readonly lines: readonly string[];
}

/** A home in which every option of a report matters: several assistants, accounts, projects, branches, and a log. */
export interface ReportHome extends Disposable {
  print(report: Report, args: readonly string[]): Promise<Printed>;
  run(report: Report, args: readonly string[]): ReturnType<typeof runReport>;
  /** The error that a report throws; it throws another one if it throws none. */
  error(report: Report, args: readonly string[]): Promise<PawprintError>;
  /** The name of a column that the rows of a report are not sorted by. */
  unsorted(report: Report): Promise<string>;
}

/** Creates the home; the machine's zone is Berlin's, the time that of the sample. */
export async function reportHome(): Promise<ReportHome> {
  const home = mkdtempSync(join(tmpdir(), "pawprint-options-"));
  const logs = join(home, "logs");
  mkdirSync(logs, { mode: 0o700 });
  const records = { usage: sampleLog(), diagnostics: sampleFindings, status: [loggedRecord(status(40))] };
  for (const [kind, some] of Object.entries(records)) {
    const text = some.map((record) => `${JSON.stringify(record)}\n`).join("");
    writeFileSync(join(logs, `${kind}.jsonl`), text, { mode: 0o600 });
  }
  const env = { HOME: home, PET_LOG_DIR: logs, TZ: "Europe/Berlin" };
  const machine = await loadMachine(env, home);
  const ledger = severalLedger();
  addAccounts(ledger, home);
  const opened = { ledger } as unknown as OpenedLedger;
  const run: ReportHome["run"] = async (report, args) => {
    const context: Context = {
      ...machine,
      ...parse(reportCommand(report), args),
      env,
      clock: { now: () => NOW, sleep: () => Promise.resolve() },
      entryFile: "",
      bunLasts: true,
      terminal: { colour: false, columns: 200 },
      commands: () => Promise.resolve([]),
      print: () => undefined,
      warn: () => undefined,
    };
    return runReport(report, opened, withPeriod(context));
  };
  return {
    run,
    async print(report, args) {
      const result = await run(report, args);
      return {
        json: JSON.parse(JSON.stringify(result.json(result.rows))) as Printed["json"],
        csv: csvOf(result),
        lines: resultLines(result, style, 200),
      };
    },
    async error(report, args) {
      try {
        await run(report, args);
      } catch (error) {
        if (error instanceof PawprintError) return error;
        throw error;
      }
      throw new Error(`accepted: ${report.name} ${args.join(" ")}`);
    },
    async unsorted(report) {
      const { columns, rows } = await run(report, []);
      const found = shownColumns({ columns }).find(({ value, kind }) => {
        const values = rows.map(value).filter((one) => one !== null);
        const ascending = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        return String(valueFormats[kind].isText ? ascending : ascending.toReversed()) !== String(values);
      });
      return found?.name ?? "";
    },
    [Symbol.dispose]() {
      ledger[Symbol.dispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Puts the sample's sessions into two accounts, and adds a response whose cost was reported. */
function addAccounts(ledger: Ledger, home: string): void {
  const origins = Array.from({ length: 11 }, (_, index) => ({
    session: sessionId(index),
    account: join(home, index % 2 === 0 ? ".claude" : ".claude-work"),
    at: NEVER,
    directory: "",
    hasMoved: false,
    reader: 1,
  }));
  const response = {
    ...plainResponse,
    session: SHARED,
    project: API,
    branch: "feat/export",
    at: NOW - 60_000,
    model: OPUS,
    input: 1_000,
    output: 2_000,
    cacheRead: 50_000,
    cacheWrite: 0,
    cost: 7_000_000_000,
  };
  const entries = prepare(ledger.machine, "claude-code", [
    { kind: "response", key: "response:reported", body: response },
  ]);
  ledger.ingest({ source: "claude-code", entries, skipped: [], restarted: [], files: [], origins });
}

/** The items of the list in the JSON of a report; pauses between windows are no rows. */
export const itemsOf = (json: Printed["json"]): readonly Readonly<Record<string, unknown>>[] =>
  (Object.values(json).find(Array.isArray) as Record<string, unknown>[]).filter(({ isGap }) => isGap !== true);

/** A report by its name. */
export function reportNamed(name: string): Report {
  const report = reports.find((one) => one.name === name);
  if (!report) throw new Error(`no report ${name}`);
  return report;
}
