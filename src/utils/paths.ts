import {
  type Environment,
  hasUnknownNames,
  parseDotEnv,
  readSettings,
  type SettingProblem,
  type Settings,
} from "./config.ts";
import { PawprintError } from "./errors.ts";
import { parentOf, readSmall, withTimeout } from "./small-files.ts";

/** Directories of this program; absolute, with forward slashes. */
export interface Places {
  /** The user's home directory. */
  readonly home: string;
  /** Pawprint's own directory: PET_HOME, or ~/.claude/pets, or pets below the first directory of CLAUDE_CONFIG_DIR. */
  readonly pets: string;
  /** Claude Code's configuration directory: the first of CLAUDE_CONFIG_DIR, or ~/.claude. */
  readonly config: string;
  /** The folder that the program runs from: a checkout, an installed package, or ~/.claude/pets. */
  readonly root: string;
  /** Identifies the account of this process, for instance "login-1a2b3c4d": sign-in method and config directory. */
  readonly scope: string;
}

const SIGN_INS = {
  CLAUDE_CODE_USE_BEDROCK: "cloud",
  CLAUDE_CODE_USE_VERTEX: "cloud",
  CLAUDE_CODE_USE_FOUNDRY: "cloud",
  ANTHROPIC_AUTH_TOKEN: "auth_token",
  ANTHROPIC_API_KEY: "api_key",
  CLAUDE_CODE_OAUTH_TOKEN: "oauth_token",
};

const slashes = (path: string): string => (process.platform === "win32" ? path.replaceAll("\\", "/") : path);

/** The parent of the folder that contains the running program: the standalone executable or the entry file. */
export function programRoot(): string {
  return parentOf(parentOf(slashes(Bun.isStandaloneExecutable ? process.execPath : Bun.main)));
}

/** Whether the file of the running program was removed since it started: an uninstalled program writes nothing more. */
export const isProgramGone = (): boolean =>
  !process.getBuiltinModule("node:fs").existsSync(Bun.isStandaloneExecutable ? process.execPath : Bun.main);

/** Claude Code's configuration directories according to CLAUDE_CONFIG_DIR. */
export interface ConfigDirectories {
  /** Absolute paths without trailing slash and without duplicates, in order; null if the variable is not set. */
  readonly named: readonly string[] | null;
  /** Entries that are not absolute paths: they would depend on the directory in which the program is started. */
  readonly refused: readonly string[];
}

/** The allowed values of CLAUDE_CONFIG_DIR. */
export const ALLOWED_CONFIG_DIRS = "absolute paths, or paths that start with ~/, separated by commas";

/** Parses CLAUDE_CONFIG_DIR: one or several directories separated by commas; a leading ~ is the home directory. */
export function configDirectories(env: Environment, home: string): ConfigDirectories {
  if (!env["CLAUDE_CONFIG_DIR"]) return NOT_SET;
  const entries = env["CLAUDE_CONFIG_DIR"].split(",").flatMap((entry) => entry.trim() || []);
  const paths = entries.map((entry) => withoutEnd(slashes(entry).replace(/^~(?=\/|$)/, () => home)));
  const isPath = (path: string): boolean => isAbsolute(path) && !path.includes("\0");
  return {
    named: entries.length === 0 ? null : [...new Set(paths.filter(isPath))],
    refused: entries.filter((_, at) => !isPath(paths[at] ?? "")),
  };
}

const NOT_SET: ConfigDirectories = { named: null, refused: [] };

// Regular expressions are in functions that rarely run, since Bun compiles them when their function first runs.
const isAbsolute = (path: string): boolean =>
  path.startsWith("/") || (process.platform === "win32" && startsWithDrive(path));
const startsWithDrive = (path: string): boolean => /^[A-Za-z]:\//.test(path);

/** Directories whose projects/ may hold transcripts: those of CLAUDE_CONFIG_DIR, or the two defaults. */
export const transcriptDirectories = (env: Environment, home: string): readonly string[] =>
  configDirectories(env, home).named ?? [`${home}/.claude`, `${home}/.config/claude`];

/** Directories whose settings.json configures the line: those of CLAUDE_CONFIG_DIR, or ~/.claude. */
export const settingsDirectories = (env: Environment, home: string): readonly string[] =>
  configDirectories(env, home).named ?? [`${home}/.claude`];

/**
 * The user's home directory: HOME, else that of the system. Throws bad_setting if it is not absolute, since all paths
 * would then depend on the current directory, and if its name is not valid UTF-8, which Bun cannot read.
 */
