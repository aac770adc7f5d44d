import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { errnoOf, messageOf } from "../utils/errors.ts";
import { readPlain } from "../utils/files.ts";
import { fields } from "../utils/json.ts";
import type { Places } from "../utils/paths.ts";
import { commandIn } from "./command.ts";
import { jsonProblemOf, refusalOf, settingsIn } from "./status-line.ts";

/** Whose settings a file holds, weakest first: a later scope wins over an earlier one. */
export type SettingsScope = "user" | "project" | "local" | "managed";

/** The parts of one of Claude Code's settings files that decide whether the line is shown. */
export interface SettingsOfScope {
  readonly scope: SettingsScope;
  readonly path: string;
  /** Why Claude Code skips the whole file, or null if it does not. If skipped, the other fields are empty. */
  readonly refusal: string | null;
  readonly command: string | null;
  readonly disableAllHooks: boolean | null;
  /** Takes effect in managed settings only. */
  readonly allowManagedHooksOnly: boolean;
  /** Whether its "env" starts Claude Code in safe mode. */
  readonly safeMode: boolean;
}

/** The statusLine that Claude Code shows, given all settings in effect. */
export interface EffectiveLine {
  /** The file whose statusLine is run, or null if none is. */
  readonly shown: SettingsOfScope | null;
  /** The file that keeps the user's line from being shown, with the reason; null if none does. */
  readonly blocked: { readonly path: string; readonly reason: string } | null;
}

/** Folder of managed settings by platform. Taken from Claude Code's program text; tested on Linux. */
export function managedFolder(platform: NodeJS.Platform = process.platform): string {
  if (platform === "darwin") return "/Library/Application Support/ClaudeCode";
  return platform === "win32" ? "C:/Program Files/ClaudeCode" : "/etc/claude-code";
}

/** Every existing settings file for a session in a folder, weakest first. With `directory` null, only user and managed settings. */
export function settingsInEffect(
  places: Places,
  directory: string | null,
  managed: string = managedFolder(),
): SettingsOfScope[] {
  const user = join(places.config, "settings.json");
  const files: (readonly [SettingsScope, string])[] = [["user", user]];
  if (directory !== null) {
    const project = join(directory, ".claude/settings.json");
    if (resolve(project) !== resolve(user)) files.push(["project", project]);
    const root = localRoot(directory, places.home);
    files.push(["local", join(directory, ".claude/settings.local.json")]);
    if (root !== null) files.push(["local", join(root, ".claude/settings.local.json")]);
  }
  files.push(["managed", join(managed, "managed-settings.json")]);
  for (const name of dropIns(join(managed, "managed-settings.d"))) files.push(["managed", name]);
  return files.flatMap(([scope, path]) => readScope(scope, path) ?? []);
}

function dropIns(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json") && !name.startsWith("."));
    return names.toSorted().map((name) => join(folder, name));
  } catch {
    return []; // The folder is missing or unreadable.
  }
}

const nothing = { command: null, disableAllHooks: null, allowManagedHooksOnly: false, safeMode: false };

/** Reads one settings file; null if it does not exist. */
function readScope(scope: SettingsScope, path: string): SettingsOfScope | null {
  let text: string;
  try {
    const bytes = readPlain(path);
    if (bytes === null) return null;
    text = decoded(bytes);
  } catch (error) {
    return { ...nothing, scope, path, refusal: errnoOf(error) ?? messageOf(error).replace(`${path} `, "it ") };
  }
  return settingsOf(scope, path, text);
}

/** Reads the settings in the text of a settings file. */
export function settingsOf(scope: SettingsScope, path: string, text: string): SettingsOfScope {
  // A field of the wrong type makes Claude Code skip that field in managed settings, but the whole file in all others.
  const refusal = scope === "managed" ? jsonProblemOf(text) : refusalOf(text);
  if (refusal !== null) return { ...nothing, scope, path, refusal };
  const value = settingsIn(text);
  return {
    scope,
    path,
    refusal,
    command: commandIn(value["statusLine"]),
    disableAllHooks: typeof value["disableAllHooks"] === "boolean" ? value["disableAllHooks"] : null,
    allowManagedHooksOnly: value["allowManagedHooksOnly"] === true,
    safeMode: isTruthy(fields(value["env"])["CLAUDE_CODE_SAFE_MODE"]),
  };
}

