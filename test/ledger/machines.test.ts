import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { digestOf } from "../../src/ledger/fold/prepare.ts";
import { prepareRows } from "../../src/ledger/fold/prepare-rows.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { OldLedger } from "../../src/ledger/sqlite/OldLedger.ts";
import { refill } from "../../src/ledger/sqlite/refill.ts";
import { encodeBody } from "../../src/model/body.ts";
import type { Observation } from "../../src/model/observation.ts";
import { dumpIn, dumpOf, folder, wrongSumsIn } from "./dump.ts";
import { OLD, YOUNG } from "./hub.ts";
import { NOON, plainResponse, type SourceObservation, sourceObservations } from "./sample.ts";
import { ingest } from "./take.ts";
import { queriesOf } from "./queries.ts";

const sender = (source: string) => ({ machine: YOUNG.id, source, reader: 1, level: "details" }) as const;

const of = (observation: Observation): SourceObservation => ({ source: "claude-code", reader: 1, observation });
const response = (key: string, body: Partial<typeof plainResponse>): SourceObservation =>
  of({ kind: "response", key: `response:${key}`, body: { ...plainResponse, ...body } });

/** A new ledger in memory. */
class Harness implements Disposable {
  readonly ledger: Ledger;

  constructor(path = ":memory:") {
    this.ledger = new Ledger(path, () => "here");
  }

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
  }

  get wrongSums(): unknown[] {
    return wrongSumsIn(this.ledger.database);
  }

  get journal(): readonly string[] {
    return dumpIn(this.ledger.database).journal;
  }

  /** The content without the journal. If all of it belongs to another machine, that is named like this one. */
  content(machine = ""): unknown {
    const { facts, sums } = dumpIn(this.ledger.database);
    const named = (lines: readonly string[]): string[] =>
      lines.map((line) => line.replaceAll(`"${machine}"`, '"this machine"')).toSorted();
    if (machine === "") return { facts, sums };
    expect([...facts, ...sums].filter((line) => line.includes('"this machine"'))).toEqual([]);
    return { facts: named(facts), sums: named(sums) };
  }

  all(sql: string): unknown[] {
    return this.ledger.database.query(sql).all();
  }
}