export function homeOf(env: Environment): string {
  const name = env["HOME"] ? "HOME" : "USERPROFILE";
  const given = env[name];
  if (!given) return slashes(process.getBuiltinModule("node:os").homedir());
  const home = slashes(given);
  const hint = `set ${name} to the absolute path of your home directory`;
  if (!home.startsWith("/") && !startsWithDrive(home))
    throw new PawprintError("bad_setting", `${name} is "${given}", which is not absolute`, hint);
  // Invalid UTF-8 is read as this character, which a name may also contain itself.
  if (home.includes("\ufffd") && !process.getBuiltinModule("node:fs").existsSync(home)) {
    throw new PawprintError("bad_setting", `${name} is not written in UTF-8`, hint);
  }
  return home;
}

/**
 * The directories for an environment. The scope depends on which credential variables are set; their values are not
 * read. Throws bad_setting.
 */
export function placesOf(env: Environment, root: string = programRoot()): Places {
  const home = homeOf(env);
  const config = settingsDirectories(env, home)[0] ?? `${home}/.claude`;
  return { home, pets: petsOf(env, home, root), config, root, scope: `${signInOf(env)}-${scopeHash(config)}` };
}

/** The environment for sources that keep files in our own directory: PET_HOME names it, even if only a .env sets it. */
export const withHome = (env: Environment, { pets }: Pick<Places, "pets">): Environment => ({ ...env, PET_HOME: pets });

/** A hash of a configuration directory, as part of the scope: eight hexadecimal digits. */
export const scopeHash = (config: string): string => Bun.hash.xxHash32(config).toString(16).padStart(8, "0");

/**
 * Pawprint's own directory. PET_HOME takes precedence; an installed program uses the directory that it is in, so that
 * it finds the same files without any variable. Otherwise an existing directory is used, ~/.claude/pets first. A new
 * one belongs in ~/.claude; or, if there is no ~/.claude and CLAUDE_CONFIG_DIR is set, in its first directory. With `root` null, the
 * directory that a program finds that is not installed.
 */
export function petsOf(env: Environment, home: string, root: string | null = programRoot()): string {
  const named = slashes(env["PET_HOME"]?.trim() ?? "");
  const given = named.startsWith("~/") ? home + named.slice(1) : named;
  if (isAbsolute(given)) return withoutEnd(given);
  const defaultDirectory = `${home}/.claude/pets`;
  // The installed line returns here: the rest loads node:fs, which takes 2 ms.
  if (root === defaultDirectory) return defaultDirectory;
  const directories = configDirectories(env, home).named;
  const places = [defaultDirectory];
  for (const directory of directories ?? [`${home}/.config/claude`]) places.push(`${directory}/pets`);
  if (root !== null && isInstalled(root)) return places.find((place) => isSamePlace(place, root)) ?? root;
  if (directories === null && !isInstalled(places[1] ?? "")) return defaultDirectory;
  const { existsSync } = process.getBuiltinModule("node:fs");
  const known = places.find((place) => existsSync(place));
  return known ?? (existsSync(`${home}/.claude`) ? defaultDirectory : (places[1] ?? defaultDirectory));
}

/** Every directory in which the program is installed contains the install.json of `install`. */
const isInstalled = (directory: string): boolean => Bun.file(`${directory}/install.json`).size > 0;

function isSamePlace(place: string, directory: string): boolean {
  const { realpathSync } = process.getBuiltinModule("node:fs");
  return isInstalled(place) && realpathSync(place) === realpathSync(directory);
}

function signInOf(env: Environment): string {
  for (const name in SIGN_INS) if (env[name]) return SIGN_INS[name as keyof typeof SIGN_INS];
  return "login";
}

/**
 * Directories and settings of this machine. If the environment has no PET_HOME, the one that `install --home` wrote
 * into the default .env applies, so that a program started elsewhere finds it too. Throws bad_setting.
 */
export async function loadMachine(
  env: Environment,
  root: string = programRoot(),
): Promise<Loaded & { readonly places: Places }> {
  const places = placesOf(env, root);
  const loaded = await loadSettings(env, places);
  const { home } = loaded.settings;
  if (env["PET_HOME"]?.trim() || home === null) return { places, ...loaded };
  const moved = { ...env, PET_HOME: home };
  const movedPlaces = placesOf(moved, root);
  return { places: movedPlaces, ...(await loadSettings(moved, movedPlaces)) };
}

interface Loaded {
  readonly settings: Settings;
  readonly problems: SettingProblem[];
}

