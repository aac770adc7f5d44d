import pets from "../../data/pets.json";
import themes from "../../data/themes.json";

/** What one setting may hold; `unit` and `meaning` go into .env.example and the README. */
type Declaration = { readonly env: `PET_${string}`; readonly group: "line" | "logging"; readonly meaning: string } & (
  | { readonly kind: "boolean"; readonly default: boolean }
  | {
      readonly kind: "integer";
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly unit: string;
    }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly string[] }
  | { readonly kind: "list"; readonly default: readonly string[] }
  | { readonly kind: "text"; readonly default: null; readonly otherwise: string }
);

const USUAL_SEGMENTS =
  "pet model agent vim project branch pr context lines cost today burn five-hour weekly model-weekly spend-limit extra-usage pace assistant cache diagnostics logger";

/**
 * Every setting, declared once. This is plain data and not a zod object because the line reads it at every refresh,
 * where zod alone would cost as much as the rest of the line together.
 */
export const declarations = {
  segments: {
    env: "PET_SEGMENTS",
    group: "line",
    kind: "list",
    default: USUAL_SEGMENTS.split(" "),
    meaning: "segments of the line, in this order, separated by commas",
  },
  theme: {
    env: "PET_THEME",
    group: "line",
    kind: "choice",
    default: "classic",
    choices: Object.keys(themes),
    meaning: "colours of the line",
  },
  pack: {
    env: "PET_PACK",
    group: "line",
    kind: "choice",
    default: "cat",
    choices: [...Object.keys(pets), "none"],
    meaning: "which pet lives in the line",
  },
  glyphs: {
    env: "PET_GLYPHS",
    group: "line",
    kind: "choice",
    default: "unicode",
    choices: ["unicode", "ascii"],
    meaning: "characters the line may use",
  },
  rows: {
    env: "PET_ROWS",
    group: "line",
    kind: "integer",
    default: 2,
    min: 1,
    max: 2,
    unit: "rows",
    meaning: "session and limits on one row, or on a row each",
  },
  links: {
    env: "PET_LINKS",
    group: "line",
    kind: "boolean",
    default: false,
    meaning: "make project and pr clickable (OSC 8 links)",
  },
  loggingEnabled: {
    env: "PET_USAGE_LOGGING_ENABLED",
    group: "logging",
    kind: "boolean",
    default: false,
    meaning: "keep the usage and status log",
  },
  usageInterval: {
    env: "PET_USAGE_LOG_INTERVAL",
    group: "logging",
    kind: "integer",
    default: 60_000,
    min: 1_000,
    max: 86_400_000,
    unit: "ms",
    meaning: "time between two usage records",
  },
  statusInterval: {
    env: "PET_STATUS_LOG_INTERVAL",
    group: "logging",
    kind: "integer",
    default: 3_600_000,
    min: 1_000,
    max: 604_800_000,
    unit: "ms",
    meaning: "time between two status records",
  },
  logDir: {
    env: "PET_LOG_DIR",
    group: "logging",
    kind: "text",
    default: null,
    otherwise: "/data/logs, the checkout's data/logs, or ~/.claude/pets/logs: the first that exists and can be written",
    meaning: "directory of the log, an absolute path",
  },
  storage: {
    env: "PET_LOG_STORAGE_TYPE",
    group: "logging",
    kind: "choice",
    default: "jsonl",
    choices: ["jsonl", "sqlite", "hybrid"],
    meaning: "where records go; hybrid writes both",
  },
  dbPath: {
    env: "PET_LOG_DB_PATH",
    group: "logging",
    kind: "text",
    default: null,
    otherwise: "{log directory}/usage.db",
    meaning: "file of the sqlite storage, an absolute path",
  },
  maxSize: {
    env: "PET_LOG_MAX_SIZE",
    group: "logging",
    kind: "integer",
    default: 10_485_760,
    min: 65_536,
    max: 1_073_741_824,
    unit: "bytes",
    meaning: "size at which a log file is rotated; never exceeded",
  },
  maxFiles: {
    env: "PET_LOG_MAX_FILES",
    group: "logging",
    kind: "integer",
    default: 10,
    min: 1,
    max: 1_000,
    unit: "files",
    meaning: "rotated files kept of each log",
  },
  debug: {
    env: "PET_LOGGING_DEBUG",
    group: "logging",
    kind: "boolean",
    default: false,
    meaning: "write everything the worker does to pawprint.log",
  },
  email: {
    env: "PET_LOG_EMAIL",
    group: "logging",
    kind: "choice",
    default: "full",
    choices: ["full", "hash", "off"],
    meaning: "how the account's e-mail address is recorded",
  },
  cwd: {
    env: "PET_LOG_CWD",
    group: "logging",
    kind: "choice",
    default: "full",
    choices: ["full", "basename", "off"],
    meaning: "how the working directory is recorded",
  },
  ledgerPath: {
    env: "PET_LEDGER_PATH",
    group: "logging",
    kind: "text",
    default: null,
    otherwise: "~/.claude/pets/ledger.db",
    meaning: "file of the ledger, an absolute path",
  },
  claudeCommand: {
    env: "PET_CLAUDE_COMMAND",
    group: "logging",
    kind: "text",
    default: null,
    otherwise: "claude on PATH",
    meaning: "path of the Claude Code program",
  },
} as const satisfies Record<string, Declaration>;

