import { count } from "../../../render/format.ts";
import type { Cell, Column } from "../../../render/table.ts";
import { clean } from "../../../utils/terminal.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { cacheWriteOf } from "../../../model/tokens.ts";
import { AssistantColumn } from "../assistants.ts";
import type { Costs, PricedTotals } from "../../../pricing/costs.ts";
import { shortModel } from "./names.ts";
import { notRecordedOf } from "./not-recorded.ts";
import type { ReportResult, ReportContext, ReportQuery } from "../report.ts";
import type { UsageGroup, UsageGroups, ModelUsage, UsageTotals } from "./groups.ts";

/** A row of a usage report: its cells before and after the usage columns, and its own fields in JSON. */
export interface UsageLine {
  readonly group: UsageGroup;
  /** Often a getter, read only for a table: computing the local times of many rows takes longer than their sums. */
  readonly lead: readonly Cell[];
  readonly tail?: readonly Cell[];
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Parts with their own rows below this one, and their own list in JSON. */
  readonly below?: {
    readonly list: string;
    readonly lines: readonly (UsageLine & { readonly fields: Readonly<Record<string, unknown>> })[];
  };
}

/** The columns, notes and JSON of one usage report. */
export interface UsageLayout {
  /** Name of the list in JSON: "daily". */
  readonly list: string;
  readonly lead: readonly Column[];
  readonly tail?: readonly Column[];
  /** Cells of the totals row before the usage columns, without the first, and after them. */
  readonly leadTotals?: readonly Cell[];
  readonly tailTotals?: readonly Cell[];
  readonly notes?: readonly string[];
  /** The rows are models, so there is no models column and no breakdown. */
  readonly isByModel?: true;
  /** Adds an assistant column after `lead` where the result has several assistants. */
  readonly hasAssistants?: true;
  /** Replaces the list and its totals. */
  readonly json?: () => object;
}

/** Priority of the column with the name of a row, which is never dropped. */
export const LABEL = 100;

const MODELS: Column = { name: "Models", kind: "text", priority: 15, shorten: true };
const USAGE: readonly Column[] = [
  { name: "Input", kind: "integer", priority: 40 },
  { name: "Output", kind: "integer", priority: 50 },
  { name: "Cache write", kind: "integer", priority: 30 },
  { name: "Cache read", kind: "integer", priority: 35 },
  { name: "Total", kind: "integer", priority: 70 },
  { name: "Cost", kind: "money", priority: 90 },
];

/**
 * The result of a usage report: lines in their order, with totals and notes. Models are listed in a column, or with
 * --breakdown in rows below each line, by assistant where there are several.
 */
export function usageResult(
  layout: UsageLayout,
  lines: readonly UsageLine[],
  { all: { all, sources } }: UsageGroups<unknown>,
  query: ReportQuery,
  context: ReportContext,
): ReportResult {
  const { list, tail = [], notes = [] } = layout;
  const assistantColumn = new AssistantColumn(context.assistants, sources);
  const lead = layout.hasAssistants ? assistantColumn.columns(layout.lead, layout.lead.length) : layout.lead;
  const isBrokenDown = query.isBrokenDown && !layout.isByModel;
  const hasModels = !isBrokenDown && !layout.isByModel;
  const blanks = (columns: readonly Column[]): null[] => columns.map(() => null);
  const leadOf = (cells: readonly Cell[], owners: Iterable<string> | null): readonly Cell[] =>
    layout.hasAssistants ? assistantColumn.row(cells, cells.length, owners) : cells;
  const notRecorded = notRecordedOf(query, context);
  const rowOf = ({ group, lead, tail = [] }: UsageLine): Cell[] => [
    ...leadOf(lead, group.sources),
    ...(hasModels ? [modelsText(group, context.modelNames)] : []),
    ...cellsOf(group.all),
    ...tail,
  ];
  const modelRow = ({ model, source, totals }: ModelUsage): Cell[] => [
    `  ${assistantColumn.named(shortModel(model, context.modelNames), source)}`,
    ...blanks(lead.slice(1)),
    ...cellsOf(totals),
    ...blanks(tail),
  ];
  return {
    columns: [...lead, ...(hasModels ? [MODELS] : []), ...USAGE, ...tail],
    /** Computed only for a table, as `json` below only for JSON. */
    get rows() {
      return lines.flatMap((line) => [
        rowOf(line),
        ...(isBrokenDown ? line.group.parts.map(modelRow) : []),
        ...(line.below?.lines ?? []).map(rowOf),
      ]);
    },
    totals: [
      "Total",
      ...leadOf(layout.leadTotals ?? blanks(layout.lead.slice(1)), null),
      ...(hasModels ? [null] : []),
      ...cellsOf(all),
      ...(layout.tailTotals ?? blanks(tail)),
    ],
    empty: emptyOf(query, lines.length === 0 && context.queries.span() === null),
    notes: [...unpricedNotes(all, context.costs), ...notes, ...notRecorded.notes],
    get json() {
      const json = layout.json?.() ?? {
        [list]: lines.map(lineJson),
        totals: totalsJson(all),
      };
      return { ...json, ...notRecorded.fields };
    },
  };
}

