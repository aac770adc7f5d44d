import type { Migration } from "./contract.ts";

/** Which version of its source's reader read a file, and made an observation. */
export const readerVersions: Migration = {
  name: "reader-versions",
  description: "the version of the reader of each file and observation, so that a better one reads the file again",
  sql: `
    ALTER TABLE journal ADD COLUMN reader INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE file ADD COLUMN reader INTEGER NOT NULL DEFAULT 1;
  `,
};
