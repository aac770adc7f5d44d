import type { Cell, Column } from "../tables/table.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "Tool", kind: "text", priority: 9, shorten: true },
  { name: "Uses", kind: "integer", priority: 8 },
  { name: "Failed", kind: "integer", priority: 6 },
  { name: "Failure rate", kind: "percent", priority: 5 },
  { name: "Mean ms", kind: "integer", priority: 4 },
  { name: "Timed", kind: "integer", priority: 3 },
];

interface Tool {
  uses: number;
  failed: number;
  timed: number;
  duration: number;
}

/** Tools by how often they were used, with failures and mean time. */
export const tools: Report = {
  name: "tools",
  meaning: "tools by how often they were used: failures, mean time",
  needsActivity: true,
  run({ filter, stretches }, { ledger }) {
    const all: Tool = { uses: 0, failed: 0, timed: 0, duration: 0 };
    const byName = new Map<string, Tool>();
    for (const row of ledger.actions(filter, stretches).filter(({ action }) => action === "tool")) {
      const name = row.name || "not known yet";
      const known = byName.get(name) ?? { uses: 0, failed: 0, timed: 0, duration: 0 };
      byName.set(name, known);
      for (const tool of [known, all]) {
        tool.uses += row.count;
        tool.failed += row.failed;
        tool.timed += row.timed;
        tool.duration += row.duration;
      }
    }
    const found = [...byName].toSorted(([a, one], [b, other]) => other.uses - one.uses || (a < b ? -1 : 1));
    return {
      columns: COLUMNS,
      rows: found.map(([name, tool]) => cells(name, tool)),
      ...(found.length > 0 && { totals: cells("Total", all) }),
      empty: "No tool was used in this range.",
      notes:
        found.length > 0 ? ["A tool's time runs from its call to its result, waiting for your consent included."] : [],
      json: { tools: found.map(([name, tool]) => ({ name, ...jsonOf(tool) })), totals: jsonOf(all) },
    };
  },
};

const meanOf = ({ timed, duration }: Tool): number | null => (timed > 0 ? Math.round(duration / timed) : null);
const rateOf = ({ uses, failed }: Tool): number | null => (uses > 0 ? (failed / uses) * 100 : null);

const cells = (name: string, tool: Tool): Cell[] => [
  name,
  tool.uses,
  tool.failed,
  rateOf(tool),
  meanOf(tool),
  tool.timed,
];

const jsonOf = (tool: Tool) => ({
  uses: tool.uses,
  failed: tool.failed,
  failurePercent: rateOf(tool),
  meanDurationMs: meanOf(tool),
  timed: tool.timed,
});
