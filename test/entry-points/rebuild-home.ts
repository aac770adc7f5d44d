import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCorpus } from "../ledger/corpus.ts";
import { responseLine, text } from "../ledger/home.ts";
import { freshHome, type Home } from "./program.ts";

/** The path of the ledger below a home. */
export const LEDGER = ".claude/pets/ledger.db";
const GONE = ".claude/projects/-gone/gone.jsonl";
const DAY = { inputTokens: 70, outputTokens: 7, cacheCreationTokens: 0, cacheReadTokens: 0 };
const MODEL = { ...DAY, modelName: "claude-opus-4-5", cost: 0.5 };
const IMPORTED = { daily: [{ ...DAY, date: "2026-01-05", totalTokens: 77, totalCost: 0.5, modelBreakdowns: [MODEL] }] };

/** A home with a ledger of existing transcripts, of a deleted transcript, and of an imported day. */
export async function homeWithLedger(): Promise<{ home: Home; path: string }> {
  const home = freshHome();
  makeCorpus(home.path, { megabytes: 1, files: 6, seed: 5, results: [20, 60] });
  const gone = join(home.path, GONE);
  mkdirSync(join(gone, ".."), { recursive: true });
  writeFileSync(
    gone,
    text(...Array.from({ length: 300 }, (_, index) => responseLine(`gone-${index}`, { session: "gone" }))),
  );
  expect(await home.run("cli", ["scan", "--wait"])).toMatchObject({ code: 0, err: "" });
  rmSync(gone);
  const imported = join(home.path, "imported.json");
  writeFileSync(imported, JSON.stringify(IMPORTED));
  expect(await home.run("cli", ["import", imported])).toMatchObject({ code: 0 });
  await home.run("cli", ["daily"]);
  return { home, path: join(home.path, LEDGER) };
}

/** Runs rebuild and returns its JSON output. */
export async function runRebuild(home: Home) {
  const { code, out, err } = await home.run("cli", ["rebuild", "--json"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as {
    kept: number;
    damaged: number;
    wasWhole: boolean;
    lost: { responses: number };
    responses: number;
    old: string;
  };
}

/** The file names in our directory, given the path of the ledger. */
export const pets = (path: string): string[] => readdirSync(join(path, "..")).toSorted();

/** Moves the write-ahead log into the database, so that everything is in one file. */
export function checkpoint(path: string): void {
  using database = new Database(path);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** The id of the machine in a ledger. */
export function machineOf(path: string): string | undefined {
  using database = new Database(path, { readonly: true });
  return database.query<{ value: string }, []>("SELECT value FROM meta WHERE name = 'machine'").get()?.value;
}

/** The configuration directory of each session, including sessions whose files are gone. */
export function accountsOf(path: string): unknown[] {
  using database = new Database(path, { readonly: true });
  return database.query("SELECT assistant, id, account FROM session_origin ORDER BY id").all();
}

/** Changes bytes of a file. */
export function corrupt(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}
