import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { PawprintError } from "../utils/errors.ts";

/** The "statusLine" of Claude Code's settings; refreshInterval in seconds. https://code.claude.com/docs/en/statusline */
export interface StatusLine {
  readonly type: "command";
  readonly command: string;
  readonly refreshInterval: number;
}

/** A change of a text: `length` UTF-16 units at `offset` become `text`. Lists of edits are ascending and do not overlap. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

const KEY = "statusLine";

/**
 * Returns why a text cannot be edited as Claude Code's settings, or null if it can. Comments and trailing commas are allowed
 * here although Claude Code rejects them (see `refusalOf`). A blank text counts as empty settings.
 */
export function problemOf(text: string): string | null {
  const found = isBlank(text) ? null : parse(text);
  return typeof found === "string" ? found : null;
}

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
  if (typeof statusLine !== "object" || statusLine === null || Array.isArray(statusLine))
    return "statusLine is not an object";
  const { type, command, padding } = statusLine as Record<string, unknown>;
  if (type !== "command") return 'statusLine.type is not "command"';
  if (typeof command !== "string") return "statusLine.command is not a string";
  return padding === undefined || typeof padding === "number" ? null : "statusLine.padding is not a number";
}

/**
 * Returns why Claude Code cannot parse a text as a JSON object, or null if it can. Comments and trailing commas are rejected, a
 * blank text counts as {}, and a byte order mark is allowed.
 */
export function jsonProblemOf(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(strictOf(text));
  } catch {
    return strictProblemOf(text);
  }
  return typeof value !== "object" || value === null || Array.isArray(value) ? "it is not an object" : null;
}

/** Parses a text for which `jsonProblemOf` returns null. */
export const settingsIn = (text: string): Record<string, unknown> => JSON.parse(strictOf(text));

const strictOf = (text: string): string => text.replace(/^\uFEFF/, "").trim() || "{}";

