import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { responseLine } from "./ledger-home.ts";
import { freshHome, type Home } from "./program.ts";

/** A home with one transcript in each of two configuration directories. */
function twoAccounts(): { home: Home; env: Record<string, string> } {
  const home = freshHome();
  const write = (directory: string, id: string, output: number): void => {
    const path = join(home.path, directory, `projects/-w/${id}.jsonl`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, responseLine(`msg_${id}`, output, { sessionId: id }));
  };
  write(".claude", "s1", 100);
  write(".claude-work", "s2", 300);
  return { home, env: { CLAUDE_CONFIG_DIR: "~/.claude,~/.claude-work" } };
}

interface AccountsReport {
  readonly accounts: readonly { account: string; totalTokens: number; sessions: number; email: string | null }[];
  readonly totals: { readonly totalTokens: number };
}

describe("pawprint accounts", () => {
  test("has a row for each configuration directory, and totals over all of them", async () => {
    const { home, env } = twoAccounts();
    using _ = home;
    const { out } = await home.run("cli", ["accounts", "--json"], { env });
    const { accounts, totals } = JSON.parse(out) as AccountsReport;
    expect(accounts.map(({ account, totalTokens, sessions }) => [account, totalTokens, sessions])).toEqual([
      [join(home.path, ".claude-work"), 403, 1],
      [join(home.path, ".claude"), 203, 1],
    ]);
    expect(totals.totalTokens).toBe(606);
    // Accounts stay separate even if only one of them is read now.
    expect((await home.run("cli", ["accounts"])).out).toContain("~/.claude-work");
  });

  test("shows the e-mail address of the last sign-in if the log has it", async () => {
    const { home, env } = twoAccounts();
    using _ = home;
    const logs = join(home.path, "logs");
    mkdirSync(logs, { mode: 0o700 });
    const hash = Bun.hash.xxHash32(join(home.path, ".claude-work")).toString(16).padStart(8, "0");
    const record = { id: `status-1-login-${hash}`, timestamp: new Date().toISOString(), email: "u@example.org" };
    writeFileSync(join(logs, "status.jsonl"), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    const { out } = await home.run("cli", ["accounts", "--json"], { env: { ...env, PET_LOG_DIR: logs } });
    expect((JSON.parse(out) as AccountsReport).accounts.map(({ email }) => email)).toEqual(["u@example.org", null]);
  });

  test.each([
    ["~/.claude-work", 403],
    [".claude", 203],
    ["WORK", 403],
  ])("--account %s narrows any report", async (account, tokens) => {
    const { home, env } = twoAccounts();
    using _ = home;
    for (const report of ["daily", "session", "models"]) {
      const { out } = await home.run("cli", [report, "--json", "--account", account], { env });
      expect((JSON.parse(out) as AccountsReport).totals.totalTokens).toBe(tokens);
    }
  });

  test("--account narrows windows as well, whose bounds come from the usage of all accounts", async () => {
    const { home, env } = twoAccounts();
    using _ = home;
    const { out } = await home.run("cli", ["blocks", "--json", "--account", "WORK"], { env });
    const { blocks } = JSON.parse(out) as { blocks: object[] };
    expect(blocks).toMatchObject([{ totalTokens: 403, actualEndTime: "2026-11-03T09:00:00.000Z", entries: 1 }]);
  });

  test("refuses an unknown --account and lists the known ones", async () => {
    const { home, env } = twoAccounts();
    using _ = home;
    const { code, err } = await home.run("cli", ["daily", "--account", "nobody"], { env });
    expect(code).toBe(2);
    expect(err).toContain('there is no account "nobody"');
    expect(err).toContain("one of: ~/.claude, ~/.claude-work");
  });
});

test("reports refuse a relative CLAUDE_CONFIG_DIR instead of reading another directory", async () => {
  using home = freshHome();
  const { code, err } = await home.run("cli", ["daily"], { env: { CLAUDE_CONFIG_DIR: "work" } });
  expect(code).not.toBe(0);
  expect(err).toContain('CLAUDE_CONFIG_DIR is "work"');
});
