import { importedDays, importNotes } from "../usage/imported-days.ts";
import { shareColumn } from "../usage/columns.ts";
import { UsageGroup, UsageGroups, shareOf } from "../usage/groups.ts";
import { LABEL, lineJson, type UsageLayout, type UsageLine, usageResult } from "../usage/result.ts";
import type { Column } from "../../../render/columns.ts";
import { count, isoOrNull } from "../../../render/format.ts";
import { isNewerVersion } from "../../../model/version.ts";
import { isOnline, pendingOf } from "../members.ts";
import type { ReportContext, ReportMember, ReportQuery, ReportResult } from "../report.ts";

/** A machine of the hub in JSON, without its usage. Times are ISO 8601 UTC. */
interface MachineState {
  readonly machine: string;
  readonly name: string;
  readonly person: string;
  readonly isOnline: boolean;
  readonly lastSeen: string | null;
  readonly seenAgoMs: number | null;
  /** Version of Pawprint, "" if not known; whether another machine has a newer one. */
  readonly program: string;
  readonly isProgramOld: boolean;
  /** Versions of Claude Code of its ways of signing in, the newest reading first; whether another machine has a newer one. */
  readonly claudeVersions: readonly string[];
  readonly isClaudeOld: boolean;
  readonly platform: string;
  readonly level: string;
  readonly clockSkewMs: number;
  readonly pending: number;
  readonly pendingBySource: Readonly<Record<string, number>>;
  readonly late: number;
  readonly refused: number;
  readonly revoked: string | null;
  readonly conflict: string | null;
  /** Of all usage of these machines in the range, percent; null without any. */
  readonly share: number | null;
}

/** The JSON of the report. Money is in dollars. */
export interface MachinesJson {
  /** Machines that are online, and all that are not revoked. */
  readonly online: number;
  readonly known: number;
  /** The newest versions on all machines of the hub; null if none is known. */
  readonly newestProgram: string | null;
  readonly newestClaude: string | null;
  readonly machines: readonly (MachineState & MachineUsage)[];
  readonly totals: MachineUsage;
}

/** Of the fields of usage those that a page names. */
interface MachineUsage {
  readonly totalTokens: number;
  readonly totalCost: number | null;
}

/** A machine, its usage, and its state in JSON. */
interface MachineLine extends UsageLine {
  readonly member: ReportMember;
  readonly fields: MachineState & Readonly<Record<string, unknown>>;
}

/** What machines are compared with: the newest versions on those of the hub that are not revoked. */
interface Newest {
  readonly program: string | null;
  readonly claude: string | null;
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
  const { queries, costs, members = [], otherMembers = [] } = context;
  const groups = new UsageGroups<string>(costs);
  for (const row of await queries.usage(query.filter, query.intervals, ["machine", "source"]))
    groups.addRow(row.machine, row);
  const days = await importedDays(query, context);
  for (const day of days) groups.addDay(day.machine, day);
  const unused = members.filter(({ machine }) => !groups.byKey.has(machine));
  const known = new Map(members.map((one) => [one.machine, one]));
  const all = groups.all.all;
  const statuses = Map.groupBy(await queries.statuses(), ({ machine }) => machine);
  const claudeOf = (id: string): string[] => [
    ...new Set((statuses.get(id) ?? []).flatMap(({ version }) => (version === "" ? [] : [version]))),
  ];
  const current = members.filter(({ revoked }) => revoked === null);
  const compared = [...current, ...otherMembers.filter(({ revoked }) => revoked === null)];
  const newest: Newest = {
    program: newestOf(compared.map(({ program }) => program)),
    claude: newestOf(compared.flatMap(({ machine }) => claudeOf(machine))),
  };
  const lineOf = (member: ReportMember, group: UsageGroup): MachineLine => ({
    group,
    member,
    fields: { ...stateOf(member, claudeOf(member.machine), newest, query.now), share: shareOf(group.all, all) },
  });
  const lines = [
    ...groups.byCost().map(([id, group]) => lineOf(known.get(id) ?? unknownMember(id), group)),
    ...unused.map((member) => lineOf(member, new UsageGroup())),
  ];
  const online = current.filter((member) => isOnline(member, query.now)).length;
  const layout: UsageLayout<MachineLine> = {
    list: "machines",
    lead: columnsOf(lines, query.now),
    tail: [shareColumn(all)],
    hasAssistants: true,
    notes: [...(current.length > 0 ? [onlineNote(online, current.length)] : []), ...importNotes(days)],
    json: (shown): Omit<MachinesJson, "totals"> => ({
      online,
      known: current.length,
      newestProgram: newest.program,
      newestClaude: newest.claude,
      machines: shown.map((line) => lineJson(line)) as unknown as MachinesJson["machines"],
    }),
  };
  const result = await usageResult(layout, lines, groups, query, context);
  return { ...result, isEmpty: lines.length === 0, empty: "The hub has no machines yet." };
}

