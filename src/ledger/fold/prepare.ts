import type {
  ActionFact,
  CostStateFact,
  LimitFact,
  ResponseFact,
  Observed,
  SessionFact,
  DimensionSet,
} from "../../model/fact.ts";
import { encodeBody } from "../../model/body.ts";
import type {
  Bodies,
  DayObservation,
  Kind,
  Observation,
  ResponseObservation,
  WorktreeObservation,
} from "../../model/observation.ts";
import type { CostKind } from "../../model/price.ts";
import { isTime } from "../../utils/json.ts";
import { supersede } from "./supersede.ts";
import { hasPossibleTimes } from "./times.ts";
import {
  foldAction,
  foldCostState,
  foldDay,
  foldLimit,
  foldOne,
  foldResponse,
  foldRemainder,
  foldSession,
  foldWorktree,
} from "./fold.ts";

/** A value of a table's column. */
export type ColumnValue = string | number | null;

/** The columns of a dimension set, in the order of its table. */
export type DimensionCells = [
  ...texts: [string, string, string, string, string, string, string, string, string, string],
  context: number,
  costKind: CostKind,
];

/** A row of a fact table. If it has a dimension set, column DIMENSION_COLUMN stays null until the set has its id. */
export interface FactRow {
  readonly cells: ColumnValue[];
  readonly dimensions: DimensionCells | null;
}

/** Index of the dimension set's id among the columns of responses and actions. */
export const DIMENSION_COLUMN = 3;

/**
 * What a batch observed about one key: the journal rows, and the facts that follow if nothing about the key was known
 * before.
 */
export interface PreparedEntry {
  readonly kind: Kind;
  readonly key: string;
  /** Version of the source's reader that made the observations. */
  readonly reader: number;
  /** Digest and text of each observation, alternating. */
  readonly observations: (string | number)[];
  readonly rows: readonly FactRow[];
}

/** Does all work on observations that needs no database. `reader` is the version of the source's reader. */
export function prepare(
  machine: string,
  source: string,
  observations: Iterable<Observation>,
  reader = 1,
): PreparedEntry[] {
  const keys = new Map<string, { kind: Kind; observed: Observed<unknown>[]; texts: (string | number)[] }>();
  for (const { kind, key, body } of observations) {
    const text = encodeBody(kind, body);
    let known = keys.get(key);
    if (!known) keys.set(key, (known = { kind, observed: [], texts: [] }));
    known.observed.push({ machine, source, reader, body });
    known.texts.push(digestOf(machine, source, text), text);
  }
  const interner = new DimensionInterner();
  return Array.from(keys, ([key, { kind, observed, texts }]) => ({
    kind,
    key,
    reader,
    observations: texts,
    rows: rowsOf(kind, key, observed, interner),
  }));
}

/** Gives equal, consecutive dimension sets the same array, so that its id is found by identity. */
class DimensionInterner {
  #last: DimensionCells | null = null;

