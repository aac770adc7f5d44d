import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { PawprintError } from "../utils/errors.ts";

/** What stands in Claude Code's settings under "statusLine"; refreshInterval in seconds. https://code.claude.com/docs/en/statusline */
export interface StatusLine {
  readonly type: "command";
  readonly command: string;
  readonly refreshInterval: number;
}

/** A change of a text: `length` UTF-16 units at `offset` become `text`. Lists of them are ascending and do not overlap. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

const KEY = "statusLine";

/**
 * Why a text cannot be edited as Claude Code's settings, or null when it can. Comments and trailing commas are allowed here,
 * though Claude Code itself refuses them (see `refusalOf`); blank is empty.
 */
export function problemOf(text: string): string | null {
  const found = isBlank(text) ? null : parse(text);
  return typeof found === "string" ? found : null;
}

/**
 * Why Claude Code skips the whole of a settings file that it can read, or null when nothing in sight makes it do so: what
 * `jsonProblemOf` names, or a "statusLine" or "disableAllHooks" of the wrong type. Measured with 2.1.328 and 2.1.332.
 */
export function refusalOf(text: string): string | null {
  const problem = jsonProblemOf(text);
  if (problem !== null) return problem;
  const { statusLine, disableAllHooks } = settingsIn(text);
  if (disableAllHooks !== undefined && typeof disableAllHooks !== "boolean")
    return "disableAllHooks is not true or false";
  if (statusLine === undefined) return null;
  if (typeof statusLine !== "object" || statusLine === null || Array.isArray(statusLine))
    return "statusLine is no object";
  const { type, command, padding } = statusLine as Record<string, unknown>;
  if (type !== "command") return 'statusLine.type is not "command"';
  if (typeof command !== "string") return "statusLine.command is no text";
  return padding === undefined || typeof padding === "number" ? null : "statusLine.padding is no number";
}

/**
 * Why a text is no JSON object as Claude Code reads one, or null when it is: comments and trailing commas are refused, blank
 * is empty, and a byte order mark is allowed.
 */
export function jsonProblemOf(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(strictOf(text));
  } catch {
    return notStrict(text);
  }
  return typeof value !== "object" || value === null || Array.isArray(value) ? "it is no object" : null;
}

/** The settings in a text that `jsonProblemOf` finds nothing wrong with. */
export const settingsIn = (text: string): Record<string, unknown> => JSON.parse(strictOf(text));

const strictOf = (text: string): string => text.replace(/^\uFEFF/, "").trim() || "{}";

