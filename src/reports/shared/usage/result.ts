import { type Column, fieldsOf, headOf, totalOf } from "../../../render/columns.ts";
import { count, dollars } from "../../../render/format.ts";
import { clean } from "../../../utils/terminal.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { cacheWriteOf } from "../../../model/tokens.ts";
import { AssistantColumn } from "../assistants.ts";
import type { Costs, PricedTotals } from "../../../pricing/costs.ts";
import { shortModel } from "./names.ts";
import { notRecordedOf } from "./not-recorded.ts";
import type { RowOrder, ReportResult, ReportContext, ReportQuery } from "../report.ts";
import type { UsageGroup, UsageGroups, ModelUsage, UsageTotals } from "./groups.ts";

/** A row of a usage report. Its type has what the columns of the report show besides usage. */
export interface UsageLine {
  readonly group: UsageGroup;
  /** Its own fields in JSON. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Lines with their own rows below another line, and their own list in JSON. */
interface LinesBelow<Line> {
  readonly list: string;
  readonly lines: readonly Line[];
}

/** What a line has if there are lines below it. */
interface WithLinesBelow<Line> {
  readonly below?: LinesBelow<Line> | undefined;
}

/** The columns, notes and JSON of one usage report. */
export interface UsageLayout<Line extends UsageLine> {
  /** Name of the list in JSON: "daily". */
  readonly list: string;
  /** The columns before the usage columns; the first is the name of a line. */
  readonly lead: readonly Column<Line>[];
  /** The columns after them. */
  readonly tail?: readonly Column<Line>[];
  readonly notes?: readonly string[];
  /** The rows are models, so there is no models column and no breakdown. */
  readonly isByModel?: true;
  /** Adds an assistant column after `lead` where the result has several assistants. */
  readonly hasAssistants?: true;
  /** Replaces the list in JSON. */
  readonly json?: (lines: readonly Line[]) => object;
  /** The sentence for no lines, where the ledger holds usage. */
  readonly empty?: string;
  /** The order of the lines; by default the most expensive first. */
  readonly order?: RowOrder;
}

/** Priority of the column with the name of a row, which is never dropped. */
export const LABEL = 100;
/** Of what is hidden first: the models, which --breakdown lists as well, then the bars. */
const [MODELS, BAR] = [1, 2];

const TOKENS: readonly Column<UsageTotals>[] = [
  { name: "Input", kind: "tokens", priority: 40, value: ({ input }) => input, field: "inputTokens" },
  { name: "Output", kind: "tokens", priority: 50, value: ({ output }) => output, field: "outputTokens" },
  { name: "Cache write", kind: "tokens", priority: 30, value: cacheWriteOf, field: "cacheCreationTokens" },
  { name: "Cache read", kind: "tokens", priority: 35, value: ({ cacheRead }) => cacheRead, field: "cacheReadTokens" },
];
const SUMS: readonly Column<UsageTotals>[] = [
  { name: "Total", kind: "tokens", priority: 70, value: ({ total }) => total, field: "totalTokens" },
  { name: "Cost", kind: "money", priority: 90, value: ({ cost }) => cost, field: "totalCost" },
];

/** A row of the table: a line, or one of its parts below it. */
interface TableRow<Line> {
  readonly line: (Line & WithLinesBelow<Line>) | null;
  readonly part: ModelUsage | null;
  readonly totals: UsageTotals;
  /** Whether it is below another row that includes its usage. */
  readonly isPart: boolean;
}

/**
 * The result of a usage report: lines in their order, with totals and notes. Models are listed in a column, or with
 * --breakdown in rows below each line, by assistant where there are several.
 */
export async function usageResult<Line extends UsageLine>(
  layout: UsageLayout<Line>,
  lines: readonly (Line & WithLinesBelow<Line>)[],
  { all: { all, sources } }: UsageGroups<unknown>,
  query: ReportQuery,
  context: ReportContext,
): Promise<ReportResult<TableRow<Line>>> {
  const { list, tail = [], notes = [], order = "desc" } = layout;
  const assistantColumn = new AssistantColumn(context.assistants, sources);
  const isBrokenDown = query.isBrokenDown && !layout.isByModel;
  const notRecorded = await notRecordedOf(query, context);
  const isLedgerEmpty = lines.length === 0 && (await context.queries.span()) === null;
  const rowOf = (line: Line, isPart: boolean): TableRow<Line> => ({ line, part: null, totals: line.group.all, isPart });
  const partName = ({ model, source }: ModelUsage): string =>
    `  ${assistantColumn.named(shortModel(model, context.modelNames), source)}`;
  const ofLines = (column: Column<Line>): Column<TableRow<Line>> => ({
    ...headOf(column),
    value: ({ line, part }) => (line ? column.value(line) : part && column === layout.lead[0] ? partName(part) : null),
    ...(column.total && { total: () => totalOf(column, lines) }),
  });
  const ofTotals = (column: Column<UsageTotals>): Column<TableRow<Line>> => ({
    ...headOf(column),
    value: ({ totals }) => column.value(totals),
    total: () => column.value(all),
  });
  const models: Column<Line> = {
    name: "Models",
    kind: "text",
    priority: MODELS,
    shorten: true,
    isHidden: isBrokenDown || layout.isByModel === true,
    value: ({ group }) => modelsText(group, context.modelNames),
  };
  return {
    columns: [
      ...layout.lead.map(ofLines),
      ...(layout.hasAssistants ? [ofLines(assistantColumn.column(({ group }) => group.sources))] : []),
      ofLines(models),
      ...[...TOKENS, ...SUMS].map(ofTotals),
      ...tail.map(ofLines),
    ],
    rows: lines.flatMap((line): TableRow<Line>[] => [
      rowOf(line, false),
      ...(isBrokenDown
        ? line.group.parts.map((part) => ({ line: null, part, totals: part.totals, isPart: true }))
        : []),
      ...(line.below?.lines ?? []).map((one) => rowOf(one, true)),
    ]),
    bar: { priority: BAR, value: ({ totals }) => (all.cost === null ? totals.total : totals.cost) },
    isPart: ({ isPart }) => isPart,
    order,
    zone: query.zone,
    empty: (isLedgerEmpty ? undefined : layout.empty) ?? emptyOf(query, isLedgerEmpty),
    notes: [...unpricedNotes(all, context.costs), ...notes, ...notRecorded.notes],
    json(rows) {
      const shown = rows.flatMap(({ line, isPart }) => (line && !isPart ? [line] : []));
      const listed = layout.json?.(shown) ?? { [list]: shown.map((line) => lineJson(line)) };
      return { ...listed, totals: totalsJson(all), ...notRecorded.fields };
    },
  };
}

/** The sentence for a report without rows; `isLedgerEmpty` is whether the ledger holds no usage. */
function emptyOf({ since, until, filter }: ReportQuery, isLedgerEmpty: boolean): string {
  const { project, model, branch, source, session, accounts, machines } = filter;
  const isWholeRange = [since, until].every((date) => date === null);
  const isUnfiltered = [project, model, branch, source, session, accounts, machines].every((one) => one === undefined);
  return isLedgerEmpty || (isWholeRange && isUnfiltered)
    ? "No usage has been read yet."
    : "No matching usage in this range.";
}

/** A sentence that lists the tokens without a price by model; none where all have one. `what` are the costs without them. */
export function unpricedNotes(
  { unpriced, unsplit = 0 }: PricedTotals & { readonly unsplit?: number },
  { mode }: Costs,
  what = "Costs",
): string[] {
  if (unpriced.size === 0) return [];
  const parts = [...unpriced].map(
    ([model, tokens], index) => `${count(tokens)}${index ? "" : " tokens"} of ${clean(model) || "an unknown model"}`,
  );
  const last = parts.pop() ?? "";
  const listed = parts.length > 0 ? `${parts.join(", ")} and ${last}` : last;
  const why =
    mode === "display" || unsplit > 0
      ? "whose cost is not known"
      : unpriced.size > 1
        ? "which have no price"
        : "which has no price";
  return [`${what} exclude ${listed}, ${why}.`];
}

/** The models of a group by their names in a table. */
const modelsText = ({ models }: UsageGroup, names: ReportContext["modelNames"]): string =>
  [...new Set(models.map((model) => shortModel(model, names)))].join(", ");

/** Fields for tokens without a price; none where all have one. */
export const unpricedJson = ({ unpriced, unpricedTokens }: UsageTotals) =>
  unpriced.size === 0 ? {} : { unpricedTokens, unpricedModels: [...unpriced.keys()] };

/** The fields of a line, its usage, and the list of the lines below it. */
export function lineJson({ group, fields, below }: UsageLine & WithLinesBelow<UsageLine>): object {
  const parts = below && { [below.list]: below.lines.map((line) => lineJson(line)) };
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
      cost: dollars(totals.cost),
      ...(totals.unpriced.size > 0 && { missingPricing: true }),
    })),
    ...(all.provenance.size > 0 && { provenance: [...all.provenance].toSorted() }),
  };
}

const tokensJson = (totals: UsageTotals) => ({
  ...fieldsOf(TOKENS, totals),
  ...(totals.unsplit > 0 && { unsplitTokens: totals.unsplit }),
});

const totalsJson = (totals: UsageTotals) => ({
  ...tokensJson(totals),
  ...fieldsOf(SUMS, totals),
  ...unpricedJson(totals),
});
