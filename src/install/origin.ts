import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { version } from "../../package.json";
import type { Places } from "../utils/paths.ts";
import { isCheckout } from "./bundle.ts";
import { quote } from "./command.ts";
import type { InstallRecord, ProgramOrigin } from "./installation.ts";
import type { Machine } from "./machine.ts";

/** A way to get the package, named by its command. */
interface PackageManager {
  readonly name: string;
  /** What the path of the package matches, with forward slashes. */
  readonly folder: RegExp;
  /** The command that gets the newest version; the words of a command of ours follow it if `runs`. */
  readonly newest: string;
  readonly runs?: true;
}

/** In the order in which a path is matched: what has its own node_modules before what any node_modules may be. */
const packageManagers: readonly PackageManager[] = [
  { name: "npx", folder: /\/_npx\//, newest: "npx --yes pawprint@latest", runs: true },
  { name: "bunx", folder: /\/\.?bunx-[^/]+\//, newest: "bunx pawprint@latest", runs: true },
  { name: "pnpm dlx", folder: /\/dlx(?:-[^/]+)?\//, newest: "pnpm dlx pawprint@latest", runs: true },
  { name: "bun add --global", folder: /\/install\/global\/node_modules\//, newest: "bun add --global pawprint@latest" },
  { name: "pnpm add --global", folder: /\/pnpm\/(?:.+\/)?global\//, newest: "pnpm add --global pawprint@latest" },
];
const NPM = { name: "npm install --global", newest: "npm install --global pawprint@latest" };
const PROJECT = { name: "npm install", newest: "npm install pawprint@latest" };

/** The names of the other ways: the copy that `install` made, a checkout, and an executable that a person or install.sh put there. */
const INSTALLED = "install";
const CHECKOUT = "checkout";
const EXECUTABLE_FILE = "executable";

/** Returns where the running copy is from. `program` is the standalone executable, or null where Bun runs a bundle or a checkout. */
export function originOf(
  { root, pets }: Pick<Places, "root" | "pets">,
  program: string | null = Bun.isStandaloneExecutable ? process.execPath : null,
): ProgramOrigin {
  const origin = (name: string, path = root): ProgramOrigin => ({ name, path, version });
  if (root === pets || existsSync(join(root, "install.json"))) return origin(INSTALLED);
  const folder = `${root}/`;
  const manager = packageManagers.find((one) => one.folder.test(folder));
  if (manager) return origin(manager.name);
  const project = projectOf(folder);
  if (project !== null) return origin(existsSync(join(project, "package.json")) ? PROJECT.name : NPM.name);
  return program !== null && !isCheckout(root) ? origin(EXECUTABLE_FILE, program) : origin(CHECKOUT);
}

/** Whether a copy is the one that `install` made. */
export const isInstalledCopy = ({ name }: ProgramOrigin): boolean => name === INSTALLED;

/**
 * Returns the copy that stays when the one that `install` made is removed: the running one, or where that is the installed one
 * itself, the one that installed it, or null if an older version did.
 */
export function sourceOf(places: Pick<Places, "root" | "pets">, record: InstallRecord | null): ProgramOrigin | null {
  const here = originOf(places);
  return here.name === INSTALLED ? (record?.installed_from ?? null) : here;
}

/** Describes where a copy is from, as the end of a sentence. */
export function originText({ name, path }: ProgramOrigin): string {
  if (name === INSTALLED) return `the copy in ${path}/bin that shows the line`;
  if (name === CHECKOUT) return `a checkout in ${path}`;
  return name === EXECUTABLE_FILE ? `the executable ${path}, as install.sh puts it` : `from ${name}, in ${path}`;
}

/** The command that starts a copy, for instructions. `bun` is the command that runs Bun. */
export function startCommandOf({ name, path }: ProgramOrigin, bun: string): string {
  if (name === CHECKOUT) return `${bun} ${shellWord(`${path}/dist/cli.js`)}`;
  if (name === INSTALLED) return shellWord(`${path}/bin/pawprint`);
  if (name === EXECUTABLE_FILE) return shellWord(path);
  if (name === PROJECT.name) return "npx pawprint";
  const manager = packageManagers.find((one) => one.name === name);
  return manager?.runs ? manager.newest : "pawprint";
}

/**
 * The commands that upgrade a copy, one per line. `bun` is the command that runs Bun. `install` are the words that then upgrade
 * the copy that shows the line, or null where no line is installed.
 */
export function upgradeCommands(origin: ProgramOrigin, bun: string, install: string | null): readonly string[] {
  const { name, path } = origin;
  const manager = packageManagers.find((one) => one.name === name);
  if (manager?.runs) return [`${manager.newest} ${install ?? "--version"}`];
  const steps: Readonly<Record<string, readonly string[]>> = {
    [CHECKOUT]: [`cd ${shellWord(path)}`, "git pull", `${bun} run build`],
    [EXECUTABLE_FILE]: [`sh install.sh --from <folder or URL of the release> --dir ${shellWord(dirname(path))}`],
    [PROJECT.name]: [`cd ${shellWord(projectOf(path) ?? path)}`, PROJECT.newest],
  };
  const then = install === null ? [] : [`${startCommandOf(origin, bun)} ${install}`];
  return [...(steps[name] ?? [manager?.newest ?? NPM.newest]), ...then];
}

/** The words that install again what is installed. */
export const installWords = ({ lines }: InstallRecord): string =>
  Object.values(lines).some(({ chain }) => chain) ? "install --chain" : "install";

/** The folder whose node_modules a path is in; null if it is in none. */
const projectOf = (path: string): string | null => /^(.*?)\/node_modules\//.exec(path)?.[1] ?? null;

/** Quotes a path for the shell if it needs that. */
const shellWord = (path: string): string => (/^[\w./:@+-]+$/.test(path) ? path : quote(path));

/** The command that runs Bun on this machine. */
export const bunCommand = ({ bunLasts }: Pick<Machine, "bunLasts">): string =>
  bunLasts ? "bun" : `npx --yes bun@${Bun.version}`;