  cellsOf(dimensions: DimensionSet): DimensionCells {
    const cells = dimensionCellsOf(dimensions);
    if (this.#last && areSame(this.#last, cells)) return this.#last;
    return (this.#last = cells);
  }
}

/** Whether two rows have the same values. */
export function areSame(a: readonly ColumnValue[], b: readonly ColumnValue[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** A digest of 52 bits that distinguishes the observations of one key; a key has only a few. */
export const digestOf = (machine: string, source: string, text: string): number =>
  Number(Bun.hash(`${machine}\n${source}\n${text}`) & 0xf_ffff_ffff_ffffn);

/** Leaves out observations with impossible times; nearly always there are none. */
function withPossibleTimes(kind: Kind, all: readonly Observed<unknown>[]): readonly Observed<unknown>[] {
  for (let at = 0; at < all.length; at++)
    if (!hasPossibleTimes(kind, all[at]?.body)) return all.filter((one) => hasPossibleTimes(kind, one.body));
  return all;
}

/** The fact rows that follow from all observations of a key, with columns in the order of their table. */
export function rowsOf(
  kind: Kind,
  key: string,
  all: readonly Observed<unknown>[],
  interner = new DimensionInterner(),
): FactRow[] {
  const only = all.length === 1 ? all[0] : undefined;
  // A shortcut for most of a first scan.
  if (only && kind === "response") return rowsOfOne(key, only as Observed<ResponseObservation>, interner);
  const observed = supersede(kind, withPossibleTimes(kind, all));
  if (observed.length === 0) return [];
  switch (kind) {
    case "response":
      return foldResponse(key, observed as Observed<Bodies["response"]>[]).map((fact) => responseRow(fact, interner));
    case "rest":
      return foldRemainder(key, observed as Observed<Bodies["rest"]>[]).map((fact) => responseRow(fact, interner));
    case "action":
      return [actionRow(foldAction(key, observed as Observed<Bodies["action"]>[]), interner)];
    case "session":
      return [sessionRow(foldSession(key, observed as Observed<Bodies["session"]>[]))];
    case "cost-state":
      return [costStateRow(foldCostState(key, observed as Observed<Bodies["cost-state"]>[]))];
    case "limit":
      return [limitRow(foldLimit(key, observed as Observed<Bodies["limit"]>[]))];
    case "day":
      return [dayRow(key, foldDay(key, observed as Observed<DayObservation>[]))];
    case "worktree":
      return [worktreeRow(key, foldWorktree(key, observed as Observed<WorktreeObservation>[]))];
  }
}

/** The row of a response with one observation; none if that is withdrawn or its time is impossible. */
function rowsOfOne(key: string, one: Observed<ResponseObservation>, interner: DimensionInterner): FactRow[] {
  if (one.body.isWithdrawn === true || !isTime(one.body.at)) return [];
  return [responseRow(foldOne(key, one), interner)];
}

function dimensionCellsOf(dimensions: DimensionSet): DimensionCells {
  const { machine, source, session, project, branch, agent, model, speed, tier, region, context, costKind } =
    dimensions;
  return [machine, source, session, project, branch, agent, model, speed, tier, region, context, costKind];
}

function responseRow(fact: ResponseFact, interner: DimensionInterner): FactRow {
  const { key, part, at, input, output, cacheWrite5m, cacheWrite1h, cacheRead, searches, cost, reasoning } = fact;
  const cells = [key, part, at, null, input, output, cacheWrite5m, cacheWrite1h, cacheRead, searches, cost, reasoning];
  return { cells, dimensions: interner.cellsOf(fact.dimensions) };
}

function actionRow(fact: ActionFact, interner: DimensionInterner): FactRow {
  const { key, action, at, name, ok, duration, target, tool, added, removed, length } = fact;
  const outcome = ok === null ? null : +ok;
  const cells = [key, action, at, null, name, outcome, duration, target, tool, added, removed, length];
  return { cells, dimensions: interner.cellsOf(fact.dimensions) };
}

function sessionRow(fact: SessionFact): FactRow {
  const { key, session, machine, source, project, branch, first, last, reason, version } = fact;
  return { cells: [key, session, machine, source, project, branch, first, last, reason, version], dimensions: null };
}

function costStateRow({ key, session, duration, cost, models }: CostStateFact): FactRow {
  return { cells: [key, session, duration, cost, JSON.stringify(models)], dimensions: null };
}

function limitRow({ key, machine, source, name, windowMinutes, usedPercent, resetsAt, at, plan }: LimitFact): FactRow {
  return { cells: [key, machine, source, name, windowMinutes, usedPercent, resetsAt, at, plan], dimensions: null };
}

function dayRow(key: string, { machine, source, body }: Observed<DayObservation>): FactRow {
  const { date, model, provenance, input, output, cacheWrite, cacheRead, unsplit, cost } = body;
  const sums = [input, output, cacheWrite, cacheRead, unsplit, cost];
  return { cells: [key, machine, source, date, model, provenance, ...sums], dimensions: null };
}

function worktreeRow(key: string, { machine, source, body }: Observed<WorktreeObservation>): FactRow {
  return { cells: [key, machine, source, body.directory, body.repository, body.name], dimensions: null };
}
