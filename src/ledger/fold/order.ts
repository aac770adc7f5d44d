import { encodeBody } from "../../model/body.ts";
import type { Observed } from "../../model/fact.ts";
import type { Bodies, Kind } from "../../model/observation.ts";

type Order<Body> = (a: Body, b: Body) => number;

/**
 * Sorts by these comparisons in turn, then by the birth of the machine's ledger, and last by the text of the
 * observation, so that no two different ones compare equal. The text is the encoded body, which does not depend on the
 * order of the fields in the source or the journal.
 */
export function sorted<K extends Kind>(
  kind: K,
  observed: readonly Observed<Bodies[K]>[],
  ...orders: readonly Order<Bodies[K]>[]
): readonly Observed<Bodies[K]>[] {
  if (observed.length < 2) return observed;
  return observed.toSorted((a, b) => {
    for (const order of orders) {
      const difference = order(a.body, b.body);
      if (difference !== 0) return difference;
    }
    if (a.born !== b.born) return a.born - b.born;
    const [left, right] = [textOf(kind, a), textOf(kind, b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

const textOf = (kind: Kind, { machine, source, body }: Observed<Bodies[Kind]>): string =>
  `${machine}\n${source}\n${encodeBody(kind, body)}`;

/** Whether one machine made all of these observations. */
export const isOfOneMachine = (observed: readonly Observed<unknown>[]): boolean =>
  observed.every(({ machine }) => machine === observed[0]?.machine);

/** The observations of the machine to which a fact belongs: all of them if there is only one machine. */
export function owned<Body>(observed: readonly Observed<Body>[]): readonly Observed<Body>[] {
  if (isOfOneMachine(observed)) return observed;
  const isElder = (a: Observed<Body>, b: Observed<Body>): boolean =>
    a.born < b.born || (a.born === b.born && a.machine < b.machine);
  const owner = observed.reduce((eldest, one) => (isElder(one, eldest) ? one : eldest));
  return observed.filter(({ machine }) => machine === owner.machine);
}
