import type { Zone } from "../../../model/calendar.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import type { PricedTotals } from "../../../pricing/costs.ts";
import { type Column, fieldsOf } from "../../../render/columns.ts";
import { limitJson } from "../limits/json.ts";
import { forecastCell, spentOf } from "../limits/text.ts";
import { LIMITS_BACK_MS } from "../limits/windows.ts";
import type { ReportContext, ReportQuery, ReportResult } from "../report.ts";
import { type AccountLimit, accountLimits, type MachineUse, otherLimits } from "./account-limits.ts";

/** A limit, or below it one of the machines that used it. */
interface HubLimitRow {
  readonly limit: AccountLimit;
  readonly use: MachineUse | null;
}

/** The columns of a machine's use. */
const useColumns: readonly Column<HubLimitRow>[] = [
  { name: "Machine", kind: "text", priority: 16, value: ({ use }) => use?.machine ?? null, field: "machine" },
  { name: "Person", kind: "text", priority: 9, value: ({ use }) => use?.person ?? null, field: "person" },
  { name: "Tokens", kind: "tokens", priority: 15, value: (row) => usedOf(row)?.total ?? null, field: "tokens" },
  { name: "Cost", kind: "money", priority: 11, value: (row) => usedOf(row)?.cost ?? null, field: "cost" },
  { name: "Share", kind: "percent", priority: 14, value: shareOfTokens, field: "share" },
];

/** The columns of a limit at a time (epoch ms). */
const limitColumns = (now: number, zone: Zone, hasSpend: boolean): readonly Column<HubLimitRow>[] => {
  const ofLimit = ({ value, json, ...column }: Column<AccountLimit>): Column<HubLimitRow> => ({
    ...column,
    value: ({ limit, use }) => (use ? null : value(limit)),
    ...(json && { json: ({ limit }) => json(limit) }),
  });
  const columns: readonly Column<AccountLimit>[] = [
    { name: "Account", kind: "text", priority: 19, shorten: true, value: ({ account }) => account, field: "name" },
    { name: "Limit", kind: "text", priority: 20, value: ({ state }) => state.name, field: "limit" },
    {
      name: "Used",
      kind: "percent",
      priority: 18,
      value: ({ state: { isOver, percent } }) => (isOver ? null : percent),
      field: "usedPercent",
    },
    {
      name: "Resets in",
      kind: "duration",
      priority: 12,
      value: ({ state: { resetsAt, isOver } }) => (resetsAt === null || isOver ? null : resetsAt - now),
    },
    { name: "Age", kind: "duration", priority: 17, value: ({ state }) => now - state.observedAt, field: "ageMs" },
    { name: "Read by", kind: "text", priority: 13, value: ({ readBy }) => readBy, field: "readBy" },
    {
      name: "Pace",
      kind: "percent",
      priority: 4,
      value: ({ state: { pace } }) => pace?.percentAtReset ?? null,
      field: "pacePercentAtReset",
    },
    {
      name: "Forecast",
      kind: "text",
      priority: 5,
      shorten: true,
      value: ({ state }) => forecastCell(state, zone, now),
    },
    { name: "Plan", kind: "text", priority: 3, value: ({ plan }) => plan || null, field: "plan" },
    {
      name: "Spent",
      kind: "text",
      priority: 10,
      isHidden: !hasSpend,
      value: ({ state }) => spentOf(state),
      field: "spent",
    },
  ];
  return columns.map(ofLimit);
};

/** The limits of all accounts of a hub: the newest reading by any machine, and what each machine used of the open window. */
export async function hubLimits(query: ReportQuery, context: ReportContext): Promise<ReportResult<HubLimitRow>> {
  const { filter, zone, now } = query;
  const isSelected = (source: string): boolean => filter.source === undefined || filter.source === source;
  const { found, shared } = isSelected(LOGGED_ASSISTANT)
    ? await accountLimits(query, context)
    : { found: [], shared: [] };
  const rows = await context.queries.limits(now - LIMITS_BACK_MS, filter);
  const others = await otherLimits(
    rows.filter((row) => isSelected(row.source)),
    query,
    context,
  );
  const limits = [...found, ...others];
  const columns = limitColumns(
    now,
    zone,
    limits.some(({ state }) => state.spend),
  );
  return {
    columns: [...columns, ...useColumns],
    rows: limits.flatMap((limit) => [{ limit, use: null }, ...limit.uses.map((use) => ({ limit, use }))]),
    isPart: ({ use }) => use !== null,
    zone,
    empty: "The logs of these machines hold no limits of the last two weeks.",
    notes: notesOf(found, others, shared),
    json: (shown) => ({
      limits: shown
        .filter(({ use }) => use === null)
        .map((row) => {
          const { source, hash, state, used } = row.limit;
          return {
            source,
            account: hash,
            ...fieldsOf(columns, row),
            ...limitJson(state, row.limit.plan, now),
            ...(state.spend && { spend: state.spend }),
            usage: used && fieldsOf(useColumns.slice(2, 4), row),
            machines: row.limit.uses.map((use) => fieldsOf(useColumns, { limit: row.limit, use })),
          };
        }),
    }),
  };
}

const usedOf = ({ limit, use }: HubLimitRow): PricedTotals | null => (use ? use.used : limit.used);

/** The share of a machine in the tokens of the window that the hub knows. */
function shareOfTokens({ limit, use }: HubLimitRow): number | null {
  return use && limit.used && limit.used.total > 0 ? (use.used.total / limit.used.total) * 100 : null;
}

function notesOf(found: readonly AccountLimit[], others: readonly AccountLimit[], shared: readonly string[]): string[] {
  return [
    ...(found.length > 0
      ? [
          "A limit belongs to an account: it is the newest reading of any machine, and no sum. Accounts are hashes, named by who uses them.",
          "Below a limit is what each machine used within its open window, to the nearest 15 minutes; the account may be used elsewhere too.",
        ]
      : []),
    ...(shared.length > 0
      ? [`Machines with several accounts, whose usage is shown for each of them: ${shared.join(", ")}.`]
      : []),
    ...(others.length > 0
      ? ["Limits of other assistants are the last readings in their own files, by machine: no file names the account."]
      : []),
  ];
}
