import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { placeOf } from "../../src/ledger/fold/prepare-rows.ts";
import type { Level } from "../../src/model/wire.ts";
import { HubLedger, OLD, YOUNG } from "./hub.ts";
import { NOON, plainAction, plainResponse, type SourceObservation, sourceObservations } from "./sample.ts";

const DAY_MS = 86_400_000;
const TODAY = Math.floor(NOON / DAY_MS);
/** Days of a time zone of which sums are kept. */
const INTERVAL = { from: NOON, to: NOON + 1, offsetMs: 19_800_000 };

const response = (key: string, body: Partial<typeof plainResponse>): SourceObservation => ({
  source: "claude-code",
  reader: 1,
  observation: { kind: "response", key: `response:${key}`, body: { ...plainResponse, ...body } },
});

/** A hub that has what each of two machines sent, without what is left out. */
function hubOf(
  parts: readonly (readonly SourceObservation[])[],
  isLeftOut: (one: SourceObservation, machine: string) => boolean = () => false,
): HubLedger {
  const hub = new HubLedger();
  hub.ledger.keepDays([INTERVAL]);
  for (const [at, part] of parts.entries()) {
    const machine = at % 2 === 0 ? OLD : YOUNG;
    hub.receive(
      machine,
      part.filter((one) => !isLeftOut(one, machine.id)),
    );
  }
  return hub;
}

const histories = fc.array(sourceObservations, { minLength: 1, maxLength: 4 });
const forgotten = fc.constantFrom(
  { session: "s1" },
  { session: "s2", machines: [YOUNG.id] },
  { project: "/home/dev/work/api" },
  { project: "/home/dev/work/web", machines: [OLD.id] },
  { machines: [OLD.id] },
  { machines: [OLD.id, YOUNG.id] },
);

