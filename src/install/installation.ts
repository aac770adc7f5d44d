import { join } from "node:path";
import { z } from "zod";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { readOwn, replaceFile } from "../utils/files.ts";
import type { Places } from "../utils/paths.ts";

const edit = z.object({ offset: z.int().min(0), length: z.int().min(0), text: z.string() });
/** A plain file name, so that nothing outside of our directory is ever removed. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);

/** How to get back, byte for byte, while a file has this fingerprint; edits null: there was no file. */
export const undo = z.object({ sha256: z.string(), edits: z.array(edit).nullable() });

const line = z.object({
  command: z.string(),
  /** The text of the "statusLine" that stood there before, null when there was none. */
  previous: z.string().nullable(),
  chain: z.boolean(),
  undo: undo.nullable(),
});

const installation = z.object({
  version: z.literal(1),
  /** What we put into ~/.claude/pets/bin, and what of the version before is kept for lines that still run. */
  files: z.array(fileName),
  older_files: z.array(fileName),
  /** What the executable was compiled from; null without one. */
  built_from: z.string().nullable(),
  /** By Claude Code's configuration directory. */
  lines: z.record(z.string(), line),
});

/** What `install` remembers in ~/.claude/pets/install.json. */
export type Installation = z.infer<typeof installation>;
/** What it remembers about one settings.json. */
export type InstalledLine = z.infer<typeof line>;

/** What is remembered before the first installation. */
export const noInstallation: Installation = { version: 1, files: [], older_files: [], built_from: null, lines: {} };

/** Where it is kept. */
export const installationPath = (places: Places): string => join(places.pets, "install.json");

/** What is remembered, null when nothing is. Throws file_refused when the file is not ours or holds something else. */
export function readInstallation(places: Places): Installation | null {
  const path = installationPath(places);
  const text = readOwn(path, 16 * 1024 * 1024);
  if (text === null) return null;
  try {
    return installation.parse(JSON.parse(text));
  } catch (error) {
    const hint = "move it away; a statusLine that stood there before is in settings.json.pawprint-*.bak";
    throw new PawprintError("file_refused", `${path} is damaged: ${messageOf(error).slice(0, 200)}`, hint, error);
  }
}

/** Remembers it, 0600. */
export function keepInstallation(places: Places, installed: Installation): void {
  replaceFile(installationPath(places), `${JSON.stringify(installed, null, 2)}\n`);
}
