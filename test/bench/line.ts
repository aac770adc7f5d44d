import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../src/setup/bundle.ts";
import { ISOLATED } from "../../src/utils/paths.ts";
import { processesWith } from "../e2e/machine.ts";
import type { Claude } from "./claude.ts";
import type { Desk } from "./desk.ts";
import { type Program, time } from "./measure.ts";

const DAY_MS = 86_400_000;
const SETTLED_MS = 25_000;
const POLL_MS = 50;

/** Our line on a desk, installed as a user has it, with logging on. */
export interface Line {
  /** One refresh of a session; with `more` in its environment. */
  refresh(name: string, more?: Record<string, string>, sessionId?: string): Program;
  /** A refresh of the line with a previous statusline under it, which prints a word. */
  chained(name: string): Program;
  /** A command of `pawprint`. */
  command(name: string, words: readonly string[], expects: string): Program;
  /** Logs into another directory from now on, at the given intervals in milliseconds (else the usual ones). */
  logInto(directory: string, intervalMs?: number): void;
}

/** Waits until no process of this desk is left, at most `ms`; returns those that are. */
export async function settled(desk: Desk, ms: number = SETTLED_MS): Promise<number> {
  const until = performance.now() + ms;
  // Seen twice, for a process has no words while it becomes another program.
  for (let quiet = 0; quiet < 2 && performance.now() < until; await Bun.sleep(POLL_MS)) {
    quiet = processesWith(desk.root).length === 0 ? quiet + 1 : 0;
  }
  return processesWith(desk.root).length;
}

/** The records of a kind in a log directory of the desk. */
export function records(directory: string, kind: "usage" | "status"): { readonly source: string }[] {
  const path = join(directory, `${kind}.jsonl`);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as { source: string });
}

/** Builds the line, installs it on the desk and lets it log once, so that nothing is due for a day. */
export async function installLine(desk: Desk, claude: Claude): Promise<Line> {
  const pets = join(desk.home, ".claude", "pets");
  const bin = join(pets, "bin");
  mkdirSync(bin, { recursive: true });
  await bundle(bin, join(import.meta.dir, "..", ".."));
  const start = [process.execPath, ...ISOLATED];

  const line: Line = {
    refresh: (name, more = {}, sessionId) => ({
      name,
      command: [...start, join(bin, "statusline.js")],
      cwd: desk.project,
      env: desk.env(more),
      input: () => desk.stdin(sessionId),
      expects: "Opus",
    }),
    chained(name) {
      const previous = JSON.stringify({ type: "command", command: "printf previous" });
      const one = { command: "", previous, chain: true, undo: null };
      const lines = { [join(desk.home, ".claude")]: one };
      const installed = { version: 1, files: [], older_files: [], built_from: null, lines };
      writeFileSync(join(pets, "install.json"), JSON.stringify(installed), { mode: 0o600 });
      return { ...line.refresh(name), command: [...start, join(bin, "chain.js")], expects: "previous" };
    },
    command: (name, words, expects) => ({
      name,
      command: [...start, join(bin, "cli.js"), ...words],
      cwd: desk.project,
      env: desk.env(),
      input: () => "",
      expects,
    }),
    logInto(directory, intervalMs) {
      const settings = {
        PET_USAGE_LOGGING_ENABLED: true,
        PET_LOG_DIR: directory,
        PET_CLAUDE_COMMAND: claude.path,
        ...(intervalMs ? { PET_USAGE_LOG_INTERVAL: intervalMs, PET_STATUS_LOG_INTERVAL: intervalMs } : {}),
      };
      const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
      writeFileSync(join(pets, ".env"), lines.join(""));
    },
  };
  const logs = join(pets, "logs");
  line.logInto(logs, DAY_MS);
  await time(line.refresh("pawprint"));
  const left = await settled(desk);
  if (left > 0 || records(logs, "usage").length !== 1) {
    throw new Error(`the first refresh left ${records(logs, "usage").length} usage records and ${left} processes`);
  }
  return line;
}
