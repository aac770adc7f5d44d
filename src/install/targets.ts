import { join, resolve } from "node:path";
import { PawprintError } from "../utils/errors.ts";
import { CONFIG_DIRS, configDirectories, type Places, settingsDirectories } from "../utils/paths.ts";
import { directoryOf, isOurCommand, realPathOf } from "./command.ts";
import { type Installation, type InstalledLine, readInstallation } from "./installation.ts";
import type { Machine } from "./machine.ts";
import type { Known as KnownLine } from "./plan.ts";
import { readSettingsFile } from "./settings.ts";
import { statusLineOf } from "./status-line.ts";

/** A settings.json of Claude Code. */
export interface SettingsTarget {
  /** Where Claude Code looks for it. */
  readonly path: string;
  /** The file itself, where a link may lead. */
  readonly target: string;
  /**
   * Its directory, absolute: by this the installation remembers it. Several where they share the file, those named before
   * those that the installation remembers by another name, which may be a link.
   */
  readonly keys: readonly string[];
  /** Its whole text; null when there is no file. */
  readonly text: string | null;
}

/** What is known of the line in a settings.json. */
export interface Known extends KnownLine {
  /** Another directory of ours from which the line in it is run: one before PET_HOME was set, for instance. */
  readonly elsewhere: string | null;
}

/**
 * The settings.json of each configuration directory, as they are now; directories that share one file, by a link to it or to
 * a folder above, count once. Throws bad_setting for a CLAUDE_CONFIG_DIR with a relative path, and what readSettingsFile throws.
 */
export function settingsFiles(
  { env, places }: Pick<Machine, "env" | "places">,
  installed: Installation | null,
): SettingsTarget[] {
  const { refused } = configDirectories(env, places.home);
  if (refused.length > 0) {
    throw new PawprintError("bad_setting", `CLAUDE_CONFIG_DIR names "${refused[0]}"`, `allowed: ${CONFIG_DIRS}`);
  }
  const found = new Map<string, SettingsTarget>();
  for (const directory of settingsDirectories(env, places.home)) {
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

/** What is known of the statusLine in a settings.json, also where an installation in another directory put it there. */
export function knownOf(places: Places, target: SettingsTarget, installed: Installation | null): Known {
  const { text, keys } = target;
  const value = text === null ? null : statusLineOf(text)?.value;
  const elsewhere = isOurCommand(places, value) ? null : directoryOf(value);
  const other = elsewhere === null ? null : otherInstallation(places, elsewhere);
  const rememberedBy = (one: Installation | null): InstalledLine | undefined =>
    keys.map((key) => one?.lines[key]).find((line) => line !== undefined);
  const remembered = rememberedBy(installed) ?? rememberedBy(other) ?? null;
  return {
    text,
    remembered,
    elsewhere: other && elsewhere,
    isOurs: (one) => isOurCommand(places, one) || (other !== null && directoryOf(one) === elsewhere),
  };
}

/** What an installation in another directory remembers; null where there is none. */
function otherInstallation(places: Places, pets: string): Installation | null {
  try {
    return readInstallation({ ...places, pets });
  } catch {
    return null;
  }
}
