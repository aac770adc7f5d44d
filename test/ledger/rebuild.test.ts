import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import type { FileMark } from "../../src/ledger/sqlite/Files.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { Observation } from "../../src/model/observation.ts";
import { dumpOf, folder, numberIn, wrongSums } from "./dump.ts";
import { history, NOON, plainAction, plainResponse, type Step, type Told, toldBySources } from "./sample.ts";
import { take } from "./take.ts";

const tell = (ledger: Ledger, ...observations: Observation[]): void =>
  take(
    ledger,
    observations.map((observation) => ({ source: "claude-code", reader: 1, observation })),
  );

/** Everything at one go, into a ledger of its own. */
function atOnce(path: string, told: readonly Told[]): void {
  using ledger = new Ledger(path, () => "here");
  take(ledger, told);
}

/** Bit by bit, shuffled and repeated, by two writers on one file; what the history leaves out comes last. */
function bitByBit(path: string, told: readonly Told[], steps: readonly Step[]): void {
  using one = new Ledger(path, () => "here");
  using other = new Ledger(path, () => "here");
  const writers = [one, other];
  const done = new Set<number>();
  for (const { writer, picked } of steps) {
    const places = picked.map((place) => place % told.length);
    for (const place of places) done.add(place);
    const some = places.map((place) => told[place]).filter((each) => each !== undefined);
    take(writers[writer] ?? one, some);
    expect(wrongSums(path)).toEqual([]);
  }
  take(
    other,
    told.filter((_, place) => !done.has(place)),
  );
}

const responseAt = (at: number, output: number): Observation => ({
  kind: "response",
  key: "response:msg_1",
  body: { ...plainResponse, at, output },
});

describe("the ledger is the same, however it was told", () => {
  test("in any order, in any batches, repeated, and by two writers at once", () => {
    fc.assert(
      fc.property(toldBySources, history, (told, steps) => {
        using place = folder();
        const [whole, pieces] = [join(place.path, "whole.db"), join(place.path, "pieces.db")];
        atOnce(whole, told);
        bitByBit(pieces, told, steps);
        expect(wrongSums(whole)).toEqual([]);
        expect(wrongSums(pieces)).toEqual([]);
        expect(dumpOf(pieces)).toEqual(dumpOf(whole));
      }),
      { numRuns: 120 },
    );
  }, 60_000);

  test("rebuilding changes nothing", () => {
    fc.assert(
      fc.property(toldBySources, history, (told, steps) => {
        using place = folder();
        const path = join(place.path, "ledger.db");
        bitByBit(path, told, steps);
        const before = dumpOf(path);
        using ledger = new Ledger(path, () => "here");
        ledger.rebuild();
        expect(dumpOf(path)).toEqual(before);
        expect(wrongSums(path)).toEqual([]);
        // And it goes on from there.
        take(ledger, told);
        expect(dumpOf(path)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test("what is told again changes neither journal nor facts", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    for (let time = 0; time < 3; time++) tell(ledger, responseAt(NOON, 5), responseAt(NOON, 5));
    expect(numberIn(path, "SELECT COUNT(*) FROM journal")).toBe(1);
    expect(numberIn(path, "SELECT responses FROM usage_quarter")).toBe(1);
  });
});

describe("sums", () => {
  test("a response that turns out to be of another quarter of an hour leaves none of its first one behind", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    tell(ledger, responseAt(NOON, 5));
    tell(ledger, responseAt(NOON + 900_000, 50));
    expect(numberIn(path, "SELECT COUNT(*) FROM usage_quarter")).toBe(1);
    expect(numberIn(path, "SELECT quarter FROM usage_quarter")).toBe((NOON + 900_000) / 900_000);
    expect(numberIn(path, "SELECT output FROM usage_quarter")).toBe(50);
  });

  test("an action that learns its name leaves none of its nameless one behind", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    const key = "action:tool:t1";
    tell(ledger, { kind: "action", key, body: { ...plainAction, at: null, name: null, ended: NOON + 5, ok: false } });
    expect(numberIn(path, "SELECT failed FROM action_quarter WHERE name = ''")).toBe(1);
    tell(ledger, { kind: "action", key, body: plainAction });
    expect(numberIn(path, "SELECT COUNT(*) FROM action_quarter")).toBe(1);
    expect(numberIn(path, "SELECT duration FROM action_quarter WHERE name = 'Bash'")).toBe(5);
    expect(wrongSums(path)).toEqual([]);
  });

  test("a bucket that two responses share keeps the one that stays", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    tell(ledger, responseAt(NOON, 5), { ...responseAt(NOON, 7), key: "response:msg_2" });
    tell(ledger, responseAt(NOON + 900_000, 50));
    expect(numberIn(path, `SELECT output FROM usage_quarter WHERE quarter = ${NOON / 900_000}`)).toBe(7);
    expect(wrongSums(path)).toEqual([]);
  });

  test("a batch that fails half way leaves nothing, and the next one is summed as if it had never been", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    tell(ledger, responseAt(NOON, 5));
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
    tell(ledger, { ...responseAt(NOON, 9), key: "response:msg_2" });
    expect(wrongSums(path)).toEqual([]);
    expect(numberIn(path, "SELECT SUM(output) FROM usage_quarter")).toBe(14);
  });

  test("what is added is kept by a commit, and until then nobody sees it", () => {
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
    expect(numberIn(path, "SELECT SUM(output) FROM usage_quarter")).toBe(10);
    const two = dumpOf(path);
    add("response:3");
    expect(() => add("response:4", [{ path: null } as unknown as FileMark])).toThrow("NOT NULL");
    ledger.commit();
    expect(dumpOf(path)).toEqual(two);
    add("response:3");
    ledger.commit();
    ledger.commit();
    expect(numberIn(path, "SELECT SUM(output) FROM usage_quarter")).toBe(15);
    expect(wrongSums(path)).toEqual([]);
  });
});
