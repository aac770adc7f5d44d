import type { Migration } from "./contract.ts";

/** How far each hub has this ledger's own observations, in the same file as these: both are lost or restored together. */
export const hubCursors: Migration = {
  name: "hub-cursors",
  description: "how far each hub has the observations of this machine",
  sql: `
    CREATE TABLE hub_cursor (
      hub TEXT NOT NULL, epoch TEXT NOT NULL, acked INTEGER NOT NULL, run TEXT NOT NULL, PRIMARY KEY (hub)) WITHOUT ROWID;
  `,
};