describe("what a hub forgets", () => {
  test("is gone as if it had never been sent, whatever else was observed of the same keys", () => {
    fc.assert(
      fc.property(histories, forgotten, (parts, what) => {
        const { session, project, machines } = what as { session?: string; project?: string; machines?: string[] };
        using hub = hubOf(parts);
        const isForgotten = ({ observation }: SourceObservation, machine: string): boolean => {
          const place = placeOf(observation.body);
          return (
            (machines?.includes(machine) ?? true) &&
            (session === undefined || place.session === session) &&
            (project === undefined || place.project === project)
          );
        };
        using without = hubOf(parts, isForgotten);
        const rows = (one: HubLedger) => one.all("SELECT key, machine, body FROM journal ORDER BY 1, 2, 3");
        const before = rows(hub).length;
        const removed = hub.ledger.forget({ machines: null, ...what });
        hub.ledger.commit();
        expect(rows(hub)).toEqual(rows(without));
        expect(rows(hub)).toHaveLength(before - removed);
        expect(hub.content()).toEqual(without.content());
        const unused = "SELECT id FROM dimension_set WHERE id NOT IN (SELECT dimension_id FROM response)";
        expect(hub.all(`${unused} AND id NOT IN (SELECT dimension_id FROM action)`)).toEqual([]);
        hub.ledger.rebuild();
        expect(hub.content()).toEqual(without.content());
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  test("is not in the file any more, and what is sent of it again is left out", () => {
    using hub = new HubLedger();
    const secret = response("a", { project: "/home/dev/secret-project", session: "hidden" });
    hub.receive(OLD, [secret, response("b", {})]);
    expect(hub.ledger.forget({ machines: null, project: "/home/dev/secret-project" })).toBe(1);
    hub.ledger.commit();
    expect(Buffer.from(hub.ledger.database.serialize()).includes("secret-project")).toBe(false);
    const [again] = hub.receive(OLD, [secret], "details", ({ project }) => project.endsWith("secret-project"));
    expect(again).toMatchObject({ rows: 0, forgotten: 1, refused: [] });
    expect(hub.all("SELECT key FROM response")).toEqual([{ key: "response:b" }]);
  });

  test("includes what was sent under the name of the project's directory only", () => {
    using hub = new HubLedger();
    hub.receive(OLD, [response("a", { project: "api" }), response("b", { project: "/home/dev/work/web" })]);
    expect(hub.ledger.forget({ machines: [OLD.id], project: "/home/dev/work/api/" })).toBe(1);
    hub.ledger.commit();
    expect(hub.all("SELECT key FROM response")).toEqual([{ key: "response:b" }]);
  });

  test("includes facts whose observations were pruned before", () => {
    using hub = new HubLedger();
    const action = (key: string, session: string): SourceObservation => ({
      source: "codex",
      reader: 1,
      observation: { kind: "action", key: `action:tool:${key}`, body: { ...plainAction, session } },
    });
    hub.receive(OLD, [response("a", { session: "s1" }), response("b", { session: "s2" }), action("t", "s1")]);
    hub.receive(YOUNG, [response("c", { session: "s1" })]);
    expect(hub.ledger.prune(TODAY + 1)).toBe(4);
    hub.ledger.forget({ machines: [OLD.id], session: "s1" });
    hub.ledger.commit();
    expect(hub.all("SELECT key FROM response ORDER BY key")).toEqual([{ key: "response:b" }, { key: "response:c" }]);
    expect(hub.all("SELECT key FROM action")).toEqual([]);
    hub.content();
  });
});

describe("pruning", () => {
  test("changes no fact and no sum, neither at once nor when everything is sent again or folded again", () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(TODAY, TODAY + 1, TODAY + 2, TODAY + 99_999), (parts, day) => {
        using hub = hubOf(parts);
        const before = hub.content();
        const rows = hub.all("SELECT 1 FROM journal").length;
        const pruned = hub.ledger.prune(day);
        hub.ledger.commit();
        expect(hub.all("SELECT 1 FROM journal")).toHaveLength(rows - pruned);
        expect(hub.content()).toEqual(before);
        hub.ledger.rebuild();
        expect(hub.content()).toEqual(before);
        let late = 0;
        for (const [at, part] of parts.entries())
          for (const one of hub.receive(at % 2 === 0 ? OLD : YOUNG, part)) late += one.late;
        expect(late >= pruned).toBe(true);
        expect(hub.content()).toEqual(before);
        hub.ledger.rebuild();
        expect(hub.content()).toEqual(before);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  test("keeps observations of other days and of keys without a fact, and a new key of an old day is counted", () => {
    using hub = new HubLedger();
    const tomorrow = response("b", { at: NOON + DAY_MS });
    hub.receive(OLD, [response("a", {}), tomorrow, response("w", { isWithdrawn: true } as object)]);
    expect(hub.ledger.horizon).toBeNull();
    expect(hub.ledger.prune(TODAY + 1)).toBe(1);
    hub.ledger.commit();
    expect(hub.ledger.horizon).toBe(TODAY + 1);
    expect(hub.all("SELECT key FROM journal ORDER BY key")).toEqual([{ key: "response:b" }, { key: "response:w" }]);
    const [sent] = hub.receive(YOUNG, [response("a", { output: 9 }), tomorrow, response("new", { output: 3 })]);
    expect(sent).toMatchObject({ rows: 2, late: 1 });
    expect(hub.all("SELECT key, output FROM response ORDER BY key")).toEqual([
      { key: "response:a", output: 0 },
      { key: "response:b", output: 0 },
      { key: "response:new", output: 3 },
    ]);
    hub.content();
  });
});

test("pruning keeps all of a key that was observed without a time too", () => {
  using hub = new HubLedger();
  const action = (at: number | null): SourceObservation => ({
    source: "codex",
    reader: 1,
    observation: { kind: "action", key: "action:tool:t", body: { ...plainAction, at, ended: null } },
  });
  hub.receive(OLD, [action(NOON), action(null)]);
  expect(hub.ledger.prune(TODAY + 1)).toBe(0);
  hub.ledger.commit();
});

describe("the level of a machine", () => {
  test("replaces what it sent of the same keys at another one, whatever other machines sent", () => {
    fc.assert(
      fc.property(
        sourceObservations,
        fc.constantFrom<Level>("metrics", "details"),
        fc.nat(20),
        fc.boolean(),
        (all, last, cut, isOtherThere) => {
          using hub = hubOf([]);
          if (isOtherThere) hub.receive(YOUNG, all.slice(cut));
          hub.receive(OLD, all.slice(0, cut), last === "details" ? "metrics" : "details");
          hub.receive(OLD, all, last);
          hub.ledger.refreshOrigins();
          using expected = hubOf([]);
          expected.receive(OLD, all, last);
          if (isOtherThere) expected.receive(YOUNG, all.slice(cut));
          const levels = "SELECT key, machine, body, level FROM journal ORDER BY 1, 2, 3";
          expect(hub.all(levels)).toEqual(expected.all(levels));
          expect(hub.content()).toEqual(expected.content());
        },
      ),
      { numRuns: 15 },
    );
  }, 60_000);
});
