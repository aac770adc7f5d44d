import type { Migration } from "./contract.ts";

/** Changes no table: the views are created again after any step, so a later change of a view is a step like this one. */
export const views: Migration = {
  name: "views",
  description: "views of sessions, responses, tools, files, git operations and daily usage, for other programs",
  sql: "",
};
