import { z } from "zod";
import { PawprintError } from "../../utils/errors.ts";
import { clean } from "../../utils/terminal.ts";

/** Name of the description of a backup, which is in front of the checksums. */
export const MANIFEST = "manifest.json";
/** Name of the last file of a backup: checksums of all others, as `sha256sum --check` reads them. */
export const CHECKSUMS = "SHA256SUMS";
/** Most files of a backup, and most bytes of the manifest and of the checksums. */
export const MAX_FILES = 4_096;
/** See MAX_FILES. */
export const MAX_MANIFEST_BYTES = 2 * 1_048_576;
const FORMAT = 1;

/** The files of a backup besides manifest and checksums; all other names are refused. */
export const FILE_NAME =
  /^(?:ledger\.db|hub\.db|settings\.env|prices\.json|imported-prices\.json|hooks\/[a-z][a-z0-9-]{0,40}\.jsonl|log\/(?:(?:usage|status|diagnostics|limits)\.jsonl(?:\.\d{6,9})?|usage\.db|salt))$/;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const manifest = z.object({
  format: z.literal(FORMAT),
  /** Version of the program that wrote it. */
  program: z.string(),
  /** ISO 8601. */
  created: z.string(),
  /** Name of the machine. */
  machine: z.string(),
  /** Responses in the ledger; null without a ledger. */
  responses: z.int().nullable(),
  files: z.array(z.object({ name: z.string(), size: z.int().min(0), sha256 })),
});

/** The description of a backup. */
export type BackupManifest = z.infer<typeof manifest>;
/** A file of a backup: its name, size in bytes, and digest. */
export type BackupFile = BackupManifest["files"][number];

/** The text of the manifest. */
export const manifestText = (content: Omit<BackupManifest, "format">): string =>
  `${JSON.stringify({ format: FORMAT, ...content }, null, 2)}\n`;

/** Parses a manifest; null if it is none. Throws file_refused if a newer version wrote it. */
export function manifestOf(text: string, path: string): BackupManifest | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const version = z.object({ format: z.int(), program: z.string() }).safeParse(value).data;
  if (version !== undefined && version.format > FORMAT) {
    const what = `${path} was written by pawprint ${clean(version.program, 40)} in a newer format`;
    throw new PawprintError("file_refused", what, "update pawprint and try again");
  }
  return manifest.safeParse(value).data ?? null;
}

/** The text of the checksums of files, in their order. */
export const checksumsText = (files: readonly Pick<BackupFile, "name" | "sha256">[]): string =>
  files.map((file) => `${file.sha256}  ${file.name}\n`).join("");
