import { sessionKey } from "./shared/assistants.ts";
import { dateOfDay } from "../pricing/costs.ts";
import { projectNames } from "./shared/usage/names.ts";
import { type UsageGroup, UsageGroups, shareOf } from "./shared/usage/tally.ts";
import { LABEL, usageAnswer } from "./shared/usage/answer.ts";
import type { UsageRow } from "../ledger/rows.ts";
import type { Report } from "./contract.ts";

/** Usage by project, the dearest first, with its worktrees below. */
export const projects: Report = {
  name: "projects",
  description: "tokens and cost of each project, the dearest first, with its worktrees below it",
  run(question, books) {
    const { queries: ledger, costs } = books;
    const accounts = new UsageGroups<string>(costs);
    const worktrees = new UsageGroups<string>(costs);
    const seen = new Map<string, Seen>();
    for (const row of ledger.usage(question.filter, question.intervals, ["project", "session", "source"])) {
      accounts.addRow(row.project, row);
      see(seen, row.project, row);
      if (row.worktree === "") continue;
      const key = keyOf(row);
      worktrees.addRow(key, row);
      see(seen, key, row);
    }
    const names = projectNames(accounts.byKey.keys());
    const line = (key: string, name: string, account: UsageGroup) => {
      const share = shareOf(account.all, accounts.all.all);
      const sessions = seen.get(key)?.sessions.size ?? 0;
      const lastDate = dateOfDay(seen.get(key)?.lastDay ?? 0);
      return {
        account,
        lead: [name, sessions, lastDate],
        tail: [share],
        fields: { sources: [...account.sources].toSorted(), sessions, lastDate, share },
      };
    };
    const byProject = Map.groupBy(worktrees.byCost(), ([key]) => key.split("\n")[0] ?? "");
    const lines = accounts.byCost().map(([project, account]) => {
      const name = names.get(project) ?? project;
      const own = line(project, name, account);
      const below = (byProject.get(project) ?? []).map(([key, part]) => {
        const worktree = key.split("\n")[1] ?? "";
        const one = line(key, `  ${worktree}`, part);
        return { ...one, fields: { worktree, ...one.fields } };
      });
      return {
        ...own,
        fields: { project, name, ...own.fields },
        ...(below.length > 0 && { below: { list: "worktrees", lines: below } }),
      };
    });
    const form = {
      list: "projects",
      lead: [
        { name: "Project", kind: "text", priority: LABEL, shorten: true },
        { name: "Sessions", kind: "integer", priority: 25 },
        { name: "Last day", kind: "text", priority: 20 },
      ],
      tail: [{ name: "Share", kind: "percent", priority: 60 }],
      leadTotals: [new Set(accounts.byKey.keys().flatMap((key) => seen.get(key)?.sessions ?? [])).size, null],
      tailTotals: [accounts.all.all.micros > 0 ? 100 : null],
      notes: byProject.size > 0 ? ["A project holds what was done in its worktrees, which stand below it."] : [],
      hasAssistants: true,
    } as const;
    return usageAnswer(form, lines, accounts, question, books);
  },
};

/** Sessions that used something, and the last day on which one did. */
interface Seen {
  readonly sessions: Set<string>;
  lastDay: number;
}

function see(seen: Map<string, Seen>, key: string, row: UsageRow): void {
  let known = seen.get(key);
  if (!known) seen.set(key, (known = { sessions: new Set(), lastDay: row.day }));
  known.sessions.add(sessionKey(row));
  known.lastDay = Math.max(known.lastDay, row.day);
}

const keyOf = ({ project, worktree }: UsageRow): string => `${project}\n${worktree}`;
