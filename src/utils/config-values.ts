/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a setting is about; an invalid value of another group than "line" stops what it is about. */
export type SettingGroup = "line" | "logging" | "hub";

/** The declaration of a setting. What is printed about it is in cli/setting-texts.ts. */
export type Declaration = {
  readonly env: `PET_${string}`;
  readonly group: SettingGroup;
} & (
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
  | { readonly kind: "names"; readonly default: readonly (readonly [string, string])[] }
  | { readonly kind: "text"; readonly default: null }
  | {
      readonly kind: "word";
      readonly default: null;
      /** Set if nothing may ever print the value. */
      readonly isSecret?: true;
    }
);

/** A problem with a setting. */
export interface SettingProblem {
  /** "value": the value is not allowed. "name": there is no setting named `value`. */
  readonly kind: "value" | "name";
  /** The name of the setting; equal to `value` if there is no such setting. */
  readonly setting: string;
  readonly group: SettingGroup;
  readonly value: string;
  /** The allowed values, as part of a sentence. */
  readonly allowed: string;
  /** The existing name most similar to the unknown one; null if none is similar. */
  readonly nearest: string | null;
}

/** The default of PET_SEGMENTS, in display order. */
export const DEFAULT_SEGMENTS: readonly string[] = [
  "pet",
  "model",
  "agent",
  "vim",
  "project",
  "branch",
  "pr",
  "context",
  "lines",
  "cost",
  "today",
  "burn",
  "five-hour",
  "weekly",
  "model-weekly",
  "spend-limit",
  "extra-usage",
  "pace",
  "assistant",
  "cache",
  "diagnostics",
  "logger",
];

/** Longest value of a setting of kind "word", characters. */
const MAX_WORD_LENGTH = 500;

/** The values that a setting allows, as part of a sentence. */
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
    case "names":
      return "name=value pairs separated by commas";
    case "text":
      return "an absolute path, or one that starts with ~/";
    case "word":
      return `at most ${MAX_WORD_LENGTH} visible characters`;
  }
}

/** Parses the text of a setting; undefined if the declaration does not allow it. */
export function parseSetting(declaration: Declaration, text: string): unknown {
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
    case "names": {
      const pairs = text.split(",").filter((pair) => pair.trim() !== "");
      const split = pairs.map((pair) => [pair.split("=", 1).join().trim(), pair.slice(pair.indexOf("=") + 1).trim()]);
      return pairs.every((pair) => pair.includes("=")) && split.flat().every(Boolean) ? split : undefined;
    }
    case "text":
      return isPath(text) && !text.includes("\0") ? text : undefined;
    case "word":
      return text.length <= MAX_WORD_LENGTH && !/[\p{C}]/u.test(text) ? text : undefined;
  }
}

const isPath = (text: string): boolean => text.startsWith("/") || text.startsWith("~/") || startsWithDrive(text);
const startsWithDrive = (text: string): boolean => /^[A-Za-z]:[\\/]/.test(text);

/**
 * Parses the PET_ settings in the text of a .env file. Everything else is ignored, so that such a file cannot set
 * anything else.
 */
export function parseDotEnv(text: string): Environment {
  const found: Record<string, string> = {};
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, end).trim();
    // Nearly every line is a plain PET_NAME=value and needs no regular expression.
    const at = line.indexOf("=");
    if (at < 0 || line.startsWith("#")) continue;
    const name = line
      .slice(0, at)
      .replace(/^export\s+/, "")
      .trim();
    if (/^PET_/i.test(name)) found[name] = unquoted(line.slice(at + 1).trim());
  }
  return found;
}

function unquoted(text: string): string {
  const quoted = text[0] === '"' || text[0] === "'" ? /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(text) : null;
  if (quoted) return quoted[2] ?? "";
  return text.includes("#") ? text.replace(/(^|\s)#.*$/, "").trim() : text;
}
