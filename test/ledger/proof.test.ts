import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { differingParts, type DigestParts, sumDigests } from "../../src/ledger/fold/digests.ts";
import type { ProofScope } from "../../src/ledger/sqlite/Proof.ts";
import { HubLedger, OLD, YOUNG } from "./hub.ts";
import { NOON, plainResponse, type SourceObservation, sourceObservations } from "./sample.ts";

const DAY_MS = 86_400_000;
const TODAY = Math.floor(NOON / DAY_MS);

const response = (key: string, at = NOON): SourceObservation => ({
  source: "claude-code",
  reader: 1,
  observation: { kind: "response", key: `response:${key}`, body: { ...plainResponse, at } },
});
const sumsOf = (hub: HubLedger, scope: ProofScope, by: DigestParts) => hub.ledger.proof.sums(scope, by);
/** The digests of a machine's rows as the journal has them. */
const digestsOf = (hub: HubLedger, machine: string) =>
  hub.ledger.database
    .query<{ key: string; digest: number; day: number }, [string]>(
      "SELECT key, digest, day FROM journal WHERE machine = ?",
    )
    .all(machine);

describe("the digests of a machine's rows", () => {
  test("are summed in the database as in the program, by bucket and by day", () => {
    fc.assert(
      fc.property(sourceObservations, fc.constantFrom("bucket", "day"), (all, by) => {
        using hub = new HubLedger();
        hub.receive(OLD, all);
        hub.receive(YOUNG, all.slice(1), "metrics");
        for (const machine of [OLD.id, YOUNG.id])
          expect(sumDigests(digestsOf(hub, machine), by)).toEqual(sumsOf(hub, { machine }, by));
      }),
      { numRuns: 15 },
    );
  });

  test("are equal in two ledgers with the same rows in another order, and else the parts of the missing rows differ", () => {
    using one = new HubLedger();
    using other = new HubLedger();
    const all = Array.from({ length: 50 }, (_, at) => response(`r${at}`, NOON + at * DAY_MS));
    one.receive(OLD, all);
    other.receive(OLD, all.toReversed());
    for (const by of ["bucket", "day"] as const)
      expect(differingParts(sumsOf(one, { machine: OLD.id }, by), sumsOf(other, { machine: OLD.id }, by))).toEqual([]);
    other.ledger.forget({ machines: [OLD.id], session: "s1" });
    other.receive(OLD, all.slice(0, 49));
    const [mine, theirs] = [one, other].map((hub) => sumsOf(hub, { machine: OLD.id }, "day"));
    const parts = differingParts(mine ?? {}, theirs ?? {});
    expect(parts).toEqual([String(TODAY + 49)]);
    const bucket = differingParts(
      sumsOf(one, { machine: OLD.id }, "bucket"),
      sumsOf(other, { machine: OLD.id }, "bucket"),
    );
    const missing = digestsOf(one, OLD.id).find(({ key }) => key === "response:r49");
    expect(bucket).toEqual([String((missing?.digest ?? NaN) % 256)]);
  });

  test("of the days that a hub still has are those of the machine, whatever was pruned", () => {
    using machine = new HubLedger();
    using hub = new HubLedger();
    const withoutTime = (id: string): SourceObservation => ({
      source: "claude-code",
      reader: 1,
      observation: {
        kind: "cost-state",
        key: `cost-state:${id}`,
        body: { session: id, duration: 1, cost: 2, models: {} },
      },
    });
    // One key has rows on both sides of the day.
    const all = [
      response("a"),
      response("b", NOON + DAY_MS),
      response("c"),
      response("c", NOON + DAY_MS),
      withoutTime("s"),
    ];
    for (const one of [machine, hub]) one.receive(OLD, all);
    hub.ledger.prune(TODAY + 1);
    hub.ledger.commit();
    const scope = { machine: OLD.id, since: hub.ledger.horizon ?? 0 };
    for (const by of ["bucket", "day"] as const) expect(sumsOf(hub, scope, by)).toEqual(sumsOf(machine, scope, by));
    expect(sumsOf(hub, { machine: OLD.id }, "day")).not.toEqual(sumsOf(machine, { machine: OLD.id }, "day"));
  });
});
