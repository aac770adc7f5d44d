import type { Database } from "bun:sqlite";
import { errnoOf } from "../../utils/errors.ts";
import { VIEW_MARK, viewStatements } from "../tables/views.ts";

/** A view or trigger, by the SQL that creates it. */
interface SchemaObject {
  readonly type: "view" | "trigger";
  readonly name: string;
  readonly sql: string;
}

/**
 * Drops all views and triggers and returns those of the user: SQLite refuses to rename a column while one of them does not fit
 * the tables. Call only within a transaction.
 */
export function takeViews(database: Database): readonly SchemaObject[] {
  const found = database
    .query<SchemaObject, []>(
      // Triggers first: dropping a view drops those on it.
      "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY type, rowid",
    )
    .all();
  for (const { type, name } of found) database.run(`DROP ${type} "${name.replaceAll('"', '""')}"`);
  return found.filter(({ sql }) => !sql.includes(VIEW_MARK));
}

/**
 * Creates the views and triggers of the user again, and those of our views whose name nothing of the user's has. Call only within a
 * transaction.
 */
export function restoreViews(database: Database, users: readonly SchemaObject[]): void {
  const ofType = (type: SchemaObject["type"]) => users.filter((one) => one.type === type);
  for (const { sql } of ofType("view")) runIfPossible(database, sql);
  const taken = database.query<{ name: string }, []>("SELECT lower(name) AS name FROM sqlite_schema").all();
  const names = new Set(taken.map(({ name }) => name));
  for (const [name, sql] of viewStatements()) if (!names.has(name)) database.run(sql);
  for (const { sql } of ofType("trigger")) runIfPossible(database, sql);
}

/** Runs SQL that fails if the table of a trigger is gone, which SQLite drops with it, or if a name now belongs to a table of ours. */
function runIfPossible(database: Database, sql: string): void {
  try {
    database.run(sql);
  } catch (error) {
    if (errnoOf(error) !== "SQLITE_ERROR") throw error;
  }
}
