import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { openLedgerFor, placeOf, runReport, scanWithProgress } from "../cli/report-command.ts";
import { optionsOf } from "../cli/report-options.ts";
import { zoneFor } from "../cli/report-query.ts";
import { queryOf } from "../reports/shared/query.ts";
import { zoneNotes } from "../reports/shared/run.ts";
import { bytesText, count, isoOrNull } from "../render/format.ts";
import { csvOf } from "../render/csv.ts";
import type { Report } from "../reports/contract.ts";
import { activity } from "../reports/activity.ts";
import { daily } from "../reports/daily.ts";
import { files } from "../reports/files.ts";
import { projects } from "../reports/projects.ts";
import { session } from "../reports/session.ts";
import { tools } from "../reports/tools.ts";
import { PawprintError } from "../utils/errors.ts";
import { FileReplacement, realPath, replaceFile } from "../utils/files.ts";
import { refuseExisting, refuseRootInForeignDirectorySync } from "../utils/ownership.ts";
import { ledgerPath } from "../utils/paths.ts";
import { clean } from "../utils/terminal.ts";
import { version } from "../../package.json";
import type { ReportQuery } from "../reports/shared/report.ts";
import type { Command, Context } from "./contract.ts";
import { documentParts, type ExportedList } from "./export/document.ts";
import { gitOperations } from "./export/git-operations.ts";

/** The lists of an export, each with its report, the list in that report's JSON, and the file for CSV. */
const LISTS: readonly {
  readonly name: string;
  readonly report: Report;
  readonly list: string;
  readonly file: string;
}[] = [
  { name: "daily", report: daily, list: "daily", file: "daily.csv" },
  { name: "projects", report: projects, list: "projects", file: "projects.csv" },
  { name: "sessions", report: session, list: "sessions", file: "sessions.csv" },
  { name: "activity", report: activity, list: "sessions", file: "activity.csv" },
  { name: "tools", report: tools, list: "tools", file: "tools.csv" },
  { name: "files", report: files, list: "files", file: "files.csv" },
  { name: "gitOperations", report: gitOperations, list: "operations", file: "git-operations.csv" },
];

/** The options of reports that an export takes. */
const REPORT_OPTIONS = new Set(["since", "until", "last", "timezone", "project", "source", "cost-mode"]);

/** Writes what the reports know as one JSON document, or as CSV files. */
const exportDocument: Command = {
  name: "export",
  purpose: "ledger",
  args: "<file>",
  description:
    "write usage and activity as one JSON document or CSV files: daily usage, projects, sessions, tools, files and git operations",
  options: [
    { name: "csv", value: "directory", description: "write a CSV file for each list into this directory; no JSON" },
    { name: "force", description: "replace existing files" },
    ...optionsOf(daily).filter(({ name }) => REPORT_OPTIONS.has(name)),
  ],
  examples: [
    { args: "export usage.json", description: "everything in the ledger, as one JSON document" },
    { args: "export - --last 30d", description: "the last 30 days to standard output, for jq" },
    { args: "export --csv usage --since 2026-11-01", description: "a CSV file for each list, in the directory usage" },
  ],
  related: ["schema", "backup"],
  async run(context) {
    const { args, options, warn, settings, places } = context;
    const directory = options["csv"];
    const [file] = args;
    if (args.length !== (directory === undefined ? 1 : 0) || [file, directory].some((name) => name === ""))
      throw new PawprintError("bad_usage", "export needs one file, or --csv and a directory", EXAMPLES);
    const isForced = options["force"] === true;
    const paths =
      typeof directory === "string" ? csvPaths(resolve(directory)) : file === "-" ? [] : [resolve(file ?? "")];
    // Before everything is read, which may take a while.
    if (typeof directory === "string") makeDirectory(resolve(directory));
    for (const path of paths) {
      refuseExisting(path, isForced);
      refuseLedger(path, ledgerPath(settings, places));
    }
    using opened = openLedgerFor(context);
    for (const phase of ["usage", "activity"] as const) await scanWithProgress(phase, opened, context);
    // The file is no period, which reports take as their argument.
    const asked = { ...context, args: [] };
    const zone = zoneFor(context);
    zoneNotes(zone).forEach((note) => warn(note));
    const lists = LISTS.map(({ report, ...rest }) => ({
      ...rest,
      run: () => runReport(report, opened, asked, zone),
    }));
    const query = await queryOf(asked.options, await placeOf(asked, opened), zone.zone);
    opened.ledger.keepDays(query.intervals);
    // Sessions go on meanwhile, and the lists of an export add up to the same totals.
    using _ = opened.ledger.snapshot();
    if (typeof directory === "string") await writeCsv(resolve(directory), lists, context);
    else await writeDocument(file ?? "", headOf(query, context), lists, context);
    return 0;
  },
};

export { exportDocument as export };

const EXAMPLES = "for example: pawprint export usage.json, or pawprint export --csv usage";

function makeDirectory(path: string): void {
  refuseRootInForeignDirectorySync(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === false)
    throw new PawprintError("file_refused", `${path} is not a directory`, "choose another name");
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Throws file_refused if a path is that of the ledger, or of a file beside it that SQLite needs. */
function refuseLedger(path: string, ledger: string): void {
  const real = realPath(path);
  if (real === null || !["", "-wal", "-shm"].some((end) => realPath(ledger + end) === real)) return;
  throw new PawprintError("file_refused", `${path} is a file of the ledger`, "choose another name");
}

const csvPaths = (directory: string): string[] => LISTS.map(({ file }) => join(directory, file));

function headOf({ filter, since, until, now, zone }: ReportQuery, { options }: Context): object {
  return {
    format: "pawprint-export",
    version: 1,
    program: version,
    exportedAt: isoOrNull(now),
    timezone: zone,
    since,
    until,
    project: filter.project ?? null,
    source: filter.source ?? null,
    costMode: options["cost-mode"] ?? "auto",
  };
}

async function writeDocument(
  file: string,
  head: object,
  lists: readonly ExportedList[],
  { print }: Context,
): Promise<void> {
  const parts = documentParts(head, lists);
  if (file === "-") {
    for await (const part of parts) print(part);
    return;
  }
  const path = resolve(file);
  using written = new FileReplacement(path);
  let bytes = 0;
  for await (const part of parts) bytes += written.write(`${part}\n`);
  written.commit();
  print(`${bytesText(bytes)} written to ${clean(path, 500)}`);
}

async function writeCsv(
  directory: string,
  lists: readonly (ExportedList & { readonly file: string })[],
  { print, warn }: Context,
): Promise<void> {
  const notes = new Set<string>();
  for (const { file, run } of lists) {
    const result = await run();
    const path = join(directory, file);
    replaceFile(path, csvOf(result));
    for (const note of result.notes) notes.add(note);
    print(`${count(result.rows.length)} rows written to ${clean(path, 500)}`);
  }
  // CSV has no place for notes.
  notes.forEach((note) => warn(note));
}
