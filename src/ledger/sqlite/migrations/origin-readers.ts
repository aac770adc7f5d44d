import type { Migration } from "./contract.ts";

/**
 * Old readers took copies in forks for the fork's own, so the beginning of its session was wrong, and an earlier time would
 * stay. Beginnings are computed again from the journal, with the version of the reader that observed each.
 */
export const originReaders: Migration = {
  name: "origin-readers",
  description: "the version of the reader that observed where a session began, so that a newer one corrects it",
  sql: `
    ALTER TABLE session_origin ADD COLUMN reader INTEGER NOT NULL DEFAULT 1;
    INSERT OR IGNORE INTO meta SELECT 'rebuild', '1' WHERE EXISTS (SELECT 1 FROM journal);
  `,
};
