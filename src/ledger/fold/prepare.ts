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

/** What stands in a column. */
export type Cell = string | number | null;

/** The columns of a slice, in the order of its table. */
export type DimensionCells = [
  ...texts: [string, string, string, string, string, string, string, string, string, string],
  context: number,
  isPriced: number,
];

/** A row of a fact's table; where it has a slice, column SLICE is empty until the slice has its number. */
export interface FactRow {
  readonly cells: Cell[];
  readonly slice: DimensionCells | null;
}

/** Place of the slice's number among the columns of responses and actions. */
export const DIMENSION_CELLS = 3;

/** All that a batch tells of one key: what goes into the journal, and the facts if nothing was known of it before. */
export interface Entry {
  readonly kind: Kind;
  readonly key: string;
  /** Version of the source's reader that observed it. */
  readonly reader: number;
  /** Digest and text of each observation, in turn. */
  readonly observations: (string | number)[];
  readonly rows: readonly FactRow[];
}

/** Everything about some observations that needs no database. `reader` is the version of the source's reader. */
export function prepare(machine: string, source: string, observations: Iterable<Observation>, reader = 1): Entry[] {
  const keys = new Map<string, { kind: Kind; seen: Observed<unknown>[]; texts: (string | number)[] }>();
  for (const { kind, key, body } of observations) {
    const text = encodeBody(kind, body);
    let known = keys.get(key);
    if (!known) keys.set(key, (known = { kind, seen: [], texts: [] }));
    known.seen.push({ machine, source, reader, body });
    known.texts.push(digestOf(machine, source, text), text);
  }
  const slices = new DimensionInterner();
  return Array.from(keys, ([key, { kind, seen, texts }]) => ({
    kind,
    key,
    reader,
    observations: texts,
    rows: rowsOf(kind, key, seen, slices),
  }));
}

/** Gives slices that are told one after another and are equal the same cells, by which they are known again at once. */
class DimensionInterner {
  #last: DimensionCells | null = null;

  cellsOf(slice: DimensionSet): DimensionCells {
    const cells = sliceCells(slice);
    if (this.#last && areSame(this.#last, cells)) return this.#last;
    return (this.#last = cells);
  }
}

/** Whether two rows hold the same. */
export function areSame(a: readonly Cell[], b: readonly Cell[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** 52 bits that tell apart the observations of one key: enough, since a key has only a few. */
export const digestOf = (machine: string, source: string, text: string): number =>
  Number(Bun.hash(`${machine}\n${source}\n${text}`) & 0xf_ffff_ffff_ffffn);

/** Those of some observations that happened when something can have happened: nearly always all of them. */
function withPossibleTimes(kind: Kind, all: readonly Observed<unknown>[]): readonly Observed<unknown>[] {
  for (let at = 0; at < all.length; at++)
    if (!hasPossibleTimes(kind, all[at]?.body)) return all.filter((one) => hasPossibleTimes(kind, one.body));
  return all;
}

/** The rows that follow from all observations of a key, in the order of their table's columns. */
export function rowsOf(
  kind: Kind,
  key: string,
  all: readonly Observed<unknown>[],
  slices = new DimensionInterner(),
): FactRow[] {
  const only = all.length === 1 ? all[0] : undefined;
  // What most of a first count is, without the questions that it needs no answer to.
  if (only && kind === "response") return rowsOfOne(key, only as Observed<ResponseObservation>, slices);
  const seen = supersede(kind, withPossibleTimes(kind, all));
  if (seen.length === 0) return [];
  switch (kind) {
    case "response":
      return foldResponse(key, seen as Observed<Bodies["response"]>[]).map((fact) => responseRow(fact, slices));
    case "rest":
      return foldRemainder(key, seen as Observed<Bodies["rest"]>[]).map((fact) => responseRow(fact, slices));
    case "action":
      return [actionRow(foldAction(key, seen as Observed<Bodies["action"]>[]), slices)];
    case "session":
      return [sessionRow(foldSession(key, seen as Observed<Bodies["session"]>[]))];
    case "cost-state":
      return [costStateRow(foldCostState(key, seen as Observed<Bodies["cost-state"]>[]))];
    case "limit":
      return [limitRow(foldLimit(key, seen as Observed<Bodies["limit"]>[]))];
    case "day":
      return [dayRow(key, foldDay(key, seen as Observed<DayObservation>[]))];
    case "worktree":
      return [worktreeRow(key, foldWorktree(key, seen as Observed<WorktreeObservation>[]))];
  }
}

/** The row of a response of which there is one observation; none where that is withdrawn, or of a time that nothing can have. */
function rowsOfOne(key: string, one: Observed<ResponseObservation>, slices: DimensionInterner): FactRow[] {
  if (one.body.isWithdrawn === true || !isTime(one.body.at)) return [];
  return [responseRow(foldOne(key, one), slices)];
}

function sliceCells(slice: DimensionSet): DimensionCells {
  const { machine, source, session, project, branch, agent, model, speed, tier, region, context, isPriced } = slice;
  return [machine, source, session, project, branch, agent, model, speed, tier, region, context, isPriced];
}

function responseRow(fact: ResponseFact, slices: DimensionInterner): FactRow {
  const { key, part, at, input, output, cacheWrite5m, cacheWrite1h, cacheRead, searches, cost, reasoning } = fact;
  const cells = [key, part, at, null, input, output, cacheWrite5m, cacheWrite1h, cacheRead, searches, cost, reasoning];
  return { cells, slice: slices.cellsOf(fact.slice) };
}

function actionRow(fact: ActionFact, slices: DimensionInterner): FactRow {
  const { key, action, at, name, ok, duration, target, tool, added, removed, length } = fact;
  const outcome = ok === null ? null : +ok;
  const cells = [key, action, at, null, name, outcome, duration, target, tool, added, removed, length];
  return { cells, slice: slices.cellsOf(fact.slice) };
}

function sessionRow(fact: SessionFact): FactRow {
  const { key, session, machine, source, project, branch, first, last, reason, version } = fact;
  return { cells: [key, session, machine, source, project, branch, first, last, reason, version], slice: null };
}

function costStateRow({ key, session, duration, cost, models }: CostStateFact): FactRow {
  return { cells: [key, session, duration, cost, JSON.stringify(models)], slice: null };
}

function limitRow({ key, machine, source, name, windowMinutes, usedPercent, resetsAt, at, plan }: LimitFact): FactRow {
  return { cells: [key, machine, source, name, windowMinutes, usedPercent, resetsAt, at, plan], slice: null };
}

function dayRow(key: string, { machine, source, body }: Observed<DayObservation>): FactRow {
  const { date, model, provenance, input, output, cacheWrite, cacheRead, unsplit, cost } = body;
  const sums = [input, output, cacheWrite, cacheRead, unsplit, cost];
  return { cells: [key, machine, source, date, model, provenance, ...sums], slice: null };
}

function worktreeRow(key: string, { machine, source, body }: Observed<WorktreeObservation>): FactRow {
  return { cells: [key, machine, source, body.directory, body.repository, body.name], slice: null };
}
