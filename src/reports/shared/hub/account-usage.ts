import { isoOrNull } from "../../../render/format.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { clean } from "../../../utils/terminal.ts";
import { keyOf, partsOf } from "../keys.ts";
import { LIMITS_BACK_MS } from "../limits/windows.ts";
import type { ReportContext, ReportQuery, ReportResult } from "../report.ts";
import { UNKNOWN_ACCOUNT } from "../usage/accounts.ts";
import { shareColumn } from "../usage/columns.ts";
import { shareOf, UsageGroups } from "../usage/groups.ts";
import { LABEL, type UsageLayout, usageResult } from "../usage/result.ts";
import { SessionCounter } from "../usage/sessions.ts";
import { HubAccounts } from "./accounts.ts";

/**
 * Usage by account, most expensive first. Transcripts do not name the account, so the usage of Claude Code on a machine counts for
 * the account that its log names, if that is only one.
 */
export async function hubAccounts(query: ReportQuery, context: ReportContext): Promise<ReportResult> {
  const { queries, costs, members = [], otherMembers = [] } = context;
  const all = [...members, ...otherMembers];
  const statuses = await queries.statuses();
  const accounts = new HubAccounts(statuses, await queries.accountLimits(query.now - LIMITS_BACK_MS), all);
  const byAccount = new UsageGroups<string>(costs);
  const sessions = new SessionCounter();
  for (const row of await queries.usage(query.filter, query.intervals, ["session", "source", "machine"])) {
    const own = row.source === LOGGED_ASSISTANT ? accounts.accountsOf(row.machine) : [];
    const key = keyOf(row.source, own.length === 1 ? (own[0] ?? "") : "");
    byAccount.addRow(key, row);
    sessions.add(key, row);
  }
  const lines = byAccount.byCost().map(([key, group]) => {
    const account = partsOf(key)[1] ?? "";
    const newest = statuses.find((one) => accounts.idOf(one) === account);
    return {
      group,
      name: account === "" ? UNKNOWN_ACCOUNT : accounts.nameOf(account),
      plan: newest?.plan || null,
      fields: {
        account: account === "" ? null : accounts.hashOf(account),
        users: accounts.usersOf(account),
        plan: newest?.plan || null,
        lastStatusAt: isoOrNull(newest?.at ?? null),
        sources: [...group.sources],
        ...sessions.of(key),
        share: shareOf(group.all, byAccount.all.all),
      },
    };
  });
  const layout: UsageLayout<(typeof lines)[number]> = {
    list: "accounts",
    lead: [
      { name: "Account", kind: "text", priority: LABEL, shorten: true, value: ({ name }) => name },
      { name: "Plan", kind: "text", priority: 30, value: ({ plan }) => plan, field: "plan" },
      ...sessions.columns,
    ],
    tail: [shareColumn(byAccount.all.all)],
    hasAssistants: true,
  };
  const result = await usageResult(layout, lines, byAccount, query, context);
  const several = members
    .filter(({ machine }) => accounts.accountsOf(machine).length > 1)
    .map(({ name }) => clean(name));
  return {
    ...result,
    notes: [
      ...result.notes,
      ...(lines.length > 0
        ? ["Accounts are hashes, named by who uses them; the log of each machine names its account."]
        : []),
      ...(several.length > 0
        ? [`Of machines with several accounts it is not known which one was used: ${several.join(", ")}.`]
        : []),
    ],
  };
}
