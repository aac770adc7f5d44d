import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../../src/install/bundle.ts";
import { ISOLATED } from "../../../src/utils/paths.ts";
import { processesWith } from "../e2e/machine.ts";
import type { Claude } from "./claude.ts";
import type { Harness } from "./harness.ts";
import { type Program, time } from "./measure.ts";

const DAY_MS = 86_400_000;
const PROCESSES_TIMEOUT_MS = 25_000;
const POLL_MS = 50;

/** The status line on a harness, installed as a user would, with logging on. */
export interface InstalledLine {
  /** One refresh of a session, with `more` in its environment. */
  refresh(name: string, more?: Record<string, string>, sessionId?: string): Program;
  /** A refresh of the line with a previous status line below it, which prints a word. */
  chained(name: string): Program;
  /** A command of `pawprint`. */
  command(name: string, args: readonly string[], expects: string): Program;
  /** Sets the log directory and the intervals in milliseconds; the default intervals if missing. */
  logInto(directory: string, intervalMs?: number): void;
}

/** Waits until no process of this harness is left, at most `ms` milliseconds; returns the number of those that are. */
export async function waitForProcesses(harness: Harness, ms: number = PROCESSES_TIMEOUT_MS): Promise<number> {
  const until = performance.now() + ms;
  // Checked twice, because a process has no arguments while it executes another program.
  for (let quiet = 0; quiet < 2 && performance.now() < until; await Bun.sleep(POLL_MS)) {
    quiet = processesWith(harness.root).length === 0 ? quiet + 1 : 0;
  }
  return processesWith(harness.root).length;
}

/** The records of one kind in a log directory. */
export function records(directory: string, kind: "usage" | "status"): { readonly source: string }[] {
  const path = join(directory, `${kind}.jsonl`);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as { source: string });
}

/** Builds the line, installs it on the harness and lets it log once, so that no capture is due for a day. */
export async function installLine(harness: Harness, claude: Claude): Promise<InstalledLine> {
  const pets = join(harness.home, ".claude", "pets");
  const bin = join(pets, "bin");
  mkdirSync(bin, { recursive: true });
  await bundle(bin, join(import.meta.dir, "../../.."));
  const start = [process.execPath, ...ISOLATED];

  const line: InstalledLine = {
    refresh: (name, more = {}, sessionId) => ({
      name,
      command: [...start, join(bin, "statusline.js")],
      cwd: harness.project,
      env: harness.env(more),
      input: () => harness.stdin(sessionId),
      expects: "Opus",
    }),
    chained(name) {
      const previous = JSON.stringify({ type: "command", command: "printf previous" });
      const one = { command: "", previous, chain: true, undo: null };
      const lines = { [join(harness.home, ".claude")]: one };
      const installed = { version: 1, files: [], older_files: [], built_from: null, lines };
      writeFileSync(join(pets, "install.json"), JSON.stringify(installed), { mode: 0o600 });
      return { ...line.refresh(name), command: [...start, join(bin, "chain.js")], expects: "previous" };
    },
    command: (name, args, expects) => ({
      name,
      command: [...start, join(bin, "cli.js"), ...args],
      cwd: harness.project,
      env: harness.env(),
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
  const left = await waitForProcesses(harness);
  if (left > 0 || records(logs, "usage").length !== 1) {
    throw new Error(`the first refresh left ${records(logs, "usage").length} usage records and ${left} processes`);
  }
  return line;
}
