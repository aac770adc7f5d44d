import {
  type Environment,
  parseDotEnv,
  readSettings,
  type SettingProblem,
  type Settings,
  unknownNames,
} from "./config.ts";

/** The places this program knows, all absolute and with forward slashes. */
export interface Places {
  /** The user's home directory. */
  readonly home: string;
  /** ~/.claude/pets: what belongs to Pawprint. */
  readonly pets: string;
  /** Claude Code's configuration directory: CLAUDE_CONFIG_DIR or ~/.claude. */
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
const parent = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 0)) || "/";

/** The folder above the one that holds the running program: the executable where it is one, else the entry file. */
export function programRoot(): string {
  return parent(parent(slashes(Bun.isStandaloneExecutable ? process.execPath : Bun.main)));
}

/** Where things are for this environment. Presence of a credential's variable tells the scope; its value is not read. */
export function placesOf(env: Environment, root: string = programRoot()): Places {
  const home = slashes(env["HOME"] || env["USERPROFILE"] || process.getBuiltinModule("node:os").homedir());
  const given = env["CLAUDE_CONFIG_DIR"];
  const config = given ? withoutEnd(slashes(given)) : `${home}/.claude`;
  const hash = Bun.hash.xxHash32(config).toString(16).padStart(8, "0");
  return { home, pets: `${home}/.claude/pets`, config, root, scope: `${signInOf(env)}-${hash}` };
}

function signInOf(env: Environment): string {
  for (const name in SIGN_INS) if (env[name]) return SIGN_INS[name as keyof typeof SIGN_INS];
  return "login";
}

/** A small text file, at most `cap` bytes of it; null when it is missing or unreadable. Costs no node:fs, whose import alone is 2 ms. */
export async function readSmall(path: string, cap = 65_536): Promise<string | null> {
  try {
    return await Bun.file(path).slice(0, cap).text();
  } catch {
    return null;
  }
}

/** The first bytes of a file, at most `cap`; null when it is missing or unreadable. */
export async function readBytes(path: string, cap: number): Promise<Uint8Array | null> {
  try {
    return await Bun.file(path).slice(0, cap).bytes();
  } catch {
    return null;
  }
}

/** The promise's value, or null when it takes longer: a planted FIFO would keep its reader waiting for ever. */
export async function within<T>(promise: Promise<T>, ms = 50): Promise<T | null> {
  let timer: Timer | undefined;
  const deadline = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  const value = await Promise.race([promise, deadline]);
  clearTimeout(timer);
  return value;
}

/** The settings: the environment wins over ~/.claude/pets/.env, and that over the .env of the folder we run from. */
export async function loadSettings(
  env: Environment,
  places: Places,
): Promise<{ settings: Settings; problems: SettingProblem[] }> {
  const files = [...new Set([`${places.pets}/.env`, `${places.root}/.env`])];
  const texts = await Promise.all(files.map((file) => within(readSmall(file))));
  const sets = texts.map((text) => parseDotEnv(text ?? ""));
  const { settings, problems } = readSettings([env, ...sets]);
  return { settings, problems: [...problems, ...unknownNames(env, sets)] };
}

/** The log directory: PET_LOG_DIR; else the first of its fallbacks that exists and is writable; else ~/.claude/pets/logs. */
export async function logDirectory(settings: Settings, places: Places): Promise<string> {
  if (settings.logDir) return expand(settings.logDir, places);
  const candidates = [...new Set(["/data/logs", `${places.root}/data/logs`])];
  const found = await Promise.all(candidates.map((path) => isWritableDirectory(path)));
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

async function isWritableDirectory(path: string): Promise<boolean> {
  const stat = await Bun.file(path)
    .stat()
    .catch(() => null);
  if (!stat?.isDirectory()) return false;
  const { accessSync, constants } = process.getBuiltinModule("node:fs");
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
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
  const cli = `${parent(main)}/cli${main.slice(main.lastIndexOf("."))}`;
  return [process.execPath, ...ISOLATED, cli, ...args];
}
