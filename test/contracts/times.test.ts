import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { recordedHomes } from "../sources/homes.ts";
import { SourceHarness } from "../sources/harness.ts";
import { filesOf, type HomeFile, put } from "../sources/home.ts";

/** Changes that make every time of a file impossible: another year in texts, another unit in numbers. */
const damages = {
  "in the year 9999": (text: string) => text.replaceAll(/\b2026(?=-\d\d-\d\dT)/g, "9999"),
  "in 2200": (text: string) => text.replaceAll(/\b2026(?=-\d\d-\d\dT)/g, "2200"),
  "in microseconds": (text: string) => text.replaceAll(/(?<![\w.-])1[5-9]\d{11}(?![\w.-])/g, "$&000"),
  "beyond the range of dates": (text: string) =>
    text.replaceAll(/(?<![\w.-])1[5-9]\d{11}(?![\w.-])/g, "8900000000000000"),
};

/** Changes all texts and numbers of a database, except in its search indexes. */
function changeRows(path: string, change: (text: string) => string): void {
  using database = new Database(path);
  const tables = database
    .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
    .all()
    .filter(({ name }) => !/^sqlite_|_(?:data|idx|content|docsize|config)$/.test(name));
  database.transaction(() => {
    for (const { name } of tables) {
      const rows = database.query<Record<string, unknown>, []>(`SELECT rowid AS _row, * FROM "${name}"`).all();
      for (const { _row, ...cells } of rows)
        for (const [column, cell] of Object.entries(cells)) {
          const changed = typeof cell === "string" || typeof cell === "number" ? change(String(cell)) : null;
          if (changed === null || changed === String(cell)) continue;
          const value = typeof cell === "number" ? Number(changed) : changed;
          database.run(`UPDATE "${name}" SET "${column}" = ? WHERE rowid = ?`, [value, Number(_row)]);
        }
    }
  })();
}

/** Writes a file of a home, with changed times if it is a text file or a database. */
function place(harness: SourceHarness, file: HomeFile, change: (text: string) => string): void {
  const isText = file.store !== null && file.store.kind !== "tables" && !file.path.endsWith(".zst");
  put(harness, file, isText ? Buffer.from(change(file.bytes.toString("latin1")), "latin1") : file.bytes);
  if (file.store?.kind === "tables") changeRows(join(harness.home, file.path), change);
}

const FROM_TO = "BETWEEN 0 AND 7258118399999";
const OUTSIDE = `SELECT (SELECT COUNT(*) FROM response WHERE at NOT ${FROM_TO})
  + (SELECT COUNT(*) FROM action WHERE at NOT ${FROM_TO})
  + (SELECT COUNT(*) FROM session WHERE first NOT ${FROM_TO} OR last NOT ${FROM_TO})
  + (SELECT COUNT(*) FROM rate_limit WHERE at NOT ${FROM_TO} OR resets_at NOT ${FROM_TO}) AS facts`;

/** Assistants whose files are matched with each other by time, so that damaged times change their totals. */
const MATCHED_BY_TIME = new Set(["qwen-code"]);

describe.each(recordedHomes.map((home) => [home.name, home] as const))("%s with times", (_, home) => {
  test.each(Object.keys(damages) as (keyof typeof damages)[])(
    "%s gives no facts outside of the valid range, the same totals, and skipped records",
    async (damage) => {
      using harness = new SourceHarness([home.source]);
      for (const file of filesOf(home)) place(harness, file, (text) => text);
      await harness.scan();
      const before = { times: harness.responses.map(({ at }) => at), skipped: harness.skipped.length };
      using damaged = new SourceHarness([home.source]);
      for (const file of filesOf(home)) place(damaged, file, damages[damage]);
      await damaged.scan();
      expect(damaged.all<{ facts: number }>(OUTSIDE)).toEqual([{ facts: 0 }]);
      if (!MATCHED_BY_TIME.has(home.source.name)) expect(damaged.totals).toEqual(home.truth);
      const areSame = damaged.responses.map(({ at }) => at).join() === before.times.join();
      if (!areSame) expect(damaged.skipped.length).toBeGreaterThan(before.skipped);
    },
  );
});
