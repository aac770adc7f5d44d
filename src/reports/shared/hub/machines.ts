import { shareColumn } from "../usage/columns.ts";
import { UsageGroup, UsageGroups, shareOf } from "../usage/groups.ts";
import { LABEL, type UsageLayout, type UsageLine, usageResult } from "../usage/result.ts";
import type { Column } from "../../../render/columns.ts";
import { isoOrNull } from "../../../render/format.ts";
import { pendingOf } from "../members.ts";
import type { ReportContext, ReportMember, ReportQuery, ReportResult } from "../report.ts";

/** A machine, its usage, and its share of all usage in percent. */
interface MachineLine extends UsageLine {
  readonly member: ReportMember;
  readonly fields: { readonly pending: number; readonly share: number | null };
}

/** A machine whose usage the hub has, although it is none of its machines. */
const unknownMember = (machine: string): ReportMember => ({
  machine,
  name: machine,
  person: "",
  seen: null,
  program: "",
  level: "",
  pending: {},
  late: 0,
  refused: 0,
  platform: "",
  skew: 0,
  revoked: null,
  conflict: null,
});

/** Usage and state of the machines of a hub, most expensive first. */
export async function hubMachines(query: ReportQuery, context: ReportContext): Promise<ReportResult> {
  const { queries, costs, members = [] } = context;
  const groups = new UsageGroups<string>(costs);
  for (const row of await queries.usage(query.filter, query.intervals, ["machine", "source"]))
    groups.addRow(row.machine, row);
  const unused = members.filter(({ machine }) => !groups.byKey.has(machine));
  const known = new Map(members.map((one) => [one.machine, one]));
  const all = groups.all.all;
  const lines = [
    ...groups.byCost().map(([id, group]) => lineOf(known.get(id) ?? unknownMember(id), group, all)),
    ...unused.map((member) => lineOf(member, new UsageGroup(), all)),
  ];
  const layout: UsageLayout<MachineLine> = {
    list: "machines",
    lead: columnsOf(lines, query.now),
    tail: [shareColumn(all)],
    hasAssistants: true,
  };
  const result = await usageResult(layout, lines, groups, query, context);
  return { ...result, isEmpty: lines.length === 0, empty: "The hub has no machines yet." };
}

function lineOf(member: ReportMember, group: UsageGroup, all: UsageGroup["all"]): MachineLine {
  const { machine, name, person, seen, program, platform, level, skew, late, refused, revoked, conflict } = member;
  const fields = {
    machine,
    name,
    person,
    lastSeen: isoOrNull(seen),
    program,
    platform,
    level,
    clockSkewMs: skew,
    pending: pendingOf(member),
    pendingBySource: member.pending,
    late,
    refused,
    revoked: isoOrNull(revoked),
    conflict: isoOrNull(conflict),
    share: shareOf(group.all, all),
  };
  return { group, member, fields };
}

/** The columns at a time (epoch ms). Those that would be empty or 0 for all machines are hidden. */
function columnsOf(lines: readonly MachineLine[], now: number): readonly Column<MachineLine>[] {
  const text = (name: string, priority: number, textOf: (member: ReportMember) => string): Column<MachineLine> => ({
    name,
    kind: "text",
    priority,
    shorten: true,
    isHidden: lines.every(({ member }) => textOf(member) === ""),
    value: ({ member }) => textOf(member),
  });
  const rows = (name: string, priority: number, rowsOf: (line: MachineLine) => number): Column<MachineLine> => ({
    name,
    kind: "integer",
    priority,
    isHidden: lines.every((line) => rowsOf(line) === 0),
    value: rowsOf,
    total: "sum",
  });
  return [
    { name: "Machine", kind: "text", priority: LABEL, shorten: true, value: ({ member }) => member.name },
    text("Person", 55, ({ person }) => person),
    {
      name: "Seen",
      kind: "duration",
      priority: 65,
      value: ({ member: { seen } }) => (seen === null ? null : Math.max(now - seen, 0)),
    },
    text("Note", 54, noteOf),
    rows("To send", 25, ({ fields }) => fields.pending),
    rows("Late", 24, ({ member }) => member.late),
    rows("Refused", 23, ({ member }) => member.refused),
    text("Version", 10, ({ program }) => program),
    text("Sends", 9, ({ level }) => level),
    { name: "Clock ahead", kind: "latency", priority: 4, value: ({ member }) => member.skew },
    text("System", 3, ({ platform }) => platform),
  ];
}

/** What people should know about a machine; "" if nothing. */
const noteOf = ({ revoked, conflict }: ReportMember): string =>
  [...(revoked === null ? [] : ["revoked"]), ...(conflict === null ? [] : ["two ledgers spoke as it"])].join(", ");
