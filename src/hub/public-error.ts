import { PawprintError } from "../utils/errors.ts";

/** Codes of failures whose messages name files of this machine: only the code leaves it. */
const PRIVATE = new Set(["file_refused", "directory_unusable", "write_failed", "ledger_newer", "internal"]);

/**
 * A failure as others may see it. Messages of failures that nobody expected stay here: they may name files or hold parts of
 * bodies. They are noted for the hub's log.
 */
export function publicError(error: unknown, hub: { failed(error: unknown): void }): PawprintError {
  if (error instanceof PawprintError && !PRIVATE.has(error.code)) return error;
  hub.failed(error);
  const code = error instanceof PawprintError ? error.code : "internal";
  return new PawprintError(code, "the hub failed", "its log has the reason");
}
