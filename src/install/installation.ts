import { join } from "node:path";
import { z } from "zod";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { readOwn, replaceFile } from "../utils/files.ts";
import type { Places } from "../utils/paths.ts";

const edit = z.object({ offset: z.int().min(0), length: z.int().min(0), text: z.string() });
/** A plain file name without a path, so that nothing outside our directory is ever removed. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);

/** The edits that restore a file byte for byte while it has this fingerprint; edits null: there was no file. */
export const undo = z.object({ sha256: z.string(), edits: z.array(edit).nullable() });

const line = z.looseObject({
  command: z.string(),
  /** The JSON text of the previous "statusLine"; null if there was none. */
  previous: z.string().nullable(),
  chain: z.boolean(),
  undo: undo.nullable(),
});

const origin = z.object({
  /** The package manager's command, "checkout" or "executable": see origin.ts. */
  name: z.string(),
  path: z.string(),
  version: z.string(),
});

/** Fields that a newer version added are kept, so that its files are still known after this one wrote the record. */
const installation = z.looseObject({
  version: z.literal(1),
  /** Names of our files in ~/.claude/pets/bin, and of older ones kept for lines that are still running. */
  files: z.array(fileName),
  older_files: z.array(fileName),
  /** Fingerprint of the program the executable was compiled from; null without an executable. */
  built_from: z.string().nullable(),
  /** The copy of the program that installed; null if an older version did. */
  installed_from: origin.nullable().default(null),
  /** Installed lines by Claude Code configuration directory. */
  lines: z.record(z.string(), line),
});

/** The content of ~/.claude/pets/install.json: what `install` did, for updates and `uninstall`. */
export type InstallRecord = z.infer<typeof installation>;
/** A copy of the program: how it came to this machine, its folder or executable, and its version. */
export type ProgramOrigin = z.infer<typeof origin>;
/** What `install` did to one settings.json. */
export type InstalledLine = z.infer<typeof line>;

/** The record before the first installation. */
export const emptyInstallRecord: InstallRecord = {
  version: 1,
  files: [],
  older_files: [],
  built_from: null,
  installed_from: null,
  lines: {},
};

/** Path of install.json. */
export const installRecordPath = (places: Places): string => join(places.pets, "install.json");

/** Reads install.json; null if there is none. Throws file_refused if the file is not ours or is damaged. */
export function readInstallRecord(places: Places): InstallRecord | null {
  const path = installRecordPath(places);
  const text = readOwn(path, 16 * 1024 * 1024);
  if (text === null) return null;
  try {
    return installation.parse(JSON.parse(text));
  } catch (error) {
    const hint = "move it away; the previous statusLine is in settings.json.pawprint-*.bak";
    throw new PawprintError("file_refused", `${path} is damaged: ${messageOf(error).slice(0, 200)}`, hint, error);
  }
}

/** Writes install.json with mode 0600. */
export function writeInstallRecord(places: Places, installed: InstallRecord): void {
  replaceFile(installRecordPath(places), `${JSON.stringify(installed, null, 2)}\n`);
}
