import { Database } from "bun:sqlite";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cursor } from "../../src/sources/cursor.ts";
import { assistants, type SourceHarness, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

const FOLDER = join(assistants, "cursor");

/** Rows of the editor's table, as stored in the fixture. */
export const rows = readFileSync(join(FOLDER, "cursorDiskKV.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as [key: string, value: unknown]);

/** Path of the editor's state. */
export const statePath = (home: string): string => join(home, ".config/Cursor/User/globalStorage/state.vscdb");

/** Opens the editor's state, or creates it as the editor does. Its other table contains private data. */
export function openState(home: string): Database {
  const path = statePath(home);
  mkdirSync(dirname(path), { recursive: true });
  const database = new Database(path, { create: true });
  for (const table of ["ItemTable", "cursorDiskKV"])
    database.run(`CREATE TABLE IF NOT EXISTS ${table} (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)`);
  return database;
}

/** Writes rows of conversations and messages, alternately as text and as bytes. */
export function writeRows(database: Database, given: readonly (readonly [key: string, value: unknown])[]): void {
  const insert = database.prepare("INSERT INTO cursorDiskKV VALUES (?, ?)");
  for (const [index, [key, value]] of given.entries()) {
    const json = JSON.stringify(value);
    insert.run(key, index % 2 === 0 ? json : Buffer.from(json));
  }
}

type TurnTokens = Partial<Pick<Totals, "input" | "output" | "cacheRead" | "cacheWrite">>;
const truth = JSON.parse(readFileSync(join(FOLDER, "TRUTH.json"), "utf8")) as Record<"old" | "hook", TurnTokens[]>;
const turns = [...truth.old, ...truth.hook];
const sum = (name: keyof TurnTokens): number => turns.reduce((total, one) => total + (one[name] ?? 0), 0);

/** Made up in formats that others published: see the README beside the files. */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Cursor (made up)",
    source: cursor,
    place(harness: SourceHarness) {
      harness.place("cursor/projects", ".cursor/projects");
      harness.place("cursor/stops.jsonl", ".claude/pets/hooks/cursor.jsonl");
      using database = openState(harness.home);
      database.run("INSERT INTO ItemTable VALUES ('cursorAuth/accessToken', 'a token that opens the account')");
      writeRows(database, rows);
    },
    truth: {
      responses: turns.length,
      input: sum("input"),
      output: sum("output"),
      cacheRead: sum("cacheRead"),
      cacheWrite: sum("cacheWrite"),
      reasoning: 0,
    },
  },
];
