import { join, resolve } from "node:path";
import { PawprintError } from "../utils/errors.ts";
import { ALLOWED_CONFIG_DIRS, configDirectories, type Places, settingsDirectories } from "../utils/paths.ts";
import { installedDirectoryIn, isOurCommand, realPathOf } from "./command.ts";
import { type InstallRecord, type InstalledLine, readInstallRecord } from "./installation.ts";
import type { Machine } from "./machine.ts";
import type { KnownLine } from "./plan.ts";
import { readSettingsFile } from "./settings.ts";
import { statusLineOf } from "./status-line.ts";

/** A settings.json of Claude Code. */
export interface SettingsTarget {
  /** The path that Claude Code reads. */
  readonly path: string;
  /** The file itself, with links resolved. */
  readonly target: string;
  /**
   * Absolute paths of its directory, the keys in install.json. There are several if directories share the file: those in
   * CLAUDE_CONFIG_DIR first, then others in install.json, which may be links.
   */
  readonly keys: readonly string[];
  /** Its whole text; null if there is no file. */
  readonly text: string | null;
}

/** What is known about the line in a settings.json. */
export interface TargetLine extends KnownLine {
  /** Another Pawprint directory that the line runs from, such as the one used before PET_HOME was set; null if none. */
  readonly elsewhere: string | null;
}

/**
 * Reads the settings.json of each configuration directory, by default those of the environment. Directories that share one
 * file through links count once.
 * Throws bad_setting for a CLAUDE_CONFIG_DIR with a relative path, and what readSettingsFile throws.
 */
export function settingsFiles(
  { env, places }: Pick<Machine, "env" | "places">,
  installed: InstallRecord | null,
  directories: readonly string[] = settingsDirectories(env, places.home),
): SettingsTarget[] {
  const { refused } = configDirectories(env, places.home);
  if (refused.length > 0) {
    throw new PawprintError(
      "bad_setting",
      `CLAUDE_CONFIG_DIR contains "${refused[0]}"`,
      `allowed: ${ALLOWED_CONFIG_DIRS}`,
    );
  }
  const found = new Map<string, SettingsTarget>();
  for (const directory of directories) {
    const key = resolve(directory);
    const path = join(key, "settings.json");
    const { target, text } = readSettingsFile(path);
    const real = realPathOf(target);
    const known = found.get(real);
    found.set(real, known ? { ...known, keys: [...known.keys, key] } : { path, target, keys: [key], text });
  }
  for (const key of Object.keys(installed?.lines ?? {})) {
    const real = realPathOf(join(key, "settings.json"));
    const known = found.get(real);
    if (known && !known.keys.includes(key)) found.set(real, { ...known, keys: [...known.keys, key] });
  }
  return [...found.values()];
}

/** Returns what is known about the statusLine in a settings.json, even if an installation in another directory set it. */
export function targetLineOf(places: Places, target: SettingsTarget, installed: InstallRecord | null): TargetLine {
  const { text, keys } = target;
  const value = text === null ? null : statusLineOf(text)?.value;
  const elsewhere = isOurCommand(places, value) ? null : installedDirectoryIn(value);
  const other = elsewhere === null ? null : otherInstallation(places, elsewhere);
  const rememberedBy = (one: InstallRecord | null): InstalledLine | undefined =>
    keys.map((key) => one?.lines[key]).find((line) => line !== undefined);
  const remembered = rememberedBy(installed) ?? rememberedBy(other) ?? null;
  return {
    text,
    recorded: remembered,
    elsewhere: other && elsewhere,
    isOurs: (one) => isOurCommand(places, one) || (other !== null && installedDirectoryIn(one) === elsewhere),
  };
}

/** Reads the record of an installation in another directory; null if there is none. */
function otherInstallation(places: Places, pets: string): InstallRecord | null {
  try {
    return readInstallRecord({ ...places, pets });
  } catch {
    return null;
  }
}
