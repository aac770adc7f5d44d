import { sessionKey } from "./shared/assistants.ts";
import { keyOf, partsOf } from "./shared/keys.ts";
import { shownPath, UNKNOWN_ACCOUNT } from "./shared/usage/accounts.ts";
import { LABEL, type UsageLayout, usageResult } from "./shared/usage/result.ts";
import { shareColumn } from "./shared/usage/columns.ts";
import { UsageGroups, shareOf } from "./shared/usage/groups.ts";
import { SessionCounter } from "./shared/usage/sessions.ts";
import type { ReportContext } from "./shared/report.ts";
import { scopeHash } from "../utils/paths.ts";
import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** How far back the log is read for sign-ins, milliseconds. */
const SIGN_IN_LOG_MS = 14 * 86_400_000;

/** Usage by account, most expensive first. An account is a configuration directory of an assistant. */
export const accounts: Report = {
  name: "accounts",
  description: "tokens and cost of each account (by the configuration directory of its transcripts)",
  options: [...USAGE, "breakdown"],
  examples: [
    { args: "accounts", description: "all accounts of this machine" },
    { args: "accounts --last 3m", description: "of the last three months" },
  ],
  related: ["projects"],
  async run(query, context) {
    const { queries, costs, home } = context;
    if (context.members) return (await import("./shared/hub/account-usage.ts")).hubAccounts(query, context);
    const byAccount = new UsageGroups<string>(costs);
    const sessions = new SessionCounter();
    const directories = await queries.accounts();
    for (const row of await queries.usage(query.filter, query.intervals, ["session", "source"])) {
      const key = keyOf(row.source, directories.get(sessionKey(row)) ?? "");
      byAccount.addRow(key, row);
      sessions.add(key, row);
    }
    const signedIn = await signedInAt(context, directories.values(), query.now);
    const hasNames = byAccount.byKey.keys().some((key) => signedIn.has(accountOf(key)));
    const lines = byAccount.byCost().map(([key, group]) => {
      const directory = accountOf(key);
      const email = signedIn.get(directory) ?? null;
      const share = shareOf(group.all, byAccount.all.all);
      const name = directory === "" ? UNKNOWN_ACCOUNT : shownPath(directory, home);
      return {
        group,
        name,
        fields: {
          account: directory === "" ? null : directory,
          email,
          sources: [...group.sources],
          ...sessions.of(key),
          share,
        },
      };
    });
    const layout: UsageLayout<(typeof lines)[number]> = {
      list: "accounts",
      lead: [
        { name: "Account", kind: "text", priority: LABEL, shorten: true, value: ({ name }) => name },
        {
          name: "Signed in last",
          kind: "text",
          priority: 30,
          shorten: true,
          isHidden: !hasNames,
          value: ({ fields }) => fields.email,
          field: "email",
        },
        ...sessions.columns,
      ],
      tail: [shareColumn(byAccount.all.all)],
      hasAssistants: true,
    };
    return usageResult(layout, lines, byAccount, query, context);
  },
};

const accountOf = (key: string): string => partsOf(key)[1] ?? "";

/** The email address last signed in with in each configuration directory, from our log. */
async function signedInAt(
  { log }: ReportContext,
  accounts: Iterable<string>,
  now: number,
): Promise<Map<string, string>> {
  const byScope = new Map<string, string>();
  for (const record of await log("status", now - SIGN_IN_LOG_MS)) {
    if ("email" in record && record.email !== null) byScope.set(record.scope, record.email);
  }
  if (byScope.size === 0) return byScope;
  const directories = new Set(accounts);
  return new Map(
    directories.values().flatMap((directory) => {
      const email = byScope.get(`login-${scopeHash(directory)}`);
      return email === undefined ? [] : [[directory, email] as const];
    }),
  );
}
