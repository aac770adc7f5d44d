import type { Finding, DiagnosticReport, ReportItem } from "../model/finding.ts";
import type { RegistryItem } from "../utils/registry.ts";

/** A finding and the items of the report that it explains; null for items that are known to mean nothing. */
export interface Match {
  readonly finding: Finding | null;
  readonly items: readonly ReportItem[];
}

/** One rule over Claude Code's own reports. Its name in snake_case is the type of its findings. */
export interface Diagnostic extends RegistryItem {
  match(report: DiagnosticReport): Match[];
  /** Reads only the items that no other rule explained. */
  readonly fallback?: true;
}
