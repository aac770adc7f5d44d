import {
  type Environment,
  holdsUnknown,
  parseDotEnv,
  readSettings,
  type SettingProblem,
  type Settings,
} from "./config.ts";
import { PawprintError } from "./errors.ts";
import { parentOf, readSmall, within } from "./small-files.ts";

/** The places this program knows, all absolute and with forward slashes. */
export interface Places {
  /** The user's home directory. */
  readonly home: string;
  /** What belongs to Pawprint: PET_HOME, or ~/.claude/pets, or pets below the first directory of CLAUDE_CONFIG_DIR. */
  readonly pets: string;
  /** Claude Code's configuration directory: the first of CLAUDE_CONFIG_DIR, or ~/.claude. */
  readonly config: string;
  /** The folder this program runs from: a checkout, an installed package, or ~/.claude/pets. */
  readonly root: string;
  /** Which account this process would see, for instance "login-1a2b3c4d": way of signing in and config directory. */
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

/** The folder above the one that holds the running program: the executable where it is one, else the entry file. */
export function programRoot(): string {
  return parentOf(parentOf(slashes(Bun.isStandaloneExecutable ? process.execPath : Bun.main)));
}

/** Claude Code's configuration directories, as CLAUDE_CONFIG_DIR names them. */
export interface ConfigDirectories {
  /** Absolute paths without a slash at the end, each once, in the order of the list; null where the variable is not set. */
  readonly named: readonly string[] | null;
  /** Entries that are not absolute paths: what they mean would depend on the folder that the program is started in. */
  readonly refused: readonly string[];
}

/** What CLAUDE_CONFIG_DIR may hold. */
export const CONFIG_DIRS = "absolute paths, or paths that start with ~/, separated by commas";

/** Reads CLAUDE_CONFIG_DIR: one directory or several, separated by commas; a leading ~ is the home directory. */
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

// Patterns are in functions that run rarely: Bun makes those of a function when the function first runs.
const isAbsolute = (path: string): boolean =>
  path.startsWith("/") || (process.platform === "win32" && startsWithDrive(path));
const startsWithDrive = (path: string): boolean => /^[A-Za-z]:\//.test(path);

/** The directories whose projects/ may hold transcripts: those of CLAUDE_CONFIG_DIR, or the two that Claude Code uses without it. */
export const transcriptDirectories = (env: Environment, home: string): readonly string[] =>
  configDirectories(env, home).named ?? [`${home}/.claude`, `${home}/.config/claude`];

/** The directories into whose settings.json the line goes: those of CLAUDE_CONFIG_DIR, or ~/.claude. */
export const settingsDirectories = (env: Environment, home: string): readonly string[] =>
  configDirectories(env, home).named ?? [`${home}/.claude`];

/**
 * The user's home directory: HOME, else what the system knows. Throws bad_setting for one that is not absolute, since everything
 * would be looked for, and made, in the folder that the program happens to be started in; and for one whose name Bun cannot read.
 */
export function homeOf(env: Environment): string {
  const name = env["HOME"] ? "HOME" : "USERPROFILE";
  const given = env[name];
  if (!given) return slashes(process.getBuiltinModule("node:os").homedir());
  const home = slashes(given);
  const hint = `set ${name} to the absolute path of your home directory`;
  if (!home.startsWith("/") && !startsWithDrive(home))
    throw new PawprintError("bad_setting", `${name} is "${given}", which is not absolute`, hint);
  // What is no UTF-8 was read as this sign; a name may also hold the sign itself.
  if (home.includes("\ufffd") && !process.getBuiltinModule("node:fs").existsSync(home)) {
    throw new PawprintError("bad_setting", `${name} is not written in UTF-8`, hint);
  }
  return home;
}

/** Where things are for this environment. Presence of a credential's variable tells the scope; its value is not read. Throws bad_setting. */
export function placesOf(env: Environment, root: string = programRoot()): Places {
  const home = homeOf(env);
  const config = settingsDirectories(env, home)[0] ?? `${home}/.claude`;
  return { home, pets: petsOf(env, home, root), config, root, scope: `${signInOf(env)}-${scopeHash(config)}` };
}

/** The environment as it is for sources that keep files in our own directory: that names it, also where only a .env does. */
export const withHome = (env: Environment, { pets }: Pick<Places, "pets">): Environment => ({ ...env, PET_HOME: pets });

/** What stands for a configuration directory in a scope: eight hexadecimal digits. */
export const scopeHash = (config: string): string => Bun.hash.xxHash32(config).toString(16).padStart(8, "0");

/**
 * The directory of what belongs to Pawprint. PET_HOME names it; an installed program uses the one that it lies in, so that
 * it finds the same files without any variable. Else one that is there already is used, ~/.claude/pets first. A new one is
 * made in ~/.claude, or where there is no ~/.claude and CLAUDE_CONFIG_DIR is set, in the first directory of that. `root` null:
 * as a program finds it that is installed nowhere.
 */
export function petsOf(env: Environment, home: string, root: string | null = programRoot()): string {
  const named = slashes(env["PET_HOME"]?.trim() ?? "");
  const given = named.startsWith("~/") ? home + named.slice(1) : named;
  if (isAbsolute(given)) return withoutEnd(given);
  const usual = `${home}/.claude/pets`;
  // The installed line ends here: what follows loads node:fs, which takes 2 ms.
  if (root === usual) return usual;
  const directories = configDirectories(env, home).named;
  const places = [usual];
  for (const directory of directories ?? [`${home}/.config/claude`]) places.push(`${directory}/pets`);
  if (root !== null && isInstalled(root)) return places.find((place) => isSamePlace(place, root)) ?? root;
  if (directories === null && !isInstalled(places[1] ?? "")) return usual;
  const { existsSync } = process.getBuiltinModule("node:fs");
  const known = places.find((place) => existsSync(place));
  return known ?? (existsSync(`${home}/.claude`) ? usual : (places[1] ?? usual));
}

/** What `install` remembers lies in each directory in which the program is installed. */
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
 * Places and settings of this machine. Where the environment names no PET_HOME, that which `install --home` wrote into the
 * usual .env holds, so that a program that was started from elsewhere finds it too. Throws bad_setting.
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
  const there = placesOf(moved, root);
  return { places: there, ...(await loadSettings(moved, there)) };
}

