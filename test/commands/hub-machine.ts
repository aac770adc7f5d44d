import { afterEach } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command, Context } from "../../src/commands/contract.ts";
import { errnoOf, PawprintError } from "../../src/utils/errors.ts";
import { contextOf } from "../install/harness.ts";

const transcripts = join(import.meta.dir, "../fixtures/transcripts");
const root = join(import.meta.dir, "../..");
/** Folders that are removed after a test. */
export const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A machine with transcripts, on which commands run. */
export function machineWith(env: Record<string, string> = {}) {
  const home = mkdtempSync(join(tmpdir(), "pawprint-machine-"));
  folders.push(home);
  mkdirSync(join(home, ".claude/projects"), { recursive: true });
  for (const name of ["after-clear", "print-mode-with-subagent"])
    cpSync(join(transcripts, name), join(home, ".claude/projects/-home-user-project"), { recursive: true });
  const run = async (command: Command, args: readonly string[] = [], options: Context["options"] = {}, more = {}) => {
    const printed: string[] = [];
    const warned: string[] = [];
    const base = contextOf(
      { HOME: home, PET_LOG_DIR: join(home, "logs"), PET_SYNC_RETRIES: "0", PET_MACHINE: "laptop", ...env, ...more },
      root,
      options,
      printed,
    );
    const context: Context = { ...base, args, warn: (line) => void warned.push(line) };
    const code = await command.run(context);
    return {
      code,
      text: printed.join("\n"),
      warned,
      json: () => JSON.parse(printed.join("\n")) as Record<string, unknown>,
    };
  };
  return { home, run, login: join(home, ".claude/pets/login.json") };
}

/** The code, message and hint of the error that a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof PawprintError) return `${error.code}: ${error.message} (${error.hint})`;
    throw error;
  }
  return `no error ${errnoOf(null)}`;
}

/** The directory of Pawprint in a home, which is created. */
export function mkdirOf(home: string): string {
  const path = join(home, ".claude/pets");
  mkdirSync(path, { recursive: true });
  return path;
}
