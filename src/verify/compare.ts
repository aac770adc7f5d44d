import { type Tokens, tokenClasses, totalOf } from "../model/tokens.ts";
import type { Counted, Recount } from "./recount.ts";

/** Responses of a session on which ledger and files differ in one way. */
export interface Difference {
  readonly session: string;
  readonly what: "only in the ledger" | "only in the files" | "other counts" | "another place";
  readonly responses: number;
  /** Tokens of these responses. */
  readonly ledger: number;
  readonly files: number;
  /** The likely cause, null where there is none. */
  readonly cause: string | null;
}

/** Sums of some responses. */
export interface Sums extends Tokens {
  readonly responses: number;
  readonly searches: number;
}

/** What happened to files, as far as it explains differences. */
export interface World {
  readonly vanished: readonly string[];
  /** Files that were replaced or cut while they were recounted. */
  readonly changed: readonly string[];
  /** Files that only one of the two readers could open. */
  readonly unreadable: readonly string[];
}

/** Where the ledger and a recount differ, by session. */
export function compare(facts: readonly Counted[], recount: Recount, world: World): Difference[] {
  const counted = new Map(recount.responses.map((one) => [keyOf(one), one]));
  const found = new Map<string, Difference>();
  const note = (one: Counted, what: Difference["what"], tokens: [number, number], cause: string | null): void => {
    const id = `${one.session}\n${what}\n${cause}`;
    const known = found.get(id) ?? { session: one.session, what, responses: 0, ledger: 0, files: 0, cause };
    const [ledger, files] = [known.ledger + tokens[0], known.files + tokens[1]];
    found.set(id, { ...known, responses: known.responses + 1, ledger, files });
  };
  for (const fact of facts) {
    const other = counted.get(keyOf(fact));
    counted.delete(keyOf(fact));
    if (!other) note(fact, "only in the ledger", [totalOf(fact), 0], causeOfMissing(fact, recount, world));
    else if (!hasSameCounts(fact, other)) {
      const cause = isNowhereLess(fact, other) ? causeOfLess(world) : causeOfMore(fact, world);
      note(fact, "other counts", [totalOf(fact), totalOf(other)], cause);
    } else if (!isSamePlace(fact, other)) {
      note(fact, "another place", [totalOf(fact), totalOf(other)], causeOfLess(world));
    }
  }
  const [unreadable] = world.unreadable;
  for (const other of counted.values()) {
    const cause = unreadable === undefined ? null : "a file could not be opened when the ledger read it";
    note(other, "only in the files", [0, totalOf(other)], cause);
  }
  return [...found.values()].toSorted((a, b) => (a.session < b.session ? -1 : +(a.session > b.session)));
}

/** Sums by a name that each response has. */
export function sumsBy(responses: readonly Counted[], nameOf: (one: Counted) => string): Map<string, Sums> {
  const sums = new Map<string, Sums>();
  for (const one of responses) sums.set(nameOf(one), plus(sums.get(nameOf(one)) ?? nothing, one));
  return sums;
}

/** Sums of all. */
export const sumOf = (responses: readonly Counted[]): Sums => responses.reduce(plus, nothing);

/** The names under which two sets of sums differ. */
export function unequal(a: ReadonlyMap<string, Sums>, b: ReadonlyMap<string, Sums>): string[] {
  const fields = [...tokenClasses, "responses", "searches"] as const;
  const isEqual = (name: string): boolean =>
    fields.every((field) => (a.get(name) ?? nothing)[field] === (b.get(name) ?? nothing)[field]);
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => !isEqual(name)).toSorted();
}

/** No response. */
export const nothing: Sums = {
  input: 0,
  output: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  cacheRead: 0,
  responses: 0,
  searches: 0,
};

const plus = (sums: Sums, one: Counted): Sums => ({
  input: sums.input + one.input,
  output: sums.output + one.output,
  cacheWrite5m: sums.cacheWrite5m + one.cacheWrite5m,
  cacheWrite1h: sums.cacheWrite1h + one.cacheWrite1h,
  cacheRead: sums.cacheRead + one.cacheRead,
  responses: sums.responses + 1,
  searches: sums.searches + one.searches,
});

const keyOf = ({ id, part }: Counted): string => `${id}\n${part}`;

const hasSameCounts = (a: Counted, b: Counted): boolean =>
  tokenClasses.every((name) => a[name] === b[name]) && a.searches === b.searches;

const isNowhereLess = (a: Counted, b: Counted): boolean =>
  tokenClasses.every((name) => a[name] >= b[name]) || totalOf(a) >= totalOf(b);

/** A line without a time has none in the files, and an estimate in the ledger. */
const isSamePlace = (a: Counted, b: Counted): boolean =>
  a.session === b.session && a.model === b.model && (b.at === null || a.at === b.at);

/** Why the files do not tell of a response that the ledger holds. Null where they name it: then it should have been counted. */
function causeOfMissing({ id, session }: Counted, { mentioned, sessions }: Recount, world: World): string | null {
  if (world.vanished.some((path) => path.includes(session)) || !sessions.has(session)) {
    return "its transcript is gone: the ledger keeps what it read";
  }
  if (mentioned.has(id)) return null;
  return causeOfLess(world) ?? "no file names it any more: a transcript was rewritten after it was read";
}

/**
 * Why the files tell more than they did: the main thread's lines tell what is a replay of a side question (/btw) under another
 * request id, and which requests a gateway gave one id. Null where those lines are still there.
 */
const causeOfMore = ({ session }: Counted, { vanished }: World): string | null =>
  vanished.some((path) => path.includes(session))
    ? "its main transcript is gone, by which replays of side questions and a gateway's requests were told apart"
    : null;

/** Why the files tell less than they did. */
function causeOfLess({ vanished, changed }: World): string | null {
  if (changed.length > 0) return "a file was changed while it was recounted";
  return vanished.length > 0 ? "a transcript that told more of it is gone" : null;
}
