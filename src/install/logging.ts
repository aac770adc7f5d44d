import type { Settings } from "../utils/config.ts";
import { parseDotEnv } from "../utils/config.ts";
import { readOwn, replaceFile } from "../utils/files.ts";
import { logDirectory, type Places } from "../utils/paths.ts";
import { readSmall } from "../utils/small-files.ts";
import { diff } from "./diff.ts";
import { withSetting } from "./dotenv.ts";

/** The result of turning logging on. */
export interface Logging {
  /** The settings file that turns it on. */
  readonly path: string;
  /** Where the records will go. */
  readonly directory: string;
  readonly changed: boolean;
  /** The change of the settings file as a unified diff; "" if there is none. */
  readonly diff: string;
}

/**
 * Turns logging on in ~/.claude/pets/.env (0600) and sets the log directory there, so that the line and every command use
 * the same one. A log directory already set in the file, and every other line, stays. Throws file_refused, bad_setting, and
 * system errors.
 */
export async function turnOnLogging(places: Places, settings: Settings, dryRun: boolean): Promise<Logging> {
  const path = `${places.pets}/.env`;
  const before = (dryRun ? await readSmall(path, 1_048_576) : readOwn(path)) ?? "";
  const set = parseDotEnv(before);
  const directory = await logDirectory(settings, { ...places, root: places.pets });
  let after = before;
  if (set["PET_USAGE_LOGGING_ENABLED"] !== "true") after = withSetting(after, "PET_USAGE_LOGGING_ENABLED", "true");
  if (!set["PET_LOG_DIR"]) after = withSetting(after, "PET_LOG_DIR", directory);
  const changed = after !== before;
  if (changed && !dryRun) replaceFile(path, after);
  return { path, directory, changed, diff: diff(before, after, path) };
}
