import type { DimensionSet, Observed, ResponseFact } from "../../model/fact.ts";
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
import {
  accountLimit,
  action,
  costState,
  day,
  dimensionSet,
  finding,
  rateLimit,
  response,
  session,
  status,
  worktree,
} from "../tables/facts.ts";
import { type ColumnValue, rowOf } from "../tables/table.ts";
import { supersede } from "./supersede.ts";
import { dayOf, hasPossibleTimes } from "./times.ts";
import {
  foldAction,
  foldCostState,
  foldDay,
  foldLimit,
  foldOne,
  foldResponse,
  foldSession,
  foldWorktree,
} from "./fold.ts";
import { foldAccountLimit, foldFinding, foldStatus } from "./log.ts";
import { foldSum } from "./sums.ts";

/** A row of a fact table: its columns in order. If it has a dimension set, the set's id is null until it is known. */
export interface FactRow {
  readonly cells: ColumnValue[];
  /** The columns of the dimension set without its id; null if the table has none. */
  readonly dimensions: readonly ColumnValue[] | null;
}

/** What the journal stores of one observation. */
export interface PreparedObservation {
  readonly digest: number;
  /** Days since 1970 of its time. */
  readonly day: number;
  readonly body: string;
}

/**
 * What a batch observed about one key: the journal rows, and the facts that follow if nothing about the key was known
 * before.
 */
export interface PreparedEntry {
  /** Null for a kind that this version does not know: its observations are stored, and no fact follows from them. */
  readonly kind: Kind | null;
  readonly key: string;
  /** Version of the source's reader that made the observations. */
  readonly reader: number;
  readonly observations: readonly PreparedObservation[];
  readonly rows: readonly FactRow[];
}

/**
 * Does all work on observations that needs no database. `machine` is the id of the machine that observed them, `reader`
 * the version of the source's reader.
 */
export function prepare(
  machine: string,
  source: string,
  observations: Iterable<Observation>,
  reader = 1,
): PreparedEntry[] {
  const keys = new ObservedKeys(machine, source, reader);
  for (const { kind, key, body } of observations)
    keys.add(kind, machineKey(key, machine), body, encodeBody(kind, body));
  return keys.entries();
}

/** The observations of a batch, by key. */
export class ObservedKeys {
  readonly #keys = new Map<
    string,
    { kind: Kind | null; observed: Observed<unknown>[]; texts: PreparedObservation[] }
  >();
  readonly #machine: string;
  readonly #source: string;
  readonly #reader: number;

  constructor(machine: string, source: string, reader: number) {
    this.#machine = machine;
    this.#source = source;
    this.#reader = reader;
  }

  add(kind: Kind | null, key: string, body: unknown, text: string): void {
    let known = this.#keys.get(key);
    if (!known) this.#keys.set(key, (known = { kind, observed: [], texts: [] }));
    // Among observations of one machine, its birth does not matter.
    known.observed.push({ machine: this.#machine, source: this.#source, reader: this.#reader, born: 0, body });
    known.texts.push({ digest: digestOf(text), day: dayOf(body), body: text });
  }

  entries(): PreparedEntry[] {
    const interner = new DimensionInterner();
    const reader = this.#reader;
    return Array.from(this.#keys, ([key, { kind, observed, texts }]) => ({
      kind,
      key,
      reader,
      observations: texts,
      rows: kind === null ? [] : rowsOf(kind, key, observed, interner),
    }));
  }
}

/** Gives equal, consecutive dimension sets the same array, so that its id is found by identity. */
class DimensionInterner {
  #last: ColumnValue[] | null = null;

