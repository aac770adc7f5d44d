import { count } from "../../../render/format.ts";
import { PawprintError } from "../../../utils/errors.ts";
import { unknownName } from "../../../utils/registry.ts";
import { clean } from "../../../utils/terminal.ts";
import type { ReportOptions } from "../options.ts";
import { listOf, pendingOf } from "../members.ts";
import type { ReportMember } from "../report.ts";
import { agoOf } from "../when.ts";

/** The value of --machine that selects all machines. */
export const ALL_MACHINES = "all";

/**
 * The ids of the machines that --machine and --person select, by name or id; undefined for all. Throws bad_usage with all names
 * where none matches, or where the ledger is that of one machine.
 */
export function selectedMachines(
  { machine, person }: ReportOptions,
  members: readonly ReportMember[] | undefined,
): readonly string[] | undefined {
  const wanted = machine === ALL_MACHINES ? undefined : machine;
  if (typeof wanted !== "string" && typeof person !== "string") return undefined;
  if (!members) throw new PawprintError("bad_usage", "this ledger has one machine", "see: pawprint help login");
  const ofMachine = typeof wanted === "string" ? machinesNamed(members, wanted) : members;
  const ofPerson = typeof person === "string" ? machinesOf(members, person) : members;
  const found = ofMachine.filter((one) => ofPerson.includes(one));
  if (found.length > 0) return found.map((one) => one.machine);
  const named = ofMachine.map(({ name }) => clean(name)).join(", ");
  throw new PawprintError("bad_usage", `${named} is not a machine of ${clean(String(person))}`, "leave out either");
}

function machinesNamed(members: readonly ReportMember[], wanted: string): readonly ReportMember[] {
  const found = members.filter(({ machine, name }) => name === wanted || machine === wanted);
  const names = members.map(({ name }) => clean(name));
  if (found.length === 0) throw unknownName("machine", wanted, [...names, ALL_MACHINES]);
  return found;
}

function machinesOf(members: readonly ReportMember[], wanted: string): readonly ReportMember[] {
  const found = members.filter(({ person }) => person.toLowerCase() === wanted.toLowerCase() && person !== "");
  const names = [...new Set(members.map(({ person }) => clean(person)).filter((one) => one !== ""))];
  if (found.length === 0 && names.length === 0)
    throw new PawprintError("bad_usage", "no machine of the hub has a person", "see: pawprint help invite");
  if (found.length === 0) throw unknownName("person", wanted, names);
  return found;
}

/** A machine is said to be silent after this time without a word from it, milliseconds; it reports itself once a minute. */
const SILENT_MS = 3_600_000;
/** Machines that a note names. */
const MAX_NAMED = 5;

/** Notes on what a hub does not know yet of its machines, at a time (epoch ms): which are silent, and what they still have to send. */
export function memberNotes(members: readonly ReportMember[], now: number): string[] {
  const silent = members.flatMap(({ name, seen }) =>
    seen !== null && now - seen > SILENT_MS ? [`${clean(name)} (${agoOf(seen, now)})`] : [],
  );
  const behind = members.flatMap((member) => {
    const rows = pendingOf(member);
    return rows > 0 ? [`${clean(member.name)} (${count(rows)})`] : [];
  });
  return [
    ...(silent.length > 0
      ? [`Not seen in the last hour, so its newest usage may be missing: ${listOf(silent, MAX_NAMED)}.`]
      : []),
    ...(behind.length > 0 ? [`Observations that are still to be sent: ${listOf(behind, MAX_NAMED)}.`] : []),
  ];
}
