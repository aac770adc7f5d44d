import { LOGGED_ASSISTANT } from "../model/record.ts";
import { AssistantColumn } from "./shared/assistants.ts";
import { blocksOf, type Block, progressOf } from "./shared/usage/blocks.ts";
import type { ReportContext, ReportQuery } from "./shared/report.ts";
import { slotsOf, type UsageSlot } from "./shared/usage/slots.ts";
import { UsageGroup, UsageGroups } from "./shared/usage/groups.ts";
import { LABEL, unpricedJson, usageResult } from "./shared/usage/result.ts";
import { clockOf } from "./shared/when.ts";
import { windowsOf } from "./shared/limits/known-windows.ts";
import type { Filter, TimeRange } from "../ledger/rows.ts";
import { FIVE_HOURS_MS } from "../model/quota.ts";
import { cacheWriteOf } from "../model/tokens.ts";
import type { Column } from "../render/columns.ts";
import { count, dollars, money } from "../render/format.ts";
import { duration } from "../utils/terminal.ts";
import { CCUSAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/**
 * Estimated blocks depend on the blocks before them, so usage is read from a week earlier, which should contain a pause of
 * five hours.
 */
const LOOK_BACK_MS = 7 * 86_400_000;

/** Columns of blocks at a time (epoch ms). */
const columnsAt = (now: number): readonly Column<BlockUsage>[] => [
  { name: "Begin", kind: "time", priority: LABEL, value: ({ block }) => block.from, field: "startTime" },
  { name: "Window", kind: "text", priority: 60, value: ({ block }) => (block.isMeasured ? "measured" : "estimated") },
  {
    name: "State",
    kind: "text",
    priority: 65,
    value: ({ block, first, last, isActive }) =>
      isActive ? `${duration(block.to - now)} left` : `used ${duration(last - first)}`,
  },
  {
    name: "Responses",
    kind: "integer",
    priority: 20,
    value: ({ group }) => group.all.responses,
    total: "sum",
    field: "entries",
  },
];

/** Usage by five-hour window. */
export const blocks: Report = {
  name: "blocks",
  description: "tokens and cost of each five-hour window: measured where the log has its reset, else estimated",
  options: [...CCUSAGE, "active"],
  examples: [
    { args: "blocks --active", description: "the window that is open now, how fast it is used, and its end" },
    { args: "blocks --last 3d", description: "the five-hour windows of the last three days" },
  ],
  related: ["limits", "daily"],
  async run({ filter, ...range }, context) {
    const source = filter.source ?? LOGGED_ASSISTANT;
    const query = { ...range, filter: { ...filter, source } };
    const groups = new UsageGroups<number>(context.costs);
    const { now, isActiveOnly } = query;
    const selected = (await selectedBlocks(query, context)).filter((block) => !isActiveOnly || isOpen(block, now));
    const bounds = await context.queries.bounds(query.filter, selected.map(rangeOf));
    const found = selected.map((block, index): BlockUsage => {
      for (const { used, from } of block.slots) {
        for (const { usage, responses } of used) groups.add(block.from, usage, responses, from);
      }
      const { first, last } = bounds[index] ?? { first: block.from, last: block.from };
      return blockUsageOf(block, groups.byKey.get(block.from) ?? new UsageGroup(), first, last, query.now);
    });
    const notes = found.flatMap((one) => burnNotes(one, query));
    if (found.some(({ block }) => !block.isMeasured)) {
      notes.push("Estimated windows begin at the hour of their first response and last five hours.");
    }
    if (filter.source === undefined) notes.push(...(await otherAssistantsNotes(query, context)));
    const layout = {
      list: "blocks",
      order: "asc" as const,
      ...(isActiveOnly && { empty: "No window with matching usage is open now." }),
      lead: columnsAt(now),
      notes,
      json: (shown: readonly BlockUsage[]) => ({
        blocks: shown.flatMap((one, index) => [...gapJson(shown[index - 1], one, found), blockJson(one)]),
      }),
    };
    return usageResult(layout, found, groups, query, context);
  },
};

/** A block with its usage. `first` and `last` are the times of its first and last response, epoch milliseconds. */
interface BlockUsage {
  readonly block: Block<UsageSlot>;
  readonly group: UsageGroup;
  readonly first: number;
  readonly last: number;
  readonly isActive: boolean;
  readonly rate: Rate | null;
}

/** How fast an open block is being used, and its projection at the end. */
interface Rate {
  readonly tokensPerMinute: number;
  /** Without tokens read from and written to caches. */
  readonly uncachedPerMinute: number;
  /** Micro-dollars; null without a price. */
  readonly microsPerHour: number | null;
  /** Minutes left. */
  readonly left: number;
  /** Tokens, and micro-dollars or null, projected for the end of the block. */
  readonly tokens: number;
  readonly micros: number | null;
}

/**
 * Blocks that begin in the range, and the one open at its end. Their bounds are computed from all usage of the assistant on the
 * selected machines, since others may use another account; all else in the filter, such as a project or an account, only selects which usage is added up in them.
 */
async function selectedBlocks(
  { filter, now }: ReportQuery,
  { queries, log }: ReportContext,
): Promise<Block<UsageSlot>[]> {
  const { from: rangeFrom, to: rangeTo, source, machines, ...selection } = filter;
  const wide: Filter = { from: Math.max(rangeFrom - LOOK_BACK_MS, 0), to: rangeTo + FIVE_HOURS_MS, source, machines };
  const windows = source === LOGGED_ASSISTANT ? windowsOf(await log("usage", wide.from)) : [];
  const bounds = new Set(windows.flatMap(({ from, to }) => [from, to]));
  const blocks = blocksOf(await slotsOf(queries, wide, bounds), windows);
  const isUnfiltered = Object.values(selection).every((one) => one === undefined);
  const chosen = isUnfiltered ? null : await slotsOf(queries, { ...filter, ...wide }, bounds);
  return blocks
    .map((block) =>
      chosen ? { ...block, slots: chosen.filter(({ from }) => block.from <= from && from < block.to) } : block,
    )
    .filter(({ slots }) => slots.length > 0)
    .filter(({ from, to }) => from < rangeTo && (from >= rangeFrom || (to > now && rangeTo >= now)));
}

const isOpen = ({ from, to }: Pick<Block<UsageSlot>, "from" | "to">, now: number): boolean => from <= now && now < to;

/** A note that names the assistants whose usage is not part of the windows; none without other assistants. */
async function otherAssistantsNotes(
  { filter, intervals }: ReportQuery,
  { queries, assistants }: ReportContext,
): Promise<string[]> {
  const rows = await queries.usage({ ...filter, source: undefined }, intervals, ["source"]);
  const assistantColumn = new AssistantColumn(assistants, []);
  const otherNames = assistantColumn.text(rows.map(({ source }) => source).filter((one) => one !== LOGGED_ASSISTANT));
  const loggedName = assistantColumn.text([LOGGED_ASSISTANT]);
  return otherNames === ""
    ? []
    : [`Windows are those of ${loggedName}, without the usage of ${otherNames}: --source selects another assistant.`];
}

/** The time from the first to the last slot of a block. */
const rangeOf = ({ slots, from, to }: Block<UsageSlot>): TimeRange => ({
  from: slots[0]?.from ?? from,
  to: slots.at(-1)?.to ?? to,
});

function blockUsageOf(
  block: Block<UsageSlot>,
  group: UsageGroup,
  first: number,
  last: number,
  now: number,
): BlockUsage {
  const { all } = group;
  const progress = progressOf(first, last, block, now);
  const per = (value: number): number => (progress ? value / progress.minutes : 0);
  const rate = progress && {
    tokensPerMinute: per(all.total),
    uncachedPerMinute: per(all.input + all.output),
    microsPerHour: all.cost === null ? null : per(all.micros) * 60,
    left: progress.left,
    tokens: Math.round(all.total + per(all.total) * progress.left),
    micros: all.cost === null ? null : Math.round(all.micros + per(all.micros) * progress.left),
  };
  return { block, group, first, last, isActive: isOpen(block, now), rate };
}

function burnNotes({ block, rate }: BlockUsage, { zone, now }: ReportQuery): string[] {
  if (!rate) return [];
  const { tokensPerMinute, microsPerHour, tokens, micros } = rate;
  const hourly = microsPerHour === null ? "" : `, ${money(Math.round(microsPerHour))} an hour`;
  const pace = `${count(tokensPerMinute)} tokens a minute${hourly}`;
  const projection = `${count(tokens)} tokens${micros === null ? "" : ` and ${money(micros)}`}`;
  const open = `Open until ${clockOf(zone, block.to)}, ${duration(block.to - now)} left.`;
  return [`${open} So far ${pace}; about ${projection} by its end.`];
}

const iso = (ms: number): string => new Date(ms).toISOString();

function blockJson({ block, group, last, isActive, rate }: Omit<BlockUsage, "first">) {
  const { all, models } = group;
  return {
    id: iso(block.from),
    startTime: iso(block.from),
    endTime: iso(block.to),
    actualEndTime: iso(last) as string | null,
    isActive,
    isGap: false,
    isEstimated: !block.isMeasured,
    entries: all.responses,
    tokenCounts: {
      inputTokens: all.input,
      outputTokens: all.output,
      cacheCreationInputTokens: cacheWriteOf(all),
      cacheReadInputTokens: all.cacheRead,
    },
    totalTokens: all.total,
    costUSD: dollars(all.cost),
    ...unpricedJson(all),
    models,
    burnRate: rate && {
      tokensPerMinute: rate.tokensPerMinute,
      tokensPerMinuteForIndicator: rate.uncachedPerMinute,
      costPerHour: dollars(rate.microsPerHour),
    },
    projection: rate && {
      totalTokens: rate.tokens,
      totalCost: dollars(rate.micros),
      remainingMinutes: rate.left,
    },
  };
}

/** The pause of more than five hours between two blocks that follow each other in time, as ccusage reports it: from five hours after the last response to the next response. */
function gapJson(above: BlockUsage | undefined, one: BlockUsage, all: readonly BlockUsage[]) {
  if (!above) return [];
  const [previous, next] = above.first < one.first ? [above, one] : [one, above];
  const areNeighbors = all.indexOf(next) === all.indexOf(previous) + 1;
  if (!areNeighbors || next.first - previous.last <= FIVE_HOURS_MS) return [];
  const [from, to] = [previous.last + FIVE_HOURS_MS, next.first];
  const noUsage = { block: { from, to, isMeasured: false, slots: [] }, group: new UsageGroup() };
  const gap = blockJson({ ...noUsage, last: to, isActive: false, rate: null });
  return [{ ...gap, id: `gap-${iso(from)}`, actualEndTime: null, isGap: true }];
}