/** Settings, and what is wrong with them. */
interface Loaded {
  readonly settings: Settings;
  readonly problems: SettingProblem[];
}

/**
 * The settings: the environment wins over .env in our own directory, and that over the .env of the folder we run from. A
 * CLAUDE_CONFIG_DIR with a relative path is a problem of the log: nothing is then written or read in its place.
 */
export async function loadSettings(env: Environment, places: Places): Promise<Loaded> {
  const { pets, root } = places;
  const own = within(readSmall(`${pets}/.env`));
  const texts = await Promise.all(pets === root ? [own] : [own, within(readSmall(`${root}/.env`))]);
  const sets: Environment[] = [];
  for (const text of texts) sets.push(parseDotEnv(text ?? ""));
  const { settings, problems } = readSettings([env, ...sets]);
  for (const entry of configDirectories(env, places.home).refused) {
    problems.push({ ...CONFIG_DIR_PROBLEM, value: entry.slice(0, 200) });
  }
  // Imported once more: what says which names are meant is then no part of the file that every line has to load.
  if (holdsUnknown(env, sets)) problems.push(...(await import("./config.ts")).unknownNames(env, sets));
  return { settings, problems };
}

const CONFIG_DIR_PROBLEM = {
  kind: "value",
  setting: "CLAUDE_CONFIG_DIR",
  group: "logging",
  allowed: CONFIG_DIRS,
  nearest: null,
} as const;

/** The log directory: PET_LOG_DIR; else the first of its fallbacks that is this user's and writable; else ~/.claude/pets/logs. */
export async function logDirectory(settings: Settings, places: Places): Promise<string> {
  if (settings.logDir) return expand(settings.logDir, places);
  const candidates = [...new Set(["/data/logs", `${places.root}/data/logs`])];
  // One that does not answer is there: the log must not go to another place while it is slow.
  const found = await Promise.all(candidates.map(async (path) => (await within(isOwnDirectory(path))) ?? true));
  return candidates.find((_, index) => found[index]) ?? `${places.pets}/logs`;
}

/** The ledger: PET_LEDGER_PATH, else ~/.claude/pets/ledger.db. */
export function ledgerPath(settings: Settings, places: Places): string {
  return settings.ledgerPath ? expand(settings.ledgerPath, places) : `${places.pets}/ledger.db`;
}

/** Where what an assistant tells its hook is kept: see `pawprint setup`. */
export const hookLines = (places: Places, assistant: string): string => `${places.pets}/hooks/${assistant}.jsonl`;

/** A path setting as an absolute path: a leading ~/ is the home directory, trailing slashes go. */
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
  // What belongs to another user is refused as a log directory, also where everybody may write.
  if (!stat?.isDirectory() || stat.uid !== (process.getuid?.() ?? stat.uid)) return false;
  const { access, constants } = process.getBuiltinModule("node:fs/promises");
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * What keeps Bun from running what stands in the folder it is started in: .env, the preload scripts of bunfig.toml, and
 * the "paths" of a tsconfig.json or jsconfig.json there or above, which can put another file in the place of the program's own.
 */
export const ISOLATED: readonly string[] = ["--no-env-file", "--config=/dev/null", "--tsconfig-override=/dev/null"];

/** The command line that starts another door of this program with neither the .env nor the bunfig.toml of the folder it runs in. */
export function selfCommand(...args: string[]): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath, ...args];
  const main = slashes(Bun.main);
  const cli = `${parentOf(main)}/cli${main.slice(main.lastIndexOf("."))}`;
  return [process.execPath, ...ISOLATED, cli, ...args];
}
