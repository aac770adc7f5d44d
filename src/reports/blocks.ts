import { LOGGED_ASSISTANT } from "../model/record.ts";
import { AssistantColumn } from "./shared/assistants.ts";
import { blocksOf, type Block, burnOf } from "./shared/usage/blocks.ts";
import type { ReportContext, ReportQuery } from "./shared/question.ts";
import { slotsOf, type UsageSlot } from "./shared/usage/slots.ts";
import { UsageGroup, UsageGroups } from "./shared/usage/tally.ts";
import { dollars, LABEL, unpricedJson, usageAnswer } from "./shared/usage/answer.ts";
import { clockOf, stampOf } from "./shared/when.ts";
import { windowsOf } from "./shared/limits/known-windows.ts";
import type { Filter } from "../ledger/rows.ts";
import { FIVE_HOURS_MS } from "../model/quota.ts";
import { count, money } from "../render/format.ts";
import type { Cell, Column } from "../render/table.ts";
import { duration } from "../utils/terminal.ts";
import type { Report } from "./contract.ts";

/** Estimated blocks follow from those before; so far back a pause of five hours is bound to have been. */
const LOOK_BACK_MS = 7 * 86_400_000;

const LEAD: readonly Column[] = [
  { name: "Begin", kind: "text", priority: LABEL },
  { name: "Window", kind: "text", priority: 60 },
  { name: "State", kind: "text", priority: 65 },
  { name: "Responses", kind: "integer", priority: 20 },
];

/** Usage by five-hour windows. */
export const blocks: Report = {
  name: "blocks",
  description: "tokens and cost of each five-hour window, true where the log knows it, else estimated",
  async run({ filter, ...rest }, books) {
    const source = filter.source ?? LOGGED_ASSISTANT;
    const question = { ...rest, filter: { ...filter, source } };
    const accounts = new UsageGroups<number>(books.costs);
    const found = (await shownBlocks(question, books)).map((block): Shown => {
      for (const { used, from } of block.slots) {
        for (const { usage, responses } of used) accounts.add(block.from, usage, responses, from);
      }
      return shownOf(block, accounts.byKey.get(block.from) ?? new UsageGroup(), question.now);
    });
    const notes = found.flatMap((shown) => burnNotes(shown, question));
    if (found.some(({ block }) => !block.isMeasured)) {
      notes.push("Estimated windows begin with the hour of their first response and last five hours.");
    }
    if (filter.source === undefined) notes.push(...othersNotes(question, books));
    const form = {
      list: "blocks",
      lead: LEAD,
      leadTotals: [null, null, accounts.all.all.responses],
      notes,
      json: () => ({ blocks: found.flatMap((shown, at) => [...gapJson(found[at - 1], shown), blockJson(shown)]) }),
    };
    const lines = found.map((shown) => ({
      account: shown.account,
      get lead() {
        return leadOf(shown, question);
      },
    }));
    return usageAnswer(form, lines, accounts, question, books);
  },
};

/** A block with its sums. */
interface Shown {
  readonly block: Block<UsageSlot>;
  readonly account: UsageGroup;
  readonly first: number;
  readonly last: number;
  readonly isActive: boolean;
  readonly rate: Rate | null;
}

interface Rate {
  readonly tokensPerMinute: number;
  /** Without what is read from and written to caches. */
  readonly ownPerMinute: number;
  /** Micro-dollars; null where nothing has a price. */
  readonly microsPerHour: number | null;
  /** Minutes left, and what there will be when they are over. */
  readonly left: number;
  readonly tokens: number;
  readonly micros: number | null;
}

/**
 * Blocks that begin in the range, and the one that is open at its end. What they are follows from all usage; a project,
 * a model or a branch only choose what is summed up in them.
 */
async function shownBlocks(
  { filter, now }: ReportQuery,
  { queries: ledger, log }: ReportContext,
): Promise<Block<UsageSlot>[]> {
  const { project, model, branch, session, source, ...range } = filter;
  const wide: Filter = { from: Math.max(range.from - LOOK_BACK_MS, 0), to: range.to + FIVE_HOURS_MS, source };
  const windows = source === LOGGED_ASSISTANT ? windowsOf(await log("usage", wide.from)) : [];
  const borders = new Set(windows.flatMap(({ from, to }) => [from, to]));
  const whole = blocksOf(slotsOf(ledger, wide, borders), windows);
  const isAll = [project, model, branch, session].every((one) => one === undefined);
  const chosen = isAll ? null : slotsOf(ledger, { ...filter, ...wide }, borders);
  return whole
    .map((block) =>
      chosen ? { ...block, slots: chosen.filter(({ from }) => block.from <= from && from < block.to) } : block,
    )
    .filter(({ slots }) => slots.length > 0)
    .filter(({ from, to }) => from < range.to && (from >= range.from || (to > now && range.to >= now)));
}

