import { existsSync, statSync } from "node:fs";
import type { Clock } from "../utils/clock.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { type Lock, tryLock, waitForLock } from "../utils/lock.ts";
import type { Places } from "../utils/paths.ts";
import { binOf, checkRunnable, commandFor } from "./command.ts";
import { diff } from "./diff.ts";
import {
  type InstallRecord,
  type InstalledLine,
  writeInstallRecord,
  emptyInstallRecord,
  readInstallRecord,
} from "./installation.ts";
import { savePetHome, refuseOthersDirectory, type SettingChange } from "./home.ts";
import { type Logging, turnOnLogging } from "./logging.ts";
import type { Machine } from "./machine.ts";
import { isInstalledCopy, originOf } from "./origin.ts";
import { commandOf, type InstallPlan, planInstall, statusLineFor } from "./plan.ts";
import { ensureDirectory, type Program, programOf, removeFiles } from "./program.ts";
import { obstaclesFor, storeInstructions } from "./obstacles.ts";
import { editSettings, isInStore, readSettingsFile, sweep, writeFailed } from "./settings.ts";
import { hooksDisabled } from "./status-line.ts";
import { type TargetLine, targetLineOf, settingsFiles, type SettingsTarget } from "./targets.ts";

/** Options of an installation. */
export interface InstallOptions {
  /** Install one executable that does not need Bun; also done if this Bun is in a temporary place. */
  readonly standalone: boolean;
  /** Show the output of the previous statusLine below ours. */
  readonly chain: boolean;
  /** Turn logging on. */
  readonly log: boolean;
  /** Save the Pawprint directory of `places` as PET_HOME, for programs started without it. */
  readonly home: boolean;
  /** Return what would change, without changing anything. */
  readonly dryRun: boolean;
}

/** The change of one configuration directory's settings.json; in a dry run, the change that would be made. */
export interface InstalledIn {
  readonly settingsPath: string;
  readonly command: string;
  readonly chain: boolean;
  readonly settingsChanged: boolean;
  readonly backup: string | null;
  /** The change of settings.json as a unified diff; "" if there is none. */
  readonly diff: string;
  /** The JSON text of the statusLine that `uninstall` will restore, or null. */
  readonly previous: string | null;
  /** Instructions, line by line, for settings that must be changed by hand; empty otherwise. */
  readonly byHand: readonly string[];
  /** Sentences about what keeps Claude Code from showing the line anyway. */
  readonly obstacles: readonly string[];
  /** Whether user and managed settings let Claude Code show the line. */
  readonly isShown: boolean;
}

/** The result of an installation; in a dry run, what it would be. */
export interface Installed {
  /** One entry for each directory of CLAUDE_CONFIG_DIR, in its order; at least one. */
  readonly directories: readonly InstalledIn[];
  readonly standalone: boolean;
  /** Names of the files written to bin in the Pawprint directory. */
  readonly files: readonly string[];
  /** A change for each directory in which PET_HOME was saved; empty without --home. */
  readonly home: readonly SettingChange[];
  readonly logging: Logging | null;
  /** Notes for the user, one sentence each. */
  readonly notes: readonly string[];
}

/** Installs, or in a dry run returns what would change. Throws PawprintError, and never changes settings that cannot be read. */
export async function install(machine: Machine, options: InstallOptions): Promise<Installed> {
  const { places, env, settings, clock } = machine;
  checkRunnable(places);
  if (env["PET_HOME"]?.trim()) refuseOthersDirectory(places);
  const temporary = !Bun.isStandaloneExecutable && !machine.bunLasts;
  const standalone = options.standalone || Bun.isStandaloneExecutable || temporary;
  const wanted = {
    chain: options.chain,
    command: (chain: boolean) => commandFor(places, env, { standalone, chain }),
  };
  const before = readInstallRecord(places);
  // All settings files are read before anything is written, so that an unreadable one fails while nothing has changed.
  const targets = settingsFiles(machine, before).map((target) => {
    const known = targetLineOf(places, target, before);
    return { ...target, known, foreseen: planInstall(known, wanted) };
  });
  const program = await programOf(places, env, standalone);
  const notes = notesFor(machine, { ...options, temporary }, targets);
  const keepSettings = async (): Promise<Pick<Installed, "home" | "logging">> => ({
    home: options.home ? await savePetHome(env, places, options.dryRun) : [],
    logging: options.log ? await turnOnLogging(places, settings, options.dryRun) : null,
  });
  if (options.dryRun) {
    return {
      directories: targets.map((target) => doneIn(places, target, target.foreseen)),
      standalone,
      files: program.missing(stateOf(before ?? emptyInstallRecord)),
      ...(await keepSettings()),
      notes,
    };
  }
  return await withInstallLock(places, clock, async () => {
    const installed = readInstallRecord(places) ?? emptyInstallRecord;
    const keys = new Set(targets.flatMap((target) => target.keys));
    const files = await putProgram(machine, program, installed, keys);
    const directories: InstalledIn[] = [];
    for (const target of targets) {
      const { path } = target;
      let done = doneIn(places, target, target.foreseen);
      const edit = (text: string | null): string => {
        const plan = planInstall(targetLineOf(places, { ...target, text }, readInstallRecord(places)), wanted);
        recordLine(places, target.keys, plan.line);
        done = doneIn(places, { ...target, text }, plan);
        return plan.after;
      };
      const { text } = readSettingsFile(path);
      const isChanged = edit(text) !== text && done.byHand.length === 0;
      const backup = isChanged ? (await editSettings(path, clock, edit)).backup : null;
      directories.push({ ...done, backup });
    }
    return { directories, standalone, files, ...(await keepSettings()), notes };
  });
}

