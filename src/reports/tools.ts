import { AssistantColumn } from "./shared/assistants.ts";
import type { Cell, Column } from "../render/table.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "Tool", kind: "text", priority: 9, shorten: true },
  { name: "Uses", kind: "integer", priority: 8 },
  { name: "Failed", kind: "integer", priority: 6 },
  { name: "Failure rate", kind: "percent", priority: 5 },
  { name: "Mean ms", kind: "integer", priority: 4 },
  { name: "Timed", kind: "integer", priority: 3 },
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
  description: "tools, most used first: failures, mean duration",
  needsActivity: true,
  async run({ filter, intervals }, { queries, assistants }) {
    const all: Tool = { name: "Total", source: "", ...unused };
    const byKey = new Map<string, Tool>();
    for (const row of (await queries.actions(filter, intervals, ["source"])).filter(
      ({ action }) => action === "tool",
    )) {
      const { source, name } = row;
      const key = `${source}\n${name}`;
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
      columns: assistantColumn.columns(COLUMNS, 1, 7),
      rows: found.map((tool) => assistantColumn.row(cells(tool), 1, [tool.source])),
      ...(found.length > 0 && { totals: assistantColumn.row(cells(all), 1, null) }),
      empty: "No tools were used in this range.",
      notes:
        found.length > 0
          ? ["A tool's duration runs from its call to its result, including the wait for your permission."]
          : [],
      json: {
        tools: found.map((tool) => ({ name: tool.name, source: tool.source, ...jsonOf(tool) })),
        totals: jsonOf(all),
      },
    };
  },
};

const unused = { uses: 0, failed: 0, timed: 0, duration: 0 };

const meanOf = ({ timed, duration }: Tool): number | null => (timed > 0 ? Math.round(duration / timed) : null);
const rateOf = ({ uses, failed }: Tool): number | null => (uses > 0 ? (failed / uses) * 100 : null);

const cells = (tool: Tool): Cell[] => [tool.name, tool.uses, tool.failed, rateOf(tool), meanOf(tool), tool.timed];

const jsonOf = (tool: Tool) => ({
  uses: tool.uses,
  failed: tool.failed,
  failurePercent: rateOf(tool),
  meanDurationMs: meanOf(tool),
  timed: tool.timed,
});
