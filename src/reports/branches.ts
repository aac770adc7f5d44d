import { sessionKey } from "./shared/assistants.ts";
import { projectNames } from "./shared/usage/names.ts";
import { UsageGroups } from "./shared/usage/tally.ts";
import { LABEL, usageAnswer } from "./shared/usage/answer.ts";
import type { Report } from "./contract.ts";

/** Usage by project and branch, the dearest first, with the branch's pull requests. */
export const branches: Report = {
  name: "branches",
  description: "tokens and cost of each branch, the dearest first, with its pull requests",
  needsActivity: true,
  run(question, books) {
    const { queries: ledger, costs } = books;
    const accounts = new UsageGroups<string>(costs);
    const sessions = new Map<string, Set<string>>();
    for (const row of ledger.usage(question.filter, question.intervals, ["project", "branch", "session", "source"])) {
      const key = keyOf(row);
      accounts.addRow(key, row);
      sessions.set(key, (sessions.get(key) ?? new Set()).add(sessionKey(row)));
    }
    // A link is of no model.
    const links = Map.groupBy(ledger.items("link", { ...question.filter, model: undefined }), keyOf);
    const places = [...accounts.byKey.keys()].map((key) => key.split("\n") as [project: string, branch: string]);
    const names = projectNames(places.map(([project]) => project));
    const lines = accounts.byCost().map(([key, account]) => {
      const [project = "", branch = ""] = key.split("\n");
      const pulls = [...new Set(links.get(key)?.map(({ target }) => target))];
      const count = sessions.get(key)?.size ?? 0;
      return {
        account,
        lead: [branch || "(none)", names.get(project) ?? project, count, pulls.map(numberOf).join(" ")],
        fields: { branch, project, sources: [...account.sources].toSorted(), sessions: count, pullRequests: pulls },
      };
    });
    const lead = [
      { name: "Branch", kind: "text", priority: LABEL, shorten: true },
      { name: "Project", kind: "text", priority: 80, shorten: true },
      { name: "Sessions", kind: "integer", priority: 25 },
      { name: "PR", kind: "text", priority: 60 },
    ] as const;
    const leadTotals = [null, new Set(sessions.values().flatMap((some) => some)).size, null];
    const form = { list: "branches", lead, leadTotals, hasAssistants: true } as const;
    return usageAnswer(form, lines, accounts, question, books);
  },
};

const keyOf = ({ project, branch }: { readonly project: string; readonly branch: string }): string =>
  `${project}\n${branch}`;

/** "#57" of an address that ends in /57; else the whole address. */
const numberOf = (address: string): string => address.replace(/^.*\/(\d+)$/, "#$1");
