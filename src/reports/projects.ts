import { sessionKey } from "../asking/assistants.ts";
import { dateOfDay } from "../asking/costs.ts";
import { projectNames } from "../asking/usage/names.ts";
import { Accounts, shareOf } from "../asking/usage/tally.ts";
import { LABEL, usageAnswer } from "../asking/usage/answer.ts";
import type { Report } from "./contract.ts";

/** Usage by working directory, the dearest first. */
export const projects: Report = {
  name: "projects",
  meaning: "tokens and cost of each working directory, the dearest first",
  run(question, books) {
    const { ledger, costs } = books;
    const accounts = new Accounts<string>(costs);
    const sessions = new Map<string, Set<string>>();
    const lastDay = new Map<string, number>();
    for (const row of ledger.usage(question.filter, question.stretches, ["project", "session", "source"])) {
      accounts.addRow(row.project, row);
      sessions.set(row.project, (sessions.get(row.project) ?? new Set()).add(sessionKey(row)));
      lastDay.set(row.project, Math.max(lastDay.get(row.project) ?? 0, row.day));
    }
    const names = projectNames(accounts.byKey.keys());
    const lines = accounts.byCost().map(([project, account]) => {
      const share = shareOf(account.all, accounts.all.all);
      const known = { sessions: sessions.get(project)?.size ?? 0, last: dateOfDay(lastDay.get(project) ?? 0) };
      return {
        account,
        lead: [names.get(project) ?? project, known.sessions, known.last],
        tail: [share],
        fields: {
          project,
          name: names.get(project),
          sources: [...account.sources].toSorted(),
          sessions: known.sessions,
          lastDate: known.last,
          share,
        },
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
      leadTotals: [new Set(sessions.values().flatMap((some) => some)).size, null],
      tailTotals: [accounts.all.all.micros > 0 ? 100 : null],
      hasAssistants: true,
    } as const;
    return usageAnswer(form, lines, accounts, question, books);
  },
};
