import { LOG_SOURCE } from "../../../model/log-observation.ts";
import { PricedTotals, sumBy } from "../../../pricing/costs.ts";
import { type Column, fieldsOf, totalFieldsOf } from "../../../render/columns.ts";
import { titleOf } from "../assistants.ts";
import type { ReportContext, ReportMember, ReportQuery, ReportResult } from "../report.ts";
import { unpricedNotes } from "../usage/result.ts";

/** An assistant on all machines of a hub, or below it one of the machines. */
interface SourceRow {
  readonly source: string;
  readonly title: string;
  /** Null for all machines. */
  readonly member: Pick<ReportMember, "name" | "person"> | null;
  readonly sum: PricedTotals;
  /** Epoch milliseconds. */
  readonly newest: number | null;
  readonly version: string | null;
  readonly notRecorded: number | null;
  /** Observations that the machines still have to send, as they last said. */
  readonly pending: number;
}

/** Whether the usage is unknown: 0 would be wrong. */
const isUnknown = ({ sum, notRecorded }: SourceRow): boolean => sum.responses === 0 && (notRecorded ?? 0) > 0;
const known =
  <Value>(value: (sum: PricedTotals) => Value) =>
  (row: SourceRow): Value | null =>
    isUnknown(row) ? null : value(row.sum);

const columnsOf = (all: PricedTotals): readonly Column<SourceRow>[] => [
  { name: "Assistant", kind: "text", priority: 99, value: (row) => (row.member ? null : row.title), field: "title" },
  { name: "Machine", kind: "text", priority: 95, value: ({ member }) => member?.name ?? null, field: "machine" },
  { name: "Person", kind: "text", priority: 20, value: ({ member }) => member?.person || null, field: "person" },
  { name: "Newest response", kind: "time", priority: 60, value: ({ newest }) => newest, field: "newestResponse" },
  { name: "Version", kind: "text", priority: 30, value: ({ version }) => version, field: "version" },
  {
    name: "Responses",
    kind: "integer",
    priority: 70,
    value: known(({ responses }) => responses),
    total: () => all.responses,
    field: "responses",
  },
  {
    name: "Tokens",
    kind: "tokens",
    priority: 80,
    value: known(({ total }) => total),
    total: () => all.total,
    field: "totalTokens",
  },
  {
    name: "Cost",
    kind: "money",
    priority: 90,
    value: known(({ cost }) => cost),
    total: () => all.cost,
    field: "totalCost",
  },
  {
    name: "Not recorded",
    kind: "integer",
    priority: 40,
    value: ({ notRecorded }) => notRecorded,
    field: "notRecorded",
  },
  { name: "To be sent", kind: "integer", priority: 75, value: ({ pending }) => pending, field: "toBeSent" },
];

/** The assistants on the machines of a hub: usage by machine, and what the machines still have to send. */
export async function hubSources(query: ReportQuery, context: ReportContext): Promise<ReportResult<SourceRow>> {
  const { filter, intervals, zone } = query;
  const { queries, costs, assistants, members = [] } = context;
  const rows = await queries.usage(filter, intervals, ["source", "machine"]);
  const { sums, all } = sumBy(rows, costs, ({ source }) => source);
  const own = sumBy(rows, costs, ({ source, machine }) => `${source}\n${machine}`).sums;
  const unrecorded = Map.groupBy(await queries.unrecorded(filter), ({ source }) => source);
  const [newest, versions] = [await queries.newest(filter), await queries.versions(filter)];
  const selected = members.filter(({ machine }) => filter.machines?.includes(machine) ?? true);
  const sources = [
    ...new Set([
      ...assistants.map(({ name }) => name),
      ...sums.keys(),
      ...newest.keys(),
      ...selected.flatMap(({ pending }) => Object.keys(pending)),
    ]),
  ].filter((source) => filter.source === undefined || filter.source === source);
  const found = sources.flatMap((source): SourceRow[] => {
    const title = source === LOG_SOURCE ? "Pawprint's log" : titleOf(assistants, source);
    const parts = selected.flatMap((member): SourceRow[] => {
      const sum = own.get(`${source}\n${member.machine}`) ?? new PricedTotals();
      const pending = member.pending[source] ?? 0;
      if (sum.responses === 0 && pending === 0) return [];
      return [{ source, title, member, sum, newest: null, version: null, notRecorded: null, pending }];
    });
    const whole = {
      source,
      title,
      member: null,
      sum: sums.get(source) ?? new PricedTotals(),
      newest: newest.get(source) ?? null,
      version: versions.get(source) ?? null,
      notRecorded: (unrecorded.get(source) ?? []).reduce((total, { responses }) => total + responses, 0),
      pending: parts.reduce((total, { pending }) => total + pending, 0),
    };
    const isFound = parts.length > 0 || whole.newest !== null || whole.notRecorded > 0;
    return isFound ? [whole, ...parts.toSorted((a, b) => b.sum.total - a.sum.total)] : [];
  });
  const columns = columnsOf(all);
  return {
    columns,
    rows: found,
    isPart: ({ member }) => member !== null,
    zone,
    empty: "The machines have sent no usage.",
    notes: [
      ...(found.length > 0
        ? ["The files are on the machines: pawprint sources there lists them, and what is not counted."]
        : []),
      ...unpricedNotes(all, costs),
    ],
    json: (shown) => ({
      sources: shown
        .filter(({ member }) => member === null)
        .map((row) => ({
          source: row.source,
          ...fieldsOf(columns, row),
          machines: found
            .filter(({ source, member }) => source === row.source && member !== null)
            .map((part) => fieldsOf(columns, part)),
        })),
      totals: totalFieldsOf(columns, found),
    }),
  };
}
