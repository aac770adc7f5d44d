import type { Migration } from "./contract.ts";

/** The version of the source's reader that read a file or made an observation. */
export const readerVersions: Migration = {
  name: "reader-versions",
  description: "the version of the reader of each file and observation, so that a newer version reads the file again",
  sql: `
    ALTER TABLE journal ADD COLUMN reader INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE file ADD COLUMN reader INTEGER NOT NULL DEFAULT 1;
  `,
};
