import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readApart } from "../../src/collector/apart.ts";
import type { Watch } from "../../src/collector/batches.ts";
import { wholeTask } from "../../src/collector/engines/whole.ts";
import { Collector, type Scanned } from "../../src/collector/Collector.ts";
import type { Help } from "../../src/collector/readers.ts";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { copilotCli } from "../../src/sources/copilot-cli.ts";
import { responseLine, text } from "../ledger/home.ts";
import { SourceDesk } from "../sources/desk.ts";
import { write } from "../sources/writer.ts";

const ROOT = join(import.meta.dir, "../..");
const MINUTE_MS = 60_000;
const sources = [claudeCode, copilotCli];

const COLUMNS = `id INTEGER PRIMARY KEY, session_id TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER,
  duration_ms INTEGER, created_at TEXT`;
/** Rows of responses with these input tokens. */
const rows = (from: number, to: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
   INSERT INTO assistant_usage_events (session_id, model, input_tokens, output_tokens, created_at)
   SELECT 's', 'm', i, 1, '2026-11-20T10:00:01.000Z' FROM n;`;

/** An expression that takes a tenth of a second, hours for all rows, and one that takes more memory than it may. */
const ENDLESS = "length(replace(hex(zeroblob(10000000 + id)), '0', 'ab'))";
const LARGE = "hex(zeroblob(200000000 + id))";
const MANY = 15_000;

/** A home with a transcript and a database of another program, read as a report does it. */
class Place implements Disposable {
  readonly desk = new SourceDesk(sources);
  readonly database = join(this.desk.home, ".copilot/session-store.db");
  readonly door = join(this.desk.home, "door.ts");
  now = Date.UTC(2026, 10, 20, 12);

  constructor() {
    mkdirSync(dirname(this.database), { recursive: true });
    const transcript = join(this.desk.home, ".claude/projects/-work/s.jsonl");
    mkdirSync(dirname(transcript), { recursive: true });
    writeFileSync(transcript, text(responseLine("a", { input: 100 })));
    writeFileSync(
      this.door,
      `require("node:fs").appendFileSync(${JSON.stringify(this.started)}, process.pid + "\\n");
       void import(${JSON.stringify(join(ROOT, "src/cli.ts"))});`,
    );
  }

  [Symbol.dispose](): void {
    this.desk[Symbol.dispose]();
  }

  get started(): string {
    return join(dirname(this.door), "started");
  }

  /** Ids of the processes that were started to read. */
  get processes(): number[] {
    if (!readdirSync(this.desk.home).includes("started")) return [];
    return readFileSync(this.started, "utf8").trim().split("\n").map(Number);
  }

  /** Table of responses whose column is computed so. */
  make(computed: string, count = MANY): void {
    rmSync(this.database, { force: true });
    write(this.database, `CREATE TABLE assistant_usage_events (${COLUMNS}); ${rows(1, count)}`);
    // Afterwards: SQLite computes the column of each row that is inserted.
    write(this.database, `ALTER TABLE assistant_usage_events ADD COLUMN extra AS (${computed})`);
  }

  async scan(
    limits: Help["limits"] = { silence: 2_000 },
    change: Partial<Help> = {},
    watch: Watch = {},
  ): Promise<Scanned> {
    const help = { door: this.door, threads: 0, limits, ...change };
    const scene = { env: {}, home: this.desk.home, now: () => this.now, help };
    return new Collector(this.desk.ledger, sources, scene).scan("usage", watch);
  }

  get inputs(): number[] {
    return this.desk.responses.map(({ input }) => input).toSorted((a, b) => a - b);
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a database of another program", () => {
  test("is read in a process of its own, which is started only when it changed", async () => {
    using place = new Place();
    place.make("1", 2);
    expect(await place.scan({})).toMatchObject({ files: 2, unreadable: [], abandoned: [] });
    expect(place.inputs).toEqual([1, 2, 100]);
    expect((await place.scan({})).files).toBe(0);
    expect(place.processes).toHaveLength(1);
    write(place.database, rows(3, 4));
    await place.scan({});
    expect(place.inputs).toEqual([1, 2, 3, 4, 100]);
    expect(place.processes.map(isAlive)).toEqual([false, false]);
  });

  test.each([
    ["has no end", ENDLESS, { silence: 2_000 }],
    ["takes too much memory", LARGE, { memory: 300 * 1_048_576 }],
  ])("whose reading %s is ended: the others are counted, and it is named", async (_, computed, limits) => {
    using place = new Place();
    place.make(computed);
    const { abandoned, unreadable } = await place.scan(limits);
    expect({ abandoned, unreadable }).toEqual({
      abandoned: [{ path: place.database, retryAt: place.now + MINUTE_MS }],
      unreadable: [],
    });
    expect(place.inputs).toContain(100);
    expect(place.desk.skipped).toEqual([{ path: place.database, offset: 0, reason: "abandoned" }]);
    expect(place.desk.ledger.questions.skipped()).toEqual([
      { source: "copilot-cli", reason: "abandoned", files: 1, places: 1 },
    ]);
    expect(place.processes.map(isAlive)).toEqual([false]);
  });

  test("that was abandoned is left alone for longer each time, whether it changes or not, and counted when it can be", async () => {
    using place = new Place();
    place.make(ENDLESS);
    const pauses: number[] = [];
    for (let tries = 1; tries <= 7; tries++) {
      const [abandoned] = (await place.scan({ silence: 400 })).abandoned;
      pauses.push(((abandoned?.retryAt ?? 0) - place.now) / MINUTE_MS);
      place.now = (abandoned?.retryAt ?? 0) - 1;
      if (tries % 2 === 0) write(place.database, rows(1, 1));
      expect((await place.scan()).abandoned).toEqual(abandoned ? [abandoned] : []);
      expect(place.processes).toHaveLength(tries);
      place.now += 1;
    }
    expect(pauses).toEqual([1, 5, 30, 120, 360, 360, 360]);
    place.make("1", 2);
    expect(await place.scan()).toMatchObject({ abandoned: [], unreadable: [] });
    expect(place.inputs).toEqual([1, 2, 100]);
    expect(place.desk.skipped).toEqual([]);
  }, 60_000);

  test("that was abandoned is tried again at once where the clock was set back by more than it is ever left alone", async () => {
    using place = new Place();
    place.make(ENDLESS);
    await place.scan();
    place.now -= 7 * 60 * MINUTE_MS;
    place.make("1", 2);
    await place.scan();
    expect(place.inputs).toEqual([1, 2, 100]);
  });

  test("is not begun where the scan was told to stop before", async () => {
    using place = new Place();
    place.make("1", 2);
    const stop = new AbortController();
    const { isCut } = await place.scan({}, {}, { signal: stop.signal, progress: () => stop.abort() });
    expect({ isCut, processes: place.processes, inputs: place.inputs }).toEqual({
      isCut: true,
      processes: [],
      inputs: [100],
    });
    await place.scan({});
    expect(place.inputs).toEqual([1, 2, 100]);
  });

  test("that was abandoned and is gone is not said to be tried again", async () => {
    using place = new Place();
    place.make(ENDLESS);
    await place.scan({ silence: 400 });
    rmSync(place.database);
    expect((await place.scan()).abandoned).toEqual([]);
    expect(place.desk.skipped).toEqual([]);
    expect(place.desk.ledger.questions.skipped()).toEqual([]);
    expect(place.desk.ledger.files.skippedCounts()).toEqual({});
  });

  test.each([
    [
      "a view",
      "CREATE VIEW assistant_usage_events AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS id FROM c WHERE x < 0",
    ],
    ["a virtual table", "CREATE VIRTUAL TABLE assistant_usage_events USING fts5(id)"],
  ])("in which %s stands for a table is not asked, and that is said", async (_, sql) => {
    using place = new Place();
    write(place.database, sql);
    expect(await place.scan()).toMatchObject({ abandoned: [], unreadable: [] });
    expect(place.desk.skipped).toEqual([{ path: place.database, offset: 0, reason: "bad_database" }]);
    expect(place.inputs).toEqual([100]);
  });

  test("in which a view stands for a second table is not asked for it either", async () => {
    using place = new Place();
    place.make("1", 2);
    write(
      place.database,
      "CREATE VIEW sessions AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS id FROM c WHERE x < 0",
    );
    expect((await place.scan()).abandoned).toEqual([]);
    expect(place.desk.skipped).toEqual([{ path: place.database, offset: 0, reason: "bad_database" }]);
  });
});

describe("a process that reads", () => {
  test("ends when the one that started it is killed", async () => {
    using place = new Place();
    place.make(ENDLESS);
    const job = JSON.stringify([{ name: "home", home: place.desk.home, ledger: join(place.desk.home, "other.db") }]);
    const door = join(place.desk.home, "door.ts");
    const parent = Bun.spawn([process.execPath, join(import.meta.dir, "../sources/scanner.ts"), job, door], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    while (place.processes.length === 0) await Bun.sleep(10);
    const [child = 0] = place.processes;
    // It is within the query by now, or comes to it.
    await Bun.sleep(300);
    expect(isAlive(child)).toBe(true);
    parent.kill("SIGKILL");
    await parent.exited;
    for (let waited = 0; isAlive(child) && waited < 500; waited++) await Bun.sleep(20);
    expect(isAlive(child)).toBe(false);
  }, 30_000);

  test("that is killed from outside gives its file up, and the next file is read", async () => {
    using place = new Place();
    place.make(ENDLESS);
    const scanned = place.scan({ silence: 60_000 });
    while (place.processes.length === 0) await Bun.sleep(10);
    process.kill(place.processes[0] ?? 0, "SIGKILL");
    expect((await scanned).abandoned.map(({ path }) => path)).toEqual([place.database]);
  });

  test("is not ended for what it gave is used slowly, and has its time for each file anew", async () => {
    using place = new Place();
    place.make("1", 50_000);
    const path = join(place.desk.home, "second.db");
    const stat = statSync(place.database);
    copyFileSync(place.database, path);
    const [store] = copilotCli.stores;
    if (!store) throw new Error("no store");
    const tasks = [place.database, path].map((file) =>
      wholeTask(copilotCli, store, { path: file, stat }, { size: 0, mtime: 0 }, null),
    );
    const parts: string[] = [];
    const limits = { silence: 3_000, whole: 4_000 };
    for await (const { task, part } of readApart({ door: place.door, limits }, copilotCli, "usage", tasks)) {
      parts.push(
        `${task.path === path ? 2 : 1} ${part.observations.length} ${part.isLast} ${part.isAbandoned ?? false}`,
      );
      if (parts.length === 1) await Bun.sleep(5_000);
    }
    expect(parts).toEqual([
      "1 20000 false false",
      "1 20000 false false",
      "1 10000 true false",
      "2 20000 false false",
      "2 20000 false false",
      "2 10000 true false",
    ]);
  }, 60_000);

  test("that cannot be started leaves its files unread for this time", async () => {
    using place = new Place();
    place.make("1", 2);
    const missing = await place.scan({}, { door: join(place.desk.home, "nothing.ts") });
    expect(missing).toMatchObject({ unreadable: [place.database], abandoned: [] });
    expect(place.inputs).toEqual([100]);
    await place.scan({});
    expect(place.inputs).toEqual([1, 2, 100]);
  });
});
