import { count } from "../../../render/format.ts";
import type { Cell, Column } from "../../../render/table.ts";
import { clean } from "../../../utils/terminal.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { AssistantColumn } from "../assistants.ts";
import type { Costs, PricedTotals } from "../../../pricing/costs.ts";
import { shortModel } from "./names.ts";
import { notRecordedOf } from "./not-recorded.ts";
import type { ReportResult, ReportContext, ReportQuery } from "../question.ts";
import type { UsageGroup, UsageGroups, Part, UsageTotals } from "./tally.ts";

/** A row of a usage report: what stands before and behind its usage in the table, and its own fields in JSON. */
export interface UsageLine {
  readonly account: UsageGroup;
  /** Asked for only where there is a table; telling the local time of many rows takes longer than their sums. */
  readonly lead: readonly Cell[];
  readonly tail?: readonly Cell[];
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Parts of it that have rows of their own below it, under names, and a list of their own in JSON. */
  readonly below?: {
    readonly list: string;
    readonly lines: readonly (UsageLine & { readonly fields: Readonly<Record<string, unknown>> })[];
  };
}

/** What one usage report has of its own. */
export interface UsageForm {
  /** Name of the list in JSON: "daily". */
  readonly list: string;
  readonly lead: readonly Column[];
  readonly tail?: readonly Column[];
  /** Cells of the totals before the usage, without the first, and behind it. */
  readonly leadTotals?: readonly Cell[];
  readonly tailTotals?: readonly Cell[];
  readonly notes?: readonly string[];
  /** Rows are models themselves: neither a column nor rows of them. */
  readonly isByModel?: true;
  /** Where several assistants are in the answer, a column behind `lead` tells whose each row is. */
  readonly hasAssistants?: true;
  /** Instead of the list and its totals. */
  readonly json?: () => object;
}

/** The name of a row: it never goes. */
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
 * A report of usage: lines in their order, with totals and notes. Their models stand in a column, or where it was asked
 * for in rows of their own below them, by assistant where several are in the answer.
 */
export function usageAnswer(
  form: UsageForm,
  lines: readonly UsageLine[],
  { all: { all, sources } }: UsageGroups<unknown>,
  question: ReportQuery,
  books: ReportContext,
): ReportResult {
  const { list, tail = [], notes = [] } = form;
  const parties = new AssistantColumn(books.assistants, sources);
  const lead = form.hasAssistants ? parties.columns(form.lead, form.lead.length) : form.lead;
  const isBrokenDown = question.isBrokenDown && !form.isByModel;
  const hasModels = !isBrokenDown && !form.isByModel;
  const blanks = (columns: readonly Column[]): null[] => columns.map(() => null);
  const leadOf = (cells: readonly Cell[], of: Iterable<string> | null): readonly Cell[] =>
    form.hasAssistants ? parties.row(cells, cells.length, of) : cells;
  const notRecorded = notRecordedOf(question, books);
  const rowOf = ({ account, lead, tail = [] }: UsageLine): Cell[] => [
    ...leadOf(lead, account.sources),
    ...(hasModels ? [modelsText(account, books.modelNames)] : []),
    ...cellsOf(account.all),
    ...tail,
  ];
  const modelRow = ({ model, source, tally }: Part): Cell[] => [
    `  ${parties.named(shortModel(model, books.modelNames), source)}`,
    ...blanks(lead.slice(1)),
    ...cellsOf(tally),
    ...blanks(tail),
  ];
  return {
    columns: [...lead, ...(hasModels ? [MODELS] : []), ...USAGE, ...tail],
    /** Made only where a table is asked for, as `json` below. */
    get rows() {
      return lines.flatMap((line) => [
        rowOf(line),
        ...(isBrokenDown ? line.account.parts.map(modelRow) : []),
        ...(line.below?.lines ?? []).map(rowOf),
      ]);
    },
    totals: [
      "Total",
      ...leadOf(form.leadTotals ?? blanks(form.lead.slice(1)), null),
      ...(hasModels ? [null] : []),
      ...cellsOf(all),
      ...(form.tailTotals ?? blanks(tail)),
    ],
    empty: emptyOf(question, lines.length === 0 && books.queries.span() === null),
    notes: [...unpricedNotes(all, books.costs), ...notes, ...notRecorded.notes],
    get json() {
      const found = form.json?.() ?? {
        [list]: lines.map(lineJson),
        totals: totalsJson(all),
      };
      return { ...found, ...notRecorded.fields };
    },
  };
}

/** The sentence for a report without rows, over a ledger that may hold nothing at all. */
function emptyOf({ since, until, filter }: ReportQuery, isNothing: boolean): string {
  const { project, model, branch, source, session, accounts } = filter;
  const isWhole = [since, until].every((date) => date === null);
  const isAll = [project, model, branch, source, session, accounts].every((one) => one === undefined);
  return isNothing || (isWhole && isAll) ? "No usage is known yet." : "No usage of that kind in that time.";
}

/** What has no price, by model: a sentence where there is such, none otherwise. */
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

/** The models of an account as a table names them. */
const modelsText = ({ models }: UsageGroup, names: ReportContext["modelNames"]): string =>
  [...new Set(models.map((model) => shortModel(model, names)))].join(", ");

/** Fields of what has no price, only where there is such. */
export function unpricedJson({ unpriced }: UsageTotals) {
  if (unpriced.size === 0) return {};
  const unpricedTokens = unpriced.values().reduce((sum, tokens) => sum + tokens, 0);
  return { unpricedTokens, unpricedModels: [...unpriced.keys()] };
}

const cellsOf = (tally: UsageTotals): Cell[] => [
  tally.input,
  tally.output,
  tally.cacheWrite,
  tally.cacheRead,
  tally.total,
  tally.cost,
];

const tokensJson = (tally: UsageTotals) => ({
  inputTokens: tally.input,
  outputTokens: tally.output,
  cacheCreationTokens: tally.cacheWrite,
  cacheReadTokens: tally.cacheRead,
});

/** The fields of a row, its usage, and the list of what stands below it. */
function lineJson({ account, fields, below }: UsageLine): object {
  const parts = below && { [below.list]: below.lines.map(lineJson) };
  return { ...fields, ...usageJson(account), ...parts };
}

/** As ccusage has it; what another assistant used is marked with its name. */
function usageJson({ all, models, parts }: UsageGroup) {
  return {
    ...totalsJson(all),
    modelsUsed: models,
    modelBreakdowns: parts.map(({ model: modelName, source, tally }) => ({
      modelName,
      ...(source !== LOGGED_ASSISTANT && { source }),
      ...tokensJson(tally),
      ...unsplitJson(tally),
      cost: dollars(tally.cost),
      ...(tally.unpriced.size > 0 && { missingPricing: true }),
    })),
    ...(all.provenance.size > 0 && { provenance: [...all.provenance].toSorted() }),
  };
}

const totalsJson = (tally: UsageTotals) => ({
  ...tokensJson(tally),
  ...unsplitJson(tally),
  totalTokens: tally.total,
  totalCost: dollars(tally.cost),
  ...unpricedJson(tally),
});

const unsplitJson = ({ unsplit }: UsageTotals) => (unsplit > 0 ? { unsplitTokens: unsplit } : {});
