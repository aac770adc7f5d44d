import { Database } from "bun:sqlite";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runMigration } from "../../src/ledger/sqlite/run-migrations.ts";
import { migrations } from "../../src/ledger/sqlite/migrations/registry.ts";

type Cell = string | number | null;

/** Recorded ledgers of former versions, and the number of migrations that had run. */
const STEPS = { "first-claude-code-reader": 3, "before-sequence": 9 } as const;

/** Creates a ledger at a path as a former version left it. `name` is that of a fixture, {home} in it becomes `home`. */
export function formerLedger(path: string, home: string, name: keyof typeof STEPS): void {
  const file = join(import.meta.dir, `../fixtures/ledgers/${name}.json`);
  const text = readFileSync(file, "utf8").replaceAll("{home}", home);
  mkdirSync(dirname(path), { recursive: true });
  using database = new Database(path);
  database.transaction(() => {
    migrateTo(database, STEPS[name]);
    for (const [table, rows] of Object.entries(JSON.parse(text) as Record<string, Cell[][]>))
      for (const row of rows) database.run(`INSERT INTO ${table} VALUES (${row.map(() => "?").join(", ")})`, row);
  })();
}

/** Runs the first migrations on an empty database. */
export function migrateTo(database: Database, steps: number): void {
  for (const migration of migrations.slice(0, steps)) runMigration(database, migration);
  database.run(`PRAGMA user_version=${steps}`);
}
