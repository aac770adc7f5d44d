import { dateOf, offsetsIn } from "../../../model/calendar.ts";
import type { UsageRow } from "../../../ledger/rows.ts";
import { type Column, totalledBy } from "../../../render/columns.ts";
import { dollars, isoOrNull, stampOf } from "../../../render/format.ts";
import type { RangePlan } from "../plan/range.ts";
import type { ReportContext, ReportQuery, ReportResult, Split } from "../report.ts";
import { type ComparedRange, comparedRanges } from "./before.ts";
import { shareOf, UsageGroup, UsageGroups } from "./groups.ts";
import { importedDays, importNotes } from "./imported-days.ts";
import { notRecordedOf } from "./not-recorded.ts";
import { unpricedJson, unpricedNotes } from "./result.ts";
import { partOfDay, splittings } from "./splits.ts";

const DAY_MS = 86_400_000;

/** What a part used in the range and in the one before. */
interface Part {
  readonly name: string;
  readonly key: string;
  readonly now: UsageGroup;
  readonly before: UsageGroup;
  /** Percent of the total cost, and of all tokens; null where that is 0 or not known. */
  readonly share: number | null;
  readonly tokenShare: number | null;
}

/** A range in JSON: local dates, both included, and instants. */
interface RangeJson {
  readonly since: string;
  readonly until: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Usage in a range and in the one before, in dollars and percent; null where it is not known. */
interface ComparedJson {
  readonly cost: number | null;
  readonly tokens: number;
  readonly costBefore: number | null;
  readonly tokensBefore: number;
  readonly changePercent: number | null;
  readonly tokensChangePercent: number | null;
  /** Tokens of the range without a price, and their models; absent if there are none. */
  readonly unpricedTokens?: number;
  readonly unpricedModels?: readonly string[];
}

/** The JSON of `compare`. A part has what it is of in the field named by `by` too, as options take it. */
export interface CompareJson {
  readonly timezone: string;
  readonly by: Split;
  readonly range: RangeJson & { readonly isOver: boolean };
  /** `recordedFrom` is the date with which the ledger begins, if that is within it or later; else null. */
  readonly before: RangeJson & { readonly recordedFrom: string | null };
  readonly parts: readonly (ComparedJson & {
    readonly name: string;
    readonly share: number | null;
    readonly tokenShare: number | null;
  })[];
  readonly totals: ComparedJson;
  /** Only with PET_PLAN_USD. */
  readonly plan?: RangePlan;
}

const changeOf = (now: number | null, before: number | null): number | null =>
  now === null || before === null || before === 0 ? null : ((now - before) / before) * 100;

const NUMBERS: readonly Column<Part>[] = [
  { name: "Total", kind: "tokens", priority: 70, value: ({ now }) => now.all.total, field: "tokens" },
  { name: "Cost", kind: "money", priority: 90, value: ({ now }) => now.all.cost, field: "cost" },
  { name: "Share", kind: "percent", priority: 60, value: ({ share }) => share, field: "share" },
  {
    name: "Total before",
    kind: "tokens",
    priority: 50,
    value: ({ before }) => before.all.total,
    field: "tokensBefore",
  },
  { name: "Cost before", kind: "money", priority: 80, value: ({ before }) => before.all.cost, field: "costBefore" },
  {
    name: "Change",
    kind: "percent",
    priority: 85,
    value: ({ now, before }) => changeOf(now.all.cost, before.all.cost),
    field: "changePercent",
  },
  {
    name: "Token share",
    kind: "percent",
    priority: 1,
    isHidden: true,
    value: ({ tokenShare }) => tokenShare,
    field: "tokenShare",
  },
  {
    name: "Token change",
    kind: "percent",
    priority: 1,
    isHidden: true,
    value: ({ now, before }) => changeOf(now.all.total, before.all.total),
    field: "tokensChangePercent",
  },
];

/** Usage of a range, and of the one before it. */
export async function compareResult(query: ReportQuery, context: ReportContext): Promise<ReportResult<Part>> {
  const { queries, costs } = context;
  const { zone } = query;
  const by = query.split ?? "model";
  const { range, before, isOver } = comparedRanges(query);
  const now = await usageOf(query, by, context);
  const past = await usageOf(
    {
      ...query,
      ...before,
      filter: { ...query.filter, ...fromTo(before) },
      intervals: offsetsIn(zone, before.from, before.to),
    },
    by,
    context,
  );
  const keys = new Set([...now.groups.byCost(), ...past.groups.byCost()].map(([key]) => key));
  const names = splittings[by].namesOf(keys, context);
  const { all } = now.groups;
  const partOf = (name: string, key: string, used: UsageGroup, usedBefore: UsageGroup): Part => ({
    name,
    key,
    now: used,
    before: usedBefore,
    share: shareOf(used.all, all.all),
    tokenShare: all.all.total > 0 ? (used.all.total / all.all.total) * 100 : null,
  });
  const none = new UsageGroup();
  const total = partOf("Total", "", all, past.groups.all);
  const span = await queries.span();
  const recordedFrom = span && span.first > before.from ? dateOf(zone, span.first) : null;
  const notRecorded = await notRecordedOf(query, context);
  const plan =
    context.planDollars === undefined
      ? null
      : (await import("../plan/range.ts")).planOfRange(now.rows, daysIn(range), query, context);
  return {
    columns: [
      {
        name: splittings[by].column,
        kind: "text",
        priority: 100,
        shorten: true,
        value: ({ name }) => name,
        field: "name",
      },
      ...totalledBy(total, NUMBERS),
    ],
    rows: Array.from(keys, (key) =>
      partOf(names.get(key) ?? key, key, now.groups.byKey.get(key) ?? none, past.groups.byKey.get(key) ?? none),
    ),
    bar: { priority: 2, value: (part) => (all.all.cost === null ? part.now.all.total : part.now.all.cost) },
    order: "desc",
    zone,
    empty: "No usage in this range and in the one before it.",
    notes: [
      range.from === range.to ? NOT_BEGUN : rangeNote(before, isOver, zone),
      ...(recordedFrom === null ? [] : [`The ledger begins on ${recordedFrom}, so what was before is not complete.`]),
      ...(plan ? [plan.note] : []),
      ...unpricedNotes(all.all, costs),
      ...unpricedNotes(past.groups.all.all, costs, "Costs before"),
      ...importNotes([...past.days, ...now.days]),
      ...notRecorded.notes,
    ],
    json: (rows): CompareJson => ({
      timezone: zone,
      by,
      range: { ...rangeJson(range), isOver },
      before: { ...rangeJson(before), recordedFrom },
      parts: rows.map((part) => ({
        name: part.name,
        [by]: splittings[by].inJson(part.key),
        ...comparedJson(part),
        share: part.share,
        tokenShare: part.tokenShare,
      })),
      totals: comparedJson(total),
      ...(plan && { plan: plan.plan }),
      ...notRecorded.fields,
    }),
  };
}

const comparedJson = ({ now, before }: Part): ComparedJson => ({
  cost: dollars(now.all.cost),
  tokens: now.all.total,
  costBefore: dollars(before.all.cost),
  tokensBefore: before.all.total,
  changePercent: changeOf(now.all.cost, before.all.cost),
  tokensChangePercent: changeOf(now.all.total, before.all.total),
  ...unpricedJson(now.all),
});

const fromTo = ({ from, to }: ComparedRange) => ({ from, to });

/** The usage of a query by part, with its rows and the imported days that count. */
async function usageOf(query: ReportQuery, by: Split, context: ReportContext) {
  const splitting = splittings[by];
  const groups = new UsageGroups<string>(context.costs);
  const rows: readonly UsageRow[] = await context.queries.usage(query.filter, query.intervals, [
    "source",
    ...splitting.dimensions,
  ]);
  for (const row of rows) groups.addRow(splitting.partOf(row, context), row);
  const days = await importedDays(query, context);
  for (const day of days) groups.addDay(partOfDay(splitting, day, context), day);
  return { groups, rows, days };
}

const NOT_BEGUN = "The range has not begun, so it is compared with nothing.";

/** Local days of a range, whole or begun. */
const daysIn = ({ since, until }: ComparedRange): number => (Date.parse(until) - Date.parse(since)) / DAY_MS + 1;

function rangeNote({ from, to, since, until }: ComparedRange, isOver: boolean, zone: string): string {
  const [begin, end] = [stampOf(zone, from), stampOf(zone, to)];
  const areDays = isOver && [begin, end].every((stamp) => stamp.endsWith(" 00:00"));
  const [first, last] = areDays ? [since, until] : [begin, end];
  return `Before: ${first === last ? first : `${first} to ${last}`}${isOver ? "" : ", since the range is not over either"}.`;
}

const rangeJson = ({ since, until, from, to }: ComparedRange): RangeJson => ({
  since,
  until,
  from: isoOrNull(from),
  to: isoOrNull(to),
});