/** The sentence for a report without rows; `isLedgerEmpty` is whether the ledger holds no usage. */
function emptyOf({ since, until, filter }: ReportQuery, isLedgerEmpty: boolean): string {
  const { project, model, branch, source, session, accounts } = filter;
  const isWholeRange = [since, until].every((date) => date === null);
  const isUnfiltered = [project, model, branch, source, session, accounts].every((one) => one === undefined);
  return isLedgerEmpty || (isWholeRange && isUnfiltered)
    ? "No usage is known yet."
    : "No matching usage in this range.";
}

/** A sentence that lists the tokens without a price by model; none where all have one. */
export function unpricedNotes(
  { unpriced, unsplit = 0 }: PricedTotals & { readonly unsplit?: number },
  { mode }: Costs,
): string[] {
  if (unpriced.size === 0) return [];
  const parts = [...unpriced].map(
    ([model, tokens], index) => `${count(tokens)}${index ? "" : " tokens"} of ${clean(model)}`,
  );
  const last = parts.pop() ?? "";
  const listed = parts.length > 0 ? `${parts.join(", ")} and ${last}` : last;
  const why =
    mode === "display" || unsplit > 0
      ? "whose cost is not known"
      : unpriced.size > 1
        ? "which have no price"
        : "which has no price";
  return [`Costs are without ${listed}, ${why}.`];
}

/** Integer micro-dollars as dollars, for programs. */
export const dollars = (micros: number | null): number | null => (micros === null ? null : micros / 1e6);

/** The models of a group by their names in a table. */
const modelsText = ({ models }: UsageGroup, names: ReportContext["modelNames"]): string =>
  [...new Set(models.map((model) => shortModel(model, names)))].join(", ");

/** Fields for tokens without a price; none where all have one. */
export function unpricedJson({ unpriced }: UsageTotals) {
  if (unpriced.size === 0) return {};
  const unpricedTokens = unpriced.values().reduce((sum, tokens) => sum + tokens, 0);
  return { unpricedTokens, unpricedModels: [...unpriced.keys()] };
}

const cellsOf = (totals: UsageTotals): Cell[] => [
  totals.input,
  totals.output,
  cacheWriteOf(totals),
  totals.cacheRead,
  totals.total,
  totals.cost,
];

const tokensJson = (totals: UsageTotals) => ({
  inputTokens: totals.input,
  outputTokens: totals.output,
  cacheCreationTokens: cacheWriteOf(totals),
  cacheReadTokens: totals.cacheRead,
});

/** The fields of a row, its usage, and the list of its parts. */
function lineJson({ group, fields, below }: UsageLine): object {
  const parts = below && { [below.list]: below.lines.map(lineJson) };
  return { ...fields, ...usageJson(group), ...parts };
}

/** The fields of ccusage; breakdowns of other assistants have their source as well. */
function usageJson({ all, models, parts }: UsageGroup) {
  return {
    ...totalsJson(all),
    modelsUsed: models,
    modelBreakdowns: parts.map(({ model: modelName, source, totals }) => ({
      modelName,
      ...(source !== LOGGED_ASSISTANT && { source }),
      ...tokensJson(totals),
      ...unsplitJson(totals),
      cost: dollars(totals.cost),
      ...(totals.unpriced.size > 0 && { missingPricing: true }),
    })),
    ...(all.provenance.size > 0 && { provenance: [...all.provenance].toSorted() }),
  };
}

const totalsJson = (totals: UsageTotals) => ({
  ...tokensJson(totals),
  ...unsplitJson(totals),
  totalTokens: totals.total,
  totalCost: dollars(totals.cost),
  ...unpricedJson(totals),
});

const unsplitJson = ({ unsplit }: UsageTotals) => (unsplit > 0 ? { unsplitTokens: unsplit } : {});
