import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { errnoOf, messageOf } from "../utils/errors.ts";
import { readPlain } from "../utils/files.ts";
import type { Places } from "../utils/paths.ts";
import { commandIn } from "./command.ts";
import { jsonProblemOf, refusalOf, settingsIn } from "./status-line.ts";

/** Whose settings a file holds. A later one of this list wins over an earlier one. */
export type Scope = "user" | "project" | "local" | "managed";

/** One settings file that Claude Code reads, as far as it decides over the line. */
export interface SettingsOfScope {
  readonly scope: Scope;
  readonly path: string;
  /** Why Claude Code skips the file whole; null when it does not. Nothing else is known of it then. */
  readonly refusal: string | null;
  readonly command: string | null;
  readonly disableAllHooks: boolean | null;
  /** Counts in managed settings only. */
  readonly allowManagedHooksOnly: boolean;
  /** Whether its "env" starts Claude Code in safe mode. */
  readonly safeMode: boolean;
}

/** What Claude Code shows, by all settings that are in effect. */
export interface Verdict {
  /** The file whose statusLine is run; null where none is. */
  readonly shown: SettingsOfScope | null;
  /** The file that keeps every line from being shown, and why, where one does. */
  readonly blocked: { readonly path: string; readonly reason: string } | null;
}

/** Where an administrator puts settings, by platform. Known from the program's text; tried on Linux. */
export function managedFolder(platform: NodeJS.Platform = process.platform): string {
  if (platform === "darwin") return "/Library/Application Support/ClaudeCode";
  return platform === "win32" ? "C:/Program Files/ClaudeCode" : "/etc/claude-code";
}

/** Every settings file that is there for a session in a folder, weakest first. `directory` null: for no folder in particular. */
export function settingsInEffect(
  places: Places,
  directory: string | null,
  managed: string = managedFolder(),
): SettingsOfScope[] {
  const user = join(places.config, "settings.json");
  const files: (readonly [Scope, string])[] = [["user", user]];
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
    return []; // There is none, or nobody may look into it.
  }
}

const nothing = { command: null, disableAllHooks: null, allowManagedHooksOnly: false, safeMode: false };

/** What one file says; null when there is none. */
function readScope(scope: Scope, path: string): SettingsOfScope | null {
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

/** What a file says that holds this text. */
export function settingsOf(scope: Scope, path: string, text: string): SettingsOfScope {
  // Of managed settings only a field of the wrong type is skipped, of all others the whole file.
  const refusal = scope === "managed" ? jsonProblemOf(text) : refusalOf(text);
  if (refusal !== null) return { ...nothing, scope, path, refusal };
  const value = settingsIn(text);
  const environment = value["env"] as Record<string, unknown> | null | undefined;
  return {
    scope,
    path,
    refusal,
    command: commandIn(value["statusLine"]),
    disableAllHooks: typeof value["disableAllHooks"] === "boolean" ? value["disableAllHooks"] : null,
    allowManagedHooksOnly: value["allowManagedHooksOnly"] === true,
    safeMode: isOn(environment?.["CLAUDE_CODE_SAFE_MODE"]),
  };
}

/** Whether Claude Code takes a variable's value for yes. */
export function isOn(value: unknown): boolean {
  return typeof value === "string" && /^(?:1|true|yes|on)$/i.test(value.trim());
}

/** Claude Code reads UTF-16 with its mark as well (tried with 2.1.328). */
function decoded(bytes: Uint8Array): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isWide ? "utf-16le" : "utf-8", { ignoreBOM: true }).decode(bytes);
}

/**
 * The folder whose settings.local.json wins over that of a folder below it: the top of its repository, that of the main one
 * for a worktree. Not the home directory, and nothing that another user owns. null: there is none, or it is the folder itself.
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
    return null; // What cannot be looked at cannot be read by Claude Code either.
  }
}

/** The nearest folder at or above another that holds a .git; null: it is in no repository. */
function repositoryOf(directory: string): string | null {
  for (let at = realpathSync(directory); ; at = dirname(at)) {
    if (lstatSync(join(at, ".git"), { throwIfNoEntry: false })) return at;
    if (dirname(at) === at) return null;
  }
}

/** The folder of the main repository of a worktree, or the repository itself where it is none; null for one of a bare repository. */
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
 * What Claude Code shows. Managed settings that turn all hooks off turn off every line; where they allow managed hooks only,
 * or another file turned hooks off, the managed line is the only one left. Tried with 2.1.328 and 2.1.332.
 */
export function verdictOn(settings: readonly SettingsOfScope[]): Verdict {
  const managed = settings.filter(({ scope }) => scope === "managed");
  const lineOf = (among: readonly SettingsOfScope[]): SettingsOfScope | null =>
    among.findLast(({ command }) => command !== null) ?? null;
  const blocked = (path: string, reason: string, shown: SettingsOfScope | null = null): Verdict => ({
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
