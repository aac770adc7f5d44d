import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepareRows } from "../../src/ledger/fold/prepare-rows.ts";
import { OldLedger } from "../../src/ledger/sqlite/OldLedger.ts";
import { refill } from "../../src/ledger/sqlite/refill.ts";
import { folder } from "./dump.ts";
import { NOON, plainResponse } from "./sample.ts";
import { ingest } from "./take.ts";
import { queriesOf } from "./queries.ts";

test("an observation that a damaged ledger contains twice is the newest reader's: the log has what a newer reader observed again", () => {
  using place = folder();
  const [path, spoiled] = [join(place.path, "ledger.db"), join(place.path, "spoiled.db")];
  const add = (ledger: Ledger, reader: number, ...outputs: number[]): void =>
    ingest(
      ledger,
      outputs.map((output) => ({
        source: "claude-code",
        reader,
        observation: { kind: "response", key: "response:a", body: { ...plainResponse, at: NOON, output } },
      })),
    );
  const output = (ledger: Ledger): number =>
    queriesOf(ledger)
      .responses({ from: 0, to: NOON + 1 })
      .reduce((sum, one) => sum + one.output, 0);
  using ledger = new Ledger(path, () => "here");
  add(ledger, 1, 5, 7);
  ledger.checkpoint();
  // The newer reader observes one line as before, and fewer tokens in the other one.
  add(ledger, 2, 5, 4);
  expect(output(ledger)).toBe(5);
  copyFileSync(path, spoiled);
  copyFileSync(`${path}-wal`, `${spoiled}-wal`);
  writeFileSync(spoiled, readFileSync(spoiled).fill("x", 0, 100));
  const fresh = join(place.path, "fresh.db");
  {
    using old = new OldLedger(spoiled, 1_000);
    refill(fresh, old, () => "here");
  }
  using again = new Ledger(fresh, () => "here");
  again.rebuild();
  expect(output(again)).toBe(5);
  using database = new Database(fresh, { readonly: true });
  expect(database.query("SELECT reader, COUNT(*) FROM journal GROUP BY reader ORDER BY reader").values()).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test.each(["machine", "source"])("an observation whose %s is damaged is left out", (column) => {
  using place = folder();
  const [path, damaged] = [join(place.path, "ledger.db"), join(place.path, "damaged.db")];
  {
    using ledger = new Ledger(path, () => "here");
    const observation = { kind: "response", key: "response:a", body: { ...plainResponse, at: NOON } } as const;
    ingest(ledger, [
      { source: "claude-code", reader: 1, observation },
      { source: "claude-code", reader: 1, observation: { ...observation, key: "response:b" } },
    ]);
    ledger.checkpoint();
  }
  // Another file: connections to the first one may not be closed yet.
  copyFileSync(path, damaged);
  {
    using database = new Database(damaged);
    database.run(`UPDATE journal SET ${column} = 'x' || substr(${column}, 2) WHERE key = 'response:a'`);
  }
  using old = new OldLedger(damaged, 1_000);
  expect(refill(join(place.path, "fresh.db"), old, () => "here")).toBe(1);
  expect(old.damaged).toBe(1);
});

test("an observation of a kind that this version does not know is kept, whatever its text", () => {
  using place = folder();
  const [path, copy, fresh] = ["ledger.db", "copy.db", "fresh.db"].map((name) => join(place.path, name)) as [
    string,
    string,
    string,
  ];
  const rows = [
    ["later:1", '["what",1]'],
    ["later:2", '{"what":1}'],
  ] as const;
  {
    using ledger = new Ledger(path, () => "here");
    const machine = { id: "other", name: "other", born: 1 };
    const { entries } = prepareRows({ machine: machine.id, source: "codex", reader: 1 }, rows);
    ledger.ingest({ machine, source: "codex", entries });
    ledger.checkpoint();
  }
  copyFileSync(path, copy);
  using old = new OldLedger(copy, 1_000);
  expect(refill(fresh, old, () => "here")).toBe(2);
  using database = new Database(fresh, { readonly: true });
  const columns = "key, body, machine, source, level, day, observer, digest";
  using before = new Database(path, { readonly: true });
  const stored = before.query(`SELECT ${columns} FROM journal ORDER BY key`).all();
  expect(database.query(`SELECT ${columns} FROM journal ORDER BY key`).all()).toEqual(stored);
});
