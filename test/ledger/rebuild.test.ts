import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import type { FileMark } from "../../src/ledger/sqlite/Files.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { Observation } from "../../src/model/observation.ts";
import { dumpOf, folder, numberIn, wrongSums } from "./dump.ts";
import {
  history,
  NOON,
  plainAction,
  plainResponse,
  type Step,
  type SourceObservation,
  sourceObservations,
} from "./sample.ts";
import { ingest } from "./take.ts";

const ingestPlain = (ledger: Ledger, ...observations: Observation[]): void =>
  ingest(
    ledger,
    observations.map((observation) => ({ source: "claude-code", reader: 1, observation })),
  );

/** Ingests everything at once into a new ledger. */
function ingestAtOnce(path: string, all: readonly SourceObservation[]): void {
  using ledger = new Ledger(path, () => "here");
  ingest(ledger, all);
}

/** Ingests in pieces, shuffled and repeated, by two writers on one file; what the history leaves out comes last. */
function ingestInSteps(path: string, all: readonly SourceObservation[], steps: readonly Step[]): void {
  using one = new Ledger(path, () => "here");
  using other = new Ledger(path, () => "here");
  const writers = [one, other];
  const done = new Set<number>();
  for (const { writer, picked } of steps) {
    const places = picked.map((place) => place % all.length);
    for (const place of places) done.add(place);
    const some = places.map((place) => all[place]).filter((each) => each !== undefined);
    ingest(writers[writer] ?? one, some);
    expect(wrongSums(path)).toEqual([]);
  }
  ingest(
    other,
    all.filter((_, place) => !done.has(place)),
  );
}

const responseAt = (at: number, output: number): Observation => ({
  kind: "response",
  key: "response:msg_1",
  body: { ...plainResponse, at, output },
});

describe("a ledger has the same content", () => {
  test("in any order, in any batches, with repetitions, and with two writers at once", () => {
    fc.assert(
      fc.property(sourceObservations, history, (all, steps) => {
        using place = folder();
        const [whole, pieces] = [join(place.path, "whole.db"), join(place.path, "pieces.db")];
        ingestAtOnce(whole, all);
        ingestInSteps(pieces, all, steps);
        expect(wrongSums(whole)).toEqual([]);
        expect(wrongSums(pieces)).toEqual([]);
        expect(dumpOf(pieces)).toEqual(dumpOf(whole));
      }),
      { numRuns: 120 },
    );
  }, 60_000);

  test("after it was rebuilt from its journal", () => {
    fc.assert(
      fc.property(sourceObservations, history, (all, steps) => {
        using place = folder();
        const path = join(place.path, "ledger.db");
        ingestInSteps(path, all, steps);
        const before = dumpOf(path);
        using ledger = new Ledger(path, () => "here");
        ledger.rebuild();
        expect(dumpOf(path)).toEqual(before);
        expect(wrongSums(path)).toEqual([]);
        // A rebuilt ledger accepts observations as before.
        ingest(ledger, all);
        expect(dumpOf(path)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test("after observations are repeated, in journal and facts", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    for (let time = 0; time < 3; time++) ingestPlain(ledger, responseAt(NOON, 5), responseAt(NOON, 5));
    expect(numberIn(path, "SELECT COUNT(*) FROM journal")).toBe(1);
    expect(numberIn(path, "SELECT responses FROM usage_bucket")).toBe(1);
  });
});

describe("sums", () => {
  test("of a response that moves to another bucket leave nothing in the first bucket", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    ingestPlain(ledger, responseAt(NOON, 5));
    ingestPlain(ledger, responseAt(NOON + 900_000, 50));
    expect(numberIn(path, "SELECT COUNT(*) FROM usage_bucket")).toBe(1);
    expect(numberIn(path, "SELECT bucket FROM usage_bucket")).toBe((NOON + 900_000) / 900_000);
    expect(numberIn(path, "SELECT output FROM usage_bucket")).toBe(50);
  });

  test("of an action that gets its name later leave nothing under the empty name", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    const key = "action:tool:t1";
    ingestPlain(ledger, {
      kind: "action",
      key,
      body: { ...plainAction, at: null, name: null, ended: NOON + 5, ok: false },
    });
    expect(numberIn(path, "SELECT failed FROM action_bucket WHERE name = ''")).toBe(1);
    ingestPlain(ledger, { kind: "action", key, body: plainAction });
    expect(numberIn(path, "SELECT COUNT(*) FROM action_bucket")).toBe(1);
    expect(numberIn(path, "SELECT duration FROM action_bucket WHERE name = 'Bash'")).toBe(5);
    expect(wrongSums(path)).toEqual([]);
  });

  test("of a bucket with two responses keep the one that stays", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    ingestPlain(ledger, responseAt(NOON, 5), { ...responseAt(NOON, 7), key: "response:msg_2" });
    ingestPlain(ledger, responseAt(NOON + 900_000, 50));
    expect(numberIn(path, `SELECT output FROM usage_bucket WHERE bucket = ${NOON / 900_000}`)).toBe(7);
    expect(wrongSums(path)).toEqual([]);
  });

  test("are not changed by a batch that fails halfway, nor are those of the next batch", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    ingestPlain(ledger, responseAt(NOON, 5));
    const before = dumpOf(path);
    const entries = prepare(ledger.machine, "claude-code", [responseAt(NOON + 900_000, 50)]);
    const file = { path: "/f", source: "claude-code", device: 1, inode: 1, size: Number.NaN, mtime: 1, head: 1 };
    const broken = {
      ...file,
      headLength: 1,
      usageOffset: 1,
      activityOffset: 0,
      store: "x",
      usageMemory: null,
      activityMemory: null,
      reader: 1,
      prefix: null,
      timeouts: 0,
      retryAt: null,
    };
    expect(() =>
      ledger.ingest({ source: "claude-code", entries, skipped: [], restarted: [], files: [broken] }),
    ).toThrow("NOT NULL");
    expect(dumpOf(path)).toEqual(before);
    ingestPlain(ledger, { ...responseAt(NOON, 9), key: "response:msg_2" });
    expect(wrongSums(path)).toEqual([]);
    expect(numberIn(path, "SELECT SUM(output) FROM usage_bucket")).toBe(14);
  });

  test("become visible to others with the commit", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    const add = (key: string, files: FileMark[] = []): void => {
      const entries = prepare(ledger.machine, "claude-code", [{ ...responseAt(NOON, 5), key }]);
      ledger.add({ source: "claude-code", entries, skipped: [], restarted: [], files });
    };
    const empty = dumpOf(path);
    add("response:1");
    add("response:2");
    expect(dumpOf(path)).toEqual(empty);
    ledger.commit();
    expect(numberIn(path, "SELECT SUM(output) FROM usage_bucket")).toBe(10);
    const two = dumpOf(path);
    add("response:3");
    expect(() => add("response:4", [{ path: null } as unknown as FileMark])).toThrow("NOT NULL");
    ledger.commit();
    expect(dumpOf(path)).toEqual(two);
    add("response:3");
    ledger.commit();
    ledger.commit();
    expect(numberIn(path, "SELECT SUM(output) FROM usage_bucket")).toBe(15);
    expect(wrongSums(path)).toEqual([]);
  });
});
