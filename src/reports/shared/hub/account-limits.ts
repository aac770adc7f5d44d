import type { AccountLimitRow } from "../../../ledger/log-rows.ts";
import type { Queries } from "../../../ledger/queries.ts";
import { BUCKET_MS, type Filter, type LimitRow, type UsageRow } from "../../../ledger/rows.ts";
import { FOREVER, offsetsIn } from "../../../model/calendar.ts";
import { isPast } from "../../../model/quota.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { type Costs, type PricedTotals, sumBy } from "../../../pricing/costs.ts";
import { assistantLimitsAt } from "../limits/assistants.ts";
import { limitsAt, LIMITS_BACK_MS, type LimitState, spendState, windowsOfReadings } from "../limits/windows.ts";
import { machineName, personOf } from "../members.ts";
import type { ReportContext, ReportQuery } from "../report.ts";
import { HubAccounts } from "./accounts.ts";

/** A limit of an account. */
export interface AccountLimit {
  readonly source: string;
  /** How the account is shown, and its hash; null if no log names it. */
  readonly account: string;
  readonly hash: string | null;
  readonly state: LimitState;
  readonly plan: string;
  /** The machine that read it last. */
  readonly readBy: string;
  /** What is known to be used within the open window; null if its beginning is not known. */
  readonly used: PricedTotals | null;
  readonly uses: readonly MachineUse[];
}

/** What a machine used within the window of a limit. */
export interface MachineUse {
  readonly machine: string;
  readonly person: string | null;
  readonly used: PricedTotals;
}

/** The limits of the accounts that the selected machines use, and the machines that use several accounts. */
export async function accountLimits(
  { filter, now }: Pick<ReportQuery, "filter" | "now">,
  { queries, costs, members = [], otherMembers = [] }: ReportContext,
): Promise<{ found: readonly AccountLimit[]; shared: readonly string[] }> {
  const history = await queries.accountLimitHistory(now);
  const newest = (await queries.accountLimits(now - LIMITS_BACK_MS)).filter(({ resetsAt }) => (resetsAt ?? 0) <= now);
  const readings = [...history, ...newest].filter((one) => isPast(one.at, now)).toSorted((a, b) => a.at - b.at);
  const accounts = new HubAccounts(await queries.statuses(), readings, [...members, ...otherMembers]);
  const { machines } = filter;
  const isOfSelected = (id: string): boolean =>
    machines === undefined || accounts.machinesOf(id).some((one) => machines.includes(one));
  const states = [...Map.groupBy(readings, (one) => accounts.idOf(one))]
    .filter(([id]) => isOfSelected(id))
    .flatMap(([id, own]) => statesOf(own, now).map((one) => ({ id, ...one })));
  const usersOfAccounts = [...new Set(states.flatMap(({ id }) => accounts.machinesOf(id)))];
  const usage = new WindowUsage(states, costs);
  await usage.read({ source: LOGGED_ASSISTANT, machines: usersOfAccounts }, queries);
  const found = states.map(({ id, state, last }): AccountLimit => {
    const sums = usage.of(state, accounts.machinesOf(id));
    const selected = [...(sums?.sums ?? [])].filter(([machine]) => machines?.includes(machine) ?? true);
    const uses = selected.map(([machine, used]) => ({
      machine: accounts.machineName(machine),
      person: accounts.personOf(machine),
      used,
    }));
    return {
      source: LOGGED_ASSISTANT,
      account: accounts.nameOf(id),
      hash: accounts.hashOf(id),
      state,
      plan: last.plan,
      readBy: accounts.machineName(last.machine),
      used: sums?.all ?? null,
      uses: uses.toSorted((a, b) => b.used.total - a.used.total || (a.machine < b.machine ? -1 : 1)),
    };
  });
  const shared = usersOfAccounts.filter((machine) => accounts.accountsOf(machine).length > 1).map(accounts.machineName);
  return { found: found.toSorted(byAccount), shared };
}

const byAccount = (a: AccountLimit, b: AccountLimit): number => (a.account < b.account ? -1 : +(a.account > b.account));