/** Milliseconds since a machine was last heard from; null if it never was. */
const agoOf = ({ seen }: ReportMember, now: number): number | null => (seen === null ? null : Math.max(now - seen, 0));

/** The newest of some versions; null if none is one. */
const newestOf = (versions: readonly string[]): string | null =>
  versions.reduce<string | null>(
    (newest, one) => (one !== "" && (newest === null || isNewerVersion(one, newest)) ? one : newest),
    null,
  );

const onlineNote = (online: number, of: number): string =>
  `Online: ${count(online)} of ${count(of)} ${of === 1 ? "machine" : "machines"}, as last heard from.`;

function stateOf(
  member: ReportMember,
  claudeVersions: readonly string[],
  newest: Newest,
  now: number,
): Omit<MachineState, "share"> {
  const { machine, name, person, seen, program, platform, level, skew, late, refused, revoked, conflict } = member;
  const isOld = (version: string, than: string | null): boolean => than !== null && isNewerVersion(than, version);
  return {
    machine,
    name,
    person,
    isOnline: isOnline(member, now),
    lastSeen: isoOrNull(seen),
    seenAgoMs: agoOf(member, now),
    program,
    isProgramOld: isOld(program, newest.program),
    claudeVersions,
    isClaudeOld: claudeVersions.some((version) => isOld(version, newest.claude)),
    platform,
    level,
    clockSkewMs: skew,
    pending: pendingOf(member),
    pendingBySource: member.pending,
    late,
    refused,
    revoked: isoOrNull(revoked),
    conflict: isoOrNull(conflict),
  };
}

/** The columns at a time (epoch ms). Those that would be empty or 0 for all machines are hidden. */
function columnsOf(lines: readonly MachineLine[], now: number): readonly Column<MachineLine>[] {
  const text = (name: string, priority: number, textOf: (line: MachineLine) => string): Column<MachineLine> => ({
    name,
    kind: "text",
    priority,
    shorten: true,
    isHidden: lines.every((line) => textOf(line) === ""),
    value: textOf,
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
    text("Person", 55, ({ member }) => member.person),
    {
      name: "Seen",
      kind: "duration",
      priority: 65,
      value: ({ member }) => agoOf(member, now),
    },
    text("Note", 54, noteOf),
    rows("To send", 25, ({ fields }) => fields.pending),
    rows("Late", 24, ({ member }) => member.late),
    rows("Refused", 23, ({ member }) => member.refused),
    text("Version", 10, ({ member }) => member.program),
    text("Claude Code", 8, ({ fields }) => fields.claudeVersions.join(", ")),
    text("Sends", 9, ({ member }) => member.level),
    { name: "Clock ahead", kind: "latency", priority: 4, value: ({ member }) => member.skew },
    text("System", 3, ({ member }) => member.platform),
  ];
}

/** What people should know about a machine; "" if nothing. */
const noteOf = ({ member: { revoked, conflict }, fields }: MachineLine): string =>
  [
    ...(revoked === null ? [] : ["revoked"]),
    ...(conflict === null ? [] : ["two ledgers spoke as it"]),
    ...(fields.isProgramOld ? ["older Pawprint"] : []),
    ...(fields.isClaudeOld ? ["older Claude Code"] : []),
  ].join(", ");
