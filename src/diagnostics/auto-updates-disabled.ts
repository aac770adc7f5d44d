import { truncateMessage } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

const LABELS = ["Auto-updates", "Auto-updates enabled"];

/** Reads the fact lines of 1.0 ("Auto-updates enabled: false"), 2.0 ("Auto-updates: false") and current versions ("disabled (reason)"). */
export const autoUpdatesDisabled: Diagnostic = {
  name: "auto-updates-disabled",
  description: "the program does not update itself; with the reason",
  match({ facts }) {
    for (const label of LABELS) {
      const value = facts.get(label) ?? "";
      if (!/^(?:disabled|no|false)\b/i.test(value)) continue;
      const reason = /\((.{1,300})\)/.exec(value)?.[1] ?? null;
      const message = truncateMessage(`${label}: ${value}`);
      return [
        { finding: { type: "auto_updates_disabled", severity: "info", message, details: { reason } }, items: [] },
      ];
    }
    return [];
  },
};
