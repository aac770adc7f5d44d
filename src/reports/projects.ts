import { sessionKey } from "./shared/assistants.ts";
import { dateOfDay } from "../pricing/costs.ts";
import { projectNames } from "./shared/usage/names.ts";
import { sessionColumns, shareColumn } from "./shared/usage/columns.ts";
import { type UsageGroup, UsageGroups, shareOf } from "./shared/usage/groups.ts";
import { LABEL, type UsageLayout, usageResult } from "./shared/usage/result.ts";
import type { UsageRow } from "../ledger/rows.ts";
import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Usage by project, most expensive first, with its worktrees below. */
export const projects: Report = {
  name: "projects",
  description: "tokens and cost of each project, most expensive first; its worktrees are below it",
  options: [...USAGE, "breakdown"],
  examples: [
    { args: "projects --last 4w", description: "what each project cost in four weeks" },
    { args: "projects --breakdown", description: "with a row for each model" },
  ],
  related: ["branches", "session"],
  async run(query, context) {
    const { queries, costs } = context;
    const groups = new UsageGroups<string>(costs);
    const worktrees = new UsageGroups<string>(costs);
    const sessionsByKey = new Map<string, KeySessions>();
    for (const row of await queries.usage(query.filter, query.intervals, ["project", "session", "source"])) {
      groups.addRow(row.project, row);
      addSession(sessionsByKey, row.project, row);
      if (row.worktree === "") continue;
      const key = keyOf(row);
      worktrees.addRow(key, row);
      addSession(sessionsByKey, key, row);
    }
    const names = projectNames(groups.byKey.keys());
    const line = (key: string, name: string, group: UsageGroup) => {
      const share = shareOf(group.all, groups.all.all);
      const sessions = sessionsByKey.get(key)?.sessions.size ?? 0;
      const lastDate = dateOfDay(sessionsByKey.get(key)?.lastDay ?? 0);
      return {
        group,
        name,
        fields: { sources: [...group.sources].toSorted(), sessions, lastDate, share },
      };
    };
    const byProject = Map.groupBy(worktrees.byCost(), ([key]) => key.split("\n")[0] ?? "");
    const lines = groups.byCost().map(([project, group]) => {
      const name = names.get(project) ?? project;
      const projectLine = line(project, name, group);
      const below = (byProject.get(project) ?? []).map(([key, part]) => {
        const worktree = key.split("\n")[1] ?? "";
        const one = line(key, `  ${worktree}`, part);
        return { ...one, fields: { worktree, ...one.fields } };
      });
      return {
        ...projectLine,
        fields: { project, name, ...projectLine.fields },
        ...(below.length > 0 && { below: { list: "worktrees", lines: below } }),
      };
    });
    const sessions = new Set(groups.byKey.keys().flatMap((key) => sessionsByKey.get(key)?.sessions ?? [])).size;
    const layout: UsageLayout<ReturnType<typeof line>> = {
      list: "projects",
      lead: [
        { name: "Project", kind: "text", priority: LABEL, shorten: true, value: ({ name }) => name },
        ...sessionColumns(sessions),
      ],
      tail: [shareColumn(groups.all.all)],
      notes: byProject.size > 0 ? ["A project includes the usage of its worktrees, which are listed below it."] : [],
      hasAssistants: true,
    };
    return usageResult<ReturnType<typeof line>>(layout, lines, groups, query, context);
  },
};

/** Sessions with usage under one key, and the last day with usage. */
interface KeySessions {
  readonly sessions: Set<string>;
  lastDay: number;
}

function addSession(sessionsByKey: Map<string, KeySessions>, key: string, row: UsageRow): void {
  let known = sessionsByKey.get(key);
  if (!known) sessionsByKey.set(key, (known = { sessions: new Set(), lastDay: row.day }));
  known.sessions.add(sessionKey(row));
  known.lastDay = Math.max(known.lastDay, row.day);
}

const keyOf = ({ project, worktree }: UsageRow): string => `${project}\n${worktree}`;
