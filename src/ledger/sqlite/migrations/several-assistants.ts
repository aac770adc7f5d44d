import type { Migration } from "./contract.ts";

/**
 * What assistants other than Claude Code need: reasoning tokens, limits, several kinds of stores, and how far they were
 * read.
 */
export const severalAssistants: Migration = {
  name: "several-assistants",
  description: "reasoning tokens, limits, and the state that a source keeps for a file",
  sql: `
    ALTER TABLE response ADD COLUMN reasoning INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage_quarter ADD COLUMN reasoning INTEGER NOT NULL DEFAULT 0;

    CREATE TABLE rate_limit (
      key TEXT PRIMARY KEY, machine TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL,
      window_minutes INTEGER NOT NULL, used_percent REAL NOT NULL, resets_at INTEGER NOT NULL, at INTEGER NOT NULL,
      plan TEXT NOT NULL) WITHOUT ROWID;

    ALTER TABLE file ADD COLUMN store TEXT NOT NULL DEFAULT 'transcripts';
    ALTER TABLE file ADD COLUMN usage_memory TEXT;
    ALTER TABLE file ADD COLUMN activity_memory TEXT;
  `,
};
