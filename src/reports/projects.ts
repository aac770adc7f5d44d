import { keyOf } from "./shared/keys.ts";
import { projectNames } from "./shared/usage/names.ts";
import { shareColumn } from "./shared/usage/columns.ts";
import { type UsageGroup, UsageGroups, shareOf } from "./shared/usage/groups.ts";
import { LABEL, type UsageLayout, usageResult } from "./shared/usage/result.ts";
import { SessionCounter } from "./shared/usage/sessions.ts";
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
    const worktrees = new Map<string, UsageGroups<string>>();
    const sessions = new SessionCounter();
    for (const row of await queries.usage(query.filter, query.intervals, ["project", "session", "source"])) {
      const { project, worktree } = row;
      groups.addRow(project, row);
      sessions.add(project, row);
      if (worktree === "") continue;
      const own = worktrees.get(project) ?? new UsageGroups(costs);
      worktrees.set(project, own);
      own.addRow(worktree, row);
      sessions.add(keyOf(project, worktree), row);
    }
    const names = projectNames(groups.byKey.keys());
    const line = (key: string, name: string, group: UsageGroup) => ({
      group,
      name,
      fields: {
        sources: [...group.sources].toSorted(),
        ...sessions.of(key),
        share: shareOf(group.all, groups.all.all),
      },
    });
    const lines = groups.byCost().map(([project, group]) => {
      const name = names.get(project) ?? project;
      const projectLine = line(project, name, group);
      const below = (worktrees.get(project)?.byCost() ?? []).map(([worktree, part]) => {
        const one = line(keyOf(project, worktree), `  ${worktree}`, part);
        return { ...one, fields: { worktree, ...one.fields } };
      });
      return {
        ...projectLine,
        fields: { project, name, ...projectLine.fields },
        ...(below.length > 0 && { below: { list: "worktrees", lines: below } }),
      };
    });
    const layout: UsageLayout<ReturnType<typeof line>> = {
      list: "projects",
      lead: [
        { name: "Project", kind: "text", priority: LABEL, shorten: true, value: ({ name }) => name },
        ...sessions.columns,
      ],
      tail: [shareColumn(groups.all.all)],
      notes: worktrees.size > 0 ? ["A project includes the usage of its worktrees, which are listed below it."] : [],
      hasAssistants: true,
    };
    return usageResult<ReturnType<typeof line>>(layout, lines, groups, query, context);
  },
};