/**
 * The settings. The environment takes precedence over .env in Pawprint's own directory, and that over .env in the
 * folder that the program runs from. A relative path in CLAUDE_CONFIG_DIR is reported as a problem of the log, which
 * then writes and reads nothing in its place.
 */
export async function loadSettings(env: Environment, places: Places): Promise<Loaded> {
  const { pets, root } = places;
  const ownText = withTimeout(readSmall(`${pets}/.env`));
  const texts = await Promise.all(pets === root ? [ownText] : [ownText, withTimeout(readSmall(`${root}/.env`))]);
  const dotEnvs: Environment[] = [];
  for (const text of texts) dotEnvs.push(parseDotEnv(text ?? ""));
  const { settings, problems } = readSettings([env, ...dotEnvs]);
  for (const entry of configDirectories(env, places.home).refused) {
    problems.push({ ...CONFIG_DIR_PROBLEM, value: entry.slice(0, 200) });
  }
  // Imported dynamically, so that the code for similar names is not part of the file that every line loads.
  if (hasUnknownNames(env, dotEnvs)) problems.push(...(await import("./config.ts")).unknownNames(env, dotEnvs));
  return { settings, problems };
}

const CONFIG_DIR_PROBLEM = {
  kind: "value",
  setting: "CLAUDE_CONFIG_DIR",
  group: "logging",
  allowed: ALLOWED_CONFIG_DIRS,
  nearest: null,
} as const;

/**
 * The log directory: PET_LOG_DIR, else the first default that is this user's and writable, else ~/.claude/pets/logs.
 */
export async function logDirectory(settings: Settings, places: Places): Promise<string> {
  if (settings.logDir) return expand(settings.logDir, places);
  const candidates = [...new Set(["/data/logs", `${places.root}/data/logs`])];
  // A directory that does not respond is taken: the log must not move while it is slow.
  const found = await Promise.all(candidates.map(async (path) => (await withTimeout(isOwnDirectory(path))) ?? true));
  return candidates.find((_, index) => found[index]) ?? `${places.pets}/logs`;
}

/** The ledger: PET_LEDGER_PATH, else ~/.claude/pets/ledger.db. */
export function ledgerPath(settings: Settings, places: Places): string {
  return settings.ledgerPath ? expand(settings.ledgerPath, places) : `${places.pets}/ledger.db`;
}

/** The hub's own ledger: PET_HUB_STORE, else ~/.claude/pets/hub.db. Never the ledger of this machine. */
export function hubPath(settings: Settings, places: Places): string {
  return settings.hubStore ? expand(settings.hubStore, places) : `${places.pets}/hub.db`;
}

/** The lock of the process that serves a hub's file. */
export const serveLock = (hub: string): string => `${hub}.serve-lock`;

/** What `pawprint login` received from a hub: its address, this machine's token and the hub's keys. Mode 0600. */
export const loginFile = (places: Places): string => `${places.pets}/login.json`;

/** The file for the hook events of an assistant: see `pawprint setup`. */
export const hookFile = (places: Places, assistant: string): string => `${places.pets}/hooks/${assistant}.jsonl`;

/** A path setting as an absolute path: a leading ~/ is the home directory; trailing slashes are removed. */
export function expand(path: string, places: Places): string {
  const forward = slashes(path);
  return withoutEnd(forward.startsWith("~/") ? places.home + forward.slice(1) : forward);
}

function withoutEnd(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

async function isOwnDirectory(path: string): Promise<boolean> {
  const stat = await Bun.file(path)
    .stat()
    .catch(() => null);
  // Directories of other users are refused as log directories, even if everybody may write there.
  if (!stat?.isDirectory() || stat.uid !== (process.getuid?.() ?? stat.uid)) return false;
  const { access, constants } = process.getBuiltinModule("node:fs/promises");
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Options that keep Bun from using files of the current directory: .env, the preload scripts of bunfig.toml, and the
 * "paths" of a tsconfig.json or jsconfig.json there or above, which can replace the program's own files.
 */
export const ISOLATED: readonly string[] = ["--no-env-file", "--config=/dev/null", "--tsconfig-override=/dev/null"];

/** The command line for another entry point, ignoring .env and bunfig.toml of the current directory. */
export function selfCommand(...args: string[]): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath, ...args];
  const main = slashes(Bun.main);
  const cli = `${parentOf(main)}/cli${main.slice(main.lastIndexOf("."))}`;
  return [process.execPath, ...ISOLATED, cli, ...args];
}
