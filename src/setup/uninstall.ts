import { existsSync } from "node:fs";
import { join } from "node:path";
import { unlinkQuietly } from "../utils/files.ts";
import type { Places } from "../utils/paths.ts";
import { binOf, isOurCommand } from "./command.ts";
import { diff } from "./diff.ts";
import { alone, knownOf, settingsOf } from "./install.ts";
import {
  type Installation,
  installationPath,
  keepInstallation,
  noInstallation,
  readInstallation,
} from "./installation.ts";
import type { Machine } from "./machine.ts";
import { type Outcome, planUninstall } from "./plan.ts";
import { removeFiles } from "./program.ts";
import { editSettings, readSettingsFile } from "./settings.ts";
import { statusLineOf } from "./status-line.ts";

/** What was undone, or would be. */
export interface Uninstalled {
  readonly settingsPath: string;
  /** What became of the statusLine in settings.json. */
  readonly outcome: Outcome;
  readonly backup: string | null;
  /** The change of settings.json as a unified diff, "" when there is none. */
  readonly diff: string;
  /** Files removed from ~/.claude/pets/bin. */
  readonly files: readonly string[];
  /** Other configuration directories whose line still needs those files. */
  readonly neededBy: readonly string[];
}

/** Takes out of settings.json and of ~/.claude/pets/bin what `install` put there, or tells what that would be. */
export async function uninstall(machine: Machine, dryRun: boolean): Promise<Uninstalled> {
  const { places, clock } = machine;
  const { path, key } = settingsOf(places);
  const found = readSettingsFile(path);
  const installed = readInstallation(places);
  const foreseen = planUninstall(knownOf(places, found.text, installed));
  const neededBy = othersWith(places, installed, key);
  const files = neededBy.length > 0 || !installed ? [] : filesOf(installed);
  const told = { settingsPath: path, neededBy };
  const change = { outcome: foreseen.outcome, diff: diff(found.text ?? "", foreseen.after ?? "", path) };
  if (dryRun) {
    return { ...told, ...change, backup: null, files: files.filter((name) => existsSync(join(binOf(places), name))) };
  }
  if (!installed && foreseen.after === found.text) return { ...told, ...change, backup: null, files: [] };
  return await alone(places, clock, async () => {
    let done = change;
    const edit = (text: string | null): string | null => {
      const plan = planUninstall(knownOf(places, text, readInstallation(places)));
      done = { outcome: plan.outcome, diff: diff(text ?? "", plan.after ?? "", path) };
      return plan.after;
    };
    const text = readSettingsFile(path).text;
    const backup = edit(text) === text ? null : (await editSettings(path, clock, edit)).backup;
    const now = readInstallation(places) ?? noInstallation;
    if (neededBy.length > 0) {
      const { [key]: _, ...lines } = now.lines;
      keepInstallation(places, { ...now, lines });
      return { ...told, ...done, backup, files: [] };
    }
    const gone = removeFiles(binOf(places), filesOf(now));
    unlinkQuietly(installationPath(places));
    return { ...told, ...done, backup, files: gone };
  });
}

const filesOf = (installed: Installation): string[] => [...new Set([...installed.files, ...installed.older_files])];

/** The other configuration directories we were installed for whose settings still run our line, or cannot be read. */
function othersWith(places: Places, installed: Installation | null, key: string): string[] {
  return Object.keys(installed?.lines ?? {}).filter((other) => {
    if (other === key) return false;
    try {
      const { text } = readSettingsFile(join(other, "settings.json"));
      return text !== null && isOurCommand(places, statusLineOf(text)?.value);
    } catch {
      return true;
    }
  });
}
