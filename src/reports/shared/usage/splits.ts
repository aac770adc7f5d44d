import type { Dimension, UsageRow } from "../../../ledger/rows.ts";
import { folderOf } from "../../../model/project.ts";
import { titleOf } from "../assistants.ts";
import { machineName, personOf } from "../members.ts";
import type { ReportContext, Split } from "../report.ts";
import { modelNames, projectNames } from "./names.ts";

/** The fields that decide the part of usage; a field is empty where it is not known. */
type PartPlace = Pick<UsageRow, "model" | "source" | "machine" | "project" | "branch">;

/** How usage is split. */
export interface Splitting {
  /** What a query has to group by; the model is in every row. */
  readonly dimensions: readonly Dimension[];
  /** The list of the parts in JSON. */
  readonly list: string;
  readonly column: string;
  /** The part that usage belongs to. */
  partOf(place: PartPlace, context: ReportContext): string;
  /** The parts by their names in a table. */
  namesOf(parts: Iterable<string>, context: ReportContext): ReadonlyMap<string, string>;
  /** A part in JSON. */
  inJson(part: string): string;
}

const itself = (part: string): string => part;
const namesBy =
  (nameOf: (part: string, context: ReportContext) => string): Splitting["namesOf"] =>
  (parts, context) =>
    new Map(Array.from(parts, (part) => [part, nameOf(part, context)] as const));
const orUnknown = namesBy((part) => part || "(not known)");

/** All ways to split usage. */
export const splittings: Readonly<Record<Split, Splitting>> = {
  model: {
    dimensions: [],
    list: "models",
    column: "Model",
    partOf: ({ model }) => model,
    namesOf: (parts, context) => modelNames(parts, context.modelNames),
    inJson: itself,
  },
  machine: {
    dimensions: ["machine"],
    list: "machines",
    column: "Machine",
    partOf: ({ machine }, { members }) => machineName(members, machine),
    namesOf: orUnknown,
    inJson: itself,
  },
  project: {
    dimensions: ["project"],
    list: "projects",
    column: "Project",
    partOf: ({ project }) => project,
    namesOf: projectNames,
    inJson: folderOf,
  },
  person: {
    dimensions: ["machine"],
    list: "persons",
    column: "Person",
    partOf: ({ machine }, { members }) => personOf(members, machine),
    namesOf: orUnknown,
    inJson: itself,
  },
  branch: {
    dimensions: ["branch"],
    list: "branches",
    column: "Branch",
    partOf: ({ branch }) => branch,
    namesOf: namesBy((branch) => branch || "(none)"),
    inJson: itself,
  },
  assistant: {
    dimensions: [],
    list: "assistants",
    column: "Assistant",
    partOf: ({ source }) => source,
    namesOf: namesBy((source, { assistants }) => titleOf(assistants, source)),
    inJson: itself,
  },
};

/** The part of an imported day, whose project and branch are not known. */
export const partOfDay = (
  { partOf }: Splitting,
  day: Pick<PartPlace, "model" | "source" | "machine">,
  context: ReportContext,
): string => partOf({ ...day, project: "", branch: "" }, context);
