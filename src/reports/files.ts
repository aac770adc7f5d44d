import { AssistantColumn } from "./shared/assistants.ts";
import { MAX_ROWS, type ReportResult } from "./shared/report.ts";
import { projectNames } from "./shared/usage/names.ts";
import type { FileRow } from "../ledger/rows.ts";
import { type Column, fieldsOf, totalFieldsOf } from "../render/columns.ts";
import { PLACE, RANGE, ROWS } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** A changed file, and the project that contains it. */
interface ChangedFile extends FileRow {
  /** Null where no project contains it; `relative` is then the whole path. */
  readonly project: string | null;
  readonly relative: string;
}

const COUNTS: readonly Column<ChangedFile>[] = [
  { name: "Changes", kind: "integer", priority: 8.5, value: ({ changes }) => changes, total: "sum", field: "changes" },
  { name: "Added", kind: "integer", priority: 8, value: ({ added }) => added, total: "sum", field: "linesAdded" },
  {
    name: "Removed",
    kind: "integer",
    priority: 7,
    value: ({ removed }) => removed,
    total: "sum",
    field: "linesRemoved",
  },
  { name: "Sessions", kind: "integer", priority: 4, value: ({ sessions }) => sessions, field: "sessions" },
  { name: "Last change", kind: "time", priority: 5, value: ({ last }) => last, field: "lastChange" },
];

/** Changed files, most changed first, with lines added and removed. */
export const files: Report = {
  name: "files",
  options: [...RANGE, ...PLACE, ...ROWS, "id"],
  description: "most changed files: changes, lines added and removed, sessions, last change",
  needsActivity: true,
  examples: [
    { args: "files --last 7d", description: "the files changed most in seven days" },
    { args: "files --project shop", description: "those of one project" },
  ],
  related: ["tools", "git"],
  async run({ filter, zone }, { queries, assistants }): Promise<ReportResult<ChangedFile>> {
    const everywhere = { ...filter, branch: undefined, source: undefined, session: undefined };
    const projects = [...new Set((await queries.sessions(everywhere)).map(({ project }) => project))].filter(
      (one) => one !== "",
    );
    const rows = (await queries.files(filter)).map((file): ChangedFile => ({
      ...file,
      ...placeOf(file.path, projects),
    }));
    const names = projectNames(rows.map(({ project }) => project ?? ""));
    const assistantColumn = new AssistantColumn(
      assistants,
      rows.flatMap(({ sources }) => sources),
    );
    return {
      columns: [
        { name: "File", kind: "text", priority: 9, shorten: true, value: ({ relative }) => relative },
        {
          name: "Project",
          kind: "text",
          priority: 8,
          shorten: true,
          value: ({ project }) => names.get(project ?? "") ?? "",
        },
        assistantColumn.column(({ sources }) => sources, 4),
        ...COUNTS,
      ],
      rows,
      zone,
      empty: "No file was changed in this range.",
      order: "desc",
      maxRows: MAX_ROWS,
      notes: [],
      json: (shown) => ({
        files: shown.map((file) => ({
          path: file.path,
          project: file.project,
          sources: file.sources.toSorted(),
          ...fieldsOf(COUNTS, file),
        })),
        totals: { files: rows.length, ...totalFieldsOf(COUNTS, rows) },
      }),
    };
  },
};

/** The innermost project that contains a file, and the path relative to it; null and the whole path where none does. */
function placeOf(path: string, projects: readonly string[]): Pick<ChangedFile, "project" | "relative"> {
  const parents = projects.filter((one) => path.startsWith(one.endsWith("/") ? one : `${one}/`));
  const project = parents.reduce((longest, one) => (one.length > longest.length ? one : longest), "");
  return project === ""
    ? { project: null, relative: path }
    : { project, relative: path.slice(project.length).replace(/^\/+/, "") };
}
