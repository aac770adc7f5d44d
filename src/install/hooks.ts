import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { readOwn, replaceFile, removeIfPresent } from "../utils/files.ts";
import { fields } from "../utils/json.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import type { Places } from "../utils/paths.ts";
import { hookCommandFor, isOurHook } from "./command.ts";
import { diff } from "./diff.ts";
import { withInstallLock } from "./install.ts";
import { undo } from "./installation.ts";
import { apply, type Edit, invert, removeValue, setJson, valueAt } from "./jsonc.ts";
import type { Machine } from "./machine.ts";
import { editSettings, fingerprintOf, readSettingsFile } from "./settings.ts";

/** A hook of an assistant, to be added or removed. */
export interface HookTarget {
  /** The assistant's name in the registry of sources. */
  readonly assistant: string;
  /** The assistant's hooks file. */
  readonly path: string;
  readonly event: string;
}

/** The change of an assistant's hooks file; in a dry run, the change that would be made. */
export interface HookChange {
  readonly path: string;
  /** The command that the assistant runs; null if our hook was removed. */
  readonly command: string | null;
  readonly changed: boolean;
  readonly backup: string | null;
  /** A unified diff; "" if nothing changes. */
  readonly diff: string;
}

/** The file with the edits that restore the previous hooks file. */
const undoPath = (places: Places, assistant: string): string => join(places.pets, "hooks", `${assistant}.undo.json`);

/** Adds our hook, or in a dry run returns the change. Throws not_found if no program is installed, and what editSettings throws. */
export async function setUpHook(machine: Machine, wanted: HookTarget, dryRun: boolean): Promise<HookChange> {
  const { places, env } = machine;
  const command = hookCommandFor(places, env, wanted.assistant);
  if (command === null) {
    throw new PawprintError(
      "not_found",
      "the hook runs the installed program, but none is installed",
      "run: pawprint install",
    );
  }
  const plan = (text: string | null): Plan => planSetUp(text, places, wanted, command);
  return await edit(machine, wanted, command, plan, dryRun);
}

/** Removes our hook, or in a dry run returns the change. Restores the previous file exactly if nobody else changed it. */
export async function takeOutHook(machine: Machine, wanted: HookTarget, dryRun: boolean): Promise<HookChange> {
  return await edit(machine, wanted, null, (text) => planTakeOut(text, machine.places, wanted), dryRun);
}

/** The new text of a file (null: no file), and the edits back to the old one; undo null keeps the saved edits. */
interface Plan {
  readonly after: string | null;
  readonly undo: { readonly sha256: string; readonly edits: Edit[] | null } | null;
}

function planSetUp(text: string | null, places: Places, { assistant, event }: HookTarget, command: string): Plan {
  const before = originalOf(text, places, assistant);
  if (before === null || before.trim() === "") {
    const after = `${JSON.stringify({ version: 1, hooks: { [event]: [{ command }] } }, null, 2)}\n`;
    const edits = before === null ? null : [{ offset: 0, length: after.length, text: before }];
    return { after, undo: { sha256: fingerprintOf(after), edits } };
  }
  const edits = setHook(before, event, command, (one) => isOurHook(places, one, assistant));
  const after = apply(before, edits);
  return { after, undo: after === text ? null : { sha256: fingerprintOf(after), edits: invert(before, edits) } };
}

function planTakeOut(text: string | null, places: Places, { assistant, event }: HookTarget): Plan {
  const before = originalOf(text, places, assistant);
  if (before === null || before.trim() === "") return { after: before, undo: null };
  const own = commandsOf(before, event).findIndex((one) => isOurHook(places, one, assistant));
  return { after: own < 0 ? before : apply(before, removeValue(before, ["hooks", event, own])), undo: null };
}

/** Returns the edits that make an event run our command once. */
function setHook(text: string, event: string, command: string, isOurs: (command: unknown) => boolean): Edit[] {
  const commands = commandsOf(text, event);
  const own = commands.findIndex(isOurs);
  if (own < 0) return setJson(text, ["hooks", event, commands.length], JSON.stringify({ command }));
  return commands[own] === command ? [] : setJson(text, ["hooks", event, own, "command"], JSON.stringify(command));
}

/** The commands of the hooks of an event, in order: {"hooks": {"stop": [{"command": "..."}]}}. */
function commandsOf(text: string, event: string): unknown[] {
  const list = valueAt(text, ["hooks", event])?.value;
  return Array.isArray(list) ? list.map((hook) => fields(hook)["command"]) : [];
}

/** Returns the text from before our hook was added (null: no file) if nobody edited the file since, otherwise the current text. */
function originalOf(text: string | null, places: Places, assistant: string): string | null {
  const path = undoPath(places, assistant);
  const kept = existsSync(path) ? readOwn(path) : null;
  if (kept === null || text === null) return text;
  try {
    const { sha256, edits } = undo.parse(JSON.parse(kept));
    if (sha256 !== fingerprintOf(text)) return text;
    return edits === null ? null : apply(text, edits);
  } catch (error) {
    throw new PawprintError(
      "file_refused",
      `${path} is damaged: ${messageOf(error).slice(0, 200)}`,
      "delete that file",
      error,
    );
  }
}

async function edit(
  { places, clock }: Machine,
  { assistant, path }: HookTarget,
  command: string | null,
  plan: (text: string | null) => Plan,
  dryRun: boolean,
): Promise<HookChange> {
  const { text } = readSettingsFile(path);
  const foreseen = plan(text);
  const changeOf = (after: string | null, before: string | null, backup: string | null): HookChange => ({
    path,
    command,
    changed: after !== before,
    backup,
    diff: diff(before ?? "", after ?? "", path),
  });
  if (dryRun || foreseen.after === text) return changeOf(foreseen.after, text, null);
  return await withInstallLock(places, clock, async () => {
    await ensureOwnDirectory(`${places.pets}/hooks`);
    let done = changeOf(foreseen.after, text, null);
    const { backup } = await editSettings(path, clock, (now) => {
      const { after, undo: back } = plan(now);
      if (back) replaceFile(undoPath(places, assistant), `${JSON.stringify(back)}\n`);
      done = changeOf(after, now, null);
      return after;
    });
    if (command === null) removeIfPresent(undoPath(places, assistant));
    return { ...done, backup };
  });
}