describe("the same home on two machines", () => {
  test.each([YOUNG, OLD])(
    "gives the facts of one, which belong to the ledger born first: %p",
    (other) => {
      fc.assert(
        fc.property(sourceObservations, fc.boolean(), fc.nat(20), (all, isOtherFirst, cut) => {
          using alone = new Harness();
          ingest(alone.ledger, all);
          using both = new Harness();
          const { ledger } = both;
          ledger.keepDays([{ from: NOON, to: NOON + 1, offsetMs: 19_800_000 }]);
          const parts = [all.slice(0, cut), all.slice(cut)];
          for (const part of isOtherFirst ? parts.toReversed() : parts) ingest(ledger, part, other);
          ingest(ledger, all);
          ingest(ledger, all, other);
          const owner = other.born < NOON ? other.id : "";
          expect(both.content(owner)).toEqual(alone.content());
          expect(both.journal.length).toBe(2 * alone.journal.length);
          expect(both.wrongSums).toEqual([]);
          ledger.rebuild();
          expect(both.content(owner)).toEqual(alone.content());
          expect(both.wrongSums).toEqual([]);
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );

  test("gives the same ledger whoever sends first, if each machine has read only a part of it", () => {
    fc.assert(
      fc.property(
        sourceObservations,
        fc.array(fc.constantFrom("own", "old", "young"), { minLength: 5 }),
        (all, whose) => {
          const machines = { own: undefined, old: OLD, young: YOUNG };
          const part = (name: string) => all.filter((_, at) => (whose[at % whose.length] ?? "own") === name);
          using one = new Harness();
          using other = new Harness();
          for (const name of ["own", "old", "young"] as const) ingest(one.ledger, part(name), machines[name]);
          for (const name of ["young", "old", "own"] as const) ingest(other.ledger, part(name), machines[name]);
          expect(other.content()).toEqual(one.content());
          one.ledger.rebuild();
          expect(one.content()).toEqual(other.content());
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  test("has each reading of a limit once", () => {
    using harness = new Harness();
    const body = { at: NOON, name: "", windowMinutes: 300, usedPercent: 5, resetsAt: NOON + 9, plan: "" };
    const reading = { ...of({ kind: "limit", key: "limit:codex::300:9", body }), source: "codex" };
    ingest(harness.ledger, [reading]);
    ingest(harness.ledger, [reading, reading], OLD);
    expect(queriesOf(harness.ledger).limitHistory(NOON)).toMatchObject([{ source: "codex", ...body }]);
  });

  test("keeps limits of two machines apart that reset at one time: they may be of two accounts", () => {
    using harness = new Harness();
    const reading = (usedPercent: number, at: number) => {
      const body = { at, name: "", windowMinutes: 300, usedPercent, resetsAt: NOON + 9, plan: "" };
      return { ...of({ kind: "limit", key: "limit:codex::300:9", body }), source: "codex" };
    };
    ingest(harness.ledger, [reading(40, NOON)]);
    ingest(harness.ledger, [reading(5, NOON + 1)], OLD);
    const percents = () =>
      queriesOf(harness.ledger)
        .limits(0)
        .map(({ usedPercent }) => usedPercent);
    expect(percents()).toEqual([5, 40]);
    harness.ledger.rebuild();
    expect(percents()).toEqual([5, 40]);
  });
});

describe("a key that two machines observed", () => {
  test("has the counts of both, the time of the most complete line, and the place of the ledger born first", () => {
    using harness = new Harness();
    const early = response("a", { output: 1, input: 9, session: "mine", branch: "old", at: NOON });
    const late = response("a", { output: 40, input: 3, session: "copied", branch: "new", at: NOON + 5 });
    ingest(harness.ledger, [late], YOUNG);
    ingest(harness.ledger, [early], OLD);
    const fact = harness.all(
      "SELECT output, input, at, session, branch, machine FROM response JOIN dimension_set ON id = dimension_id",
    );
    expect(fact).toEqual([{ output: 40, input: 9, at: NOON + 5, session: "mine", branch: "old", machine: "z-old" }]);
  });

  test("belongs to the machine with the original, even if a ledger born earlier has a fork's copy", () => {
    using harness = new Harness();
    ingest(harness.ledger, [response("a", { copy: 4, session: "fork" })], OLD);
    ingest(harness.ledger, [response("a", { session: "original" })], YOUNG);
    expect(harness.all("SELECT session, machine FROM response JOIN dimension_set ON id = dimension_id")).toEqual([
      { session: "original", machine: "a-young" },
    ]);
  });

  test("is a session from its first to its last line, in the place of the ledger born first", () => {
    using harness = new Harness();
    const lines = (first: number, last: number, branch: string): SourceObservation =>
      of({
        kind: "session",
        key: "session:s1",
        body: { session: "s1", project: "/p", agent: "", reason: null, version: "", first, last, branch },
      });
    ingest(harness.ledger, [lines(NOON, NOON + 9, "young")], YOUNG);
    ingest(harness.ledger, [lines(NOON + 5, NOON + 6, "old")], OLD);
    expect(harness.all("SELECT machine, branch, first, last FROM session")).toEqual([
      { machine: "z-old", branch: "old", first: NOON, last: NOON + 9 },
    ]);
  });

  test("belongs to the smaller id if both ledgers were born at once, and the first birth that was named is kept", () => {
    using harness = new Harness();
    ingest(harness.ledger, [response("a", {})], { ...OLD, born: 7 });
    ingest(harness.ledger, [response("a", {})], { ...YOUNG, born: 7 });
    ingest(harness.ledger, [response("b", {})], { ...YOUNG, born: 1 });
    expect(harness.all("SELECT DISTINCT machine FROM response JOIN dimension_set ON id = dimension_id")).toEqual([
      { machine: "a-young" },
    ]);
    expect(harness.all("SELECT born FROM machine WHERE id = 'a-young'")).toEqual([{ born: 7 }]);
  });
});

describe("rows of another machine's journal", () => {
  test("stay as they came, with fields that this version does not know", () => {
    using harness = new Harness();
    const text = encodeBody("response", { ...plainResponse, output: 5 });
    const body = `${text.slice(0, -1)}, null, null, "new"]`;
    const { entries } = prepareRows(sender("claude-code"), [["response:a", body]]);
    harness.ledger.ingest({ machine: YOUNG, source: "claude-code", entries });
    const stored = [{ body, digest: digestOf(body), day: Math.floor(NOON / 86_400_000), machine: YOUNG.id }];
    expect(harness.all("SELECT body, digest, day, machine FROM journal")).toEqual(stored);
    expect(harness.all("SELECT output FROM response")).toEqual([{ output: 5 }]);
  });

  test("of a kind that this version does not know are stored, and no fact follows", () => {
    using harness = new Harness();
    const { entries } = prepareRows(sender("codex"), [["later:1", '["what",1]']]);
    for (let time = 0; time < 2; time++)
      harness.ledger.ingest({ machine: YOUNG, level: "details", source: "codex", entries });
    const stored = [{ key: "later:1", body: '["what",1]', level: 1 }];
    expect(harness.all("SELECT key, body, level FROM journal")).toEqual(stored);
    harness.ledger.rebuild();
    expect(harness.all("SELECT key, body, level FROM journal")).toEqual(stored);
    expect(dumpIn(harness.ledger.database).facts).toEqual([]);
  });
});

test("a ledger of several machines that is rebuilt from its rows keeps each machine, its birth and its readers", () => {
  using place = folder();
  const former = join(place.path, "ledger.db");
  using harness = new Harness(former);
  ingest(harness.ledger, [{ ...response("a", { at: NOON }), reader: 2 }]);
  ingest(harness.ledger, [{ ...response("a", { at: NOON - 9 }), reader: 3 }], OLD);
  ingest(harness.ledger, [{ ...response("b", { session: "s2" }), reader: 2 }], YOUNG);
  const state = (path: string) => {
    using database = new Database(path);
    const all = (sql: string): unknown[] => database.query(sql).all();
    return [all("SELECT * FROM machine ORDER BY id"), all("SELECT * FROM meta WHERE name <> 'epoch' ORDER BY name")];
  };
  const before = { state: state(former), content: harness.content() };
  expect(JSON.stringify(before.state)).toContain('"reader:claude-code:z-old","value":"3"');
  harness.ledger.checkpoint();
  const [copy, path] = [`${former}.copy`, `${former}.new`];
  copyFileSync(former, copy);
  {
    using old = new OldLedger(copy, 1_000);
    expect(refill(path, old, () => "here")).toBe(3);
  }
  using again = new Ledger(path, () => "here");
  again.rebuild();
  const { facts, sums } = dumpOf(path);
  expect<object>({ state: state(path), content: { facts, sums } }).toEqual(before);
});
