import type { ReportResult } from "../../src/reports/shared/report.ts";
import { iso } from "../../src/utils/clock.ts";
import { type DiagnosticRecord, loggedRecord, type LoggedRecord, type StatusRecord } from "../../src/model/record.ts";
import { tableOf } from "../../src/render/table.ts";
import { styleOf, type Style } from "../../src/utils/terminal.ts";
import { NOW } from "./sample.ts";

/** Plain text, as golden files hold it. */
export const plain = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });

/** A result as terminal text of a width: its drawing or table, and the notes below. */
export function renderText(result: Omit<ReportResult, "json">, width: number, style: Style = plain): string {
  const { draw, notes, rows } = result;
  const body = draw?.(style, width, rows) ?? tableOf(result, { width, style });
  return [...body, ...(notes.length > 0 ? ["", ...notes] : []), ""].join("\n");
}

const DAY = 86_400_000;
const SCOPE = "login-5c09e000";

/** An event of a finding, some days before NOW. */
export function findingEvent(
  daysAgo: number,
  state: DiagnosticRecord["state"],
  change: Partial<DiagnosticRecord> = {},
): LoggedRecord<DiagnosticRecord> {
  const { diagnostic_type = "permission_rules", message = 'Rule "Bash(rm:*)" can never match' } = change;
  return loggedRecord({
    id: `diagnostics-${diagnostic_type}-1f-${state}-${NOW - daysAgo * DAY}-${SCOPE}`,
    timestamp: iso(NOW - daysAgo * DAY),
    session_id: null,
    diagnostic_type,
    severity: "warning",
    message,
    state,
    details: {},
    ...change,
  });
}

/** A log of findings: one that reappeared, one that is open, one that is resolved. */
export const sampleFindings: readonly LoggedRecord[] = [
  findingEvent(20, "appeared"),
  findingEvent(15, "resolved"),
  findingEvent(12, "appeared", {
    diagnostic_type: "config_mismatch",
    message: "Config mismatch: running npm-global but config says native",
    details: { fix: "Run claude install to update configuration" },
  }),
  findingEvent(9, "appeared", { diagnostic_type: "search_broken", severity: "error", message: "Search: not working" }),
  findingEvent(8, "resolved", { diagnostic_type: "search_broken", severity: "error", message: "Search: not working" }),
  findingEvent(3, "appeared"),
];

/** A status record, some minutes before NOW. */
export function status(minutesAgo: number, requiresSudo: boolean | null = false): StatusRecord {
  return {
    id: `status-${minutesAgo}-${SCOPE}`,
    timestamp: iso(NOW - minutesAgo * 60_000),
    session_id: null,
    email: null,
    version: "2.1.300",
    model: null,
    cwd: null,
    source: "control",
    status_data: {},
    diagnostics: {
      warnings: [],
      config_mismatches: [],
      permissions: { auto_update: true, requires_sudo: requiresSudo },
    },
  };
}
