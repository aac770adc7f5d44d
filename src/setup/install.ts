import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Clock } from "../utils/clock.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { type Lock, tryLock } from "../utils/lock.ts";
import type { Places } from "../utils/paths.ts";
import { binOf, commandFor, isOurCommand } from "./command.ts";
import { diff } from "./diff.ts";
import {
  type Installation,
  type InstalledLine,
  keepInstallation,
  noInstallation,
  readInstallation,
} from "./installation.ts";
import { type Logging, turnOnLogging } from "./logging.ts";
import type { Machine } from "./machine.ts";
import { commandOf, type Known, planInstall } from "./plan.ts";
import { ensureDirectory, type Program, programOf, removeFiles } from "./program.ts";
import { editSettings, readSettingsFile, sweep, writeFailed } from "./settings.ts";
import { hooksDisabled } from "./status-line.ts";

/** How to install. */
export interface InstallOptions {
  /** One executable that needs no Bun; also chosen where this Bun will not last. */
  readonly standalone: boolean;
  /** Show what the previous statusLine printed under ours. */
  readonly chain: boolean;
  /** Turn logging on. */
  readonly log: boolean;
  /** Change nothing at all. */
  readonly dryRun: boolean;
}

/** What was done, or would be. */
export interface Installed {
  readonly settingsPath: string;
  readonly command: string;
  readonly standalone: boolean;
  readonly chain: boolean;
  /** Files written to ~/.claude/pets/bin. */
  readonly files: readonly string[];
  readonly settingsChanged: boolean;
  readonly backup: string | null;
  /** The change of settings.json as a unified diff, "" when there is none. */
  readonly diff: string;
  /** The text of the statusLine that `uninstall` will put back, or null. */
  readonly previous: string | null;
  readonly logging: Logging | null;
  /** Things the user should know, a sentence each. */
  readonly notes: readonly string[];
}

const LOCK_WAIT_MS = 60_000;

/** Where Claude Code keeps the settings, and by what name this program remembers them. */
export function settingsOf(places: Places): { path: string; key: string } {
  const key = resolve(places.config);
  return { path: join(key, "settings.json"), key };
}

/** What is known of the statusLine in a text of the settings. */
export function knownOf(places: Places, text: string | null, installed: Installation | null): Known {
  const remembered = installed?.lines[settingsOf(places).key] ?? null;
  return { text, remembered, isOurs: (value) => isOurCommand(places, value) };
}

/** Installs, or tells what installing would do. Throws PawprintError; settings that cannot be read are left alone. */
export async function install(machine: Machine, options: InstallOptions): Promise<Installed> {
  const { places, env, settings, clock } = machine;
  const { path, key } = settingsOf(places);
  const temporary = !Bun.isStandaloneExecutable && !machine.bunLasts;
  const standalone = options.standalone || Bun.isStandaloneExecutable || temporary;
  const wanted = {
    chain: options.chain,
    command: (chain: boolean) => commandFor(places, env, { standalone, chain }),
  };
  const found = readSettingsFile(path);
  const program = await programOf(places, env, standalone);
  const before = readInstallation(places);
  const foreseen = planInstall(knownOf(places, found.text, before), wanted);
  const told = (line: InstalledLine, done: Pick<Installed, "files" | "backup" | "diff" | "logging">): Installed => ({
    settingsPath: path,
    command: line.command,
    standalone,
    chain: line.chain,
    settingsChanged: done.diff !== "",
    previous: line.previous,
    notes: notesOn({ machine, text: found.text, line, options, temporary, was: before?.lines[key] ?? null }),
    ...done,
  });
  if (options.dryRun) {
    return told(foreseen.line, {
      files: program.missing(stateOf(before ?? noInstallation)),
      backup: null,
      diff: diff(found.text ?? "", foreseen.after, path),
      logging: options.log ? await turnOnLogging(places, settings, true) : null,
    });
  }
  return await alone(places, clock, async () => {
    const installed = readInstallation(places) ?? noInstallation;
    const files = await putProgram(places, program, installed, key);
    let change = { plan: foreseen, diff: "" };
    const edit = (text: string | null): string => {
      const plan = planInstall(knownOf(places, text, readInstallation(places)), wanted);
      remember(places, key, plan.line);
      change = { plan, diff: diff(text ?? "", plan.after, path) };
      return plan.after;
    };
    const text = readSettingsFile(path).text;
    const backup = edit(text) === text ? null : (await editSettings(path, clock, edit)).backup;
    const logging = options.log ? await turnOnLogging(places, settings, false) : null;
    return told(change.plan.line, { files, backup, diff: change.diff, logging });
  });
}

