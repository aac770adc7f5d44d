import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { rowsOf } from "../../src/ledger/fold/prepare.ts";
import type { Observed } from "../../src/model/fact.ts";
import { decodeBody, encodeBody } from "../../src/model/body.ts";
import type { Observation } from "../../src/model/observation.ts";
import { observations } from "./sample.ts";

/** Two of the machines were born at once. */
const births: Readonly<Record<string, number>> = { here: 5, there: 5, elsewhere: 3 };

const observed = (body: Observation, machine = "here", reader = 1): Observed<Observation> => ({
  machine,
  source: "claude-code",
  reader,
  born: births[machine] ?? 0,
  body,
});

describe("facts", () => {
  const machines = fc.array(fc.constantFrom("here", "there", "elsewhere"), { minLength: 90, maxLength: 90 });
  const readers = fc.array(fc.constantFrom(1, 1, 2, 3), { minLength: 90, maxLength: 90 });
  const facts = (all: readonly Observed<Observation>[]): [key: string, fact: unknown][] =>
    [...Map.groupBy(all, ({ body }) => body.key)]
      .map(([key, some]): [string, unknown] => {
        const bodies = some.map((one) => ({ ...one, body: one.body.body as unknown }));
        return [key, rowsOf(some[0]?.body.kind ?? "day", key, bodies)];
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1));

  test("of several machines and readers are the same in any order and with any repetitions", () => {
    const shuffles = fc.array(fc.nat(), { minLength: 90, maxLength: 90 });
    fc.assert(
      fc.property(observations, machines, readers, shuffles, (some, whose, versions, shuffle) => {
        const all = some.map((one, at) => observed(one, whose[at], versions[at]));
        const again = [...all, ...all.slice(0, 5)]
          .map((one, at) => ({ one, by: shuffle[at] ?? 0 }))
          .toSorted((a, b) => a.by - b.by)
          .map(({ one }) => one);
        expect(facts(again)).toEqual(facts(all));
      }),
      { numRuns: 500 },
    );
  });

  test("are the same from the journal, whatever the order of the fields in the source", () => {
    const backwards = (body: object): never => Object.fromEntries(Object.entries(body).toReversed()) as never;
    fc.assert(
      fc.property(observations, (some) => {
        const kept = some.map((one) => ({ ...one, body: decodeBody(one.kind, encodeBody(one.kind, one.body)) }));
        const other = some.map((one) => ({ ...one, body: backwards(one.body) }));
        expect(facts(other.map((one) => observed(one)))).toEqual(facts(kept.map((one) => observed(one))));
      }),
      { numRuns: 200 },
    );
  });
});
