import pets from "../../data/pets.json";
import themes from "../../data/themes.json";
import {
  allowed,
  type Declaration,
  type Environment,
  DEFAULT_SEGMENTS,
  parseSetting,
  type SettingProblem,
} from "./config-values.ts";
import { misspeltName, nearestName } from "./registry.ts";

export { allowed, type Environment, parseDotEnv, type SettingProblem } from "./config-values.ts";

/**
 * All settings. Plain data instead of a zod object because the line reads it at every refresh, and zod alone would cost
 * as much as the rest of the line.
 */
export const declarations = {
  segments: {
    env: "PET_SEGMENTS",
    group: "line",
    kind: "list",
    default: DEFAULT_SEGMENTS,
    description: "segments of the line, in this order",
  },
  theme: {
    env: "PET_THEME",
    group: "line",
    kind: "choice",
    default: "classic",
    choices: Object.keys(themes),
    description: "colours of the line",
  },
  pack: {
    env: "PET_PACK",
    group: "line",
    kind: "choice",
    default: "cat",
    choices: [...Object.keys(pets), "none"],
    description: "the pet in the line",
  },
  glyphs: {
    env: "PET_GLYPHS",
    group: "line",
    kind: "choice",
    default: "unicode",
    choices: ["unicode", "ascii"],
    description: "characters the line may use",
  },
  rows: {
    env: "PET_ROWS",
    group: "line",
    kind: "integer",
    default: 2,
    min: 1,
    max: 2,
    unit: "rows",
    description: "rows of the line; with 2, the session is on the first and the limits are on the second",
  },
  links: {
    env: "PET_LINKS",
    group: "line",
    kind: "boolean",
    default: false,
    description: "make the project and the pull request clickable (OSC 8 links)",
  },
  modelNames: {
    env: "PET_MODEL_NAMES",
    group: "line",
    kind: "names",
    default: [],
    otherwise: "the names that Claude Code gives; for an ARN, its last part",
    description: "your names for models, by id or by the last part of an ARN",
  },
  planDollars: {
    env: "PET_PLAN_USD",
    group: "line",
    kind: "integer",
    default: 0,
    min: 0,
    max: 100_000,
    unit: "dollars",
    description:
      "what your Claude subscription costs a month; pawprint and pawprint monthly then say what it was worth at list prices",
  },
  loggingEnabled: {
    env: "PET_USAGE_LOGGING_ENABLED",
    group: "logging",
    kind: "boolean",
    default: false,
    description: "turn on the usage and status log",
  },
  usageInterval: {
    env: "PET_USAGE_LOG_INTERVAL",
    group: "logging",
    kind: "integer",
    default: 60_000,
    min: 1_000,
    max: 86_400_000,
    unit: "ms",
    description: "time between two usage records",
  },
  statusInterval: {
    env: "PET_STATUS_LOG_INTERVAL",
    group: "logging",
    kind: "integer",
    default: 3_600_000,
    min: 1_000,
    max: 604_800_000,
    unit: "ms",
    description: "time between two status records",
  },
  logDir: {
    env: "PET_LOG_DIR",
    group: "logging",
    kind: "text",
    default: null,
    otherwise:
      "the first of /data/logs, data/logs in the checkout, and logs in PET_HOME that belongs to you and is writable",
    description: "directory of the log",
  },
  storage: {
    env: "PET_LOG_STORAGE_TYPE",
    group: "logging",
    kind: "choice",
    default: "jsonl",
    choices: ["jsonl", "sqlite", "hybrid"],
    description: "where records are stored; hybrid stores them both as jsonl and as sqlite",
  },
  dbPath: {
    env: "PET_LOG_DB_PATH",
    group: "logging",
    kind: "text",
    default: null,
    otherwise: "{log directory}/usage.db",
    description: "file of the database, for sqlite and hybrid",
  },
  maxSize: {
    env: "PET_LOG_MAX_SIZE",
    group: "logging",
    kind: "integer",
    default: 10_485_760,
    min: 65_536,
    max: 1_073_741_824,
    unit: "bytes",
    description: "maximum size of a log file; it is rotated before it would grow larger",
  },
  maxFiles: {
    env: "PET_LOG_MAX_FILES",
    group: "logging",
    kind: "integer",
    default: 10,
    min: 1,
    max: 1_000,
    unit: "files",
    description: "number of rotated files kept for each log",
  },
  debug: {
    env: "PET_LOGGING_DEBUG",
    group: "logging",
    kind: "boolean",
    default: false,
    description: "write debug messages of the background worker to pawprint.log",
  },
  email: {
    env: "PET_LOG_EMAIL",
    group: "logging",
    kind: "choice",
    default: "full",
    choices: ["full", "hash", "off"],
    description: "how the account's e-mail address is recorded",
  },
  cwd: {
    env: "PET_LOG_CWD",
    group: "logging",
    kind: "choice",
    default: "full",
    choices: ["full", "basename", "off"],
    description: "how the working directory is recorded",
  },
  home: {
    env: "PET_HOME",
    group: "logging",
    kind: "text",
    default: null,
    otherwise: "~/.claude/pets; if there is no ~/.claude, pets in the first directory of CLAUDE_CONFIG_DIR",
    description: "directory of the program, settings, ledger and log; set by pawprint install --home",
  },
  ledgerPath: {
    env: "PET_LEDGER_PATH",
    group: "logging",
    kind: "text",
    default: null,
    otherwise: "ledger.db in PET_HOME",
    description: "file of the ledger",
  },
  claudeCommand: {
    env: "PET_CLAUDE_COMMAND",
    group: "logging",
    kind: "text",
    default: null,
    otherwise: "claude on PATH",
    description: "path of the Claude Code program",
  },
} as const satisfies Record<string, Declaration>;

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
    const text = firstValue(sources, declaration.env);
    if (!text) continue;
    const value = parseSetting(declaration, text);
    if (value !== undefined) settings[key] = value;
    else {
      const { env: setting, group } = declaration;
      const details = { setting, group, value: text.slice(0, 200), allowed: allowed(declaration) };
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

function firstValue(sources: readonly Environment[], name: string): string | null {
  for (const source of sources) {
    const text = source[name]?.trim();
    if (text) return text;
  }
  return null;
}
