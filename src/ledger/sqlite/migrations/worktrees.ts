import type { Migration } from "./contract.ts";

/** Worktrees that cannot be recognised by their path. */
export const worktrees: Migration = {
  name: "worktrees",
  description: "worktrees whose repository an assistant reports",
  sql: `
    CREATE TABLE worktree (
      key TEXT PRIMARY KEY, machine TEXT NOT NULL, source TEXT NOT NULL, directory TEXT NOT NULL,
      repository TEXT NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;
  `,
};