/** Describes what a plan changes in a settings.json: nothing if the file is generated from a configuration the user must edit. */
function doneIn(places: Places, settings: SettingsTarget, { after, line }: InstallPlan): InstalledIn {
  const { path, target, text } = settings;
  const { command, chain, previous } = line;
  const inStore = isInStore(settings) && after !== text;
  const obstacles = obstaclesFor(after, path, places);
  const change = inStore ? "" : diff(text ?? "", after, path);
  return {
    settingsPath: path,
    command,
    chain,
    previous,
    settingsChanged: change !== "",
    backup: null,
    diff: change,
    byHand: inStore ? storeInstructions(path, target, statusLineFor(command)) : [],
    obstacles,
    isShown: !inStore && obstacles.length === 0 && !hooksDisabled(after),
  };
}

/** Runs `run` while no other installation runs for this user. Throws busy, write_failed. */
export async function withInstallLock<T>(places: Places, clock: Clock, run: () => Promise<T>): Promise<T> {
  let lock: Lock | null = null;
  try {
    lock = await waitForLock(clock, () => tryInstallLock(places));
    if (lock === null)
      throw new PawprintError("busy", "another installation of Pawprint is running", "try again when it is done");
    sweep(places.pets, clock);
    return await run();
  } catch (error) {
    if (error instanceof PawprintError || errnoOf(error) === null) throw error;
    throw writeFailed(`${places.pets}/bin`, error);
  } finally {
    lock?.release();
  }
}

/** Null if another process holds the lock, or removes its directory at this moment. */
function tryInstallLock({ pets }: Places): Lock | null {
  ensureDirectory(pets);
  try {
    return tryLock(`${pets}/install.lock`);
  } catch (error) {
    if (!/^(?:ENOENT|SQLITE_CANTOPEN)/.test(errnoOf(error) ?? "") || existsSync(pets)) throw error;
    return null;
  }
}

/**
 * Installs the program's files and returns the names written. Files of the previous version stay until the next update,
 * because a line may still be running from them. All files stay while another configuration directory uses them.
 */
async function putProgram(
  { places, clock }: Machine,
  program: Program,
  installed: InstallRecord,
  keys: ReadonlySet<string>,
): Promise<string[]> {
  const bin = binOf(places);
  ensureDirectory(bin);
  sweep(bin, clock);
  const shared = Object.keys(installed.lines).some((key) => !keys.has(key));
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
  const from = originOf(places);
  const next = {
    ...installed,
    files,
    older_files: older,
    installed_from: isInstalledCopy(from) ? installed.installed_from : from,
  };
  const meanwhile = { ...next, built_from: missing.length > 0 ? null : next.built_from };
  writeIfChanged(places, installed, meanwhile);
  const put = missing.length > 0 ? await program.put(state) : [];
  writeIfChanged(places, meanwhile, { ...next, built_from: program.builtFrom ?? (shared ? next.built_from : null) });
  return put;
}

const stateOf = (installed: InstallRecord): { files: readonly string[]; builtFrom: string | null } => ({
  files: installed.files,
  builtFrom: installed.built_from,
});

function recordLine(places: Places, keys: readonly string[], line: InstalledLine): void {
  const installed = readInstallRecord(places) ?? emptyInstallRecord;
  const own = Object.fromEntries(keys.map((key) => [key, line]));
  writeIfChanged(places, installed, { ...installed, lines: { ...installed.lines, ...own } });
}

function writeIfChanged(places: Places, old: InstallRecord, installed: InstallRecord): void {
  if (JSON.stringify(old) !== JSON.stringify(installed)) writeInstallRecord(places, installed);
}

function notesFor(
  machine: Machine,
  options: InstallOptions & { readonly temporary: boolean },
  targets: readonly (SettingsTarget & { readonly known: TargetLine; readonly foreseen: InstallPlan })[],
): string[] {
  const { home } = machine.places;
  const notes: string[] = [];
  if (options.temporary && !options.standalone) {
    notes.push("this Bun is in a temporary cache, so a standalone executable that does not need Bun is installed");
  }
  for (const { path, known, foreseen } of targets) {
    const where = targets.length > 1 ? ` (${path})` : "";
    if (options.chain && !foreseen.line.chain) {
      notes.push(`there is no previous statusLine command to show below Pawprint's${where}`);
    }
    if (!options.chain && known.recorded?.chain && commandOf(foreseen.line.previous) !== null) {
      notes.push(
        `the previous line is no longer shown below Pawprint's${where}; to show it, run: pawprint install --chain`,
      );
    }
    if (known.text !== null && hooksDisabled(known.text)) {
      const what = targets.length > 1 ? path : "these settings";
      notes.push(`disableAllHooks is set in ${what}: Claude Code shows no statusline until it is removed`);
    }
    if (known.elsewhere) {
      notes.push(`the line ran from ${known.elsewhere}/bin before; you can delete that directory`);
    }
  }
  const owner = statSync(home, { throwIfNoEntry: false })?.uid;
  if (process.getuid && owner !== undefined && owner !== process.getuid()) {
    notes.push(`${home} belongs to user ${owner}: if you used sudo, uninstall and install again without it`);
  }
  return options.log ? [...notes, ...loggingNotes(machine)] : notes;
}

function loggingNotes({ env, problems }: Machine): string[] {
  const override = env["PET_USAGE_LOGGING_ENABLED"];
  const overridden = override !== undefined && override !== "" && override !== "true";
  return [
    ...(overridden
      ? [`the environment sets PET_USAGE_LOGGING_ENABLED=${override}, which takes precedence: unset it`]
      : []),
    ...problems
      .filter(({ group }) => group === "logging")
      .map(({ setting, value, allowed }) => `${setting} is "${value}", so logging stays off; allowed: ${allowed}`),
  ];
}
