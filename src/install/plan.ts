import { PawprintError } from "../utils/errors.ts";
import { commandIn } from "./command.ts";
import type { InstalledLine } from "./installation.ts";
import { fingerprintOf } from "./settings.ts";
import {
  apply,
  invert,
  problemOf,
  removeStatusLine,
  setCommand,
  setStatusLine,
  statusLineOf,
  type StatusLine,
  withStatusLine,
} from "./status-line.ts";

/** Seconds between two refreshes while nothing happens. */
const REFRESH_SECONDS = 10;

/** What an installation makes of settings.json, and what is to be remembered for the way back. */
export interface InstallPlan {
  readonly after: string;
  readonly line: InstalledLine;
}

/** How the statusLine of an uninstalled Pawprint is left: as it was before, gone, not there, or somebody else's. */
export type Outcome = "restored" | "removed" | "absent" | "foreign";

/** What is known of the "statusLine" of a settings.json. */
export interface Known {
  /** The settings' text, null when there is no file. */
  readonly text: string | null;
  readonly remembered: InstalledLine | null;
  isOurs(value: unknown): boolean;
}

/** Puts our line in. One of ours keeps whatever the user added to it; a foreign one is remembered and replaced. */
export function planInstall(known: Known, wanted: { chain: boolean; command(chain: boolean): string }): InstallPlan {
  const { text, remembered } = known;
  const current = text === null ? null : statusLineOf(text);
  if (text === null || !current || !known.isOurs(current.value)) return fresh(text, wanted);
  const original = originalOf(known);
  const previous = remembered?.previous ?? null;
  const chain = wanted.chain && commandOf(previous) !== null;
  const command = wanted.command(chain);
  if (commandIn(current.value)?.includes(command)) {
    return { after: text, line: { command, previous, chain, undo: remembered?.undo ?? null } };
  }
  if (original !== undefined) return fresh(original, wanted);
  return { after: apply(text, setCommand(text, command)), line: { command, previous, chain, undo: null } };
}

/** Takes our line out, and puts back what stood there before. */
export function planUninstall(known: Known): { after: string | null; outcome: Outcome } {
  const { text, remembered } = known;
  const current = text === null ? null : statusLineOf(text);
  if (text === null || !current) return { after: text, outcome: "absent" };
  if (!known.isOurs(current.value)) return { after: text, outcome: "foreign" };
  const previous = remembered?.previous ?? null;
  const outcome = previous === null ? "removed" : "restored";
  const original = originalOf(known);
  if (original !== undefined) return { after: original, outcome };
  const after = apply(text, previous === null ? removeStatusLine(text) : setStatusLine(text, previous));
  if (problemOf(after) === null) return { after, outcome };
  const hint = "take the statusLine out by hand; the old one is in settings.json.pawprint-*.bak";
  throw new PawprintError("file_refused", "what stood there before is damaged in install.json", hint);
}

/** The command of a statusLine given as JSON text, null when it has none. */
export function commandOf(raw: string | null): string | null {
  return raw === null ? null : commandIn(statusLineOf(`{"statusLine":${raw}}`)?.value)?.trim() || null;
}

/** The "statusLine" that runs a command of ours. */
export const statusLineFor = (command: string): StatusLine => ({
  type: "command",
  command,
  refreshInterval: REFRESH_SECONDS,
});

function fresh(text: string | null, wanted: { chain: boolean; command(chain: boolean): string }): InstallPlan {
  const previous = text === null ? null : (statusLineOf(text)?.raw ?? null);
  const chain = wanted.chain && commandOf(previous) !== null;
  const command = wanted.command(chain);
  const value = statusLineFor(command);
  if (text === null) {
    const after = withStatusLine("", value);
    return { after, line: { command, previous, chain, undo: { sha256: fingerprintOf(after), edits: null } } };
  }
  const edits = setStatusLine(text, value);
  const after = apply(text, edits);
  const undo = { sha256: fingerprintOf(after), edits: invert(text, edits) };
  return { after, line: { command, previous, chain, undo } };
}

/** The text from before the installation (null: no file) while nobody has edited the file since, else undefined. */
function originalOf({ text, remembered }: Known): string | null | undefined {
  const undo = remembered?.undo;
  if (!undo || text === null || fingerprintOf(text) !== undo.sha256) return undefined;
  return undo.edits === null ? null : apply(text, undo.edits);
}
