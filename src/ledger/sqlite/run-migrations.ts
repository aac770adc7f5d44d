import type { Database } from "bun:sqlite";
import { schemaSql } from "../tables/schema.ts";
import type { Migration } from "./migrations/contract.ts";
import { migrations } from "./migrations/registry.ts";
import { restoreViews, takeViews } from "./views.ts";

/** PRAGMA user_version of a ledger of this program. */
export const LEDGER_VERSION = migrations.length;

/** Runs all steps after a version, or makes the tables of a new database (version 0). Call only within a transaction. */
export function runMigrations(database: Database, version: number): void {
  const setAside = takeViews(database);
  if (version === 0) database.run(schemaSql());
  else for (const migration of migrations.slice(version)) runMigration(database, migration);
  restoreViews(database, setAside);
  database.run(`PRAGMA user_version=${LEDGER_VERSION}`);
}

/** Runs one step. Call only within a transaction. */
export function runMigration(database: Database, { sql, run }: Migration): void {
  if (sql !== "") database.run(sql);
  run?.(database);
}
