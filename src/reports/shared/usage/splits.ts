import type { Dimension, UsageRow } from "../../../ledger/rows.ts";
import { folderOf } from "../../../model/project.ts";
import { machineName, personOf } from "../members.ts";
import type { ReportMember, Split } from "../report.ts";
import { projectNames } from "./names.ts";

/** How periods are split. */
export interface Splitting {
  readonly dimension: Dimension;
  /** The list of the parts in JSON, and the field of a row that names its part. */
  readonly list: string;
  readonly field: Split;
  readonly column: string;
  /** The part that a row belongs to. */
  partOf(row: UsageRow, members: readonly ReportMember[] | undefined): string;
  /** The parts by their names in a table. */
  namesOf(parts: Iterable<string>): ReadonlyMap<string, string>;
  /** A part in JSON. */
  inJson(part: string): string;
}

const byName = {
  dimension: "machine",
  namesOf: (parts: Iterable<string>) => new Map(Array.from(parts, (part) => [part, part || "(not known)"] as const)),
  inJson: (part: string) => part,
} as const;

/** All ways to split periods. */
export const splittings: Readonly<Record<Split, Splitting>> = {
  project: {
    dimension: "project",
    list: "projects",
    field: "project",
    column: "Project",
    partOf: ({ project }) => project,
    namesOf: projectNames,
    inJson: folderOf,
  },
  machine: {
    ...byName,
    list: "machines",
    field: "machine",
    column: "Machine",
    partOf: ({ machine }, members) => machineName(members, machine),
  },
  person: {
    ...byName,
    list: "persons",
    field: "person",
    column: "Person",
    partOf: ({ machine }, members) => personOf(members, machine),
  },
};
