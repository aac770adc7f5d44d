import { allowed, type Declaration, type Environment, parseSetting, type SettingProblem } from "./config-values.ts";
import { declarations } from "./declarations.ts";
import { misspeltName, nearestName } from "./registry.ts";

export { allowed, type Environment, parseDotEnv, type SettingGroup, type SettingProblem } from "./config-values.ts";

type SettingValue<D> = D extends { kind: "boolean" }
  ? boolean
  : D extends { kind: "integer" }
    ? number
    : D extends { kind: "choice"; choices: readonly (infer C)[] }
      ? C
      : D extends { kind: "list" }
        ? readonly string[]
        : D extends { kind: "names" }
          ? readonly (readonly [string, string])[]
          : string | null;

/** The values of all settings; integers in the unit of their declaration. */
export type Settings = { readonly [K in keyof typeof declarations]: SettingValue<(typeof declarations)[K]> };

/** The environment of this process. Nothing else reads process.env. */
export function environment(): Environment {
  return process.env;
}

/**
 * Reads settings from several sources, of which the first that sets one takes precedence. Empty values count as not
 * set. An invalid value is reported and replaced by the default.
 */
export function readSettings(sources: readonly Environment[]): { settings: Settings; problems: SettingProblem[] } {
  const settings: Record<string, unknown> = {};
  const problems: SettingProblem[] = [];
  for (const key in declarations) {
    const declaration: Declaration = declarations[key as keyof Settings];
    settings[key] = declaration.default;
    // Not a function of its own: called once for each setting, it would be compiled at every refresh of the line.
    let text: string | undefined;
    for (const source of sources) if ((text = source[declaration.env]?.trim())) break;
    if (!text) continue;
    const value = parseSetting(declaration, text);
    if (value !== undefined) settings[key] = value;
    else {
      const { env: setting, group } = declaration;
      const isSecret = declaration.kind === "word" && declaration.isSecret === true;
      const details = {
        setting,
        group,
        value: isSecret ? "(secret)" : text.slice(0, 200),
        allowed: allowed(declaration),
      };
      problems.push({ kind: "value", ...details, nearest: null });
    }
  }
  return { settings: settings as Settings, problems };
}

/** Whether some name is a candidate for `unknownNames`. */
export function hasUnknownNames(env: Environment, files: readonly Environment[]): boolean {
  for (const source of [env, ...files])
    for (const name in source) if (name.startsWith("PET_") && !isKnown(name)) return true;
  return false;
}

function isKnown(name: string): boolean {
  for (const key in declarations) if (declarations[key as keyof Settings].env === name) return true;
  return false;
}

/** How the names of settings begin; not compared, because all have it. */
const PREFIX = "PET_";
/** Largest number of unknown names reported. */
const MAX_UNKNOWN = 20;
/**
 * PET_ names that are not settings. All of those in our own .env files count, in either case. The environment contains
 * names of other programs too, so only misspelt names of settings count. Empty values count as not set.
 */
export function unknownNames(env: Environment, files: readonly Environment[]): SettingProblem[] {
  const known = Object.values(declarations).map((declaration): string => declaration.env);
  const parts = known.map((name) => name.slice(PREFIX.length));
  const found = new Map<string, string | null>();
  for (const source of [env, ...files]) {
    for (const name in source) {
      const isOurs = source === env ? name.startsWith("PET_") : /^PET_/i.test(name);
      if (!isOurs || known.includes(name) || found.size >= MAX_UNKNOWN) continue;
      // Names are case-insensitive on Windows, where PET_Theme is PET_THEME.
      const upper = name.toUpperCase();
      if (!source[name]?.trim() || (upper !== name && source[upper] === source[name])) continue;
      const nearest = (source === env ? misspeltName : nearestName)(name.slice(PREFIX.length), parts);
      if (source !== env || nearest !== null) found.set(name, nearest === null ? null : PREFIX + nearest);
    }
  }
  const common = { kind: "name", group: "line", allowed: "the settings that pawprint env prints" } as const;
  return [...found].map(([name, nearest]) => ({ ...common, setting: name, value: name, nearest }));
}
