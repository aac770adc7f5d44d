import { readOwn, replaceFile } from "../utils/files.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import type { Environment } from "../utils/config.ts";
import { parseDotEnv } from "../utils/config.ts";
import { type Places, petsOf, readSmall } from "../utils/paths.ts";
import { diff } from "./diff.ts";
import { withSetting } from "./dotenv.ts";

/** A change of one of our settings files. */
export interface SettingChange {
  readonly path: string;
  readonly changed: boolean;
  /** A unified diff; "" if nothing changes. */
  readonly diff: string;
}

/**
 * Writes PET_HOME to the .env (0600) of the default Pawprint directory, so that a program started from anywhere finds the
 * chosen one. Throws file_refused, directory_unusable, bad_setting, and system errors.
 */
export async function savePetHome(env: Environment, places: Places, dryRun: boolean): Promise<SettingChange> {
  const standard = petsOf({ ...env, PET_HOME: undefined }, places.home, places.root);
  const path = `${standard}/.env`;
  const before = (dryRun ? await readSmall(path, 1_048_576) : readOwn(path)) ?? "";
  const isKnown = (parseDotEnv(before)["PET_HOME"] ?? standard) === places.pets;
  const after = isKnown ? before : withSetting(before, "PET_HOME", places.pets);
  if (after !== before && !dryRun) {
    await ensureOwnDirectory(standard);
    replaceFile(path, after);
  }
  return { path, changed: after !== before, diff: diff(before, after, path) };
}
