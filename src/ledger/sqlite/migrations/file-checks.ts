import type { Migration } from "./contract.ts";

/** Detects files that were rewritten in place, and stores when a file whose reading timed out is tried again. */
export const fileChecks: Migration = {
  name: "file-checks",
  description: "a hash of what was read of each file, and when a file whose reading timed out is tried again",
  sql: `
    ALTER TABLE file ADD COLUMN prefix INTEGER;
    ALTER TABLE file ADD COLUMN timeouts INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE file ADD COLUMN retry_at INTEGER;
  `,
};
