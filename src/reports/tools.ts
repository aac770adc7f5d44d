import { AssistantColumn } from "./shared/assistants.ts";
import { keyOf } from "./shared/keys.ts";
import type { DurationRow } from "../ledger/rows.ts";
import { count } from "../render/format.ts";
import { type Column, fieldsOf, totalledBy } from "../render/columns.ts";
import { PLACE, RANGE, ROWS } from "./shared/options.ts";
import type { Report } from "./contract.ts";
import type { ReportResult } from "./shared/report.ts";

/** Uses with a known duration up to which percentiles are computed: each of them is read. */
const MAX_TIMED = 100_000;

const COUNTS: readonly Column<Tool>[] = [
  { name: "Uses", kind: "integer", priority: 8, value: ({ uses }) => uses, field: "uses" },
  { name: "Failed", kind: "integer", priority: 6, value: ({ failed }) => failed, field: "failed" },
  { name: "Failure rate", kind: "percent", priority: 5, value: rateOf, field: "failurePercent" },
  {
    name: "Succeeded",
    kind: "percent",
    priority: 0,
    isHidden: true,
    value: (tool) => complement(rateOf(tool)),
    field: "succeededPercent",
  },
  { name: "Median", kind: "latency", priority: 3.5, value: ({ p50 }) => p50, field: "p50DurationMs" },
  { name: "95% within", kind: "latency", priority: 4.5, value: ({ p95 }) => p95, field: "p95DurationMs" },
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
  /** Milliseconds that half of the uses, and 95% of them, took at most; null where they are not known. */
  p50: number | null;
  p95: number | null;
}

/** Tools, most used first, with failures and durations. */
export const tools: Report = {
  name: "tools",
  options: [...RANGE, ...PLACE, ...ROWS, "id"],
  description: "tools, most used first: failures, and how long they took",
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
    const hasPercentiles = all.timed <= MAX_TIMED;
    if (hasPercentiles) {
      const durations = await queries.durations("tool", filter);
      setPercentiles(all, durations);
      for (const [key, some] of Map.groupBy(durations, ({ source, name }) => keyOf(source, name)))
        setPercentiles(byKey.get(key), some);
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
      notes: [
        ...(found.length > 0
          ? ["A tool's duration runs from its call to its result, including the wait for your permission."]
          : []),
        ...(hasPercentiles
          ? []
          : [`Medians and the time of 95% are computed for at most ${count(MAX_TIMED)} uses: choose a shorter range.`]),
      ],
      order: "desc",
      json: (shown) => ({
        tools: shown.map((tool) => ({ name: tool.name, source: tool.source, ...fieldsOf(COUNTS, tool) })),
        totals: fieldsOf(COUNTS, all),
      }),
    };
  },
};

const unused = { uses: 0, failed: 0, timed: 0, duration: 0, p50: null, p95: null };

/** Sets the percentiles of a tool from its durations, the shortest first: the one that so many percent of the uses took at most. */
function setPercentiles(tool: Tool | undefined, durations: readonly DurationRow[]): void {
  if (!tool) return;
  const total = durations.reduce((sum, one) => sum + one.count, 0);
  let uses = 0;
  for (const one of durations) {
    uses += one.count;
    if (uses >= total * 0.5) tool.p50 ??= one.duration;
    if (uses >= total * 0.95) tool.p95 ??= one.duration;
  }
}

const complement = (percent: number | null): number | null => (percent === null ? null : 100 - percent);

function meanOf({ timed, duration }: Tool): number | null {
  return timed > 0 ? Math.round(duration / timed) : null;
}

function rateOf({ uses, failed }: Tool): number | null {
  return uses > 0 ? (failed / uses) * 100 : null;
}
