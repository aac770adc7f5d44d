import type { Migration } from "./contract.ts";

/** What our own log says about limits of accounts, findings and versions, for a hub. */
export const logKinds: Migration = {
  name: "log-kinds",
  description: "limits of accounts, findings and status from our own log",
  sql: `
    CREATE TABLE account_limit (
      key TEXT NOT NULL, machine TEXT NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL, scope TEXT NOT NULL,
      name TEXT NOT NULL, used_percent REAL, resets_at INTEGER, at INTEGER NOT NULL, plan TEXT NOT NULL, spent REAL,
      spend_limit REAL, currency TEXT, period TEXT, decimals INTEGER, PRIMARY KEY (key)) WITHOUT ROWID;
    CREATE TABLE finding (
      key TEXT NOT NULL, machine TEXT NOT NULL, source TEXT NOT NULL, scope TEXT NOT NULL, type TEXT NOT NULL,
      severity TEXT NOT NULL, message TEXT NOT NULL, fix TEXT, first INTEGER NOT NULL, since INTEGER NOT NULL,
      last INTEGER NOT NULL, is_open INTEGER NOT NULL, times INTEGER NOT NULL, closed_ms INTEGER NOT NULL,
      PRIMARY KEY (key)) WITHOUT ROWID;
    CREATE TABLE status (
      key TEXT NOT NULL, machine TEXT NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL, scope TEXT NOT NULL,
      version TEXT NOT NULL, plan TEXT NOT NULL, requires_sudo INTEGER, at INTEGER NOT NULL,
      PRIMARY KEY (key)) WITHOUT ROWID;
  `,
};
