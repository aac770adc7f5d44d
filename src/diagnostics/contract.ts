import type { Finding, DiagnosticReport, ReportItem } from "../model/finding.ts";
import type { RegistryItem } from "../utils/registry.ts";

/** A finding and the report items that it explains; `finding` is null for items that are known to be harmless. */
export interface Match {
  readonly finding: Finding | null;
  readonly items: readonly ReportItem[];
}

/** A rule over Claude Code's own reports. Its name in snake_case is the type of its findings. */
export interface Diagnostic extends RegistryItem {
  match(report: DiagnosticReport): Match[];
  /** Set if the rule receives only items that no other rule explained. */
  readonly fallback?: true;
}