/** Runs while no other installation runs for this user. Throws busy, write_failed. */
export async function alone<T>(places: Places, clock: Clock, run: () => Promise<T>): Promise<T> {
  let lock: Lock | null = null;
  try {
    ensureDirectory(places.pets);
    for (let waited = 0; ; waited += 50) {
      lock = tryLock(`${places.pets}/install.lock`);
      if (lock) break;
      if (waited >= LOCK_WAIT_MS) {
        throw new PawprintError("busy", "another installation of Pawprint is running", "try again when it is done");
      }
      await clock.sleep(50);
    }
    sweep(places.pets);
    return await run();
  } catch (error) {
    if (error instanceof PawprintError || errnoOf(error) === null) throw error;
    throw writeFailed(`${places.pets}/bin`, error);
  } finally {
    lock?.release();
  }
}

/**
 * Puts the program's files in place. What the version before needs stays until the next one comes, because a line of it
 * may still run; so does everything while the settings of another configuration directory use it.
 */
async function putProgram(places: Places, program: Program, installed: Installation, key: string): Promise<string[]> {
  const bin = binOf(places);
  ensureDirectory(bin);
  sweep(bin);
  const shared = Object.keys(installed.lines).some((other) => other !== key);
  const files = [...new Set([...program.files, ...(shared ? installed.files : [])])];
  const left = installed.files.filter((name) => !files.includes(name));
  const older = left.length > 0 ? left : installed.older_files.filter((name) => !files.includes(name));
  removeFiles(
    bin,
    installed.older_files.filter((name) => !files.includes(name) && !older.includes(name)),
  );
  ensureDirectory(bin);
  const state = stateOf(installed);
  const missing = program.missing(state);
  const next = { ...installed, files, older_files: older };
  const meanwhile = { ...next, built_from: missing.length > 0 ? null : next.built_from };
  keepIfNew(places, installed, meanwhile);
  const put = missing.length > 0 ? await program.put(state) : [];
  keepIfNew(places, meanwhile, { ...next, built_from: program.builtFrom ?? (shared ? next.built_from : null) });
  return put;
}

const stateOf = (installed: Installation): { files: readonly string[]; builtFrom: string | null } => ({
  files: installed.files,
  builtFrom: installed.built_from,
});

function remember(places: Places, key: string, line: InstalledLine): void {
  const installed = readInstallation(places) ?? noInstallation;
  keepIfNew(places, installed, { ...installed, lines: { ...installed.lines, [key]: line } });
}

function keepIfNew(places: Places, old: Installation, installed: Installation): void {
  if (JSON.stringify(old) !== JSON.stringify(installed)) keepInstallation(places, installed);
}

function notesOn(about: {
  machine: Machine;
  text: string | null;
  line: InstalledLine;
  options: InstallOptions;
  temporary: boolean;
  was: InstalledLine | null;
}): string[] {
  const { machine, text, line, options, temporary, was } = about;
  const notes: string[] = [];
  if (temporary && !options.standalone) {
    notes.push("this Bun lies in a temporary cache, so the line is installed as one executable that needs none");
  }
  if (options.chain && !line.chain) notes.push("there is no previous statusLine command to show under ours");
  if (!options.chain && was?.chain && commandOf(line.previous) !== null) {
    notes.push("the previous line is no longer shown under ours; for that, run: pawprint install --chain");
  }
  if (text !== null && hooksDisabled(text)) {
    notes.push("disableAllHooks is set in these settings: Claude Code shows no statusline until it is taken out");
  }
  const owner = statSync(machine.places.home, { throwIfNoEntry: false })?.uid;
  if (process.getuid && owner !== undefined && owner !== process.getuid()) {
    notes.push(`${machine.places.home} belongs to user ${owner}: if you used sudo, uninstall, and install without it`);
  }
  return options.log ? [...notes, ...loggingNotes(machine)] : notes;
}

function loggingNotes({ env, problems }: Machine): string[] {
  const override = env["PET_USAGE_LOGGING_ENABLED"];
  const overridden = override !== undefined && override !== "" && override !== "true";
  return [
    ...(overridden ? [`the environment sets PET_USAGE_LOGGING_ENABLED=${override}, which wins: unset it`] : []),
    ...problems
      .filter(({ group }) => group === "logging")
      .map(({ setting, value, allowed }) => `${setting} is "${value}", so logging stays off; allowed is ${allowed}`),
  ];
}
