import type { Place } from "../../model/observation.ts";

/** Any object of a transcript, of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const NONE: Fields = {};

/** The value where it is an object, else one without fields. */
export const fields = (value: unknown): Fields => (isFields(value) ? value : NONE);

/** The objects of a list; nothing where the value is none. */
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);

/** The value where it is text, else nothing; what is longer than anything of its kind is cut. */
export const text = (value: unknown, cap = 1_024): string => (typeof value === "string" ? value.slice(0, cap) : "");

/** Epoch milliseconds of a timestamp, null where there is none that can be read. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

const BOM = 0xef;

/** One line as an object; null where it is none. A byte order mark before it, or the NULs that a crash left, are passed over. */
export function lineOf(bytes: Buffer, from: number, to: number): Fields | null {
  let start = from;
  while (bytes[start] === 0 && start < to) start++;
  if (bytes[start] === BOM) start += 3;
  return parse(bytes.toString("utf8", start, to));
}

/** A JSON text as an object; null where it is none. */
export function parse(json: string): Fields | null {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

/** Session, project, branch and subagent of a line; what it does not tell is taken from where the file lies. */
export function placeOf(line: Fields, path: string, isAgent = line["isSidechain"] === true): Place {
  return {
    session: text(line["sessionId"], 200) || path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl$/, ""),
    project: text(line["cwd"]) || (/\/projects\/([^/]*)\//.exec(path)?.[1] ?? ""),
    branch: text(line["gitBranch"], 250),
    agent: isAgent ? text(line["attributionAgent"], 100) || "subagent" : "",
  };
}
