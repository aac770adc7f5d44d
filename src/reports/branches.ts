import { keyOf, partsOf } from "./shared/keys.ts";
import { projectNames } from "./shared/usage/names.ts";
import { UsageGroups } from "./shared/usage/groups.ts";
import { SessionCounter } from "./shared/usage/sessions.ts";
import { LABEL, type UsageLayout, usageResult } from "./shared/usage/result.ts";
import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Usage by project and branch, most expensive first, with the pull requests of each branch. */
export const branches: Report = {
  name: "branches",
  options: [...USAGE, "breakdown"],
  description: "tokens and cost of each branch, most expensive first; with its pull requests",
  needsActivity: true,
  examples: [{ args: "branches --project shop", description: "what each branch of a project cost" }],
  related: ["projects", "git"],
  async run(query, context) {
    const { queries, costs } = context;
    const groups = new UsageGroups<string>(costs);
    const sessions = new SessionCounter();
    for (const row of await queries.usage(query.filter, query.intervals, ["project", "branch", "session", "source"])) {
      const key = placeOf(row);
      groups.addRow(key, row);
      sessions.add(key, row);
    }
    // Links have no model.
    const links = Map.groupBy(await queries.items("link", { ...query.filter, model: undefined }), placeOf);
    const names = projectNames(groups.byKey.keys().map((key) => partsOf(key)[0] ?? ""));
    const lines = groups.byCost().map(([key, group]) => {
      const [project = "", branch = ""] = partsOf(key);
      const pulls = [...new Set(links.get(key)?.map(({ target }) => target))];
      return {
        group,
        projectName: names.get(project) ?? project,
        fields: {
          branch,
          project,
          sources: [...group.sources].toSorted(),
          sessions: sessions.of(key).sessions,
          pullRequests: pulls,
        },
      };
    });
    const [sessionColumn] = sessions.columns;
    const layout: UsageLayout<(typeof lines)[number]> = {
      list: "branches",
      lead: [
        {
          name: "Branch",
          kind: "text",
          priority: LABEL,
          shorten: true,
          value: ({ fields }) => fields.branch || "(none)",
        },
        { name: "Project", kind: "text", priority: 80, shorten: true, value: ({ projectName }) => projectName },
        sessionColumn,
        { name: "PR", kind: "text", priority: 60, value: ({ fields }) => fields.pullRequests.map(numberOf).join(" ") },
      ],
      hasAssistants: true,
    };
    return usageResult(layout, lines, groups, query, context);
  },
};

const placeOf = ({ project, branch }: { readonly project: string; readonly branch: string }): string =>
  keyOf(project, branch);

/** "#57" for an address that ends in /57, else the whole address. */
const numberOf = (address: string): string => address.replace(/^.*\/(\d+)$/, "#$1");
