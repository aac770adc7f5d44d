import { sessionKey } from "../asking/assistants.ts";
import { dateOfDay } from "../asking/costs.ts";
import { shownPath, UNKNOWN_ACCOUNT } from "../asking/usage/accounts.ts";
import { LABEL, usageAnswer } from "../asking/usage/answer.ts";
import { Accounts, shareOf } from "../asking/usage/tally.ts";
import type { Books } from "../asking/question.ts";
import { scopeHash } from "../utils/paths.ts";
import type { Report } from "./contract.ts";

/** How far back the log is read for who was signed in, milliseconds. */
const LOG_BACK_MS = 14 * 86_400_000;

/** Usage by account, which is the configuration directory of an assistant, the most expensive first. */
export const accounts: Report = {
  name: "accounts",
  meaning: "tokens and cost of each account, by the configuration directory that its transcripts lie in",
  async run(question, books) {
    const { ledger, costs, home } = books;
    const byAccount = new Accounts<string>(costs);
    const seen = new Map<string, { readonly sessions: Set<string>; lastDay: number }>();
    const known = ledger.accounts();
    for (const row of ledger.usage(question.filter, question.stretches, ["session", "source"])) {
      const key = `${row.source}\n${known.get(sessionKey(row)) ?? ""}`;
      byAccount.addRow(key, row);
      let own = seen.get(key);
      if (!own) seen.set(key, (own = { sessions: new Set(), lastDay: row.day }));
      own.sessions.add(row.session);
      own.lastDay = Math.max(own.lastDay, row.day);
    }
    const signedIn = await signedInAt(books, known.values(), question.now);
    const hasNames = byAccount.byKey.keys().some((key) => signedIn.has(accountOf(key)));
    const lines = byAccount.byCost().map(([key, account]) => {
      const directory = accountOf(key);
      const email = signedIn.get(directory) ?? null;
      const share = shareOf(account.all, byAccount.all.all);
      const sessions = seen.get(key)?.sessions.size ?? 0;
      const lastDate = dateOfDay(seen.get(key)?.lastDay ?? 0);
      const name = directory === "" ? UNKNOWN_ACCOUNT : shownPath(directory, home);
      return {
        account,
        lead: [name, ...(hasNames ? [email] : []), sessions, lastDate],
        tail: [share],
        fields: {
          account: directory === "" ? null : directory,
          email,
          sources: [...account.sources],
          sessions,
          lastDate,
          share,
        },
      };
    });
    const sessions = seen.values().reduce((sum, own) => sum + own.sessions.size, 0);
    const form = {
      list: "accounts",
      lead: [
        { name: "Account", kind: "text", priority: LABEL, shorten: true },
        ...(hasNames ? [{ name: "Signed in last", kind: "text", priority: 30, shorten: true } as const] : []),
        { name: "Sessions", kind: "integer", priority: 25 },
        { name: "Last day", kind: "text", priority: 20 },
      ],
      tail: [{ name: "Share", kind: "percent", priority: 60 }],
      leadTotals: [...(hasNames ? [null] : []), sessions, null],
      tailTotals: [byAccount.all.all.micros > 0 ? 100 : null],
      hasAssistants: true,
    } as const;
    return usageAnswer(form, lines, byAccount, question, books);
  },
};

const accountOf = (key: string): string => key.slice(key.indexOf("\n") + 1);

/** Who was signed in last in each configuration directory, as far as our log says; a record's id ends with its scope. */
async function signedInAt({ log }: Books, accounts: Iterable<string>, now: number): Promise<Map<string, string>> {
  const byHash = new Map<string, string>();
  for (const record of await log("status", now - LOG_BACK_MS)) {
    const hash = /-login-([0-9a-f]{8})(?:-g\d+)?$/.exec(record.id)?.[1];
    if (hash !== undefined && "email" in record && record.email !== null) byHash.set(hash, record.email);
  }
  if (byHash.size === 0) return byHash;
  const directories = new Set(accounts);
  return new Map(
    directories.values().flatMap((one) => {
      const email = byHash.get(scopeHash(one));
      return email === undefined ? [] : [[one, email] as const];
    }),
  );
}
