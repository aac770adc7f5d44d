import { addTokens, noTokens, type Tokens, tokenClasses, totalOf } from "../model/tokens.ts";
import type { Counted, Recount } from "./recount.ts";

/** The responses of a session for which ledger and files differ in the same way. */
export interface Difference {
  readonly session: string;
  readonly what: "only in the ledger" | "only in the files" | "other counts" | "another place";
  readonly responses: number;
  /** Tokens of these responses. */
  readonly ledger: number;
  readonly files: number;
  /** The likely cause; null if there is none. */
  readonly cause: string | null;
}

/** Totals of some responses. */
export interface Sums extends Tokens {
  readonly responses: number;
  readonly searches: number;
}

/** Changes to files that may explain differences. */
export interface FileChanges {
  readonly vanished: readonly string[];
  /** Files that were replaced or truncated during the recount. */
  readonly changed: readonly string[];
  /** Files that only one of the two readers could open. */
  readonly unreadable: readonly string[];
}

/** The differences between the ledger and a recount, by session. */
export function compare(facts: readonly Counted[], recount: Recount, changes: FileChanges): Difference[] {
  const counted = new Map(recount.responses.map((one) => [keyOf(one), one]));
  const found = new Map<string, Difference>();
  const addDifference = (
    one: Counted,
    what: Difference["what"],
    tokens: [number, number],
    cause: string | null,
  ): void => {
    const id = `${one.session}\n${what}\n${cause}`;
    const known = found.get(id) ?? { session: one.session, what, responses: 0, ledger: 0, files: 0, cause };
    const [ledger, files] = [known.ledger + tokens[0], known.files + tokens[1]];
    found.set(id, { ...known, responses: known.responses + 1, ledger, files });
  };
  for (const fact of facts) {
    const other = counted.get(keyOf(fact));
    counted.delete(keyOf(fact));
    if (!other) addDifference(fact, "only in the ledger", [totalOf(fact), 0], causeOfMissing(fact, recount, changes));
    else if (!hasSameCounts(fact, other)) {
      const cause = hasNoSmallerCount(fact, other) ? causeOfLess(changes) : causeOfMore(fact, changes);
      addDifference(fact, "other counts", [totalOf(fact), totalOf(other)], cause);
    } else if (!isSamePlace(fact, other)) {
      addDifference(fact, "another place", [totalOf(fact), totalOf(other)], causeOfLess(changes));
    }
  }
  const [unreadable] = changes.unreadable;
  for (const other of counted.values()) {
    const cause = unreadable === undefined ? null : "a file could not be opened when the ledger read it";
    addDifference(other, "only in the files", [0, totalOf(other)], cause);
  }
  return [...found.values()].toSorted((a, b) => (a.session < b.session ? -1 : +(a.session > b.session)));
}

/** Totals by a name computed from each response. */
export function sumsBy(responses: readonly Counted[], nameOf: (one: Counted) => string): Map<string, Sums> {
  const sums = new Map<string, Sums>();
  for (const one of responses) sums.set(nameOf(one), plus(sums.get(nameOf(one)) ?? noSums, one));
  return sums;
}

/** Totals of all responses. */
export const sumOf = (responses: readonly Counted[]): Sums => responses.reduce(plus, noSums);

/** The names for which two sets of totals differ. */
export function unequal(a: ReadonlyMap<string, Sums>, b: ReadonlyMap<string, Sums>): string[] {
  const fields = [...tokenClasses, "responses", "searches"] as const;
  const isEqual = (name: string): boolean =>
    fields.every((field) => (a.get(name) ?? noSums)[field] === (b.get(name) ?? noSums)[field]);
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => !isEqual(name)).toSorted();
}

/** Totals of zero responses. */
export const noSums: Sums = { ...noTokens, responses: 0, searches: 0 };

const plus = (sums: Sums, one: Counted): Sums => ({
  ...addTokens(sums, one),
  responses: sums.responses + 1,
  searches: sums.searches + one.searches,
});

const keyOf = ({ id, part }: Counted): string => `${id}\n${part}`;

const hasSameCounts = (a: Counted, b: Counted): boolean =>
  tokenClasses.every((name) => a[name] === b[name]) && a.searches === b.searches;

const hasNoSmallerCount = (a: Counted, b: Counted): boolean =>
  tokenClasses.every((name) => a[name] >= b[name]) || totalOf(a) >= totalOf(b);

/** For a line without a time the recount has no time, but the ledger has an estimate. */
const isSamePlace = (a: Counted, b: Counted): boolean =>
  a.session === b.session && a.model === b.model && (b.at === null || a.at === b.at);

/**
 * Why the files do not contain a response of the ledger. Null if they mention its id: then the recount should have
 * found it.
 */
function causeOfMissing(
  { id, session }: Counted,
  { mentioned, sessions }: Recount,
  changes: FileChanges,
): string | null {
  if (changes.vanished.some((path) => path.includes(session)) || !sessions.has(session)) {
    return "its transcript is gone: the ledger keeps what it read";
  }
  if (mentioned.has(id)) return null;
  return causeOfLess(changes) ?? "no file contains its id any more: a transcript was rewritten after it was read";
}

/**
 * Why the files contain more than the ledger. The main thread's lines show which lines are replays of a side question
 * (/btw) under another request id, and which requests share an id because of a gateway. Null if those lines still
 * exist.
 */
const causeOfMore = ({ session }: Counted, { vanished }: FileChanges): string | null =>
  vanished.some((path) => path.includes(session))
    ? "its main transcript is gone; without it, replays of side questions and a gateway's requests cannot be separated"
    : null;

/** Why the files contain less than the ledger. */
function causeOfLess({ vanished, changed }: FileChanges): string | null {
  if (changed.length > 0) return "a file was changed while it was recounted";
  return vanished.length > 0 ? "a transcript that contained more of it is gone" : null;
}
