import { readOwn, replaceFile } from "../utils/files.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import type { Environment } from "../utils/config.ts";
import { parseDotEnv } from "../utils/config.ts";
import { type Places, petsOf, readSmall } from "../utils/paths.ts";
import { diff } from "./diff.ts";
import { withSetting } from "./dotenv.ts";

/** A change of a settings file of ours. */
export interface SettingChange {
  readonly path: string;
  readonly changed: boolean;
  /** As a unified diff, "" when there is none. */
  readonly diff: string;
}

/**
 * Writes PET_HOME into the .env of the directory that is ours without it, 0600, so that a program that was started from
 * elsewhere finds the other one. Throws file_refused, directory_unusable, bad_setting, and the system's errors.
 */
export async function keepHome(env: Environment, places: Places, dryRun: boolean): Promise<SettingChange> {
  const usual = petsOf({ ...env, PET_HOME: undefined }, places.home, places.root);
  const path = `${usual}/.env`;
  const before = (dryRun ? await readSmall(path, 1_048_576) : readOwn(path)) ?? "";
  const isKnown = (parseDotEnv(before)["PET_HOME"] ?? usual) === places.pets;
  const after = isKnown ? before : withSetting(before, "PET_HOME", places.pets);
  if (after !== before && !dryRun) {
    await ensureOwnDirectory(usual);
    replaceFile(path, after);
  }
  return { path, changed: after !== before, diff: diff(before, after, path) };
}
