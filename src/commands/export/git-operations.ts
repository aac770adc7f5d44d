import type { ActionItem } from "../../ledger/rows.ts";
import { type Column, fieldsOf } from "../../render/columns.ts";
import type { Report } from "../../reports/contract.ts";
import type { ReportResult } from "../../reports/shared/report.ts";

const OUTCOMES = ["failed", "done"] as const;

const COLUMNS: readonly Column<ActionItem>[] = [
  { name: "At", kind: "time", priority: 9, value: ({ at }) => at, field: "at" },
  { name: "Operation", kind: "text", priority: 9, value: ({ name }) => name, field: "operation" },
  {
    name: "Outcome",
    kind: "text",
    priority: 9,
    value: ({ ok }) => (ok === null ? null : (OUTCOMES[ok] ?? null)),
    field: "failed",
    json: ({ ok }) => (ok === null ? null : ok === 0),
  },
  { name: "Assistant", kind: "text", priority: 9, value: ({ source }) => source, field: "source" },
  { name: "Session", kind: "text", priority: 9, value: ({ session }) => session, field: "sessionId" },
  { name: "Project", kind: "text", priority: 9, value: ({ project }) => project, field: "project" },
  { name: "Branch", kind: "text", priority: 9, value: ({ branch }) => branch, field: "branch" },
];

/** Single git operations, oldest first; the report of the same name sums them by kind. */
export const gitOperations: Report = {
  name: "git-operations",
  description: "git operations, oldest first",
  options: [],
  needsActivity: true,
  async run({ filter, zone }, { queries }): Promise<ReportResult<ActionItem>> {
    const rows = await queries.items("git", filter);
    const countOf = (ok: number | null): number => rows.filter((one) => one.ok === ok).length;
    return {
      columns: COLUMNS,
      rows,
      zone,
      empty: "",
      notes: [],
      json: (shown) => ({
        operations: shown.map((row) => fieldsOf(COLUMNS, row)),
        totals: { count: rows.length, failed: countOf(0), outcomeUnknown: countOf(null) },
      }),
    };
  },
};