  cellsOf(dimensions: DimensionSet): ColumnValue[] {
    const cells = dimensionCells(dimensions);
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

/** How keys begin that are about one machine only. */
const OF_ONE_MACHINE = ["limit:", "finding:", "status:", "account-limit::"];

/**
 * The key of an observation in the journal. A limit belongs to an account, which no assistant's file names, and two accounts
 * may have windows of one name that reset at one time: so the readings of each machine have keys of their own. The same holds
 * where our log names no account, and for findings and versions.
 */
export const machineKey = (key: string, machine: string): string => (namesMachine(key) ? `${key}:${machine}` : key);

/** Whether a key is about one machine only, whose id it ends with in the journal. */
export const namesMachine = (key: string): boolean => OF_ONE_MACHINE.some((start) => key.startsWith(start));

/**
 * A digest of 52 bits that distinguishes the observations of one key, of which there are only a few. It depends on
 * nothing but the text as it came, so that every machine computes the same one.
 */
export const digestOf = (text: string): number => Number(Bun.hash.xxHash64(text) & 0xf_ffff_ffff_ffffn);

/** Leaves out observations with impossible times; nearly always there are none. */
function withPossibleTimes(kind: Kind, all: readonly Observed<unknown>[]): readonly Observed<unknown>[] {
  for (let at = 0; at < all.length; at++)
    if (!hasPossibleTimes(kind, all[at]?.body)) return all.filter((one) => hasPossibleTimes(kind, one.body));
  return all;
}

/** The fact rows that follow from all observations of a key. */
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
    case "total":
    case "running-total":
      return foldSum(kind, key, observed as Observed<Bodies[typeof kind]>[]).map((fact) => responseRow(fact, interner));
    case "action": {
      const fact = foldAction(key, observed as Observed<Bodies["action"]>[]);
      return [{ cells: actionCells(fact), dimensions: interner.cellsOf(fact.dimensions) }];
    }
    case "session":
      return [factRow(sessionCells(foldSession(key, observed as Observed<Bodies["session"]>[])))];
    case "cost-state": {
      const fact = foldCostState(key, observed as Observed<Bodies["cost-state"]>[]);
      return [factRow(costStateCells({ ...fact, models: JSON.stringify(fact.models) }))];
    }
    case "limit":
      return [factRow(limitCells(foldLimit(key, observed as Observed<Bodies["limit"]>[])))];
    case "day": {
      const { machine, source, body } = foldDay(key, observed as Observed<DayObservation>[]);
      return [factRow(dayCells({ key, machine, source, ...body }))];
    }
    case "worktree": {
      const { machine, source, body } = foldWorktree(key, observed as Observed<WorktreeObservation>[]);
      return [factRow(worktreeCells({ key, machine, source, ...body }))];
    }
    case "account-limit":
      return [factRow(accountLimitCells(foldAccountLimit(key, observed as Observed<Bodies["account-limit"]>[])))];
    case "finding":
      return [factRow(findingCells(foldFinding(key, observed as Observed<Bodies["finding"]>[])))];
    case "status":
      return [factRow(statusCells(foldStatus(key, observed as Observed<Bodies["status"]>[])))];
  }
}

/** The row of a response with one observation; none if that is withdrawn or its time is impossible. */
function rowsOfOne(key: string, one: Observed<ResponseObservation>, interner: DimensionInterner): FactRow[] {
  if (one.body.isWithdrawn === true || !isTime(one.body.at)) return [];
  return [responseRow(foldOne(key, one), interner)];
}

const dimensionCells = rowOf(dimensionSet, "id");
const responseCells = rowOf(response);
const actionCells = rowOf(action);
const sessionCells = rowOf(session);
const costStateCells = rowOf(costState);
const limitCells = rowOf(rateLimit);
const dayCells = rowOf(day);
const worktreeCells = rowOf(worktree);
const accountLimitCells = rowOf(accountLimit);
const findingCells = rowOf(finding);
const statusCells = rowOf(status);

const responseRow = (fact: ResponseFact, interner: DimensionInterner): FactRow => ({
  cells: responseCells(fact),
  dimensions: interner.cellsOf(fact.dimensions),
});

const factRow = (cells: ColumnValue[]): FactRow => ({ cells, dimensions: null });