/** Whose usage has no part in the windows. */
function othersNotes(
  { filter, intervals: stretches }: ReportQuery,
  { queries: ledger, assistants }: ReportContext,
): string[] {
  const rows = ledger.usage({ ...filter, source: undefined }, stretches, ["source"]);
  const parties = new AssistantColumn(assistants, []);
  const others = parties.text(rows.map(({ source }) => source).filter((one) => one !== LOGGED_ASSISTANT));
  const own = parties.text([LOGGED_ASSISTANT]);
  return others === "" ? [] : [`Windows are ${own}'s, without what ${others} used: --source shows that of one.`];
}

function shownOf(block: Block<UsageSlot>, account: UsageGroup, now: number): Shown {
  const [first, last] = [block.slots[0]?.first ?? block.from, block.slots.at(-1)?.last ?? block.from];
  const { all } = account;
  const burn = burnOf(first, last, block, now);
  const per = (value: number): number => (burn ? value / burn.minutes : 0);
  const rate = burn && {
    tokensPerMinute: per(all.total),
    ownPerMinute: per(all.input + all.output),
    microsPerHour: all.cost === null ? null : per(all.micros) * 60,
    left: burn.left,
    tokens: Math.round(all.total + per(all.total) * burn.left),
    micros: all.cost === null ? null : Math.round(all.micros + per(all.micros) * burn.left),
  };
  return { block, account, first, last, isActive: block.from <= now && now < block.to, rate };
}

function leadOf({ block, account, first, last, isActive }: Shown, { zone, now }: ReportQuery): Cell[] {
  return [
    stampOf(zone, block.from),
    block.isMeasured ? "measured" : "estimated",
    isActive ? `${duration(block.to - now)} left` : `used ${duration(last - first)}`,
    account.all.responses,
  ];
}

function burnNotes({ block, rate }: Shown, { zone, now }: ReportQuery): string[] {
  if (!rate) return [];
  const { tokensPerMinute, microsPerHour, tokens, micros } = rate;
  const hourly = microsPerHour === null ? "" : `, ${money(Math.round(microsPerHour))} an hour`;
  const pace = `${count(tokensPerMinute)} tokens a minute${hourly}`;
  const then = `${count(tokens)} tokens${micros === null ? "" : ` and ${money(micros)}`}`;
  const open = `Open until ${clockOf(zone, block.to)}, ${duration(block.to - now)} left.`;
  return [`${open} So far ${pace}; at its end about ${then}.`];
}

const iso = (ms: number): string => new Date(ms).toISOString();

function blockJson({ block, account, last, isActive, rate }: Omit<Shown, "first">) {
  const { all, models } = account;
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
      cacheCreationInputTokens: all.cacheWrite,
      cacheReadInputTokens: all.cacheRead,
    },
    totalTokens: all.total,
    costUSD: dollars(all.cost),
    ...unpricedJson(all),
    models,
    burnRate: rate && {
      tokensPerMinute: rate.tokensPerMinute,
      tokensPerMinuteForIndicator: rate.ownPerMinute,
      costPerHour: dollars(rate.microsPerHour),
    },
    projection: rate && {
      totalTokens: rate.tokens,
      totalCost: dollars(rate.micros),
      remainingMinutes: rate.left,
    },
  };
}

/** A pause of more than five hours, as ccusage tells it: from five hours after the last response to the next. */
function gapJson(before: Shown | undefined, after: Shown) {
  if (!before || after.first - before.last <= FIVE_HOURS_MS) return [];
  const [from, to] = [before.last + FIVE_HOURS_MS, after.first];
  const nothing = { block: { from, to, isMeasured: false, slots: [] }, account: new UsageGroup() };
  const gap = blockJson({ ...nothing, last: to, isActive: false, rate: null });
  return [{ ...gap, id: `gap-${iso(from)}`, actualEndTime: null, isGap: true }];
}
