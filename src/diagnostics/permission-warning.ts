import { findingOf, installationOf } from "../claude/report.ts";
import type { DiagnosticReport, ReportItem } from "../model/finding.ts";
import type { Diagnostic, Match } from "./contract.ts";

/** Sentences of 1.0 to 2.1.16x, and of /status and doctor in current versions. */
const NOT_WRITABLE = /^(?:No write permissions for auto-updates|Can.t auto-update: npm global folder isn.t writable)/i;
const INSUFFICIENT = /^Insufficient permissions for auto-updates/i;

const mentionsSudo = ({ text, fix }: ReportItem): boolean =>
  NOT_WRITABLE.test(text) || /requires sudo/i.test(text) || /\bsudo (?:chown|npm)\b/.test(fix ?? "");

/** Whether an update in place needs root: the report says so, or npm's global folder is not writable by the user. */
function requiresSudo(report: DiagnosticReport, items: readonly ReportItem[]): boolean {
  return items.some(mentionsSudo) || /requires sudo/i.test(report.facts.get("Update permissions") ?? "");
}

/** Reads sentences recorded from 2.0.55, 2.1.32, 2.1.170 and 2.1.328, with npm's global folder owned by another user. */
export const permissionWarning: Diagnostic = {
  name: "permission-warning",
  description: "the program cannot update itself: it may not write to its installation folder",
  match(report) {
    const items = report.items.filter(({ text }) => NOT_WRITABLE.test(text) || INSUFFICIENT.test(text));
    const { running, config } = installationOf(report);
    const details = {
      permission: "auto_update",
      requires_sudo: requiresSudo(report, items),
      installation_method: running,
      config_method: config,
    };
    const matches: Match[] = items.map((item) => ({
      finding: findingOf(item, "permission_warning", "warning", details),
      items: [item],
    }));
    const fact = report.facts.get("Update permissions");
    if (matches.length > 0 || !fact || !/^no\b/i.test(fact)) return matches;
    const message = `Update permissions: ${fact}`;
    return [
      {
        finding: { type: "permission_warning", severity: "warning", message, details: { ...details, fix: null } },
        items: [],
      },
    ];
  },
};
