import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { PawprintError } from "../utils/errors.ts";
import { ISOLATED, type Places } from "../utils/paths.ts";

/** The name of the compiled executable. */
export const EXECUTABLE = process.platform === "win32" ? "pawprint.exe" : "pawprint";

/** ~/.claude/pets/bin: where the line is run from. */
export const binOf = (places: Pick<Places, "pets">): string => `${places.pets}/bin`;

/**
 * Throws bad_setting where nothing that is installed could run: in the real path of a program Bun takes a backslash for a slash and a
 * question mark for the beginning of a query.
 */
export function checkRunnable(places: Places): void {
  if (process.platform === "win32") return;
  const [sign] = /[\\?]/.exec(`${places.pets}\n${realPathOf(places.pets)}`) ?? [];
  if (sign === undefined) return;
  const hint = "set HOME to a path without one, which is no link to one with it";
  throw new PawprintError(
    "bad_setting",
    `${places.pets} holds "${sign}", and Bun runs no program below such a folder`,
    hint,
  );
}

/** Where a path leads; of what is not there, where the folder that is there leads, with the rest behind it. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPathOf(above), basename(path));
  }
}

/** The command that a "statusLine" holds, null when it holds none. */
export function commandIn(value: unknown): string | null {
  const command = typeof value === "object" && value !== null && "command" in value ? value.command : null;
  return typeof command === "string" ? command : null;
}

/** The command for settings.json that shows the line; `chain` the one that shows the previous line under it. */
export function commandFor(places: Places, env: Environment, how: { standalone: boolean; chain: boolean }): string {
  const bin = binOf(places);
  if (how.standalone) return `${quote(`${bin}/${EXECUTABLE}`)} ${how.chain ? "chain" : "statusline"}`;
  return bundleCommand(places, env, how.chain ? "chain" : "statusline");
}

/** The command that runs a door of the installed bundle. */
function bundleCommand(places: Places, env: Environment, entryFile: "statusline" | "chain" | "cli"): string {
  return `${quote(stableBun(env))} ${ISOLATED.join(" ")} ${quote(`${binOf(places)}/${entryFile}.js`)}`;
}

/** The command by which an assistant's hook runs the installed program; null where none is installed. */
export function hookCommandFor(places: Places, env: Environment, assistant: string): string | null {
  const program = `${binOf(places)}/${EXECUTABLE}`;
  if (existsSync(program)) return `${quote(program)} hook ${assistant}`;
  return existsSync(`${binOf(places)}/cli.js`) ? `${bundleCommand(places, env, "cli")} hook ${assistant}` : null;
}

/** Whether a command of a hook is one of ours. */
export function isOurHook(places: Places, command: unknown, assistant: string): boolean {
  if (typeof command !== "string" || !command.endsWith(` hook ${assistant}`)) return false;
  const bin = `${binOf(places)}/`;
  return [bin, quote(bin).slice(1, -1)].some((path) => command.includes(path));
}

/** The text of ~/.claude/pets/bin/pawprint for a bundle, so that the program has one name however it is installed. */
export function launcherOf(places: Places, env: Environment): string {
  return `#!/bin/sh\nexec ${bundleCommand(places, env, "cli")} "$@"\n`;
}

/**
 * The directory that would be ours if the command of a statusLine is: it runs a program of our names below bin in it. Null
 * for other commands.
 */
export function directoryOf(value: unknown): string | null {
  const command = commandIn(value);
  const found =
    command === null ? null : /"((?:[^"\\]|\\.)*)\/bin\/(?:(?:statusline|chain)\.js|pawprint(?:\.exe)?)"/.exec(command);
  return found?.[1]?.replace(/\\(.)/g, "$1") ?? null;
}

/** Whether a command of a statusLine is one of ours, whatever was put before or behind it, and by whichever link it names us. */
export function isOurCommand(places: Places, value: unknown): boolean {
  const command = commandIn(value);
  if (command === null) return false;
  const named = directoryOf(value);
  if (named !== null && realPathOf(named) === realPathOf(places.pets)) return true;
  const doors = ["statusline.js", "chain.js", EXECUTABLE].map((name) => `${binOf(places)}/${name}`);
  return doors.some((entryFile) => [entryFile, quote(entryFile).slice(1, -1)].some((path) => endsAt(command, path)));
}

const endsAt = (command: string, path: string): boolean => {
  const at = command.indexOf(path);
  return at >= 0 && !/^[\w./-]/.test(command.slice(at + path.length));
};

/** A path as one word of `sh`, in double quotes, which Git Bash and cmd.exe understand too. */
export function quote(path: string): string {
  return `"${path.replace(/["\\$`]/g, "\\$&")}"`;
}

/** Whether a program lies where it may be gone tomorrow: the cache of npx, bunx, pnpm or yarn dlx, or the temporary directory. */
export function isTemporary(path: string, env: Environment): boolean {
  const forward = path.replaceAll("\\", "/");
  if (/\/(?:_npx|bunx-[^/]+|dlx(?:-[^/]+)?|xfs-[^/]+)\//.test(forward)) return true;
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

/** The Bun that runs this, by the name that outlives an update: the link on PATH where it leads here, else the file itself. */
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
