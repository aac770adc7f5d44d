import { statSync } from "node:fs";
import type { Clock } from "../utils/clock.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { type Lock, tryLock } from "../utils/lock.ts";
import type { Places } from "../utils/paths.ts";
import { binOf, checkRunnable, commandFor } from "./command.ts";
import { diff } from "./diff.ts";
import {
  type Installation,
  type InstalledLine,
  keepInstallation,
  noInstallation,
  readInstallation,
} from "./installation.ts";
import { keepHome, refuseOthersDirectory, type SettingChange } from "./home.ts";
import { type Logging, turnOnLogging } from "./logging.ts";
import type { Machine } from "./machine.ts";
import { commandOf, type InstallPlan, planInstall, statusLineFor } from "./plan.ts";
import { ensureDirectory, type Program, programOf, removeFiles } from "./program.ts";
import { obstaclesTo, storeInstructions } from "./promise.ts";
import { editSettings, isInStore, readSettingsFile, sweep, writeFailed } from "./settings.ts";
import { hooksDisabled } from "./status-line.ts";
import { type Known, knownOf, settingsFiles, type SettingsTarget } from "./targets.ts";

/** How to install. */
export interface InstallOptions {
  /** One executable that needs no Bun; also chosen where this Bun will not last. */
  readonly standalone: boolean;
  /** Show what the previous statusLine printed under ours. */
  readonly chain: boolean;
  /** Turn logging on. */
  readonly log: boolean;
  /** Write down that Pawprint's own directory is the one of `places`, for programs that are started from elsewhere. */
  readonly home: boolean;
  /** Change nothing at all. */
  readonly dryRun: boolean;
}

/** What was done to the settings.json of one configuration directory, or would be. */
export interface InstalledIn {
  readonly settingsPath: string;
  readonly command: string;
  readonly chain: boolean;
  readonly settingsChanged: boolean;
  readonly backup: string | null;
  /** The change of settings.json as a unified diff, "" when there is none. */
  readonly diff: string;
  /** The text of the statusLine that `uninstall` will put back, or null. */
  readonly previous: string | null;
  /** What has to be done by hand before the statusLine stands in these settings, line by line; none where it does. */
  readonly byHand: readonly string[];
  /** What keeps Claude Code from showing it in spite of that, a sentence each. */
  readonly obstacles: readonly string[];
  /** Whether nothing in the settings of user and administrator keeps Claude Code from showing it. */
  readonly isShown: boolean;
}

/** What was done, or would be. */
export interface Installed {
  /** One for each directory of CLAUDE_CONFIG_DIR, in its order; at least one. */
  readonly directories: readonly InstalledIn[];
  readonly standalone: boolean;
  /** Files written to bin in our own directory. */
  readonly files: readonly string[];
  /** One for each directory in which it was written down; none where it was not asked for. */
  readonly home: readonly SettingChange[];
  readonly logging: Logging | null;
  /** Things the user should know, a sentence each. */
  readonly notes: readonly string[];
}

const LOCK_WAIT_MS = 60_000;

/** Installs, or tells what installing would do. Throws PawprintError; settings that cannot be read are left alone. */
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
  const before = readInstallation(places);
  // All are read before anything is written: one that cannot be read is refused while nothing has changed.
  const targets = settingsFiles(machine, before).map((target) => {
    const known = knownOf(places, target, before);
    return { ...target, known, foreseen: planInstall(known, wanted) };
  });
  const program = await programOf(places, env, standalone);
  const notes = notesOn(machine, { ...options, temporary }, targets);
  const keepSettings = async (): Promise<Pick<Installed, "home" | "logging">> => ({
    home: options.home ? await keepHome(env, places, options.dryRun) : [],
    logging: options.log ? await turnOnLogging(places, settings, options.dryRun) : null,
  });
  if (options.dryRun) {
    return {
      directories: targets.map((target) => doneIn(places, target, target.foreseen)),
      standalone,
      files: program.missing(stateOf(before ?? noInstallation)),
      ...(await keepSettings()),
      notes,
    };
  }
  return await alone(places, clock, async () => {
    const installed = readInstallation(places) ?? noInstallation;
    const keys = new Set(targets.flatMap((target) => target.keys));
    const files = await putProgram(machine, program, installed, keys);
    const directories: InstalledIn[] = [];
    for (const target of targets) {
      const { path } = target;
      let done = doneIn(places, target, target.foreseen);
      const edit = (text: string | null): string => {
        const plan = planInstall(knownOf(places, { ...target, text }, readInstallation(places)), wanted);
        remember(places, target.keys, plan.line);
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

/** What a plan does to a settings.json: nothing where that is made from a configuration elsewhere, which the user has to change. */
function doneIn(places: Places, settings: SettingsTarget, { after, line }: InstallPlan): InstalledIn {
  const { path, target, text } = settings;
  const { command, chain, previous } = line;
  const inStore = isInStore(settings) && after !== text;
  const obstacles = obstaclesTo(after, path, places);
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
    sweep(places.pets, clock);
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
async function putProgram(
  { places, clock }: Machine,
  program: Program,
  installed: Installation,
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

function remember(places: Places, keys: readonly string[], line: InstalledLine): void {
  const installed = readInstallation(places) ?? noInstallation;
  const own = Object.fromEntries(keys.map((key) => [key, line]));
  keepIfNew(places, installed, { ...installed, lines: { ...installed.lines, ...own } });
}

function keepIfNew(places: Places, old: Installation, installed: Installation): void {
  if (JSON.stringify(old) !== JSON.stringify(installed)) keepInstallation(places, installed);
}

function notesOn(
  machine: Machine,
  options: InstallOptions & { readonly temporary: boolean },
  targets: readonly (SettingsTarget & { readonly known: Known; readonly foreseen: InstallPlan })[],
): string[] {
  const { home } = machine.places;
  const notes: string[] = [];
  if (options.temporary && !options.standalone) {
    notes.push("this Bun lies in a temporary cache, so the line is installed as one executable that needs none");
  }
  for (const { path, known, foreseen } of targets) {
    const where = targets.length > 1 ? ` (${path})` : "";
    if (options.chain && !foreseen.line.chain) {
      notes.push(`there is no previous statusLine command to show under ours${where}`);
    }
    if (!options.chain && known.remembered?.chain && commandOf(foreseen.line.previous) !== null) {
      notes.push(`the previous line is no longer shown under ours${where}; for that, run: pawprint install --chain`);
    }
    if (known.text !== null && hooksDisabled(known.text)) {
      const what = targets.length > 1 ? path : "these settings";
      notes.push(`disableAllHooks is set in ${what}: Claude Code shows no statusline until it is taken out`);
    }
    if (known.elsewhere) {
      notes.push(`before, the line ran from ${known.elsewhere}/bin, which you may remove`);
    }
  }
  const owner = statSync(home, { throwIfNoEntry: false })?.uid;
  if (process.getuid && owner !== undefined && owner !== process.getuid()) {
    notes.push(`${home} belongs to user ${owner}: if you used sudo, uninstall, and install without it`);
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
