import { installationOf, mismatchIn, truncateMessage } from "../claude/report.ts";
import type { DiagnosticReport } from "../model/finding.ts";
import type { Diagnostic, Match } from "./contract.ts";

/** Installation methods by their other name: the configuration names some differently than the program. */
const SYNONYMS: Readonly<Record<string, string>> = { global: "npm-global", local: "npm-local" };
const canonical = (method: string): string => SYNONYMS[method] ?? method;

/** Methods that the program itself does not compare with the configuration. */
const NOT_COMPARED = new Set(["package-manager", "development"]);

/** Returns the finding; null if both are the same method, which versions 1.0.69 to 2.0.76 also reported (claude-code#7231, #12785). */
function mismatchFinding(running: string, config: string): Match["finding"] {
  if (canonical(running) === canonical(config)) return null;
  const message = truncateMessage(`Installation config mismatch: running ${running} but config says ${config}`);
  const details = { installation_method: running, config_method: config };
  return { type: "config_mismatch", severity: "warning", message, details };
}

/** Compares the two methods in the facts of the report, because current versions print both but no mismatch. */
function mismatchesInFacts(report: DiagnosticReport): Match[] {
  const { running, config } = installationOf(report);
  if (!running || !config || config === "not set" || NOT_COMPARED.has(running)) return [];
  return [{ finding: mismatchFinding(running, config), items: [] }];
}

/** /status reported it up to 2.0.76; in current versions doctor has both methods among its facts. */
export const configMismatch: Diagnostic = {
  name: "config-mismatch",
  description: "the running installation is not the one that the configuration names",
  match(report) {
    const listed = report.items.flatMap((item): Match[] => {
      const reported = mismatchIn(item.text);
      return reported ? [{ finding: mismatchFinding(reported.running, reported.config), items: [item] }] : [];
    });
    return [...listed, ...mismatchesInFacts(report)];
  },
};