/** Returns where and why a text is not strict JSON. */
function strictProblemOf(text: string): string {
  const loose = problemOf(text);
  if (loose !== null) return loose;
  const errors: ParseError[] = [];
  parseTree(withoutMark(text), errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  const line = text.slice(0, first?.offset ?? 0).split(/\r\n|\n|\r/).length;
  const isComment = first !== undefined && /^\/[/*]/.test(text.slice(first.offset, first.offset + 2));
  return `line ${line}: ${isComment ? "a comment" : first ? "a comma before a closing bracket" : "it is not strict JSON"}`;
}

/** Returns the JSON text and the value of the "statusLine" in a text; null if there is none. */
export function statusLineOf(text: string): { raw: string; value: unknown } | null {
  const node = valueOf(propertyOf(text));
  return node && { raw: textOf(text, node), value: getNodeValue(node) };
}

/** Whether the settings disable all hooks, and with them the statusline. */
export function hooksDisabled(text: string): boolean {
  if (isBlank(text)) return false;
  return (
    root(text).children?.findLast((property) => keyOf(property) === "disableAllHooks")?.children?.[1]?.value === true
  );
}

/** Returns the text with the "statusLine" set and every other byte unchanged; a blank text counts as {}. */
export function withStatusLine(text: string, value: StatusLine): string {
  return apply(text, setStatusLine(text, value));
}

/** Returns the edits that set the "statusLine": a value, printed in the document's style, or a JSON text, used as it is. */
export function setStatusLine(text: string, value: StatusLine | string): Edit[] {
  if (isBlank(text)) {
    const bom = text.startsWith("\uFEFF") ? "\uFEFF" : "";
    return [{ offset: 0, length: text.length, text: `${bom}${apply("{}\n", setStatusLine("{}\n", value))}` }];
  }
  const top = root(text);
  const style = jsonStyleOf(text, top);
  const written = typeof value === "string" ? value : style.print(value);
  const old = valueOf(propertyOf(text));
  if (old) return [{ offset: old.offset, length: old.length, text: written }];
  const member = `${JSON.stringify(KEY)}:${style.gap}${written}`;
  const last = top.children?.at(-1);
  const end = last ? endOf(last) : top.offset + 1;
  const trivia = scanTrivia(text, end);
  if (last) {
    const added = {
      offset: trivia.lineEnd,
      length: 0,
      text: `${style.lead}${member}${trivia.comma === null ? "" : ","}`,
    };
    return trivia.comma === null ? [{ offset: end, length: 0, text: "," }, added] : [added];
  }
  const closing = /[\r\n]/.test(text.slice(trivia.end, trivia.next)) ? "" : style.eol;
  return [{ offset: trivia.end, length: 0, text: `${style.eol}${style.indent}${member}${closing}` }];
}

/** Returns the edits that change only the command of the "statusLine". */
export function setCommand(text: string, command: string): Edit[] {
  const line = valueOf(propertyOf(text));
  const node = line && findNodeAtLocation(line, ["command"]);
  return node ? [{ offset: node.offset, length: node.length, text: JSON.stringify(command) }] : [];
}

/** Returns the edits that remove the "statusLine" with its comma and its line; comments stay. */
export function removeStatusLine(text: string): Edit[] {
  const property = propertyOf(text);
  if (!property) return [];
  const siblings = property.parent?.children ?? [];
  const index = siblings.indexOf(property);
  const trivia = scanTrivia(text, endOf(property));
  if (index < siblings.length - 1 && trivia.comma !== null) {
    const between = text.slice(endOf(property), trivia.comma).trim();
    const gap = /^\s*/.exec(text.slice(trivia.comma + 1))?.[0].length ?? 0;
    if (between === "") return [deletion(property.offset, trivia.comma + 1 + gap)];
    return [deletion(property.offset, endOf(property)), deletion(trivia.comma, trivia.comma + 1)];
  }
  const previous = siblings[index - 1];
  const before = scanTrivia(text, previous ? endOf(previous) : (property.parent?.offset ?? 0) + 1);
  const to = trivia.comma === null ? endOf(property) : trivia.comma + 1;
  // The text that follows must not become part of a line comment.
  const blank = before.endsInLineComment ? /^[ \t]*(?=[\r\n])/.exec(text.slice(to))?.[0] : "";
  const removal = blank === undefined ? deletion(property.offset, to) : deletion(before.end, to + blank.length);
  if (trivia.comma !== null && text.slice(endOf(property), trivia.comma).trim() !== "") {
    return [deletion(property.offset, endOf(property)), deletion(trivia.comma, to)];
  }
  const comma = trivia.comma === null && previous ? before.comma : null;
  return comma === null ? [removal] : [deletion(comma, comma + 1), removal];
}

/** Applies the edits to a text. */
export function apply(text: string, edits: readonly Edit[]): string {
  let done = 0;
  let result = "";
  for (const edit of edits) {
    result += text.slice(done, edit.offset) + edit.text;
    done = edit.offset + edit.length;
  }
  return result + text.slice(done);
}

/** Returns the edits that turn apply(text, edits) back into the text. */
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
const deletion = (from: number, to: number): Edit => ({ offset: from, length: to - from, text: "" });
const keyOf = (property: Node): unknown => property.children?.[0]?.value;
const valueOf = (property: Node | null): Node | null => property?.children?.[1] ?? null;

/** The "statusLine" property in effect: the last one if the key is duplicated. */
function propertyOf(text: string): Node | null {
  return isBlank(text) ? null : (root(text).children?.findLast((property) => keyOf(property) === KEY) ?? null);
}

function root(text: string): Node {
  const found = parse(text);
  if (typeof found !== "string") return found;
  throw new PawprintError("settings_unreadable", `the settings cannot be read: ${found}`, "correct them and try again");
}

/** Replaces a byte order mark with a space, so that all offsets stay the same. */
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
  return top?.type === "object" ? top : "it is not an object";
}

interface JsonStyle {
  /** White space between a comma and the next member. */
  readonly lead: string;
  /** White space after a colon. */
  readonly gap: string;
  readonly indent: string;
  readonly eol: string;
  print(value: unknown): string;
}

function jsonStyleOf(text: string, top: Node): JsonStyle {
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

/** The white space, comments and comma between two tokens. */
interface Trivia {
  /** Offset of the comma before the next token, or null. */
  readonly comma: number | null;
  /** End of the comma and comments on the same line (the comma's line, if there is a comma). */
  readonly lineEnd: number;
  /** End of the last comma or comment before the next token, and whether it is a line comment. */
  readonly end: number;
  readonly endsInLineComment: boolean;
  /** Offset of the next token. */
  readonly next: number;
}

/** White space, a comment, or a comma. Nothing else can come between two tokens, because the text has been parsed before. */
const BETWEEN = /[ \t]+|[\r\n]+|\/\/[^\r\n]*|\/\*[^]*?\*\/|,/y;

function scanTrivia(text: string, offset: number): Trivia {
  const trivia = { comma: null as number | null, lineEnd: offset, end: offset, endsInLineComment: false, next: offset };
  let onLine = true;
  for (;;) {
    BETWEEN.lastIndex = trivia.next;
    const [part] = BETWEEN.exec(text) ?? [];
    if (part === undefined || (part === "," && trivia.comma !== null)) return trivia;
    if (part === ",") {
      trivia.comma = trivia.next;
      onLine = true;
    }
    trivia.next += part.length;
    if (/^[\r\n]/.test(part)) onLine = false;
    if (/^\s/.test(part)) continue;
    trivia.end = trivia.next;
    trivia.endsInLineComment = part.startsWith("//");
    if (onLine) trivia.lineEnd = trivia.end;
  }
}
