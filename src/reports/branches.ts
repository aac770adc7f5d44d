import { sessionKey } from "./shared/assistants.ts";
import { projectNames } from "./shared/usage/names.ts";
import { UsageGroups } from "./shared/usage/groups.ts";
import { LABEL, usageResult } from "./shared/usage/result.ts";
import type { Report } from "./contract.ts";

/** Usage by project and branch, most expensive first, with the pull requests of each branch. */
export const branches: Report = {
  name: "branches",
  description: "tokens and cost of each branch, most expensive first, with its pull requests",
  needsActivity: true,
  async run(query, context) {
    const { queries, costs } = context;
    const groups = new UsageGroups<string>(costs);
    const sessions = new Map<string, Set<string>>();
    for (const row of await queries.usage(query.filter, query.intervals, ["project", "branch", "session", "source"])) {
      const key = keyOf(row);
      groups.addRow(key, row);
      sessions.set(key, (sessions.get(key) ?? new Set()).add(sessionKey(row)));
    }
    // Links have no model.
    const links = Map.groupBy(await queries.items("link", { ...query.filter, model: undefined }), keyOf);
    const places = [...groups.byKey.keys()].map((key) => key.split("\n") as [project: string, branch: string]);
    const names = projectNames(places.map(([project]) => project));
    const lines = groups.byCost().map(([key, group]) => {
      const [project = "", branch = ""] = key.split("\n");
      const pulls = [...new Set(links.get(key)?.map(({ target }) => target))];
      const count = sessions.get(key)?.size ?? 0;
      return {
        group,
        lead: [branch || "(none)", names.get(project) ?? project, count, pulls.map(numberOf).join(" ")],
        fields: { branch, project, sources: [...group.sources].toSorted(), sessions: count, pullRequests: pulls },
      };
    });
    const lead = [
      { name: "Branch", kind: "text", priority: LABEL, shorten: true },
      { name: "Project", kind: "text", priority: 80, shorten: true },
      { name: "Sessions", kind: "integer", priority: 25 },
      { name: "PR", kind: "text", priority: 60 },
    ] as const;
    const leadTotals = [null, new Set(sessions.values().flatMap((keys) => keys)).size, null];
    const layout = { list: "branches", lead, leadTotals, hasAssistants: true } as const;
    return usageResult(layout, lines, groups, query, context);
  },
};

const keyOf = ({ project, branch }: { readonly project: string; readonly branch: string }): string =>
  `${project}\n${branch}`;

/** "#57" for an address that ends in /57, else the whole address. */
const numberOf = (address: string): string => address.replace(/^.*\/(\d+)$/, "#$1");
