import { AssistantColumn } from "./shared/assistants.ts";
import { truncateTable } from "./shared/truncate.ts";
import { projectNames } from "./shared/usage/names.ts";
import { isoOrNull, stampOf } from "./shared/when.ts";
import type { Column } from "../render/table.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "File", kind: "text", priority: 9, shorten: true },
  { name: "Project", kind: "text", priority: 3, shorten: true },
  { name: "Changes", kind: "integer", priority: 6 },
  { name: "Added", kind: "integer", priority: 8 },
  { name: "Removed", kind: "integer", priority: 7 },
  { name: "Sessions", kind: "integer", priority: 4 },
  { name: "Last change", kind: "text", priority: 5 },
];

/** Changed files, most changed first, with lines added and removed. */
export const files: Report = {
  name: "files",
  description: "most changed files: changes, lines added and removed, sessions, last change",
  needsActivity: true,
  async run({ filter, zone }, { queries, assistants }) {
    // File changes are not recorded by model.
    const { model, ...wide } = filter;
    const everywhere = { ...wide, branch: undefined, source: undefined, session: undefined };
    const projects = [...new Set((await queries.sessions(everywhere)).map(({ project }) => project))].filter(
      (one) => one !== "",
    );
    const found = (await queries.files(wide)).map((file) => ({ ...file, ...placeOf(file.path, projects) }));
    const names = projectNames(found.map(({ project }) => project ?? ""));
    const assistantColumn = new AssistantColumn(
      assistants,
      found.flatMap(({ sources }) => sources),
    );
    const rows = found.map(({ project, relative, sources, changes, added, removed, sessions, last }) =>
      assistantColumn.row(
        [relative, names.get(project ?? "") ?? "", changes, added, removed, sessions, stampOf(zone, last)],
        2,
        sources,
      ),
    );
    const sum = (of: "changes" | "added" | "removed"): number => found.reduce((total, file) => total + file[of], 0);
    const sums = { changes: sum("changes"), added: sum("added"), removed: sum("removed") };
    const table = {
      columns: assistantColumn.columns(COLUMNS, 2, 4),
      rows,
      ...(rows.length > 0 && {
        totals: assistantColumn.row(["Total", "", sums.changes, sums.added, sums.removed, null, null], 2, null),
      }),
      empty: "No file was changed in this range.",
    };
    const draw = truncateTable(table, "first");
    return {
      ...table,
      notes: model === undefined ? [] : ["File changes are not known by model: --model was left out."],
      ...(draw && { draw }),
      json: {
        files: found.map(({ path, project, sources, changes, added, removed, sessions, last }) => ({
          path,
          project,
          sources: sources.toSorted(),
          changes,
          linesAdded: added,
          linesRemoved: removed,
          sessions,
          lastChange: isoOrNull(last),
        })),
        totals: { files: found.length, changes: sums.changes, linesAdded: sums.added, linesRemoved: sums.removed },
      },
    };
  },
};

/** The innermost project that contains a file, and the path relative to it; null and the whole path where none does. */
function placeOf(path: string, projects: readonly string[]): { project: string | null; relative: string } {
  const parents = projects.filter((one) => path.startsWith(one.endsWith("/") ? one : `${one}/`));
  const project = parents.reduce((longest, one) => (one.length > longest.length ? one : longest), "");
  return project === ""
    ? { project: null, relative: path }
    : { project, relative: path.slice(project.length).replace(/^\/+/, "") };
}
