import { diagnostics } from "../diagnostics/registry.ts";
import { fingerprint } from "../model/finding.ts";
import { parseReport } from "../claude/report.ts";
import type { Finding, DiagnosticReport, ReportItem, Severity } from "../model/finding.ts";
import type { StatusRecord } from "../model/record.ts";
import type { StatusAnswer } from "./types.ts";

/** As many findings as a log bears, the worst first. */
const MAX_FINDINGS = 200;
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The rows of get_status under "System diagnostics"; no version is known to give any, the screen of /status does. */
function diagnosticRows(answer: unknown): string[] {
  return objects(isObject(answer) ? answer["sections"] : null)
    .filter((section) => /^system diagnostics$/i.test(text(section["title"])))
    .flatMap((section) => objects(section["rows"]))
    .map((row) => text(row["value"]) || text(row["label"]));
}

/** One report of all that the answers say: doctor's text, and the rows of get_status where it has them. */
export function reportOf(status: StatusAnswer): DiagnosticReport {
  const report = parseReport(status.doctor ?? "");
  const rows = diagnosticRows(status.get_status).map(
    (row) =>
      `⚠ ${row
        .replace(/^⚠\uFE0F?/u, "")
        .replace(/\s+/g, " ")
        .trim()}`,
  );
  const shown = parseReport(["System diagnostics", ...rows].join("\n"));
  const whole = { facts: report.facts, items: [...report.items, ...shown.items] };
  return status.updates_writable === undefined ? whole : withUpdates(whole, status.updates_writable);
}

/** The sentence and the remedy of doctor where its npm folder cannot be written, as recorded from 2.1.328. */
const NOT_WRITABLE = parseReport(`1 warning found
- Can't auto-update: npm global folder isn't writable
  Fix: Run claude install to switch to the native installer (no sudo) Or reinstall with a sudo-free npm (e.g. via nvm) Or npm config set prefix ~/.npm-global, add ~/.npm-global/bin to PATH, then reinstall`);

/** A report whose program took automatic updates for disabled because of us: what it would have said of them otherwise. */
function withUpdates({ facts, items }: DiagnosticReport, writable: boolean | null): DiagnosticReport {
  const others = [...facts].filter(([label]) => label !== "Auto-updates");
  return { facts: new Map(others), items: writable === false ? [...items, ...NOT_WRITABLE.items] : items };
}

/** What the rules find in a report: each finding once, errors first, then by type and sentence; at most 200. */
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

/** Errors first, then by type and sentence. */
function order(a: Finding, b: Finding): number {
  return RANK[a.severity] - RANK[b.severity] || compare(a.type, b.type) || compare(a.message, b.message);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * What a status record says of the findings. `reported` is whether a report came at all; without one nothing is known of
 * permissions, and neither is it where automatic updates are off, because then the program does not look.
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
