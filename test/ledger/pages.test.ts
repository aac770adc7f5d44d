import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, existsSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { recordsIn, type RecordValue } from "../../src/ledger/sqlite/pages.ts";
import { folder } from "./dump.ts";

const place = folder();
afterAll(() => place[Symbol.dispose]());

/** Rows with keys and texts from empty to several pages long, and numbers of every size. */
const rows = Array.from({ length: 400 }, (_, index): [string, number, number | null, string] => [
  `key:${index}:${"k".repeat((index * 37) % 900)}`,
  [0, 1, -1, 100, -200, 40_000, -9_000_000, 2 ** 40, -(2 ** 47), 2 ** 52 - index][index % 10] ?? 0,
  index % 7 === 0 ? null : index / 3,
  "ü€😀x".repeat((index * index) % 9_000),
]);

function made(name: string, page: number, isLogged: boolean, hasRowid = false): { path: string; database: Database } {
  const path = join(place.path, name);
  rmSync(path, { force: true });
  const database = new Database(path, { create: true });
  database.run(`PRAGMA page_size=${page}`);
  if (isLogged) database.run("PRAGMA journal_mode=WAL");
  const key = hasRowid ? "id INTEGER PRIMARY KEY," : "";
  const end = hasRowid ? "UNIQUE (a, b))" : "PRIMARY KEY (a, b)) WITHOUT ROWID";
  database.run(`CREATE TABLE one (${key} a TEXT, b INTEGER, c REAL, d TEXT, ${end}`);
  const put = database.prepare<unknown, RecordValue[]>("INSERT INTO one (a, b, c, d) VALUES (?, ?, ?, ?)");
  database.transaction(() => rows.forEach((row) => put.run(...row)))();
  return { path, database };
}

function found(path: string): string[] {
  const fd = openSync(path, "r");
  const log = existsSync(`${path}-wal`) ? openSync(`${path}-wal`, "r") : null;
  try {
    const records = [...recordsIn(fd, log)].filter(([type]) => type !== "table" && type !== "index");
    return [...new Set(records.map((row) => JSON.stringify(row)))].toSorted();
  } finally {
    closeSync(fd);
    if (log !== null) closeSync(log);
  }
}

const wanted = rows.map((row) => JSON.stringify(row)).toSorted();

describe("recordsIn", () => {
  test.each([512, 4_096, 16_384, 65_536])("returns every row from pages of %d bytes, as SQLite does", (page) => {
    const { path, database } = made(`plain-${page}`, page, false);
    database.close();
    expect(found(path)).toEqual(wanted);
  });

  test.each([512, 4_096, 16_384, 65_536])("returns every row of a table with rowids from pages of %d bytes", (page) => {
    const { path, database } = made(`rowid-${page}`, page, false, true);
    database.close();
    // The index holds the columns of the key and the rowid.
    const entries = rows.map(([a, b], index) => JSON.stringify([a, b, index + 1]));
    const records = rows.map((row) => JSON.stringify([null, ...row]));
    expect(found(path)).toEqual([...entries, ...records].toSorted());
  });

  test("returns rows that exist only in the log", () => {
    const { path, database } = made("logged", 4_096, true);
    try {
      expect(found(path)).toEqual(wanted);
    } finally {
      database.close();
    }
  });

  test("returns the intact rows of a file with damage in any place", () => {
    const keys = new Set(rows.map(([key]) => key));
    for (let seed = 1; seed <= 6; seed++) {
      const { path, database } = made("damaged", 512, false);
      database.close();
      const fd = openSync(path, "r+");
      let state = seed;
      const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
      for (let hole = 0; hole < 40; hole++)
        writeSync(fd, Buffer.from([random(256), random(256)]), 0, 2, random(400_000));
      closeSync(fd);
      const rowsLeft = found(path).map((row) => JSON.parse(row) as RecordValue[]);
      expect(rowsLeft.length).toBeGreaterThan(100);
      expect(rowsLeft.filter(([key]) => keys.has(String(key))).length).toBeGreaterThan(100);
    }
  });

  test("returns what is left of a file that is truncated, empty or not a database", () => {
    const { path, database } = made("cut", 4_096, false);
    database.close();
    truncateSync(path, 100_001);
    expect(found(path).length).toBeGreaterThan(0);
    truncateSync(path, 50);
    expect(found(path)).toEqual([]);
    truncateSync(path, 0);
    expect(found(path)).toEqual([]);
  });
});
