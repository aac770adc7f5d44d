import type { Column } from "../../../render/columns.ts";
import { dollars, isoOrNull } from "../../../render/format.ts";
import { tableOf } from "../../../render/table.ts";
import { areSeveral } from "../members.ts";
import { nowLines, nowNotes } from "./lines.ts";
import { BURN_MINUTES, currentUsage, type CurrentUsage, LISTED_MINUTES, type MachineNow } from "./now.ts";
import { WEEKDAYS } from "../options.ts";
import type { ReportContext, ReportQuery, ReportResult } from "../report.ts";
import { unpricedNotes } from "../usage/result.ts";

/** The JSON of the report: money in dollars, times ISO 8601 UTC, null for what is not known. */
export interface NowJson {
  readonly timezone: string;
  readonly at: string;
  readonly today: {
    readonly cost: number | null;
    readonly tokens: number;
    /** Tokens without a price, which the cost leaves out. */
    readonly unpricedTokens: number;
    readonly cacheReadPercent: number | null;
    /** What cache reads saved, compared with the input price. */
    readonly saved: number | null;
    readonly responses: number;
  };
  /** The median of what usual days had cost by `until`, and what today had. */
  readonly usual: {
    readonly cost: number;
    readonly costToday: number | null;
    readonly days: number;
    /** "monday"; null if they are days of any weekday. */
    readonly weekday: string | null;
    readonly until: string;
    readonly changePercent: number | null;
  } | null;
  /** Null without a response in the last `minutes`. */
  readonly burn: {
    readonly minutes: number;
    readonly tokensPerMinute: number;
    readonly costPerHour: number | null;
    readonly machines: number;
  } | null;
  /** Sessions with a response in the last `minutes`, and the subagents that had one. */
  readonly atWork: {
    readonly minutes: number;
    readonly sessions: number;
    readonly machines: number;
    readonly subagents: number;
  };
  /** Machines of the hub that are online, and all that are not revoked; null without a hub. */
  readonly online: number | null;
  readonly known: number | null;
  /** The minutes of `perMinute`, all of them over. */
  readonly minutes: { readonly from: string; readonly count: number };
  readonly machines: readonly {
    /** Null where the ledger is that of one machine. */
    readonly machine: string | null;
    readonly person: string | null;
    /** Whether the hub heard from it lately, and when it last did; null without a hub. */
    readonly isOnline: boolean | null;
    readonly seenAt: string | null;
    /** Its newest response in these minutes or since. */
    readonly lastAt: string | null;
    readonly sessions: number;
    readonly costToday: number | null;
    readonly tokensToday: number;
    readonly tokensPerMinute: number | null;
    readonly costPerHour: number | null;
    readonly perMinute: readonly number[];
  }[];
}

const columnsOf = (members: ReportContext["members"]): readonly Column<MachineNow>[] => [
  {
    name: "Machine",
    kind: "text",
    priority: 20,
    shorten: true,
    isHidden: !areSeveral(members),
    value: (one) => one.name,
  },
  {
    name: "Person",
    kind: "text",
    priority: 9,
    shorten: true,
    isHidden: members?.every(({ person }) => person === "") !== false,
    value: ({ person }) => person,
  },
  { name: "Tokens today", kind: "tokens", priority: 16, value: ({ today }) => today.total, field: "tokensToday" },
  { name: "Cost today", kind: "money", priority: 17, value: ({ today }) => today.cost, field: "costToday" },
  {
    name: "Tokens/min",
    kind: "tokens",
    priority: 19,
    value: ({ burn }) => burn && Math.round(burn.tokensPerMinute),
    field: "tokensPerMinute",
  },
  {
    name: "Cost/h",
    kind: "money",
    priority: 18,
    value: ({ burn }) => burn?.microsPerHour ?? null,
    field: "costPerHour",
  },
  { name: "Sessions", kind: "integer", priority: 15, value: ({ atWork }) => atWork.sessions, field: "sessions" },
  { name: "Last response", kind: "time", priority: 10, value: ({ last }) => last, field: "lastAt" },
  { name: "Seen", kind: "time", priority: 8, isHidden: !members, value: ({ seen }) => seen, field: "seenAt" },
];

/** What is used at this moment. */
export async function nowResult(query: ReportQuery, context: ReportContext): Promise<ReportResult<MachineNow>> {
  const found = await currentUsage(query, context);
  const isEmpty = found.today.responses === 0 && found.usual === null && found.machines.every(isIdle);
  const table = {
    columns: columnsOf(context.members),
    rows: found.machines,
    zone: query.zone,
    empty: "No usage today or in the last hour.",
  };
  return {
    ...table,
    isEmpty,
    notes: [...(isEmpty ? [] : nowNotes(found)), ...unpricedNotes(found.today, context.costs)],
    draw: (style, width, rows) =>
      isEmpty
        ? [table.empty]
        : [
            ...nowLines(found, style, width),
            ...(areSeveral(context.members) ? ["", ...tableOf(table, { width, style, rows })] : []),
          ],
    json: (rows) => jsonOf(found, rows, context.members !== undefined),
  };
}

const isIdle = ({ last }: MachineNow): boolean => last === null;

function jsonOf(found: CurrentUsage, rows: readonly MachineNow[], isHub: boolean): NowJson {
  const { now: at, zone, today, cache, usual, burn, atWork, from } = found;
  return {
    timezone: zone,
    at: new Date(at).toISOString(),
    today: {
      cost: dollars(today.cost),
      tokens: today.total,
      unpricedTokens: today.unpricedTokens,
      cacheReadPercent: cache.hitPercent,
      saved: dollars(cache.moneyOf(cache.saved)),
      responses: today.responses,
    },
    usual: usual && {
      cost: usual.cost / 1e6,
      costToday: dollars(usual.costToday),
      days: usual.days,
      weekday: usual.weekday === null ? null : (WEEKDAYS[usual.weekday] ?? null),
      until: new Date(usual.until).toISOString(),
      changePercent: usual.changePercent,
    },
    burn: burn && {
      minutes: BURN_MINUTES,
      tokensPerMinute: burn.tokensPerMinute,
      costPerHour: dollars(burn.microsPerHour),
      machines: burn.machines,
    },
    atWork: { minutes: BURN_MINUTES, ...atWork },
    online: isHub ? found.machines.filter((one) => one.isOnline).length : null,
    known: isHub ? found.machines.filter((one) => !one.isRevoked).length : null,
    minutes: { from: new Date(from).toISOString(), count: LISTED_MINUTES },
    machines: rows.map((one) => ({
      machine: isHub ? one.name : null,
      person: one.person || null,
      isOnline: isHub ? one.isOnline : null,
      seenAt: isoOrNull(one.seen),
      lastAt: isoOrNull(one.last),
      sessions: one.atWork.sessions,
      costToday: dollars(one.today.cost),
      tokensToday: one.today.total,
      tokensPerMinute: one.burn?.tokensPerMinute ?? null,
      costPerHour: dollars(one.burn?.microsPerHour ?? null),
      perMinute: one.perMinute,
    })),
  };
}
