import { findNodeAtLocation, getNodeValue, type Node, parseTree } from "jsonc-parser";
import { PawprintError } from "../utils/errors.ts";
import type { Edit } from "./status-line.ts";

/*
 * Hooks as assistants keep them: {"version": 1, "hooks": {"stop": [{"command": "..."}]}}. Only our own entry is put in or
 * taken out; every other byte, comments included, stays as it was.
 */

/** A file of hooks that holds one of ours and nothing else. */
export const newHooks = (event: string, command: string): string =>
  `${JSON.stringify({ version: 1, hooks: { [event]: [{ command }] } }, null, 2)}\n`;

/** The edits after which an event runs our command, once. Throws settings_unreadable where the file has another shape. */
export function setHook(text: string, event: string, command: string, isOurs: (command: unknown) => boolean): Edit[] {
  const root = rootOf(text);
  const hooks = findNodeAtLocation(root, ["hooks"]);
  const list = findNodeAtLocation(root, ["hooks", event]);
  if (!hooks) return [inserted(text, root, `"hooks": ${JSON.stringify({ [event]: [{ command }] })}`)];
  if (hooks.type !== "object") throw wrongShape("hooks", "object");
  if (!list) return [inserted(text, hooks, `${JSON.stringify(event)}: ${JSON.stringify([{ command }])}`)];
  if (list.type !== "array") throw wrongShape(`hooks.${event}`, "list");
  const own = ownOf(list, isOurs);
  const old = own && findNodeAtLocation(own, ["command"]);
  if (!old) return [inserted(text, list, JSON.stringify({ command }))];
  if (getNodeValue(old) === command) return [];
  return [{ offset: old.offset, length: old.length, text: JSON.stringify(command) }];
}

/** The edits that take our entry out, with the comma and the space that were its own. */
export function removeHook(text: string, event: string, isOurs: (command: unknown) => boolean): Edit[] {
  const list = findNodeAtLocation(rootOf(text), ["hooks", event]);
  const own = list && ownOf(list, isOurs);
  if (!list || !own) return [];
  const siblings = list.children ?? [];
  const index = siblings.indexOf(own);
  const [previous, next] = [siblings[index - 1], siblings[index + 1]];
  const cut = (from: number, to: number): Edit => ({ offset: from, length: to - from, text: "" });
  // Comments between two entries stay, and the comma behind them: it may be the one before the next entry.
  if (next && isBare(text, endOf(own), next.offset)) return [cut(own.offset, next.offset)];
  if (!next && previous && isBare(text, endOf(previous), own.offset)) return [cut(endOf(previous), endOf(own))];
  const comma = text.slice(endOf(own)).match(/^\s*,/)?.[0].length ?? 0;
  const before = comma === 0 && previous ? text.slice(endOf(previous), own.offset).indexOf(",") : -1;
  return [
    ...(before >= 0 && previous ? [cut(endOf(previous) + before, endOf(previous) + before + 1)] : []),
    cut(own.offset, endOf(own) + comma),
  ];
}

const endOf = ({ offset, length }: Node): number => offset + length;
/** Whether nothing but a comma and space stand between two places. */
const isBare = (text: string, from: number, to: number): boolean => /^\s*,?\s*$/.test(text.slice(from, to));

/** The file's object. It was looked at before: see readSettingsFile. */
function rootOf(text: string): Node {
  const root = parseTree(text.replace(/^\uFEFF/, " "), [], { allowTrailingComma: true });
  if (root?.type === "object") return root;
  throw wrongShape("it", "object");
}

function ownOf(list: Node, isOurs: (command: unknown) => boolean): Node | undefined {
  return list.children?.find((entry) => {
    const command = findNodeAtLocation(entry, ["command"]);
    return command !== undefined && isOurs(getNodeValue(command));
  });
}

/** Puts a member behind the last one of an object or a list: on a line of its own where that has one. */
function inserted(text: string, container: Node, member: string): Edit {
  const last = container.children?.at(-1);
  if (!last) return { offset: container.offset + 1, length: 0, text: member };
  const line = /(?:^|[\r\n])([ \t]*)$/.exec(text.slice(0, last.offset));
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  return { offset: endOf(last), length: 0, text: `,${line ? `${eol}${line[1]}` : " "}${member}` };
}

function wrongShape(what: string, kind: string): PawprintError {
  const hint = "correct it and try again; nothing was changed";
  return new PawprintError("settings_unreadable", `the hooks cannot be read: ${what} is no ${kind}`, hint);
}