/** The limits in the readings of one account, oldest first, each with its newest reading. */
function statesOf(
  readings: readonly AccountLimitRow[],
  now: number,
): { readonly state: LimitState; readonly last: AccountLimitRow }[] {
  const ofWindows = readings.flatMap(({ at, name, usedPercent, resetsAt, ...row }) => {
    if (usedPercent === null || name === EXTRA_USAGE) return [];
    const spend = spendOf(row);
    return [{ at, quota: { key: name, percent: usedPercent, resetsAt, ...(spend && { spend }) } }];
  });
  const extra = readings.findLast(({ name }) => name === EXTRA_USAGE);
  const spend = extra && spendOf(extra);
  const states = [
    ...limitsAt(windowsOfReadings(ofWindows), now),
    ...(spend ? [spendState(extra.usedPercent, spend, extra.at, now)] : []),
  ];
  return states.flatMap((state) => {
    const last = readings.findLast(({ name, at }) => name === state.key && at === state.observedAt);
    return last ? [{ state, last }] : [];
  });
}

const EXTRA_USAGE = "extra_usage";

function spendOf({
  spent,
  spendLimit,
  currency,
  period,
  decimals,
}: Pick<AccountLimitRow, "spent" | "spendLimit" | "currency" | "period" | "decimals">) {
  if (spent === null && spendLimit === null) return null;
  return {
    used: spent,
    limit: spendLimit,
    currency: currency ?? "USD",
    period,
    ...(decimals !== null && { decimals }),
  };
}

/** The usage within the windows of limits, which one query reads for all of them. */
class WindowUsage {
  readonly #ranges: readonly { readonly from: number; readonly to: number }[];
  readonly #costs: Costs;
  #rows: ReadonlyMap<string, readonly UsageRow[]> = new Map();

  constructor(states: readonly { readonly state: LimitState }[], costs: Costs) {
    this.#ranges = states.map(({ state }) => rangeOf(state)).filter((one) => one !== null);
    this.#costs = costs;
  }

  /** Reads the usage that the limits need, of the machines that the filter selects. */
  async read(filter: Pick<Filter, "source" | "machines">, queries: Queries): Promise<void> {
    if (this.#ranges.length === 0) return;
    const from = Math.min(...this.#ranges.map((one) => one.from));
    const to = Math.min(Math.max(...this.#ranges.map((one) => one.to)), FOREVER);
    const rows = await queries.usage({ ...filter, from, to }, offsetsIn("UTC", from, to), ["bucket", "machine"]);
    this.#rows = Map.groupBy(rows, ({ machine }) => machine);
  }

  /** The usage of machines within the window of a limit; null if its beginning is not known. */
  of(state: LimitState, machines: readonly string[]) {
    const range = rangeOf(state);
    if (range === null) return null;
    const [first, end] = [range.from / BUCKET_MS, range.to / BUCKET_MS];
    const model = state.key.startsWith("model:") ? state.key.slice("model:".length).toLowerCase() : "";
    const rows = machines
      .flatMap((machine) => this.#rows.get(machine) ?? [])
      .filter((row) => row.bucket >= first && row.bucket < end && row.model.toLowerCase().includes(model));
    return sumBy(rows, this.#costs, ({ machine }) => machine);
  }
}

/** The open window of a limit in whole buckets, to the nearest one; null if its beginning is not known or it is over. */
function rangeOf({ resetsAt, lengthMs, isOver }: LimitState): { from: number; to: number } | null {
  if (resetsAt === null || lengthMs === null || isOver) return null;
  const nearest = (ms: number): number => Math.round(ms / BUCKET_MS) * BUCKET_MS;
  return { from: nearest(resetsAt - lengthMs), to: nearest(resetsAt) };
}

/** The limits in the files of other assistants, by machine: no file names the account. */
export async function otherLimits(
  rows: readonly LimitRow[],
  { now, filter }: ReportQuery,
  { queries, assistants, members }: ReportContext,
): Promise<AccountLimit[]> {
  if (rows.length === 0) return [];
  const history = await queries.limitHistory(now, filter);
  const found = [...Map.groupBy(rows, ({ machine }) => machine)].flatMap(([machine, own]) => {
    const name = machineName(members, machine);
    const readings = history.filter((one) => one.machine === machine);
    return assistantLimitsAt(own, readings, assistants, now).map((state): AccountLimit => ({
      source: state.source,
      account: `${personOf(members, machine) || name} (account not known)`,
      hash: null,
      state,
      plan: state.plan,
      readBy: name,
      used: null,
      uses: [],
    }));
  });
  return found.toSorted(byAccount);
}
