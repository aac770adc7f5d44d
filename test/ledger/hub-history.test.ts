import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Level } from "../../src/model/wire.ts";
import { HubLedger, OLD, YOUNG } from "./hub.ts";
import { sourceObservations } from "./sample.ts";

const MACHINES = [OLD, YOUNG, { id: "m-middle", name: "middle", born: 5 }] as const;

/** What may happen at a hub before every machine has sent everything. */
const steps = fc.array(
  fc.record({
    what: fc.constantFrom("send", "send", "send", "rebuild", "forget", "days"),
    machine: fc.nat(2),
    level: fc.constantFrom<Level>("metrics", "details"),
    from: fc.nat(30),
    rows: fc.nat(12),
  }),
  { maxLength: 8 },
);

test("whatever was sent, repeated, forgotten and folded again in between, the same rows in the end give the same ledger", () => {
  fc.assert(
    fc.property(
      fc.tuple(sourceObservations, sourceObservations, sourceObservations),
      fc.array(fc.constantFrom<Level>("metrics", "details"), { minLength: 3, maxLength: 3 }),
      steps,
      fc.boolean(),
      (sent, levels, history, isBackwards) => {
        using hub = new HubLedger();
        for (const { what, machine, level, from, rows } of history) {
          const [member, all] = [MACHINES[machine] ?? OLD, sent[machine] ?? []];
          if (what === "send") hub.receive(member, all.slice(from, from + rows), level);
          if (what === "rebuild") hub.ledger.rebuild();
          if (what === "days") hub.ledger.keepDays([{ from: 0, to: 1, offsetMs: from * 900_000 }]);
          if (what === "forget") {
            hub.ledger.forget({ machines: [member.id], ...(rows > 6 && { session: "s1" }) });
            hub.ledger.commit();
          }
          hub.content();
        }
        const order = isBackwards ? [2, 1, 0] : [0, 1, 2];
        for (const at of order) hub.receive(MACHINES[at] ?? OLD, sent[at] ?? [], levels[at]);
        hub.ledger.refreshOrigins();
        using plain = new HubLedger();
        for (const at of [0, 1, 2]) plain.receive(MACHINES[at] ?? OLD, sent[at] ?? [], levels[at]);
        expect(hub.content()).toEqual(plain.content());
        const rows = "SELECT key, machine, source, reader, level, body FROM journal ORDER BY 1, 2, 3, 6";
        expect(hub.all(rows)).toEqual(plain.all(rows));
        hub.ledger.rebuild();
        expect(hub.content()).toEqual(plain.content());
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);
