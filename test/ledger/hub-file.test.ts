import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { SharedLedger } from "../../src/ledger/sqlite/SharedLedger.ts";
import { folder } from "./dump.ts";
import { HubLedger } from "./hub.ts";
import { queriesOf } from "./queries.ts";
import { NOON, plainResponse } from "./sample.ts";

const DAY = { from: NOON - 86_400_000, to: NOON + 86_400_000 };
const pragma = (ledger: Ledger, name: string): unknown =>
  Object.values(ledger.database.query<object, []>(`PRAGMA ${name}`).get() ?? {})[0];
const batchOf = (ledger: Ledger, key: string) => ({
  source: "claude-code",
  entries: prepare(ledger.machine, "claude-code", [
    { kind: "response", key: `response:${key}`, body: { ...plainResponse, output: 5 } },
  ]),
});

describe("the file of a hub", () => {
  test("is synced at each commit, with small pages and a small cache; a machine's own ledger is not", () => {
    using place = folder();
    using hub = new SharedLedger(join(place.path, "hub.db"), () => "here");
    using own = new Ledger(join(place.path, "ledger.db"), () => "here");
    const state = (ledger: Ledger) => ["synchronous", "page_size", "cache_size"].map((name) => pragma(ledger, name));
    expect(state(hub)).toEqual([2, 4_096, -16_384]);
    expect(state(own)).toEqual([1, 16_384, -65_536]);
  });

  test("keeps tables of the caller's own, whose steps run once, in the order in which they are", () => {
    using place = folder();
    const path = join(place.path, "hub.db");
    const first = (database: Database): void => void database.run("CREATE TABLE member (name TEXT)");
    const second = (database: Database): void => void database.run("ALTER TABLE member ADD COLUMN person TEXT");
    const columns = (steps: readonly ((database: Database) => void)[]): unknown => {
      using ledger = new SharedLedger(path, () => "here");
      ledger.extend("hub", steps);
      ledger.extend("hub", steps);
      return ledger.database.query("SELECT name FROM pragma_table_info('member')").values().flat();
    };
    expect(columns([first])).toEqual(["name"]);
    expect(columns([first, second])).toEqual(["name", "person"]);
    expect(columns([first, second])).toEqual(["name", "person"]);
  });

  test("commits observations and what the caller writes together, or neither", () => {
    using hub = new HubLedger();
    const { ledger } = hub;
    ledger.extend("hub", [(database) => void database.run("CREATE TABLE stream (acked INTEGER)")]);
    ledger.add(batchOf(ledger, "a"));
    ledger.transaction((database) => void database.run("INSERT INTO stream VALUES (1)"));
    ledger.commit();
    ledger.add(batchOf(ledger, "b"));
    expect(() => ledger.transaction((database) => void database.run("INSERT INTO nowhere VALUES (2)"))).toThrow(
      "nowhere",
    );
    ledger.add(batchOf(ledger, "c"));
    ledger.transaction((database) => void database.run("INSERT INTO stream VALUES (3)"));
    ledger.rollback();
    ledger.ingest(batchOf(ledger, "d"));
    expect(hub.all("SELECT key FROM response ORDER BY key")).toEqual([{ key: "response:a" }, { key: "response:d" }]);
    expect(hub.all("SELECT acked FROM stream")).toEqual([{ acked: 1 }]);
    hub.content();
  });

  test("says what a batch changed: nothing the second time", () => {
    using hub = new HubLedger();
    const batch = batchOf(hub.ledger, "a");
    expect(hub.ledger.ingest(batch)).toEqual({ rows: 1, late: 0, isReplaced: false });
    expect(hub.ledger.ingest(batch)).toEqual({ rows: 0, late: 0, isReplaced: false });
  });
});

describe("a ledger that is open for reading only", () => {
  test("answers queries beside a writer, sees what that commits, and changes nothing", () => {
    using place = folder();
    const path = join(place.path, "hub.db");
    using writer = new Ledger(path, () => "here", { profile: "hub" });
    using reader = new Ledger(path, () => "unused", { profile: "hub", isReadOnly: true });
    const responses = () => queriesOf(reader).usage(DAY, [{ ...DAY, offsetMs: 0 }]).length;
    expect(reader.machine).toBe(writer.machine);
    expect(responses()).toBe(0);
    writer.ingest(batchOf(writer, "a"));
    expect(responses()).toBe(1);
    reader.keepDays([{ ...DAY, offsetMs: 0 }]);
    expect(writer.database.query("SELECT * FROM day_offset").all()).toEqual([]);
    expect(() => reader.ingest(batchOf(writer, "b"))).toThrow("cannot be written");
    expect(responses()).toBe(1);
  });

  test("is neither made nor migrated", () => {
    using place = folder();
    const path = join(place.path, "hub.db");
    expect(() => new Ledger(path, () => "here", { isReadOnly: true })).toThrow("cannot be written");
    expect(existsSync(path)).toBe(false);
    new Ledger(path, () => "here")[Symbol.dispose]();
    {
      using database = new Database(path);
      database.run("PRAGMA user_version=3");
    }
    expect(() => new Ledger(path, () => "here", { isReadOnly: true })).toThrow("older version");
    using database = new Database(path);
    expect(database.query("PRAGMA user_version").get()).toEqual({ user_version: 3 });
  });
});

test("sums of days are kept for a limited number of offsets, and beyond it the results are the same", () => {
  using hub = new HubLedger();
  const { ledger } = hub;
  ledger.ingest(batchOf(ledger, "a"));
  const outputs = (offsetMs: number): number[] =>
    queriesOf(ledger)
      .usage(DAY, [{ ...DAY, offsetMs }])
      .map(({ output }) => output);
  for (let ahead = -48; ahead < 48; ahead++) {
    const offsetMs = ahead * 900_000;
    const before = outputs(offsetMs);
    expect(before).toEqual([5]);
    ledger.keepDays([{ ...DAY, offsetMs }]);
    expect(outputs(offsetMs)).toEqual(before);
  }
  expect(hub.all("SELECT COUNT(*) AS kept FROM day_offset")).toEqual([{ kept: 24 }]);
});
