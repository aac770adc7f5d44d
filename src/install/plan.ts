import { PawprintError } from "../utils/errors.ts";
import { commandIn } from "./command.ts";
import type { InstalledLine } from "./installation.ts";
import { apply, invert, problemOf } from "./jsonc.ts";
import { fingerprintOf } from "./settings.ts";
import {
  removeStatusLine,
  setCommand,
  setStatusLine,
  statusLineOf,
  type StatusLine,
  withStatusLine,
} from "./status-line.ts";

/** Seconds between two refreshes of an idle session. */
const REFRESH_SECONDS = 10;

/** The new text of settings.json, and what to record for uninstalling. */
export interface InstallPlan {
  readonly after: string;
  readonly line: InstalledLine;
}

/** What happened to the statusLine: previous one restored, ours removed, none there, or another program's left in place. */
export type UninstallOutcome = "restored" | "removed" | "absent" | "foreign";

/** What is known about the "statusLine" of a settings.json. */
export interface KnownLine {
  /** The text of the settings; null if there is no file. */
  readonly text: string | null;
  readonly recorded: InstalledLine | null;
  isOurs(value: unknown): boolean;
}

/** Plans adding our line. A line of ours keeps what the user added to it; any other line is recorded and replaced. */
export function planInstall(
  known: KnownLine,
  wanted: { chain: boolean; command(chain: boolean): string },
): InstallPlan {
  const { text, recorded: remembered } = known;
  const current = text === null ? null : statusLineOf(text);
  if (text === null || !current || !known.isOurs(current.value)) return planReplacement(text, wanted);
  const original = originalOf(known);
  const previous = remembered?.previous ?? null;
  const chain = wanted.chain && commandOf(previous) !== null;
  const command = wanted.command(chain);
  if (commandIn(current.value)?.includes(command)) {
    return { after: text, line: { command, previous, chain, undo: remembered?.undo ?? null } };
  }
  if (original !== undefined) return planReplacement(original, wanted);
  return { after: apply(text, setCommand(text, command)), line: { command, previous, chain, undo: null } };
}

/** Plans removing our line and restoring the previous one. */
export function planUninstall(known: KnownLine): { after: string | null; outcome: UninstallOutcome } {
  const { text, recorded: remembered } = known;
  const current = text === null ? null : statusLineOf(text);
  if (text === null || !current) return { after: text, outcome: "absent" };
  if (!known.isOurs(current.value)) return { after: text, outcome: "foreign" };
  const previous = remembered?.previous ?? null;
  const outcome = previous === null ? "removed" : "restored";
  const original = originalOf(known);
  if (original !== undefined) return { after: original, outcome };
  const after = apply(text, previous === null ? removeStatusLine(text) : setStatusLine(text, previous));
  if (problemOf(after) === null) return { after, outcome };
  const hint = "remove the statusLine by hand; the previous one is in settings.json.pawprint-*.bak";
  throw new PawprintError("file_refused", "the previous statusLine in install.json is damaged", hint);
}

/** Returns the command in the JSON text of a statusLine, or null. */
export function commandOf(raw: string | null): string | null {
  return raw === null ? null : commandIn(statusLineOf(`{"statusLine":${raw}}`)?.value)?.trim() || null;
}

/** The "statusLine" value for a command of ours. */
export const statusLineFor = (command: string): StatusLine => ({
  type: "command",
  command,
  refreshInterval: REFRESH_SECONDS,
});

function planReplacement(
  text: string | null,
  wanted: { chain: boolean; command(chain: boolean): string },
): InstallPlan {
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

/** Returns the text from before the installation (null: no file) if nobody has edited the file since, otherwise undefined. */
function originalOf({ text, recorded: remembered }: KnownLine): string | null | undefined {
  const undo = remembered?.undo;
  if (!undo || text === null || fingerprintOf(text) !== undo.sha256) return undefined;
  return undo.edits === null ? null : apply(text, undo.edits);
}
