import { findingOf, installationOf } from "../claude/report.ts";
import type { DiagnosticReport, ReportItem } from "../model/finding.ts";
import type { Diagnostic, Match } from "./contract.ts";

/** Sentences of 1.0 to 2.1.16x, of /status today, and of doctor today. */
const NOT_WRITABLE = /^(?:No write permissions for auto-updates|Can.t auto-update: npm global folder isn.t writable)/i;
const INSUFFICIENT = /^Insufficient permissions for auto-updates/i;

const saysSudo = ({ text, fix }: ReportItem): boolean =>
  NOT_WRITABLE.test(text) || /requires sudo/i.test(text) || /\bsudo (?:chown|npm)\b/.test(fix ?? "");

/** Whether updating in place takes root: said so in words, or npm's global folder is not the user's. */
function requiresSudo(report: DiagnosticReport, items: readonly ReportItem[]): boolean {
  return items.some(saysSudo) || /requires sudo/i.test(report.facts.get("Update permissions") ?? "");
}

/** Sentences as recorded from 2.0.55, 2.1.32, 2.1.170 and 2.1.328, where npm's global folder was another user's. */
export const permissionWarning: Diagnostic = {
  name: "permission-warning",
  description: "the program may not update itself: it lacks the permission to write where it is installed",
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
