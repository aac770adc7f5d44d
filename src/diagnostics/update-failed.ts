import { truncateMessage } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

/** Reads the fact line "Last update attempt: failed (reason) — date" of doctor. */
export const updateFailed: Diagnostic = {
  name: "update-failed",
  description: "the program's last attempt to update itself failed",
  match({ facts }) {
    const value = facts.get("Last update attempt") ?? "";
    if (!/^failed\b/i.test(value)) return [];
    const reason = /\((.{1,300}?)\)/.exec(value)?.[1] ?? null;
    const message = truncateMessage(`Last update attempt: ${value}`);
    return [{ finding: { type: "update_failed", severity: "warning", message, details: { reason } }, items: [] }];
  },
};
