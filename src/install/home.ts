import { PawprintError } from "../utils/errors.ts";
import { namesIn, readOwn, replaceFile } from "../utils/files.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import type { Environment } from "../utils/config.ts";
import { parseDotEnv } from "../utils/config.ts";
import { type Places, petsOf } from "../utils/paths.ts";
import { readSmall } from "../utils/small-files.ts";
import { diff } from "./diff.ts";
import { withSetting } from "./dotenv.ts";

/** A change of one of our settings files. */
export interface SettingChange {
  readonly path: string;
  readonly changed: boolean;
  /** A unified diff; "" if nothing changes. */
  readonly diff: string;
}

/** Files that show that an installation is in a directory, or that one was started and killed. */
const INSTALLED = new Set(["install.json", "install.lock"]);
/** Other names that our own directory may contain: moved there, or created by a program that is not installed. */
const MOVED =
  /^(?:\.env|\.run|hooks|logs|(?:ledger|hub|usage)\.db.*|(?:login|sync|prices|imported-prices)\.json|pawprint\.log|services?(?:-\w+)?\.(?:json|log|pid)|\w+\.jsonl.*)$/;

/**
 * Refuses a directory with other files as our own: it would be closed to other users, and files with our names would be overwritten
 * and, on uninstall, deleted. Throws file_refused.
 */
export function refuseOthersDirectory({ pets }: Pick<Places, "pets">): void {
  const foreign = foreignNameIn(pets);
  if (foreign === null) return;
  const hint = "choose a new or an empty directory, for instance ~/pawprint";
  throw new PawprintError("file_refused", `${pets} contains ${foreign}, which does not belong to Pawprint`, hint);
}

/** A name in a directory that shows that it is not Pawprint's own; null if nothing shows that. */
export function foreignNameIn(pets: string): string | null {
  const names = namesIn(pets);
  return names.some((name) => INSTALLED.has(name)) ? null : (names.find((name) => !MOVED.test(name)) ?? null);
}

/**
 * Writes PET_HOME to the .env (0600) of the default Pawprint directory, so that a program started from anywhere finds the
 * chosen one; of an installed program, which has one of its own, into that as well. Throws file_refused,
 * directory_unusable, bad_setting, and system errors.
 */
export async function savePetHome(env: Environment, places: Places, dryRun: boolean): Promise<SettingChange[]> {
  const standard = [null, places.root].map((root) => petsOf({ ...env, PET_HOME: undefined }, places.home, root));
  return Promise.all(Array.from(new Set(standard), (directory) => saveHomeIn(directory, places, dryRun)));
}

async function saveHomeIn(standard: string, places: Places, dryRun: boolean): Promise<SettingChange> {
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
