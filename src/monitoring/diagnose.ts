import { diagnostics } from "../diagnostics/registry.ts";
import { fingerprint } from "../model/finding.ts";
import { parseReport } from "../claude/report.ts";
import type { Finding, DiagnosticReport, ReportItem, Severity } from "../model/finding.ts";
import type { StatusRecord } from "../model/record.ts";
import { fields, listOf, text } from "../utils/json.ts";
import type { StatusAnswer } from "./types.ts";

/** Maximum number of findings in a log, the worst first. */
const MAX_FINDINGS = 200;
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** Returns the rows of get_status under "System diagnostics". No known version returns any; the screen of /status shows them. */
function diagnosticRows(answer: unknown): string[] {
  return listOf(fields(answer)["sections"])
    .filter((section) => /^system diagnostics$/i.test(text(section["title"])))
    .flatMap((section) => listOf(section["rows"]))
    .map((row) => text(row["value"], Infinity) || text(row["label"], Infinity))
    .filter((row) => row !== "");
}

/** Builds one report from the answers: doctor's text and the diagnostic rows of get_status. */
export function reportOf(status: StatusAnswer): DiagnosticReport {
  const report = parseReport(status.doctor ?? "");
  const rows = diagnosticRows(status.get_status).map(
    (row) =>
      `⚠ ${row
        .replace(/^⚠\uFE0F?/u, "")
        .replace(/\s+/g, " ")
        .trim()}`,
  );
  const statusReport = parseReport(["System diagnostics", ...rows].join("\n"));
  const combined = { facts: report.facts, items: [...report.items, ...statusReport.items] };
  return status.updates_writable === undefined ? combined : withUpdates(combined, status.updates_writable);
}

/** The warning and fix that doctor prints if its npm folder is not writable, recorded from 2.1.328. */
const NOT_WRITABLE = parseReport(`1 warning found
- Can't auto-update: npm global folder isn't writable
  Fix: Run claude install to switch to the native installer (no sudo) Or reinstall with a sudo-free npm (e.g. via nvm) Or npm config set prefix ~/.npm-global, add ~/.npm-global/bin to PATH, then reinstall`);

/** Corrects a report that calls automatic updates disabled only because of the variable that we set. */
function withUpdates({ facts, items }: DiagnosticReport, writable: boolean | null): DiagnosticReport {
  const others = [...facts].filter(([label]) => label !== "Auto-updates");
  return { facts: new Map(others), items: writable === false ? [...items, ...NOT_WRITABLE.items] : items };
}

/** Returns the findings of all rules in a report: each once, errors first, then by type and message; at most 200. */
export function diagnose(report: DiagnosticReport): Finding[] {
  const explained = new Set<ReportItem>();
  const found = new Map<string, Finding>();
  const run = (fallback: boolean, over: DiagnosticReport): void => {
    for (const rule of diagnostics.filter((one) => (one.fallback ?? false) === fallback)) {
      for (const { finding, items } of rule.match(over)) {
        if (finding && !found.has(fingerprint(finding))) found.set(fingerprint(finding), finding);
        for (const item of items) explained.add(item);
      }
    }
  };
  run(false, report);
  run(true, { facts: report.facts, items: report.items.filter((item) => !explained.has(item)) });
  return [...found.values()].toSorted(order).slice(0, MAX_FINDINGS);
}

/** Orders findings: errors first, then by type and message. */
function order(a: Finding, b: Finding): number {
  return RANK[a.severity] - RANK[b.severity] || compare(a.type, b.type) || compare(a.message, b.message);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Returns the diagnostics of a status record. `reported` is whether there was a report: without one permissions are unknown, as
 * they are when automatic updates are off, because the program does not check them then.
 */
export function statusDiagnostics(findings: readonly Finding[], reported: boolean): StatusRecord["diagnostics"] {
  const of = (type: string): Finding[] => findings.filter((finding) => finding.type === type);
  const denied = of("permission_warning");
  const known = reported && (denied.length > 0 || of("auto_updates_disabled").length === 0);
  const warnings = findings.filter(({ type, severity }) => severity !== "info" && type !== "config_mismatch");
  return {
    warnings: warnings.map(({ message }) => message),
    config_mismatches: of("config_mismatch").map(({ message }) => message),
    permissions: {
      auto_update: known ? denied.length === 0 : null,
      requires_sudo: known ? denied.some(({ details }) => details["requires_sudo"] === true) : null,
    },
  };
}
