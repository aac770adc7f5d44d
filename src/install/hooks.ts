import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { readOwn, replaceFile, unlinkQuietly } from "../utils/files.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import type { Places } from "../utils/paths.ts";
import { hookCommandFor, isOurHook } from "./command.ts";
import { diff } from "./diff.ts";
import { newHooks, removeHook, setHook } from "./hook-list.ts";
import { alone } from "./install.ts";
import { undo } from "./installation.ts";
import type { Machine } from "./machine.ts";
import { editSettings, fingerprintOf, readSettingsFile } from "./settings.ts";
import { apply, type Edit, invert } from "./status-line.ts";

/** The hook of an assistant that is to be put in or taken out. */
export interface Wanted {
  /** The assistant's name on the shelf of sources. */
  readonly assistant: string;
  /** The file of its hooks. */
  readonly path: string;
  readonly event: string;
}

/** What was done to the hooks of an assistant, or would be. */
export interface HookDone {
  readonly path: string;
  /** What the assistant runs; null where our hook was taken out. */
  readonly command: string | null;
  readonly changed: boolean;
  readonly backup: string | null;
  /** The change as a unified diff, "" when there is none. */
  readonly diff: string;
}

/** What is remembered of the file of hooks as it was before. */
const memoryPath = (places: Places, assistant: string): string => join(places.pets, "hooks", `${assistant}.undo.json`);

/** Puts our hook in, or tells what that would change. Throws not_found where no program is installed, and what editSettings throws. */
export async function setUpHook(machine: Machine, wanted: Wanted, dryRun: boolean): Promise<HookDone> {
  const { places, env } = machine;
  const command = hookCommandFor(places, env, wanted.assistant);
  if (command === null) {
    throw new PawprintError(
      "not_found",
      "the hook would run the installed program, and none is",
      "run: pawprint install",
    );
  }
  const plan = (text: string | null): Plan => planSetUp(text, places, wanted, command);
  return await edit(machine, wanted, command, plan, dryRun);
}

/** Takes our hook out again, or tells what that would change; the file becomes what it was where nobody else changed it. */
export async function takeOutHook(machine: Machine, wanted: Wanted, dryRun: boolean): Promise<HookDone> {
  return await edit(machine, wanted, null, (text) => planTakeOut(text, machine.places, wanted), dryRun);
}

/** What becomes of a text (null: no file), and how to get back to it; null where what is remembered stays. */
interface Plan {
  readonly after: string | null;
  readonly undo: { readonly sha256: string; readonly edits: Edit[] | null } | null;
}

function planSetUp(text: string | null, places: Places, { assistant, event }: Wanted, command: string): Plan {
  const before = originalOf(text, places, assistant);
  if (before === null || before.trim() === "") {
    const after = newHooks(event, command);
    const edits = before === null ? null : [{ offset: 0, length: after.length, text: before }];
    return { after, undo: { sha256: fingerprintOf(after), edits } };
  }
  const edits = setHook(before, event, command, (one) => isOurHook(places, one, assistant));
  const after = apply(before, edits);
  return { after, undo: after === text ? null : { sha256: fingerprintOf(after), edits: invert(before, edits) } };
}

function planTakeOut(text: string | null, places: Places, { assistant, event }: Wanted): Plan {
  const before = originalOf(text, places, assistant);
  if (before === null || before.trim() === "") return { after: before, undo: null };
  const edits = removeHook(before, event, (one) => isOurHook(places, one, assistant));
  return { after: apply(before, edits), undo: null };
}

/** The text from before our hook was put in (null: no file), while nobody has edited the file since; else the text as it is. */
function originalOf(text: string | null, places: Places, assistant: string): string | null {
  const path = memoryPath(places, assistant);
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
      "remove it",
      error,
    );
  }
}

async function edit(
  { places, clock }: Machine,
  { assistant, path }: Wanted,
  command: string | null,
  plan: (text: string | null) => Plan,
  dryRun: boolean,
): Promise<HookDone> {
  const { text } = readSettingsFile(path);
  const foreseen = plan(text);
  const told = (after: string | null, before: string | null, backup: string | null): HookDone => ({
    path,
    command,
    changed: after !== before,
    backup,
    diff: diff(before ?? "", after ?? "", path),
  });
  if (dryRun || foreseen.after === text) return told(foreseen.after, text, null);
  return await alone(places, clock, async () => {
    await ensureOwnDirectory(`${places.pets}/hooks`);
    let done = told(foreseen.after, text, null);
    const { backup } = await editSettings(path, clock, (now) => {
      const { after, undo: back } = plan(now);
      if (back) replaceFile(memoryPath(places, assistant), `${JSON.stringify(back)}\n`);
      done = told(after, now, null);
      return after;
    });
    if (command === null) unlinkQuietly(memoryPath(places, assistant));
    return { ...done, backup };
  });
}
