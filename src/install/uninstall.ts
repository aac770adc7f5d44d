import { existsSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { slowWorker } from "../monitoring/launch.ts";
import { removeIfPresent } from "../utils/files.ts";
import { type Places, settingsDirectories } from "../utils/paths.ts";
import { binOf, isOurCommand } from "./command.ts";
import { diff } from "./diff.ts";
import { withInstallLock } from "./install.ts";
import {
  type InstallRecord,
  installRecordPath,
  writeInstallRecord,
  emptyInstallRecord,
  readInstallRecord,
} from "./installation.ts";
import { keptOutputDirectory } from "./previous/kept-output.ts";
import type { Machine } from "./machine.ts";
import { type KnownLine, type UninstallOutcome, planUninstall } from "./plan.ts";
import { removeFiles } from "./program.ts";
import { editSettings, readSettingsFile } from "./settings.ts";
import { type RecordedChange, removeRecorded } from "./recorded-files.ts";
import { statusLineOf } from "./status-line.ts";
import { targetLineOf, settingsFiles, type SettingsTarget } from "./targets.ts";

/** The change of one configuration directory's settings.json; in a dry run, the change that would be made. */
export interface UninstalledFrom {
  readonly settingsPath: string;
  /** What happened to its statusLine. */
  readonly outcome: UninstallOutcome;
  readonly backup: string | null;
  /** The change of settings.json as a unified diff; "" if there is none. */
  readonly diff: string;
}

/** The result of uninstalling; in a dry run, what it would be. */
export interface Uninstalled {
  /** One entry for each directory of CLAUDE_CONFIG_DIR, in its order; at least one. */
  readonly directories: readonly UninstalledFrom[];
  /** Names of the files removed from bin in the Pawprint directory. */
  readonly files: readonly string[];
  /** Files of shells and man that `setup completion` wrote. */
  readonly shellFiles: Pick<RecordedChange, "removed" | "kept">;
  /** Other configuration directories whose line still needs those files. */
  readonly neededBy: readonly string[];
}

const NONE: Uninstalled["shellFiles"] = { removed: [], kept: [] };

/** How much to uninstall. */
export interface UninstallOptions {
  readonly dryRun: boolean;
  /** Restore every settings.json in the record, and leave the program and the record to `purge`, which removes them last. */
  readonly purge: boolean;
}

/** Removes what `install` added to settings.json and to the Pawprint directory, or in a dry run returns what would be removed. */
export async function uninstall(machine: Machine, { dryRun, purge }: UninstallOptions): Promise<Uninstalled> {
  const { places, clock, env } = machine;
  const installed = readInstallRecord(places);
  const named = settingsDirectories(env, places.home);
  const directories = purge ? [...new Set([...named, ...Object.keys(installed?.lines ?? {})])] : named;
  const targets = settingsFiles(machine, installed, directories).map((target) => {
    const { after, outcome } = planUninstall(ownLine(places, target, installed));
    return { ...target, after, outcome };
  });
  const keys = new Set(targets.flatMap((target) => target.keys));
  const neededBy = othersWith(places, installed, keys);
  const files = neededBy.length > 0 || !installed || purge ? [] : filesOf(installed);
  const foreseen = targets.map(({ path, text, after, outcome }) => doneIn(path, text, after, outcome));
  const shellFiles = removeRecorded(places, "shell-files.json", true);
  if (dryRun) {
    return {
      directories: foreseen,
      neededBy,
      files: files.filter((name) => existsSync(join(binOf(places), name))),
      shellFiles: neededBy.length > 0 ? NONE : shellFiles,
    };
  }
  if (!installed && targets.every(({ text, after }) => after === text) && shellFiles.removed.length === 0) {
    return { directories: foreseen, neededBy, files: [], shellFiles };
  }
  return await withInstallLock(places, clock, async () => {
    const changed: UninstalledFrom[] = [];
    for (const target of targets) {
      const { path } = target;
      let done = doneIn(path, target.text, target.after, target.outcome);
      const edit = (text: string | null): string | null => {
        const { after, outcome } = planUninstall(ownLine(places, { ...target, text }, readInstallRecord(places)));
        done = doneIn(path, text, after, outcome);
        return after;
      };
      const { text } = readSettingsFile(path);
      const backup = edit(text) === text ? null : (await editSettings(path, clock, edit)).backup;
      changed.push({ ...done, backup });
    }
    const now = readInstallRecord(places) ?? emptyInstallRecord;
    if (purge)
      return {
        directories: changed,
        neededBy,
        files: [],
        shellFiles: removeRecorded(places, "shell-files.json", false),
      };
    if (neededBy.length > 0) {
      const lines = Object.fromEntries(Object.entries(now.lines).filter(([key]) => !keys.has(key)));
      writeInstallRecord(places, { ...now, lines });
      return { directories: changed, neededBy, files: [], shellFiles: NONE };
    }
    const removedFiles = removeFiles(binOf(places), filesOf(now));
    const removedForShells = removeRecorded(places, "shell-files.json", false);
    removeIfPresent(installRecordPath(places));
    rmSync(keptOutputDirectory(places), { recursive: true, force: true });
    removeFiles(dirname(slowWorker(places)), [basename(slowWorker(places))]);
    return { directories: changed, neededBy, files: removedFiles, shellFiles: removedForShells };
  });
}

const doneIn = (
  path: string,
  text: string | null,
  after: string | null,
  outcome: UninstallOutcome,
): UninstalledFrom => ({
  settingsPath: path,
  outcome,
  backup: null,
  diff: diff(text ?? "", after ?? "", path),
});

/** What is known about this installation's line; a line of another installation does not count as ours. */
function ownLine(places: Places, target: SettingsTarget, installed: InstallRecord | null): KnownLine {
  const { text, recorded: remembered, elsewhere, isOurs } = targetLineOf(places, target, installed);
  return elsewhere === null ? { text, recorded: remembered, isOurs } : { text, recorded: null, isOurs: () => false };
}

const filesOf = (installed: InstallRecord): string[] => [...new Set([...installed.files, ...installed.older_files])];

/** Other configuration directories in install.json whose settings still run our line or cannot be read. */
function othersWith(places: Places, installed: InstallRecord | null, keys: ReadonlySet<string>): string[] {
  return Object.keys(installed?.lines ?? {}).filter((other) => {
    if (keys.has(other)) return false;
    try {
      const { text } = readSettingsFile(join(other, "settings.json"));
      return text !== null && isOurCommand(places, statusLineOf(text)?.value);
    } catch {
      return true;
    }
  });
}
