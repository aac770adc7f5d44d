import { isFields } from "../utils/json.ts";
import { apply, type Edit, removeValue, setJson, setValue, strictProblemOf, valueAt } from "./jsonc.ts";

/** The "statusLine" of Claude Code's settings; refreshInterval in seconds. https://code.claude.com/docs/en/statusline */
export interface StatusLine {
  readonly type: "command";
  readonly command: string;
  readonly refreshInterval: number;
}

const KEY = "statusLine";

/**
 * Returns why Claude Code skips a whole settings file, or null if no reason is found: a problem of `jsonProblemOf`, or a
 * "statusLine" or "disableAllHooks" of the wrong type. Tested with 2.1.328 and 2.1.332.
 */
export function refusalOf(text: string): string | null {
  const problem = jsonProblemOf(text);
  if (problem !== null) return problem;
  const { statusLine, disableAllHooks } = settingsIn(text);
  if (disableAllHooks !== undefined && typeof disableAllHooks !== "boolean")
    return "disableAllHooks is not true or false";
  if (statusLine === undefined) return null;
  if (!isFields(statusLine)) return "statusLine is not an object";
  const { type, command, padding } = statusLine;
  if (type !== "command") return 'statusLine.type is not "command"';
  if (typeof command !== "string") return "statusLine.command is not a string";
  return padding === undefined || typeof padding === "number" ? null : "statusLine.padding is not a number";
}

/**
 * Returns why Claude Code cannot parse a text as a JSON object, or null if it can. Comments and trailing commas are rejected, a
 * blank text counts as {}, and a byte order mark is allowed.
 */
export function jsonProblemOf(text: string): string | null {
  try {
    return isFields(JSON.parse(strictOf(text))) ? null : "it is not an object";
  } catch {
    return strictProblemOf(text) ?? "line 1: it is not strict JSON";
  }
}

/** Parses a text for which `jsonProblemOf` returns null. */
export const settingsIn = (text: string): Record<string, unknown> => JSON.parse(strictOf(text));

const strictOf = (text: string): string => text.replace(/^\uFEFF/, "").trim() || "{}";

/** Returns the JSON text and the value of the "statusLine" in a text; null if there is none. */
export const statusLineOf = (text: string): { raw: string; value: unknown } | null => valueAt(text, [KEY]);

/** Whether the settings disable all hooks, and with them the statusline. */
export const hooksDisabled = (text: string): boolean => valueAt(text, ["disableAllHooks"])?.value === true;

/** Returns the text with the "statusLine" set and every other byte unchanged; a blank text counts as {}. */
export const withStatusLine = (text: string, value: StatusLine): string => apply(text, setStatusLine(text, value));

/** Returns the edits that set the "statusLine": a value, printed in the document's style, or a JSON text, used as it is. */
export const setStatusLine = (text: string, value: StatusLine | string): Edit[] =>
  typeof value === "string" ? setJson(text, [KEY], value) : setValue(text, KEY, value);

/** Returns the edits that change only the command of the "statusLine". */
export function setCommand(text: string, command: string): Edit[] {
  const path = [KEY, "command"];
  return valueAt(text, path) ? setJson(text, path, JSON.stringify(command)) : [];
}

/** Returns the edits that remove the "statusLine" with its comma and its line; comments stay. */
export const removeStatusLine = (text: string): Edit[] => removeValue(text, [KEY]);
