import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { PawprintError } from "../utils/errors.ts";

/*
 * Edits one value in the text of a JSON file that somebody else owns. Every other byte stays, comments and trailing commas
 * included.
 */

/** A change of a text: `length` UTF-16 units at `offset` become `text`. Lists of edits are ascending and do not overlap. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** Where a value stands in a document: keys of objects and indexes of lists, outermost first. */
export type JsonPath = readonly (string | number)[];

/**
 * Returns why a text cannot be edited, or null if it can: it must be one object. Comments and trailing commas are allowed. A
 * blank text counts as an empty object.
 */
export function problemOf(text: string): string | null {
  const found = isBlank(text) ? null : parse(text);
  return typeof found === "string" ? found : null;
}

/** Returns where and why a text is not one JSON object without comments and trailing commas, or null if it is. */
export function strictProblemOf(text: string): string | null {
  const loose = problemOf(text);
  if (loose !== null || isBlank(text)) return loose;
  const errors: ParseError[] = [];
  parseTree(withoutMark(text), errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (!first) return null;
  const isComment = /^\/[/*]/.test(text.slice(first.offset, first.offset + 2));
  return `${lineAt(text, first.offset)}: ${isComment ? "a comment" : "a comma before a closing bracket"}`;
}

/** Returns the JSON text and the value at a path; null if there is none. Of duplicate keys the last one counts. */
export function valueAt(text: string, path: JsonPath): { raw: string; value: unknown } | null {
  const node = isBlank(text) ? null : nodeAt(rootOf(text), path);
  return node && { raw: textOf(text, node), value: getNodeValue(node) };
}

/** Returns the edits that set a key of the document to a value, printed in the document's style. */
export function setValue(text: string, key: string, value: unknown): Edit[] {
  const base = isBlank(text) ? EMPTY : text;
  return setJson(text, [key], styleOf(base, rootOf(base)).print(value));
}

/**
 * Returns the edits that set the value at a path to a JSON text, used as it is. Missing objects and lists around it are added;
 * an index equal to a list's length adds an item. Throws settings_unreadable if a part of the path has another type.
 */
export function setJson(text: string, path: JsonPath, json: string): Edit[] {
  if (isBlank(text)) {
    const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
    return [{ offset: 0, length: text.length, text: `${mark}${apply(EMPTY, setJson(EMPTY, path, json))}` }];
  }
  const root = rootOf(text);
  const old = nodeAt(root, path);
  if (old) return [{ offset: old.offset, length: old.length, text: json }];
  const [above, key = ""] = [path.slice(0, -1), path.at(-1)];
  const parent = nodeAt(root, above);
  const isItem = typeof key === "number";
  if (!parent) return setJson(text, above, isItem ? `[${json}]` : `{${JSON.stringify(key)}:${json}}`);
  if (parent.type !== (isItem ? "array" : "object")) {
    throw unreadable(`${above.join(".")} is not ${isItem ? "a list" : "an object"}`);
  }
  const style = styleOf(text, parent);
  return addition(text, parent, style, isItem ? json : `${JSON.stringify(key)}:${style.gap}${json}`);
}

/** Returns the edits that remove the value at a path with its key, its comma and its line; comments stay. */
export function removeValue(text: string, path: JsonPath): Edit[] {
  const found = isBlank(text) ? null : nodeAt(rootOf(text), path);
  const member = found && typeof path.at(-1) === "string" ? found.parent : found;
  if (!member?.parent) return [];
  const siblings = member.parent.children ?? [];
  const index = siblings.indexOf(member);
  const trivia = scanTrivia(text, endOf(member));
  if (index < siblings.length - 1 && trivia.comma !== null) {
    const between = text.slice(endOf(member), trivia.comma).trim();
    const gap = /^\s*/.exec(text.slice(trivia.comma + 1))?.[0].length ?? 0;
    if (between === "") return [deletion(member.offset, trivia.comma + 1 + gap)];
    return [deletion(member.offset, endOf(member)), deletion(trivia.comma, trivia.comma + 1)];
  }
  const previous = siblings[index - 1];
  const before = scanTrivia(text, previous ? endOf(previous) : member.parent.offset + 1);
  const to = trivia.comma === null ? endOf(member) : trivia.comma + 1;
  // The text that follows must not become part of a line comment.
  const blank = before.endsInLineComment ? /^[ \t]*(?=[\r\n])/.exec(text.slice(to))?.[0] : "";
  const removal = blank === undefined ? deletion(member.offset, to) : deletion(before.end, to + blank.length);
  if (trivia.comma !== null && text.slice(endOf(member), trivia.comma).trim() !== "") {
    return [deletion(member.offset, endOf(member)), deletion(trivia.comma, to)];
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
const lineAt = (text: string, offset: number): string => `line ${text.slice(0, offset).split(/\r\n|\n|\r/).length}`;

/** What a blank text becomes before a value is added. */
const EMPTY = "{}\n";

function rootOf(text: string): Node {
  const found = parse(text);
  if (typeof found !== "string") return found;
  throw unreadable(found);
}

function nodeAt(root: Node, path: JsonPath): Node | null {
  let node: Node | undefined = root;
  for (const key of path) {
    const members: readonly Node[] = node?.children ?? [];
    if (typeof key === "number") node = node?.type === "array" ? members[key] : undefined;
    else
      node = members.findLast(({ type, children }) => type === "property" && children?.[0]?.value === key)
        ?.children?.[1];
  }
  return node ?? null;
}

function unreadable(why: string): PawprintError {
  return new PawprintError(
    "settings_unreadable",
    `the file cannot be edited: ${why}`,
    "correct it and try again; nothing was changed",
  );
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
  if (first) return `${lineAt(text, first.offset)}: ${printParseErrorCode(first.error)}`;
  return top?.type === "object" ? top : "it is not an object";
}

/** Adds a member after the last one of an object or list and the comments on its line. */
function addition(text: string, parent: Node, style: JsonStyle, member: string): Edit[] {
  const last = parent.children?.at(-1);
  const end = last ? endOf(last) : parent.offset + 1;
  const trivia = scanTrivia(text, end);
  if (last) {
    const added = `${style.lead}${member}${trivia.comma === null ? "" : ","}`;
    const edit = { offset: trivia.lineEnd, length: 0, text: added };
    return trivia.comma === null ? [{ offset: end, length: 0, text: "," }, edit] : [edit];
  }
  if (parent.parent) return [{ offset: end, length: 0, text: member }];
  const closing = /[\r\n]/.test(text.slice(trivia.end, trivia.next)) ? "" : style.eol;
  return [{ offset: trivia.end, length: 0, text: `${style.eol}${style.indent}${member}${closing}` }];
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

function styleOf(text: string, parent: Node): JsonStyle {
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  const members = parent.children ?? [];
  const first = members[0];
  if (first && !/[\r\n]/.test(textOf(text, parent))) {
    const space =
      text.slice(parent.offset + 1, first.offset).trim() === "" && text[parent.offset + 1] === " " ? " " : "";
    const gap = /:\s/.test(textOf(text, first)) ? " " : "";
    return { lead: space || gap, gap, indent: "", eol, print: (value) => JSON.stringify(value) };
  }
  const indents = members.map((member) => /(?:^|[\r\n])([ \t]*)$/.exec(text.slice(0, member.offset))?.[1]);
  const before = parent.parent ? text.slice(0, parent.offset) : "";
  const around = /(?:^|[\r\n])([ \t]*)[^\r\n]*$/.exec(before)?.[1] ?? "";
  const indent = indents.find((one) => one !== undefined) ?? `${around}  `;
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
