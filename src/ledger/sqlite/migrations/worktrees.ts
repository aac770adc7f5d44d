import type { Migration } from "./contract.ts";

/** Worktrees that do not lie in a place by which they are known. */
export const worktrees: Migration = {
  name: "worktrees",
  description: "worktrees of which an assistant says to which repository they belong",
  sql: `
    CREATE TABLE worktree (
      key TEXT PRIMARY KEY, machine TEXT NOT NULL, source TEXT NOT NULL, directory TEXT NOT NULL,
      repository TEXT NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;
  `,
};