type Declarations = typeof declarations;
type Value<D> = D extends { kind: "boolean" }
  ? boolean
  : D extends { kind: "integer" }
    ? number
    : D extends { kind: "choice"; choices: readonly (infer C)[] }
      ? C
      : D extends { kind: "list" }
        ? readonly string[]
        : string | null;

/** All settings with their values; integers in the unit of their declaration. */
export type Settings = { readonly [K in keyof Declarations]: Value<Declarations[K]> };

/** A value that is not allowed: which setting, what stood there, what may stand there. */
export interface SettingProblem {
  readonly setting: string;
  readonly group: "line" | "logging";
  readonly value: string;
  readonly allowed: string;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process: the only place where it is read. */
export function environment(): Environment {
  return process.env;
}

/** What may stand in a setting, as a sentence part. */
export function allowed(declaration: Declaration): string {
  switch (declaration.kind) {
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number of ${declaration.unit} from ${declaration.min} to ${declaration.max}`;
    case "choice":
      return `one of ${declaration.choices.join(", ")}`;
    case "list":
      return "names separated by commas";
    case "text":
      return "an absolute path, or one that starts with ~/";
  }
}

function parse(declaration: Declaration, text: string): unknown {
  switch (declaration.kind) {
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "integer": {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= declaration.min && value <= declaration.max ? value : undefined;
    }
    case "choice":
      return declaration.choices.includes(text) ? text : undefined;
    case "list":
      return text
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean);
    case "text":
      return /^(~?\/|[A-Za-z]:[\\/])/.test(text) && !text.includes("\0") ? text : undefined;
  }
}

/**
 * Settings from several sources, the first that names one wins; an empty value counts as not set.
 * A wrong value is reported and its default taken.
 */
export function readSettings(sources: readonly Environment[]): { settings: Settings; problems: SettingProblem[] } {
  const settings: Record<string, unknown> = {};
  const problems: SettingProblem[] = [];
  for (const [key, declaration] of Object.entries<Declaration>(declarations)) {
    settings[key] = declaration.default;
    const text = firstOf(sources, declaration.env);
    if (!text) continue;
    const value = parse(declaration, text);
    if (value !== undefined) settings[key] = value;
    else {
      const { env: setting, group } = declaration;
      problems.push({ setting, group, value: text.slice(0, 200), allowed: allowed(declaration) });
    }
  }
  return { settings: settings as Settings, problems };
}

function firstOf(sources: readonly Environment[], name: string): string | null {
  for (const source of sources) {
    const text = source[name]?.trim();
    if (text) return text;
  }
  return null;
}

/** The PET_ settings of a .env file's text; all else in it is ignored, so that such a file can set nothing but ours. */
export function parseDotEnv(text: string): Environment {
  const found: Record<string, string> = {};
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    // Nearly every line is a plain PET_NAME=value, for which no pattern needs to be made.
    const at = line.indexOf("=");
    if (at < 0 || line.startsWith("#")) continue;
    const name = line.slice(0, at).replace("export ", "").trim();
    if (name.startsWith("PET_")) found[name] = valueOf(line.slice(at + 1).trim());
  }
  return found;
}

function valueOf(text: string): string {
  const quoted = text[0] === '"' || text[0] === "'" ? /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(text) : null;
  if (quoted) return quoted[2] ?? "";
  return text.includes("#") ? text.replace(/(^|\s)#.*$/, "").trim() : text;
}