/** Whether Claude Code treats the value of a variable as true. */
export function isTruthy(value: unknown): boolean {
  return typeof value === "string" && /^(?:1|true|yes|on)$/i.test(value.trim());
}

/** Decodes UTF-8, or UTF-16 with a byte order mark, which Claude Code accepts as well (tested with 2.1.328). */
function decoded(bytes: Uint8Array): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isWide ? "utf-16le" : "utf-8", { ignoreBOM: true }).decode(bytes);
}

/**
 * The folder whose settings.local.json wins over that of `directory`: the root of its repository, or of the main repository
 * for a worktree. Null if there is none, or if it is `directory` itself, the home directory, or owned by another user.
 */
function localRoot(directory: string, home: string): string | null {
  const uid = process.getuid?.();
  if (uid === undefined) return null;
  try {
    const root = mainRoot(repositoryOf(directory));
    if (root === null || root === realpathSync(directory) || root === realpathSync(home)) return null;
    const claude = lstatSync(join(root, ".claude"), { throwIfNoEntry: false });
    const owners = [statSync(root).uid, lstatSync(join(root, ".git")).uid, claude?.uid ?? uid];
    return owners.every((owner) => owner === uid) ? root : null;
  } catch {
    return null; // Claude Code cannot read it either.
  }
}

/** The nearest folder at or above `directory` with a .git; null outside a repository. */
function repositoryOf(directory: string): string | null {
  for (let at = realpathSync(directory); ; at = dirname(at)) {
    if (lstatSync(join(at, ".git"), { throwIfNoEntry: false })) return at;
    if (dirname(at) === at) return null;
  }
}

/** For a worktree, the folder of its main repository, or null if that is bare; for any other repository, the folder itself. */
function mainRoot(repository: string | null): string | null {
  if (repository === null) return null;
  const git = join(repository, ".git");
  if (!statSync(git).isFile()) return repository;
  const text = (path: string): string => new TextDecoder().decode(readPlain(path, 65_536) ?? undefined).trim();
  const pointer = /^gitdir: (.+)$/m.exec(text(git))?.[1]?.trim();
  if (!pointer) return repository;
  const gitdir = resolve(repository, pointer);
  const common = text(join(gitdir, "commondir"));
  if (common === "") return repository;
  const shared = realpathSync(isAbsolute(common) ? common : resolve(gitdir, common));
  return basename(shared) === ".git" ? dirname(shared) : null;
}

/**
 * Returns the line that Claude Code shows. Managed settings with disableAllHooks turn off every line. If they allow managed
 * hooks only, or another file sets disableAllHooks, only the managed line is left. Tested with 2.1.328 and 2.1.332.
 */
export function effectiveLineOf(settings: readonly SettingsOfScope[]): EffectiveLine {
  const managed = settings.filter(({ scope }) => scope === "managed");
  const lineOf = (among: readonly SettingsOfScope[]): SettingsOfScope | null =>
    among.findLast(({ command }) => command !== null) ?? null;
  const blocked = (path: string, reason: string, shown: SettingsOfScope | null = null): EffectiveLine => ({
    shown,
    blocked: { path, reason },
  });
  const safe = settings.find(({ safeMode }) => safeMode);
  if (safe) return blocked(safe.path, "CLAUDE_CODE_SAFE_MODE is set there");
  const broken = managed.find(({ refusal }) => refusal !== null);
  if (broken) return blocked(broken.path, `Claude Code does not start with it (${broken.refusal})`);
  const policy = managed.findLast(({ disableAllHooks }) => disableAllHooks !== null);
  if (policy?.disableAllHooks === true) return blocked(policy.path, "disableAllHooks is set there");
  const only = managed.find(({ allowManagedHooksOnly }) => allowManagedHooksOnly);
  if (only) return blocked(only.path, "allowManagedHooksOnly is set there", lineOf(managed));
  const hooks = settings.findLast(({ disableAllHooks }) => disableAllHooks !== null);
  if (hooks?.disableAllHooks === true) return blocked(hooks.path, "disableAllHooks is set there", lineOf(managed));
  return { shown: lineOf(settings), blocked: null };
}
