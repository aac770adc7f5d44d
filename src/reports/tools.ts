import { AssistantColumn } from "./shared/assistants.ts";
import { keyOf } from "./shared/keys.ts";
import { type Column, fieldsOf, totalledBy } from "../render/columns.ts";
import { PLACE, RANGE, ROWS } from "./shared/options.ts";
import type { Report } from "./contract.ts";
import type { ReportResult } from "./shared/report.ts";

const COUNTS: readonly Column<Tool>[] = [
  { name: "Uses", kind: "integer", priority: 8, value: ({ uses }) => uses, field: "uses" },
  { name: "Failed", kind: "integer", priority: 6, value: ({ failed }) => failed, field: "failed" },
  { name: "Failure rate", kind: "percent", priority: 5, value: rateOf, field: "failurePercent" },
  { name: "Mean", kind: "latency", priority: 4, value: meanOf, field: "meanDurationMs" },
  { name: "Timed", kind: "integer", priority: 3, value: ({ timed }) => timed, field: "timed" },
];

/** A tool of one assistant; tools of two assistants that share a name are kept apart. */
interface Tool {
  readonly name: string;
  readonly source: string;
  uses: number;
  failed: number;
  timed: number;
  duration: number;
}

/** Tools, most used first, with failures and mean duration. */
export const tools: Report = {
  name: "tools",
  options: [...RANGE, ...PLACE, ...ROWS, "id"],
  description: "tools, most used first: failures, mean duration",
  needsActivity: true,
  examples: [{ args: "tools --last 7d", description: "the tools used in seven days, and how often they failed" }],
  related: ["files", "activity"],
  async run({ filter, intervals, zone }, { queries, assistants }): Promise<ReportResult<Tool>> {
    const all: Tool = { name: "Total", source: "", ...unused };
    const byKey = new Map<string, Tool>();
    for (const row of (await queries.actions(filter, intervals, ["source"])).filter(
      ({ action }) => action === "tool",
    )) {
      const { source, name } = row;
      const key = keyOf(source, name);
      const known = byKey.get(key) ?? { name: name || "not known yet", source, ...unused };
      byKey.set(key, known);
      for (const tool of [known, all]) {
        tool.uses += row.count;
        tool.failed += row.failed;
        tool.timed += row.timed;
        tool.duration += row.duration;
      }
    }
    const found = [...byKey.values()].toSorted((a, b) => b.uses - a.uses || (a.name < b.name ? -1 : 1));
    const assistantColumn = new AssistantColumn(
      assistants,
      found.map(({ source }) => source),
    );
    return {
      columns: [
        { name: "Tool", kind: "text", priority: 9, shorten: true, value: ({ name }) => name, field: "name" },
        assistantColumn.column(({ source }) => [source], 7),
        ...totalledBy(all, COUNTS),
      ],
      rows: found,
      bar: { priority: 0, value: ({ uses }) => uses },
      zone,
      empty: "No tools were used in this range.",
      notes:
        found.length > 0
          ? ["A tool's duration runs from its call to its result, including the wait for your permission."]
          : [],
      order: "desc",
      json: (shown) => ({
        tools: shown.map((tool) => ({ name: tool.name, source: tool.source, ...fieldsOf(COUNTS, tool) })),
        totals: fieldsOf(COUNTS, all),
      }),
    };
  },
};

const unused = { uses: 0, failed: 0, timed: 0, duration: 0 };

function meanOf({ timed, duration }: Tool): number | null {
  return timed > 0 ? Math.round(duration / timed) : null;
}

function rateOf({ uses, failed }: Tool): number | null {
  return uses > 0 ? (failed / uses) * 100 : null;
}
