import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  foldAction,
  foldCostState,
  foldDay,
  foldLimit,
  foldResponse,
  foldRest,
  foldSession,
} from "../../src/ledger/fold.ts";
import type { Seen } from "../../src/model/fact.ts";
import { decodeBody, encodeBody, type Observation } from "../../src/model/observation.ts";
import { observations } from "./sample.ts";

const seen = <Body>(body: Body, machine = "here"): Seen<Body> => ({ machine, source: "claude-code", body });

describe("facts", () => {
  const machines = fc.array(fc.constantFrom("here", "there", "elsewhere"), { minLength: 90, maxLength: 90 });
  const facts = (told: readonly Seen<Observation>[]): [key: string, fact: unknown][] =>
    [...Map.groupBy(told, ({ body }) => body.key)]
      .map(([key, some]) => {
        const bodies = <Body>(): Seen<Body>[] =>
          some.map((one) => ({ ...one, body: one.body.body as unknown as Body }));
        const folds = {
          response: foldResponse,
          rest: foldRest,
          action: foldAction,
          session: foldSession,
          "cost-state": foldCostState,
          limit: foldLimit,
        };
        const kind = some[0]?.body.kind ?? "day";
        const fold: (key: string, seen: Seen<never>[]) => unknown = kind === "day" ? foldDay : folds[kind];
        return [key, fold(key, bodies())] as [string, unknown];
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1));

  test("of several machines are the same in any order and however often something is repeated", () => {
    const shuffles = fc.array(fc.nat(), { minLength: 90, maxLength: 90 });
    fc.assert(
      fc.property(observations, machines, shuffles, (some, whose, shuffle) => {
        const told = some.map((one, at) => seen(one, whose[at]));
        const again = [...told, ...told.slice(0, 5)]
          .map((one, at) => ({ one, by: shuffle[at] ?? 0 }))
          .toSorted((a, b) => a.by - b.by)
          .map(({ one }) => one);
        expect(facts(again)).toEqual(facts(told));
      }),
      { numRuns: 500 },
    );
  });

  test("are the same from the journal, whatever the order in which a source named the fields", () => {
    const backwards = (body: object): never => Object.fromEntries(Object.entries(body).toReversed()) as never;
    fc.assert(
      fc.property(observations, (some) => {
        const kept = some.map((one) => ({ ...one, body: decodeBody(one.kind, encodeBody(one.kind, one.body)) }));
        const other = some.map((one) => ({ ...one, body: backwards(one.body) }));
        expect(facts(other.map((one) => seen(one)))).toEqual(facts(kept.map((one) => seen(one))));
      }),
      { numRuns: 200 },
    );
  });
});
