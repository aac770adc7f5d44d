import { installationOf, mismatchIn, said } from "../claude/report.ts";
import type { DiagnosticReport } from "../model/finding.ts";
import type { Diagnostic, Match } from "./contract.ts";

/** The names of one and the same method, in the program and in its configuration. */
const SAME: Readonly<Record<string, string>> = { global: "npm-global", local: "npm-local" };
const canonical = (method: string): string => SAME[method] ?? method;

/** Methods whose configuration the program itself does not compare. */
const NOT_COMPARED = new Set(["package-manager", "development"]);

/** null where the two are the same, which versions 1.0.69 to 2.0.76 reported as a mismatch too (claude-code#7231, #12785). */
function mismatch(running: string, config: string): Match["finding"] {
  if (canonical(running) === canonical(config)) return null;
  const message = said(`Installation config mismatch: running ${running} but config says ${config}`);
  const details = { installation_method: running, config_method: config };
  return { type: "config_mismatch", severity: "warning", message, details };
}

/** Today's versions no longer say it: they print both methods and leave the comparing to the reader. */
function derived(report: DiagnosticReport): Match[] {
  const { running, config } = installationOf(report);
  if (!running || !config || config === "not set" || NOT_COMPARED.has(running)) return [];
  return [{ finding: mismatch(running, config), items: [] }];
}

/** Said by /status up to 2.0.76; today the two methods stand in the facts of doctor. */
export const configMismatch: Diagnostic = {
  name: "config-mismatch",
  description: "the program runs from another installation than its configuration says",
  match(report) {
    const given = report.items.flatMap((item): Match[] => {
      const told = mismatchIn(item.text);
      return told ? [{ finding: mismatch(told.running, told.config), items: [item] }] : [];
    });
    return [...given, ...derived(report)];
  },
};