/** Where and why a text is no strict JSON. */
function notStrict(text: string): string {
  const loose = problemOf(text);
  if (loose !== null) return loose;
  const errors: ParseError[] = [];
  parseTree(withoutMark(text), errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  const line = text.slice(0, first?.offset ?? 0).split(/\r\n|\n|\r/).length;
  const isComment = first !== undefined && /^\/[/*]/.test(text.slice(first.offset, first.offset + 2));
  return `line ${line}: ${isComment ? "a comment" : first ? "a comma before a closing bracket" : "it is no strict JSON"}`;
}

/** The text's own "statusLine": its text and its value; null when there is none. */
export function statusLineOf(text: string): { raw: string; value: unknown } | null {
  const node = valueOf(propertyOf(text));
  return node && { raw: textOf(text, node), value: getNodeValue(node) };
}

/** Whether the settings switch off all hooks, and with them the statusline. */
export function hooksDisabled(text: string): boolean {
  if (isBlank(text)) return false;
  return (
    root(text).children?.findLast((property) => keyOf(property) === "disableAllHooks")?.children?.[1]?.value === true
  );
}

/** The text with that "statusLine" in it, every byte outside of it as it was; blank text counts as {}. */
export function withStatusLine(text: string, value: StatusLine): string {
  return apply(text, setStatusLine(text, value));
}

/** The edits that put a "statusLine" in, in the document's own style: a given value, or the very text of one. */
export function setStatusLine(text: string, value: StatusLine | string): Edit[] {
  if (isBlank(text)) {
    const bom = text.startsWith("\uFEFF") ? "\uFEFF" : "";
    return [{ offset: 0, length: text.length, text: `${bom}${apply("{}\n", setStatusLine("{}\n", value))}` }];
  }
  const top = root(text);
  const style = styleOf(text, top);
  const written = typeof value === "string" ? value : style.print(value);
  const old = valueOf(propertyOf(text));
  if (old) return [{ offset: old.offset, length: old.length, text: written }];
  const member = `${JSON.stringify(KEY)}:${style.gap}${written}`;
  const last = top.children?.at(-1);
  const end = last ? endOf(last) : top.offset + 1;
  const rest = scanFrom(text, end);
  if (last) {
    const added = { offset: rest.lineEnd, length: 0, text: `${style.lead}${member}${rest.comma === null ? "" : ","}` };
    return rest.comma === null ? [{ offset: end, length: 0, text: "," }, added] : [added];
  }
  const closing = /[\r\n]/.test(text.slice(rest.end, rest.next)) ? "" : style.eol;
  return [{ offset: rest.end, length: 0, text: `${style.eol}${style.indent}${member}${closing}` }];
}

/** The edits that change the command only, and leave what else the "statusLine" holds. */
export function setCommand(text: string, command: string): Edit[] {
  const line = valueOf(propertyOf(text));
  const node = line && findNodeAtLocation(line, ["command"]);
  return node ? [{ offset: node.offset, length: node.length, text: JSON.stringify(command) }] : [];
}

/** The edits that take the "statusLine" out with the comma and the line that were its own; comments stay. */
export function removeStatusLine(text: string): Edit[] {
  const property = propertyOf(text);
  if (!property) return [];
  const siblings = property.parent?.children ?? [];
  const index = siblings.indexOf(property);
  const rest = scanFrom(text, endOf(property));
  if (index < siblings.length - 1 && rest.comma !== null) {
    const between = text.slice(endOf(property), rest.comma).trim();
    const gap = /^\s*/.exec(text.slice(rest.comma + 1))?.[0].length ?? 0;
    if (between === "") return [cutOut(property.offset, rest.comma + 1 + gap)];
    return [cutOut(property.offset, endOf(property)), cutOut(rest.comma, rest.comma + 1)];
  }
  const previous = siblings[index - 1];
  const before = scanFrom(text, previous ? endOf(previous) : (property.parent?.offset ?? 0) + 1);
  const to = rest.comma === null ? endOf(property) : rest.comma + 1;
  // What follows must not slip into a comment that goes to the end of its line.
  const blank = before.endsInLineComment ? /^[ \t]*(?=[\r\n])/.exec(text.slice(to))?.[0] : "";
  const gone = blank === undefined ? cutOut(property.offset, to) : cutOut(before.end, to + blank.length);
  if (rest.comma !== null && text.slice(endOf(property), rest.comma).trim() !== "") {
    return [cutOut(property.offset, endOf(property)), cutOut(rest.comma, to)];
  }
  const comma = rest.comma === null && previous ? before.comma : null;
  return comma === null ? [gone] : [cutOut(comma, comma + 1), gone];
}

/** The text with the edits in it. */
export function apply(text: string, edits: readonly Edit[]): string {
  let done = 0;
  let result = "";
  for (const edit of edits) {
    result += text.slice(done, edit.offset) + edit.text;
    done = edit.offset + edit.length;
  }
  return result + text.slice(done);
}

/** The edits that lead from apply(text, edits) back to the text. */
export function invert(text: string, edits: readonly Edit[]): Edit[] {
  let shift = 0;
  return edits.map((edit) => {
    const back = { offset: edit.offset + shift, length: edit.text.length, text: textOf(text, edit) };
    shift += edit.text.length - edit.length;
    return back;
  });
}

const isBlank = (text: string): boolean => text.trim() === "";
const endOf = (node: { offset: number; length: number }): number => node.offset + node.length;
const textOf = (text: string, at: { offset: number; length: number }): string => text.slice(at.offset, endOf(at));
const cutOut = (from: number, to: number): Edit => ({ offset: from, length: to - from, text: "" });
const keyOf = (property: Node): unknown => property.children?.[0]?.value;
const valueOf = (property: Node | null): Node | null => property?.children?.[1] ?? null;

/** The property that counts: the last, where the key stands twice. */
function propertyOf(text: string): Node | null {
  return isBlank(text) ? null : (root(text).children?.findLast((property) => keyOf(property) === KEY) ?? null);
}

function root(text: string): Node {
  const found = parse(text);
  if (typeof found !== "string") return found;
  throw new PawprintError("settings_unreadable", `the settings cannot be read: ${found}`, "correct them and try again");
}

/** A byte order mark becomes a space of the same length, so that all offsets are those of the text. */
const withoutMark = (text: string): string => text.replace(/^\uFEFF/, " ");

function parse(text: string): Node | string {
  const errors: ParseError[] = [];
  let top: Node | undefined;
  try {
    top = parseTree(withoutMark(text), errors, { allowTrailingComma: true });
  } catch (error) {
    if (error instanceof RangeError) return "it is nested too deeply";
    throw error;
  }
  const [first] = errors;
  if (first)
    return `line ${text.slice(0, first.offset).split(/\r\n|\n|\r/).length}: ${printParseErrorCode(first.error)}`;
  return top?.type === "object" ? top : "it is no object";
}

interface Style {
  /** What separates two members, after the comma. */
  readonly lead: string;
  /** What stands after a colon. */
  readonly gap: string;
  readonly indent: string;
  readonly eol: string;
  print(value: unknown): string;
}

function styleOf(text: string, top: Node): Style {
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  const members = top.children ?? [];
  const first = members[0];
  if (first && !/[\r\n]/.test(textOf(text, top))) {
    const space = text.slice(top.offset + 1, first.offset).trim() === "" && text[top.offset + 1] === " " ? " " : "";
    const gap = /:\s/.test(textOf(text, first)) ? " " : "";
    return { lead: space || gap, gap, indent: "", eol, print: (value) => JSON.stringify(value) };
  }
  const indents = members.map((member) => /(?:^|[\r\n])([ \t]*)$/.exec(text.slice(0, member.offset))?.[1]);
  const indent = indents.find((one) => one !== undefined) ?? "  ";
  const print = (value: unknown): string =>
    JSON.stringify(value, null, indent || "  ").replaceAll("\n", `${eol}${indent}`);
  return { lead: `${eol}${indent}`, gap: " ", indent, eol, print };
}

interface Rest {
  /** Offset of the next comma, if one comes before anything else. */
  readonly comma: number | null;
  /** End of what stands on this line (of the comma, if there is one): comma and comments. */
  readonly lineEnd: number;
  /** End of the last comma or comment before the next token, and whether that is a comment to the end of its line. */
  readonly end: number;
  readonly endsInLineComment: boolean;
  /** Offset of the next token. */
  readonly next: number;
}

/** What may stand between two tokens, and a comma. The text was parsed before, so nothing else need be told apart. */
const BETWEEN = /[ \t]+|[\r\n]+|\/\/[^\r\n]*|\/\*[^]*?\*\/|,/y;

function scanFrom(text: string, offset: number): Rest {
  const rest = { comma: null as number | null, lineEnd: offset, end: offset, endsInLineComment: false, next: offset };
  let onLine = true;
  for (;;) {
    BETWEEN.lastIndex = rest.next;
    const [part] = BETWEEN.exec(text) ?? [];
    if (part === undefined || (part === "," && rest.comma !== null)) return rest;
    if (part === ",") {
      rest.comma = rest.next;
      onLine = true;
    }
    rest.next += part.length;
    if (/^[\r\n]/.test(part)) onLine = false;
    if (/^\s/.test(part)) continue;
    rest.end = rest.next;
    rest.endsInLineComment = part.startsWith("//");
    if (onLine) rest.lineEnd = rest.end;
  }
}
