import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { PawprintError } from "../utils/errors.ts";
import { fields } from "../utils/json.ts";
import { ISOLATED, type Places } from "../utils/paths.ts";

/** The name of the compiled executable. */
export const EXECUTABLE = process.platform === "win32" ? "pawprint.exe" : "pawprint";

/** ~/.claude/pets/bin: the directory of the installed program. */
export const binOf = (places: Pick<Places, "pets">): string => `${places.pets}/bin`;

/**
 * Throws bad_setting if no installed program could run: in the real path of a program, Bun takes a backslash for a slash
 * and a question mark for the start of a query.
 */
export function checkRunnable(places: Places): void {
  if (process.platform === "win32") return;
  const [sign] = /[\\?]/.exec(`${places.pets}\n${realPathOf(places.pets)}`) ?? [];
  if (sign === undefined) return;
  const hint = `set HOME to a path without "${sign}", also after links are resolved`;
  throw new PawprintError(
    "bad_setting",
    `${places.pets} contains "${sign}", and Bun cannot run programs in such a folder`,
    hint,
  );
}

/** Resolves all links in a path. For a path that does not exist, resolves the part that does and appends the rest. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPathOf(above), basename(path));
  }
}

/** Returns the command in a "statusLine" value, or null. */
export function commandIn(value: unknown): string | null {
  const { command } = fields(value);
  return typeof command === "string" ? command : null;
}

/** The command for settings.json that shows the line; with `chain`, the one that shows the previous line below it. */
export function commandFor(places: Places, env: Environment, how: { standalone: boolean; chain: boolean }): string {
  const bin = binOf(places);
  if (how.standalone) return `${quote(`${bin}/${EXECUTABLE}`)} ${how.chain ? "chain" : "statusline"}`;
  return bundleCommand(places, env, how.chain ? "chain" : "statusline");
}

/** The command that runs an entry point of the installed bundle. */
function bundleCommand(places: Places, env: Environment, entryFile: "statusline" | "chain" | "cli"): string {
  return `${quote(stableBun(env))} ${ISOLATED.join(" ")} ${quote(`${binOf(places)}/${entryFile}.js`)}`;
}

/** The command with which an assistant's hook runs the installed program; null if none is installed. */
export function hookCommandFor(places: Places, env: Environment, assistant: string): string | null {
  const program = `${binOf(places)}/${EXECUTABLE}`;
  if (existsSync(program)) return `${quote(program)} hook ${assistant}`;
  return existsSync(`${binOf(places)}/cli.js`) ? `${bundleCommand(places, env, "cli")} hook ${assistant}` : null;
}

/** Whether the command of a hook is ours. */
export function isOurHook(places: Places, command: unknown, assistant: string): boolean {
  if (typeof command !== "string" || !command.endsWith(` hook ${assistant}`)) return false;
  const bin = `${binOf(places)}/`;
  return [bin, quote(bin).slice(1, -1)].some((path) => command.includes(path));
}

/** The text of ~/.claude/pets/bin/pawprint for a bundle, so that the program has the same name as the standalone executable. */
export function launcherOf(places: Places, env: Environment): string {
  return `#!/bin/sh\nexec ${bundleCommand(places, env, "cli")} "$@"\n`;
}

/**
 * Returns the Pawprint directory that a statusLine's command runs from, judged by our program names below its bin; null for
 * other commands.
 */
export function installedDirectoryIn(value: unknown): string | null {
  const command = commandIn(value);
  const found =
    command === null ? null : /"((?:[^"\\]|\\.)*)\/bin\/(?:(?:statusline|chain)\.js|pawprint(?:\.exe)?)"/.exec(command);
  return found?.[1]?.replace(/\\(.)/g, "$1") ?? null;
}

/** Whether the command of a statusLine is ours, even with text before or after it, or through a link. */
export function isOurCommand(places: Places, value: unknown): boolean {
  const command = commandIn(value);
  if (command === null) return false;
  const named = installedDirectoryIn(value);
  if (named !== null && realPathOf(named) === realPathOf(places.pets)) return true;
  const programs = ["statusline.js", "chain.js", EXECUTABLE].map((name) => `${binOf(places)}/${name}`);
  return programs.some((program) => [program, quote(program).slice(1, -1)].some((path) => endsAt(command, path)));
}

const endsAt = (command: string, path: string): boolean => {
  const at = command.indexOf(path);
  return at >= 0 && !/^[\w./-]/.test(command.slice(at + path.length));
};

/** Quotes a path for `sh` in double quotes, which Git Bash and cmd.exe accept too. */
export function quote(path: string): string {
  return `"${path.replace(/["\\$`]/g, "\\$&")}"`;
}

/** Whether a program is in a place that gets cleaned up: the cache of npx, bunx, pnpm or yarn dlx, or a temporary directory. */
export function isTemporary(path: string, env: Environment): boolean {
  const forward = path.replaceAll("\\", "/");
  if (/\/(?:_npx|\.?bunx-[^/]+|dlx(?:-[^/]+)?|xfs-[^/]+)\//.test(forward)) return true;
  const roots = [
    process.getBuiltinModule("node:os").tmpdir(),
    env["TMPDIR"],
    env["TEMP"],
    env["TMP"],
    "/tmp",
    "/var/tmp",
    "/private/tmp",
    "/private/var/folders",
  ];
  return roots.some((root) => {
    const prefix = root?.replaceAll("\\", "/").replace(/\/+$/, "");
    return Boolean(prefix) && forward.startsWith(`${prefix}/`);
  });
}

/** Whether Bun is permanently installed: the running one or, for a standalone executable (null), the one on PATH. */
export function hasLastingBun(
  env: Environment,
  running: string | null = Bun.isStandaloneExecutable ? null : process.execPath,
): boolean {
  const bun = running ?? Bun.which("bun", { PATH: env["PATH"] ?? "" });
  return bun !== null && !isTemporary(bun, env);
}

/** The path of this Bun that survives an update: the link on PATH if it leads to this Bun, otherwise the file itself. */
function stableBun(env: Environment): string {
  const here = realpathSync(process.execPath);
  for (const directory of (env["PATH"] ?? "").split(process.platform === "win32" ? ";" : ":")) {
    const lasting = isAbsolute(directory) && !isTemporary(`${directory}/`, env);
    const found = lasting ? Bun.which("bun", { PATH: directory }) : null;
    if (found && realpathSync(found) === here) return slashes(found);
  }
  return slashes(process.execPath);
}

const slashes = (path: string): string => (process.platform === "win32" ? path.replaceAll("\\", "/") : path);
