import { kindOf, nameValues } from "../../model/body.ts";
import { isLogKind, logKeys } from "../../model/log-observation.ts";
import { badRow, type RowProblem } from "../../model/privacy.ts";
import type { Kind } from "../../model/observation.ts";
import type { WireRow } from "../../model/wire.ts";
import { wrongBody } from "./check.ts";
import { OriginsBuilder, type SessionOrigin } from "./origins.ts";
import { namesMachine, ObservedKeys, type PreparedEntry } from "./prepare.ts";
import { timeOf } from "./times.ts";

/** Whose rows these are, and how they were made. */
export interface Sender {
  readonly machine: string;
  readonly source: string;
  /** Version of the source's reader. */
  readonly reader: number;
}

/** A row that is not stored. */
export interface RefusedRow extends RowProblem {
  readonly key: string;
}

/** What a row is about, as far as tombstones are concerned; "" where it is about none. */
export interface RowPlace {
  readonly session: string;
  readonly project: string;
  /** Epoch milliseconds; 0 if it has no time. */
  readonly at: number;
}

/** What else keeps rows out. */
export interface RowChecks {
  /** Says why a row of a kind, null for an unknown one, is refused for its key or its values, which are undefined if they are no JSON. */
  problemOf?(kind: Kind | null, key: string, values: unknown): RowProblem | null;
  /** Whether rows are left out since they had been forgotten. */
  isForgotten?(place: RowPlace): boolean;
}

/** Rows of another machine, ready for the ledger. */
export interface PreparedRows {
  readonly entries: readonly PreparedEntry[];
  readonly origins: readonly SessionOrigin[];
  readonly refused: readonly RefusedRow[];
  /** Number of rows that were left out because they had been forgotten. */
  readonly forgotten: number;
}

/**
 * Prepares rows of another machine's journal. Their texts stay as they came: a newer version may have written fields and
 * kinds that this one does not know. A row with a wrong value is refused by its key, and the others are not.
 */
export function prepareRows(
  { machine, source, reader }: Sender,
  rows: Iterable<WireRow>,
  { isForgotten, problemOf }: RowChecks = {},
): PreparedRows {
  const keys = new ObservedKeys(machine, source, reader);
  const origins = new OriginsBuilder();
  const refused: RefusedRow[] = [];
  let forgotten = 0;
  for (const [key, text] of rows) {
    const kind = kindOf(key);
    const values = parse(text);
    const refuse = (problem: RowProblem): void => void refused.push({ key, ...problem });
    const problem = problemOf?.(kind, key, values) ?? null;
    if (problem) refuse(problem);
    else if (kind === null) keys.add(null, key, {}, text);
    else if (!Array.isArray(values)) refuse(badRow("the body is no list of values"));
    else {
      const body = nameValues(kind, values);
      const wrong = wrongKey(key, machine) ?? wrongBody(kind, body) ?? wrongLogKey(kind, key, body);
      if (wrong !== null) refuse(badRow(wrong));
      else if (isForgotten?.(placeOf(body))) forgotten++;
      else {
        keys.add(kind, key, body, text);
        origins.add(kind, body, "", reader);
      }
    }
  }
  return { entries: keys.entries(), origins: origins.all, refused, forgotten };
}

/** Session, project and time of the body of an observation; the project of a worktree is its repository. */
export function placeOf(body: object): RowPlace {
  const { session = "", project, repository } = body as Partial<Record<"session" | "project" | "repository", string>>;
  return { session, project: project ?? repository ?? "", at: timeOf(body) };
}

/** A machine reads its own limits and findings only: see machineKey. */
const wrongKey = (key: string, machine: string): string | null =>
  namesMachine(key) && !key.endsWith(`:${machine}`) ? "the key is that of another machine" : null;

/** The key of what comes from a log follows from the body: else a machine could hide what it says about another one's account. */
const wrongLogKey = (kind: Kind, key: string, body: object): string | null =>
  isLogKind(kind) && !key.startsWith(logKeys[kind](body as never)) ? "the key is not that of the body" : null;

/** The value of a text in JSON; undefined if it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
