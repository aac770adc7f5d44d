import { findNodeAtLocation, getNodeValue, type Node, parseTree } from "jsonc-parser";
import { PawprintError } from "../utils/errors.ts";
import type { Edit } from "./status-line.ts";

/*
 * Edits the hooks file of an assistant: {"version": 1, "hooks": {"stop": [{"command": "..."}]}}. Only our own entry is added
 * or removed; every other byte, including comments, stays as it was.
 */

/** The text of a hooks file with only our hook. */
export const newHooks = (event: string, command: string): string =>
  `${JSON.stringify({ version: 1, hooks: { [event]: [{ command }] } }, null, 2)}\n`;

/** Returns the edits that make an event run our command once. Throws settings_unreadable if the file has another structure. */
export function setHook(text: string, event: string, command: string, isOurs: (command: unknown) => boolean): Edit[] {
  const root = rootOf(text);
  const hooks = findNodeAtLocation(root, ["hooks"]);
  const list = findNodeAtLocation(root, ["hooks", event]);
  if (!hooks) return [insertion(text, root, `"hooks": ${JSON.stringify({ [event]: [{ command }] })}`)];
  if (hooks.type !== "object") throw wrongShape("hooks", "an object");
  if (!list) return [insertion(text, hooks, `${JSON.stringify(event)}: ${JSON.stringify([{ command }])}`)];
  if (list.type !== "array") throw wrongShape(`hooks.${event}`, "a list");
  const own = ourEntryIn(list, isOurs);
  const old = own && findNodeAtLocation(own, ["command"]);
  if (!old) return [insertion(text, list, JSON.stringify({ command }))];
  if (getNodeValue(old) === command) return [];
  return [{ offset: old.offset, length: old.length, text: JSON.stringify(command) }];
}

/** Returns the edits that remove our entry with its comma and white space. */
export function removeHook(text: string, event: string, isOurs: (command: unknown) => boolean): Edit[] {
  const list = findNodeAtLocation(rootOf(text), ["hooks", event]);
  const own = list && ourEntryIn(list, isOurs);
  if (!list || !own) return [];
  const siblings = list.children ?? [];
  const index = siblings.indexOf(own);
  const [previous, next] = [siblings[index - 1], siblings[index + 1]];
  const cut = (from: number, to: number): Edit => ({ offset: from, length: to - from, text: "" });
  // Comments between two entries stay, and so does the comma after them, which may precede the next entry.
  if (next && isBlankOrComma(text, endOf(own), next.offset)) return [cut(own.offset, next.offset)];
  if (!next && previous && isBlankOrComma(text, endOf(previous), own.offset)) return [cut(endOf(previous), endOf(own))];
  const comma = text.slice(endOf(own)).match(/^\s*,/)?.[0].length ?? 0;
  const before = comma === 0 && previous ? text.slice(endOf(previous), own.offset).indexOf(",") : -1;
  return [
    ...(before >= 0 && previous ? [cut(endOf(previous) + before, endOf(previous) + before + 1)] : []),
    cut(own.offset, endOf(own) + comma),
  ];
}

const endOf = ({ offset, length }: Node): number => offset + length;
/** Whether there is only white space and at most one comma between two offsets. */
const isBlankOrComma = (text: string, from: number, to: number): boolean => /^\s*,?\s*$/.test(text.slice(from, to));

/** Returns the root object of the file, which readSettingsFile has already checked. */
function rootOf(text: string): Node {
  const root = parseTree(text.replace(/^\uFEFF/, " "), [], { allowTrailingComma: true });
  if (root?.type === "object") return root;
  throw wrongShape("the file", "an object");
}

function ourEntryIn(list: Node, isOurs: (command: unknown) => boolean): Node | undefined {
  return list.children?.find((entry) => {
    const command = findNodeAtLocation(entry, ["command"]);
    return command !== undefined && isOurs(getNodeValue(command));
  });
}

/** Adds a member after the last one of an object or list, on its own line if the last one is on its own line. */
function insertion(text: string, container: Node, member: string): Edit {
  const last = container.children?.at(-1);
  if (!last) return { offset: container.offset + 1, length: 0, text: member };
  const line = /(?:^|[\r\n])([ \t]*)$/.exec(text.slice(0, last.offset));
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  return { offset: endOf(last), length: 0, text: `,${line ? `${eol}${line[1]}` : " "}${member}` };
}

function wrongShape(what: string, kind: string): PawprintError {
  const hint = "correct it and try again; nothing was changed";
  return new PawprintError("settings_unreadable", `the hooks cannot be read: ${what} is not ${kind}`, hint);
}
