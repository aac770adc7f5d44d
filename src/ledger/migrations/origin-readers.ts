import type { Migration } from "./contract.ts";

/**
 * Readers of old took copies in forks for the fork's own: where its session began they told wrong, and an earlier time would
 * stay. Beginnings are found anew in the journal, with the reader that told each.
 */
export const originReaders: Migration = {
  name: "origin-readers",
  meaning: "the version of the reader that told where a session began, so that a better one corrects it",
  sql: `
    ALTER TABLE session_origin ADD COLUMN reader INTEGER NOT NULL DEFAULT 1;
    INSERT OR IGNORE INTO meta SELECT 'rebuild', '1' WHERE EXISTS (SELECT 1 FROM journal);
  `,
};
