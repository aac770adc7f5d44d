import { outboxOf } from "../../src/ledger/sqlite/Outbox.ts";
import { describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { SharedLedger } from "../../src/ledger/sqlite/SharedLedger.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { OutboxRow } from "../../src/ledger/sqlite/Outbox.ts";
import { folder } from "./dump.ts";
import { formerLedger } from "./former.ts";
import { OLD } from "./hub.ts";
import { NOON, plainResponse, type SourceObservation } from "./sample.ts";
import { ingest } from "./take.ts";

const response = (key: string, reader = 1, source = "claude-code"): SourceObservation => ({
  source,
  reader,
  observation: { kind: "response", key: `response:${key}`, body: { ...plainResponse, at: NOON } },
});
const MANY = { rows: 100, characters: 1_000_000 };
const memory = (): Ledger => new Ledger(":memory:", () => "here");
const keys = (ledger: Ledger, after = 0): string[] =>
  outboxOf(ledger)
    .after(after, MANY)
    .rows.map(({ key }) => key);

describe("the outbox of a ledger", () => {
  test("has what this machine observed after a number, in the order of arrival, as the journal has it", () => {
    using ledger = memory();
    ingest(ledger, [response("b")]);
    ingest(ledger, [response("c", 2, "codex")]);
    ingest(ledger, [response("a")]);
    const { rows, upto } = outboxOf(ledger).after(1, MANY);
    expect(rows.map(({ seq, key, source, reader }) => [seq, key, source, reader])).toEqual([
      [2, "response:c", "codex", 2],
      [3, "response:a", "claude-code", 1],
    ]);
    expect(upto).toBe(3);
    const bodies = ledger.database.query("SELECT body FROM journal WHERE seq > 1 ORDER BY seq").all();
    expect(rows.map(({ body }) => ({ body }))).toEqual(bodies as { body: string }[]);
    expect(outboxOf(ledger).head()).toBe(3);
    expect(outboxOf(ledger).pending(1)).toEqual({ codex: 1, "claude-code": 1 });
    expect(outboxOf(ledger).pending(3)).toEqual({});
    expect(
      outboxOf(ledger)
        .ofKeys(["response:a", "response:b", "response:x"])
        .map(({ seq }) => seq),
    ).toEqual([1, 3]);
  });

  test("leaves out what other machines observed, and its parts still reach the end", () => {
    using ledger = memory();
    ingest(ledger, [response("mine")]);
    ingest(ledger, [response("theirs"), response("mine")], OLD);
    expect(outboxOf(ledger).after(0, MANY)).toMatchObject({ rows: [{ key: "response:mine" }], upto: 3 });
    expect(outboxOf(ledger).after(1, MANY)).toEqual({ rows: [], upto: 3 });
    expect(outboxOf(ledger).pending(0)).toEqual({ "claude-code": 1 });
  });

  test("is bounded by rows and by characters, and never stops before a long row", () => {
    using ledger = memory();
    for (const key of ["a", "b", "c"]) ingest(ledger, [response(key)]);
    const parts = (limits: { rows: number; characters: number }): string[][] => {
      const all: string[][] = [];
      for (let at = 0; at < 3;) {
        const { rows, upto } = outboxOf(ledger).after(at, limits);
        all.push(rows.map(({ key }) => key.slice(-1)));
        at = upto;
      }
      return all;
    };
    expect(parts({ rows: 2, characters: 1_000_000 })).toEqual([["a", "b"], ["c"]]);
    expect(parts({ rows: 100, characters: 1 })).toEqual([["a"], ["b"], ["c"]]);
    const [row] = outboxOf(ledger).after(0, MANY).rows;
    const length = (row?.key.length ?? 0) + (row?.body.length ?? 0);
    expect(parts({ rows: 100, characters: 2 * length })).toEqual([["a", "b"], ["c"]]);
  });

  test("has a row again with a new number if a newer reader read it again, and not if the same one did", () => {
    using ledger = memory();
    ingest(ledger, [response("a"), response("b")]);
    ingest(ledger, [response("a")]);
    expect(keys(ledger, 2)).toEqual([]);
    ingest(ledger, [response("a", 2)]);
    const { rows, upto } = outboxOf(ledger).after(2, MANY);
    expect(rows).toMatchObject([{ key: "response:a", reader: 2, seq: upto }]);
    expect(keys(ledger)).toEqual(["response:b", "response:a"]);
    ingest(ledger, [response("a", 1)]);
    expect(keys(ledger, upto)).toEqual([]);
  });

  test("never gives a number twice, even if the newest rows are removed", () => {
    using ledger = new SharedLedger(":memory:", () => "here");
    ingest(ledger, [response("a"), response("b")]);
    ingest(ledger, [response("a", 2)]);
    const head = outboxOf(ledger).head();
    ledger.forget({ machines: [ledger.machine] });
    ledger.commit();
    expect(outboxOf(ledger).head()).toBe(0);
    ingest(ledger, [response("c")]);
    expect(outboxOf(ledger).head()).toBeGreaterThan(head);
  });

  test("remembers how far each hub has it, in the ledger's file", () => {
    using place = folder();
    const path = join(place.path, "ledger.db");
    const cursor = { epoch: "e", acked: 7, run: "r" };
    {
      using ledger = new Ledger(path, () => "here");
      expect(outboxOf(ledger).cursor("https://hub")).toBeNull();
      outboxOf(ledger).setCursor("https://hub", { ...cursor, acked: 1 });
      outboxOf(ledger).setCursor("https://hub", cursor);
      outboxOf(ledger).setCursor("https://other", { ...cursor, acked: 2 });
    }
    using ledger = new Ledger(path, () => "here");
    expect(outboxOf(ledger).cursor("https://hub")).toEqual(cursor);
    outboxOf(ledger).advance("https://hub", { epoch: "e", acked: 9 });
    outboxOf(ledger).advance("https://hub", { epoch: "former", acked: 99 });
    expect(outboxOf(ledger).cursor("https://hub")).toEqual({ ...cursor, acked: 9 });
    outboxOf(ledger).dropCursor("https://hub");
    expect(outboxOf(ledger).cursor("https://hub")).toBeNull();
    expect(outboxOf(ledger).cursor("https://other")).toEqual({ ...cursor, acked: 2 });
  });
});

test("a ledger of an earlier version has all its rows in its outbox, under an epoch that stays", () => {
  using place = folder();
  const path = join(place.path, "ledger.db");
  formerLedger(path, "/home/dev", "before-sequence");
  const state = (): { rows: readonly OutboxRow[]; epoch: string } => {
    using ledger = new Ledger(path, () => "here");
    const { rows } = outboxOf(ledger).after(0, { rows: 10_000, characters: 1e9 });
    expect(rows).toHaveLength(outboxOf(ledger).head());
    expect(outboxOf(ledger).cursor("https://hub")).toBeNull();
    return { rows, epoch: outboxOf(ledger).epoch() };
  };
  const first = state();
  expect(first.rows.length).toBeGreaterThan(50);
  expect(state()).toEqual(first);
});

describe("the epoch of a ledger", () => {
  test("stays when the ledger is opened again, and is a new one in a copy of the file, which then keeps it", () => {
    using place = folder();
    const [path, copy] = [join(place.path, "ledger.db"), join(place.path, "copy.db")];
    const epochOf = (file: string): string => {
      using ledger = new Ledger(file, () => "here");
      ledger.checkpoint();
      return outboxOf(ledger).epoch();
    };
    const epoch = epochOf(path);
    expect(epoch).toMatch(/^[\da-f-]{36}$/);
    expect(epochOf(path)).toBe(epoch);
    copyFileSync(path, copy);
    const other = epochOf(copy);
    expect(other).not.toBe(epoch);
    expect([epochOf(copy), epochOf(path)]).toEqual([other, epoch]);
  });

  test("does not change the machine, its name and its birth", () => {
    using ledger = memory();
    const before = { ...outboxOf(ledger).machine };
    expect(before).toMatchObject({ id: ledger.machine, name: "here" });
    expect(before.born).toBe(Number.parseInt(ledger.machine.replaceAll("-", "").slice(0, 12), 16));
    outboxOf(ledger).epoch();
    expect(outboxOf(ledger).machine).toEqual(before);
  });
});

test("nothing of the outbox is written until a hub is used", () => {
  using ledger = memory();
  const entries = prepare(ledger.machine, "claude-code", [response("a").observation]);
  ledger.ingest({ source: "claude-code", entries });
  const names = ledger.database.query("SELECT name FROM meta ORDER BY name").values().flat();
  expect(names).toEqual(["born", "epoch", "machine"]);
  expect(ledger.database.query("SELECT * FROM hub_cursor").all()).toEqual([]);
});
