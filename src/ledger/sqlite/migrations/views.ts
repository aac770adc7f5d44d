import { viewsSql } from "../../tables/views.ts";
import type { Migration } from "./contract.ts";

/**
 * Views for other programs. They hold no data, so unlike other steps this one creates those of this version: when a view changes, a
 * later step runs the same SQL again. A step that changes a table below them drops them first, since SQLite checks them then.
 */
export const views: Migration = {
  name: "views",
  description: "views of sessions, responses, tools, files, git operations and daily usage, for other programs",
  sql: viewsSql(),
};
