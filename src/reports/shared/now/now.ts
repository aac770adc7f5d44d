import type { MinuteRow } from "../../../ledger/rows.ts";
import { addDays, dateOf, offsetsIn, startOfDay, type Zone } from "../../../model/calendar.ts";
import { totalOf } from "../../../model/tokens.ts";
import { type Costs, PricedTotals, sumBy } from "../../../pricing/costs.ts";
import { sessionKey } from "../assistants.ts";
import { CacheUse } from "../cache.ts";
import { keyOf } from "../keys.ts";
import { isOnline } from "../members.ts";
import type { ReportContext, ReportMember, ReportQuery } from "../report.ts";
import { type UsualDay, usualDay } from "./usual.ts";

const MINUTE_MS = 60_000;
/** Minutes over which the burn rate is measured, and in which a session at work had a response. */
export const BURN_MINUTES = 10;
/** Complete minutes whose tokens are listed one by one. */
export const LISTED_MINUTES = 60;

/** Usage per time, over the last BURN_MINUTES. */
export interface BurnRate {
  readonly tokensPerMinute: number;
  /** Micro-dollars an hour; null without a price. */
  readonly microsPerHour: number | null;
  /** Whether some of the tokens have no price. */
  readonly isPartlyPriced: boolean;
}

/** Sessions with a response in the last BURN_MINUTES, and the subagents among their threads. */
export interface AtWork {
  readonly sessions: number;
  readonly subagents: number;
}

/** What a machine does now. */
export interface MachineNow {
  /** Its id; "" where the ledger is that of one machine. */
  readonly machine: string;
  readonly name: string;
  readonly person: string;
  /** When the hub last heard from it, epoch milliseconds; null if it never did, or without a hub. */
  readonly seen: number | null;
  readonly isOnline: boolean;
  readonly isRevoked: boolean;
  /** Its newest response of the listed minutes and since, epoch milliseconds; null without any. */
  readonly last: number | null;
  /** Null where the hub has not heard from it for as long as the rate is measured. */
  readonly burn: BurnRate | null;
  readonly atWork: AtWork;
  /** Tokens of each of the listed minutes. */
  readonly perMinute: readonly number[];
  readonly today: PricedTotals;
}

/** What a ledger says about today and the last hour. Times are epoch milliseconds. */
export interface CurrentUsage {
  readonly now: number;
  readonly zone: Zone;
  readonly today: PricedTotals;
  readonly cache: CacheUse;
  readonly usual: UsualDay | null;
  /** Null without a response in the last BURN_MINUTES. */
  readonly burn: (BurnRate & { readonly machines: number }) | null;
  readonly atWork: AtWork & { readonly machines: number };
  /** The beginning of the first of the listed minutes. */
  readonly from: number;
  /** Those that use most now first, then those that used most today. */
  readonly machines: readonly MachineNow[];
}

/** Reads what is used now and today. The range of the query is ignored. */
export async function currentUsage(query: ReportQuery, context: ReportContext): Promise<CurrentUsage> {
  const { filter, zone, now } = query;
  const { queries, costs, members } = context;
  const date = dateOf(zone, now);
  const day = { from: startOfDay(zone, date), to: startOfDay(zone, addDays(date, 1)) };
  const rows = await queries.usage({ ...filter, ...day }, offsetsIn(zone, day.from, day.to), ["machine"]);
  const cache = new CacheUse();
  for (const row of rows) cache.add(row, costs);
  /** A ledger without a hub is that of one machine, wherever its rows come from. */
  const machineOf = ({ machine }: { readonly machine: string }): string => (members ? machine : "");
  const today = sumBy(rows, costs, machineOf);
  const first = Math.floor(now / MINUTE_MS) - LISTED_MINUTES;
  const listed = await queries.minutes({ ...filter, from: first * MINUTE_MS, to: now + 1 }, ["machine"]);
  const recent = { ...filter, from: now + 1 - BURN_MINUTES * MINUTE_MS, to: now + 1 };
  const threads = await queries.minutes(recent, ["machine", "source", "session", "agent"]);
  const minutesOf = Map.groupBy(listed, machineOf);
  const threadsOf = Map.groupBy(threads, machineOf);
  const used = new Set([...today.sums.keys(), ...minutesOf.keys()]);
  const machines = (members ? shownMachines(members, used) : [{ machine: "" }]).map(({ machine, ...member }) => {
    const minutes = minutesOf.get(machine) ?? [];
    const own = threadsOf.get(machine) ?? [];
    const { name = machine, person = "", seen = null, revoked = null }: Partial<ReportMember> = member;
    const isSilent = members !== undefined && own.length === 0 && now - (seen ?? 0) > BURN_MINUTES * MINUTE_MS;
    return {
      machine,
      name,
      person,
      seen,
      isOnline: isOnline({ seen, revoked }, now),
      isRevoked: revoked !== null,
      last: minutes.reduce<number | null>((newest, { last }) => Math.max(newest ?? last, last), null),
      burn: isSilent ? null : rateOf(own, costs),
      atWork: atWorkOf(own),
      perMinute: perMinuteOf(minutes, first),
      today: today.sums.get(machine) ?? new PricedTotals(),
    };
  });
  return {
    now,
    zone,
    today: today.all,
    cache,
    usual: await usualDay(query, context),
    burn: threads.length === 0 ? null : { ...rateOf(threads, costs), machines: threadsOf.size },
    atWork: { ...atWorkOf(threads), machines: threadsOf.size },
    from: first * MINUTE_MS,
    machines: machines.toSorted(byUse),
  };
}

/** The machines of a hub, without those that were revoked and used nothing lately, and others that its ledger names. */
const shownMachines = (
  members: readonly ReportMember[],
  used: ReadonlySet<string>,
): readonly (Pick<ReportMember, "machine"> & Partial<ReportMember>)[] => [
  ...members.filter(({ machine, revoked }) => revoked === null || used.has(machine)),
  ...Array.from(used.difference(new Set(members.map(({ machine }) => machine))), (machine) => ({ machine })),
];

const byUse = (a: MachineNow, b: MachineNow): number =>
  (b.burn?.tokensPerMinute ?? 0) - (a.burn?.tokensPerMinute ?? 0) ||
  b.today.total - a.today.total ||
  (a.name < b.name ? -1 : 1);

/** The tokens of each of the listed minutes, of which `first` is the first one since 1970. */
function perMinuteOf(rows: readonly MinuteRow[], first: number): number[] {
  const tokens = Array.from({ length: LISTED_MINUTES }, () => 0);
  for (const row of rows) {
    const known = tokens[row.minute - first];
    if (known !== undefined) tokens[row.minute - first] = known + totalOf(row);
  }
  return tokens;
}

function rateOf(rows: readonly MinuteRow[], costs: Costs): BurnRate {
  const { all } = sumBy(rows, costs, () => null);
  return {
    tokensPerMinute: all.total / BURN_MINUTES,
    microsPerHour: all.cost === null ? null : Math.round(all.cost * (60 / BURN_MINUTES)),
    isPartlyPriced: all.unpriced.size > 0,
  };
}

const atWorkOf = (rows: readonly MinuteRow[]): AtWork => ({
  sessions: new Set(rows.map(sessionKey)).size,
  subagents: new Set(rows.flatMap((row) => (row.agent === "" ? [] : [keyOf(sessionKey(row), row.agent)]))).size,
});
