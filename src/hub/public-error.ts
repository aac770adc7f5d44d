import { PawprintError } from "../utils/errors.ts";

/** Codes of failures whose messages name files of this machine: only the code leaves it. */
const PRIVATE = new Set([
  "disk_full",
  "file_refused",
  "directory_unusable",
  "write_failed",
  "ledger_newer",
  "internal",
]);

/** Where failures are noted, and whether only its own user asks the server, who may know of its files. */
export interface FailureLog {
  failed(error: unknown): void;
  readonly isOwn?: boolean;
}

/**
 * A failure as others may see it. Messages of failures that nobody expected stay here: they may name files or hold parts of
 * bodies. They are noted in the server's log.
 */
export function publicError(error: unknown, server: FailureLog): PawprintError {
  const { isOwn = false } = server;
  if (error instanceof PawprintError && (isOwn || !PRIVATE.has(error.code))) return error;
  server.failed(error);
  const code = error instanceof PawprintError ? error.code : "internal";
  return isOwn
    ? new PawprintError(code, "Pawprint failed", "the terminal of pawprint open has the reason")
    : new PawprintError(code, "the hub failed", "its log has the reason");
}
