import { existsSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { slowWorker } from "../monitoring/launch.ts";
import { unlinkQuietly } from "../utils/files.ts";
import type { Places } from "../utils/paths.ts";
import { binOf, isOurCommand } from "./command.ts";
import { diff } from "./diff.ts";
import { alone } from "./install.ts";
import {
  type Installation,
  installationPath,
  keepInstallation,
  noInstallation,
  readInstallation,
} from "./installation.ts";
import { keptOutputs } from "./kept-output.ts";
import type { Machine } from "./machine.ts";
import { type Known, type Outcome, planUninstall } from "./plan.ts";
import { removeFiles } from "./program.ts";
import { editSettings, readSettingsFile } from "./settings.ts";
import { statusLineOf } from "./status-line.ts";
import { knownOf, settingsFiles, type SettingsTarget } from "./targets.ts";

/** What became of the settings.json of one configuration directory, or would. */
export interface UninstalledFrom {
  readonly settingsPath: string;
  /** What became of the statusLine in it. */
  readonly outcome: Outcome;
  readonly backup: string | null;
  /** The change of settings.json as a unified diff, "" when there is none. */
  readonly diff: string;
}

/** What was undone, or would be. */
export interface Uninstalled {
  /** One for each directory of CLAUDE_CONFIG_DIR, in its order; at least one. */
  readonly directories: readonly UninstalledFrom[];
  /** Files removed from bin in our own directory. */
  readonly files: readonly string[];
  /** Other configuration directories whose line still needs those files. */
  readonly neededBy: readonly string[];
}

/** Takes out of settings.json and of our own directory what `install` put there, or tells what that would be. */
export async function uninstall(machine: Machine, dryRun: boolean): Promise<Uninstalled> {
  const { places, clock } = machine;
  const installed = readInstallation(places);
  const targets = settingsFiles(machine, installed).map((target) => {
    const { after, outcome } = planUninstall(ownLine(places, target, installed));
    return { ...target, after, outcome };
  });
  const keys = new Set(targets.flatMap((target) => target.keys));
  const neededBy = othersWith(places, installed, keys);
  const files = neededBy.length > 0 || !installed ? [] : filesOf(installed);
  const foreseen = targets.map(({ path, text, after, outcome }) => doneIn(path, text, after, outcome));
  if (dryRun) {
    return {
      directories: foreseen,
      neededBy,
      files: files.filter((name) => existsSync(join(binOf(places), name))),
    };
  }
  if (!installed && targets.every(({ text, after }) => after === text)) {
    return { directories: foreseen, neededBy, files: [] };
  }
  return await alone(places, clock, async () => {
    const directories: UninstalledFrom[] = [];
    for (const target of targets) {
      const { path } = target;
      let done = doneIn(path, target.text, target.after, target.outcome);
      const edit = (text: string | null): string | null => {
        const { after, outcome } = planUninstall(ownLine(places, { ...target, text }, readInstallation(places)));
        done = doneIn(path, text, after, outcome);
        return after;
      };
      const { text } = readSettingsFile(path);
      const backup = edit(text) === text ? null : (await editSettings(path, clock, edit)).backup;
      directories.push({ ...done, backup });
    }
    const now = readInstallation(places) ?? noInstallation;
    if (neededBy.length > 0) {
      const lines = Object.fromEntries(Object.entries(now.lines).filter(([key]) => !keys.has(key)));
      keepInstallation(places, { ...now, lines });
      return { directories, neededBy, files: [] };
    }
    const gone = removeFiles(binOf(places), filesOf(now));
    unlinkQuietly(installationPath(places));
    rmSync(keptOutputs(places), { recursive: true, force: true });
    removeFiles(dirname(slowWorker(places)), [basename(slowWorker(places))]);
    return { directories, neededBy, files: gone };
  });
}

const doneIn = (path: string, text: string | null, after: string | null, outcome: Outcome): UninstalledFrom => ({
  settingsPath: path,
  outcome,
  backup: null,
  diff: diff(text ?? "", after ?? "", path),
});

/** What is known of the line of this installation; one that another installation put there is not ours to take out. */
function ownLine(places: Places, target: SettingsTarget, installed: Installation | null): Known {
  const { text, remembered, elsewhere, isOurs } = knownOf(places, target, installed);
  return elsewhere === null ? { text, remembered, isOurs } : { text, remembered: null, isOurs: () => false };
}

const filesOf = (installed: Installation): string[] => [...new Set([...installed.files, ...installed.older_files])];

/** The other configuration directories we were installed for whose settings still run our line, or cannot be read. */
function othersWith(places: Places, installed: Installation | null, keys: ReadonlySet<string>): string[] {
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
