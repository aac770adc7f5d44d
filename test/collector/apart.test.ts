import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readInProcess } from "../../src/collector/database-client.ts";
import type { ScanOptions } from "../../src/collector/batches.ts";
import { wholeTask } from "../../src/collector/readers/whole.ts";
import { Collector, type ScanEnvironment, type ScanResult } from "../../src/collector/Collector.ts";
import type { ReaderOptions } from "../../src/collector/thread-pool.ts";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { copilotCli } from "../../src/sources/copilot-cli.ts";
import { responseLine, text } from "../ledger/home.ts";
import { isRunning } from "../running.ts";
import { SourceHarness } from "../sources/harness.ts";
import { write } from "../sources/writer.ts";
import { queriesOf } from "../ledger/queries.ts";

const ROOT = join(import.meta.dir, "../..");
const MINUTE_MS = 60_000;
const sources = [claudeCode, copilotCli];

const COLUMNS = `id INTEGER PRIMARY KEY, session_id TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER,
  duration_ms INTEGER, created_at TEXT`;
/** SQL that inserts responses with these input tokens. */
const rows = (from: number, to: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
   INSERT INTO assistant_usage_events (session_id, model, input_tokens, output_tokens, created_at)
   SELECT 's', 'm', i, 1, '2026-11-20T10:00:01.000Z' FROM n;`;

/**
 * An expression that takes a tenth of a second per row, hours in all, and one that needs more memory than is allowed.
 */
const ENDLESS = "length(replace(hex(zeroblob(10000000 + id)), '0', 'ab'))";
const LARGE = "hex(zeroblob(200000000 + id))";
const MANY = 15_000;

/** A home with a transcript and a database of another program, scanned like a report does. */
class Place implements Disposable {
  readonly harness = new SourceHarness(sources);
  readonly database = join(this.harness.home, ".copilot/session-store.db");
  readonly entryFile = join(this.harness.home, "entry.ts");
  now = Date.UTC(2026, 10, 20, 12);

  constructor() {
    mkdirSync(dirname(this.database), { recursive: true });
    const transcript = join(this.harness.home, ".claude/projects/-work/s.jsonl");
    mkdirSync(dirname(transcript), { recursive: true });
    writeFileSync(transcript, text(responseLine("a", { input: 100 })));
    writeFileSync(
      this.entryFile,
      `require("node:fs").appendFileSync(${JSON.stringify(this.started)}, process.pid + "\\n");
       void import(${JSON.stringify(join(ROOT, "src/cli.ts"))});`,
    );
  }

  [Symbol.dispose](): void {
    this.harness[Symbol.dispose]();
  }

  get started(): string {
    return join(dirname(this.entryFile), "started");
  }

  /** Ids of the reading processes that were started. */
  get processes(): number[] {
    if (!readdirSync(this.harness.home).includes("started")) return [];
    // The file exists before its first line does. As an id, "" would be 0, which names the whole process group to kill().
    return readFileSync(this.started, "utf8").split("\n").filter(Boolean).map(Number);
  }

  /** Creates the table of responses with a computed column. */
  make(computed: string, count = MANY): void {
    rmSync(this.database, { force: true });
    write(this.database, `CREATE TABLE assistant_usage_events (${COLUMNS}); ${rows(1, count)}`);
    // Added last: SQLite computes the column for each inserted row.
    write(this.database, `ALTER TABLE assistant_usage_events ADD COLUMN extra AS (${computed})`);
  }

  async scan(
    limits: ReaderOptions["limits"] = { silenceMs: 2_000 },
    change: Partial<ReaderOptions> = {},
    watch: ScanOptions = {},
  ): Promise<ScanResult> {
    const readers: ReaderOptions = { entryFile: this.entryFile, threads: 0, limits, ...change };
    const environment: ScanEnvironment = { env: {}, home: this.harness.home, now: () => this.now, readers };
    return new Collector(this.harness.ledger, sources, environment).scan("usage", watch);
  }

  get inputs(): number[] {
    return this.harness.responses.map(({ input }) => input).toSorted((a, b) => a - b);
  }
}

describe("a database of another program", () => {
  test("is read in a separate process, which is started only if the database changed", async () => {
    using place = new Place();
    place.make("1", 2);
    expect(await place.scan({})).toMatchObject({ files: 2, unreadable: [], abandoned: [] });
    expect(place.inputs).toEqual([1, 2, 100]);
    expect((await place.scan({})).files).toBe(0);
    expect(place.processes).toHaveLength(1);
    write(place.database, rows(3, 4));
    await place.scan({});
    expect(place.inputs).toEqual([1, 2, 3, 4, 100]);
    expect(place.processes.map(isRunning)).toEqual([false, false]);
  });

  test.each([
    ["has no end", ENDLESS, { silenceMs: 2_000 }],
    ["takes too much memory", LARGE, { memoryBytes: 300 * 1_048_576 }],
  ])("is abandoned and reported if reading it %s, and the other files are counted", async (_, computed, limits) => {
    using place = new Place();
    place.make(computed);
    const { abandoned, unreadable } = await place.scan(limits);
    expect({ abandoned, unreadable }).toEqual({
      abandoned: [{ path: place.database, retryAt: place.now + MINUTE_MS }],
      unreadable: [],
    });
    expect(place.inputs).toContain(100);
    expect(place.harness.skipped).toEqual([{ path: place.database, offset: 0, reason: "abandoned" }]);
    expect(queriesOf(place.harness.ledger).skipped()).toEqual([
      { source: "copilot-cli", reason: "abandoned", files: 1, places: 1 },
    ]);
    expect(place.processes.map(isRunning)).toEqual([false]);
  });

  test("that was abandoned is retried after increasing pauses, whether it changes or not, and counted when that succeeds", async () => {
    using place = new Place();
    place.make(ENDLESS);
    const pauses: number[] = [];
    for (let tries = 1; tries <= 7; tries++) {
      const [abandoned] = (await place.scan({ silenceMs: 400 })).abandoned;
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
    expect(place.harness.skipped).toEqual([]);
  }, 60_000);

  test("that was abandoned is retried at once if the clock was set back by more than the longest pause", async () => {
    using place = new Place();
    place.make(ENDLESS);
    await place.scan();
    place.now -= 7 * 60 * MINUTE_MS;
    place.make("1", 2);
    await place.scan();
    expect(place.inputs).toEqual([1, 2, 100]);
  });

  test("is not read if the scan was stopped before", async () => {
    using place = new Place();
    place.make("1", 2);
    const stop = new AbortController();
    const { isStopped } = await place.scan({}, {}, { signal: stop.signal, progress: () => stop.abort() });
    expect({ isStopped, processes: place.processes, inputs: place.inputs }).toEqual({
      isStopped: true,
      processes: [],
      inputs: [100],
    });
    await place.scan({});
    expect(place.inputs).toEqual([1, 2, 100]);
  });

  test("that was abandoned and no longer exists is not reported as one to be tried again", async () => {
    using place = new Place();
    place.make(ENDLESS);
    await place.scan({ silenceMs: 400 });
    rmSync(place.database);
    expect((await place.scan()).abandoned).toEqual([]);
    expect(place.harness.skipped).toEqual([]);
    expect(queriesOf(place.harness.ledger).skipped()).toEqual([]);
    expect(place.harness.ledger.files.skippedCounts()).toEqual({});
  });

  test.each([
    [
      "a view",
      "CREATE VIEW assistant_usage_events AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS id FROM c WHERE x < 0",
    ],
    ["a virtual table", "CREATE VIRTUAL TABLE assistant_usage_events USING fts5(id)"],
  ])("is not read and reported as damaged if it has %s instead of a table", async (_, sql) => {
    using place = new Place();
    write(place.database, sql);
    expect(await place.scan()).toMatchObject({ abandoned: [], unreadable: [] });
    expect(place.harness.skipped).toEqual([{ path: place.database, offset: 0, reason: "bad_database" }]);
    expect(place.inputs).toEqual([100]);
  });

  test("is not read and reported as damaged if it has a view instead of its second table", async () => {
    using place = new Place();
    place.make("1", 2);
    write(
      place.database,
      "CREATE VIEW sessions AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS id FROM c WHERE x < 0",
    );
    expect((await place.scan()).abandoned).toEqual([]);
    expect(place.harness.skipped).toEqual([{ path: place.database, offset: 0, reason: "bad_database" }]);
  });
});

describe("a reading process", () => {
  test("ends when its parent is killed", async () => {
    using place = new Place();
    place.make(ENDLESS);
    const job = JSON.stringify([
      { name: "home", home: place.harness.home, ledger: join(place.harness.home, "other.db") },
    ]);
    const entryFile = join(place.harness.home, "entry.ts");
    const parent = Bun.spawn([process.execPath, join(import.meta.dir, "../sources/scanner.ts"), job, entryFile], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    while (place.processes.length === 0) await Bun.sleep(10);
    const [child = 0] = place.processes;
    // Time to get into the query.
    await Bun.sleep(300);
    expect(isRunning(child)).toBe(true);
    parent.kill("SIGKILL");
    await parent.exited;
    for (let waited = 0; isRunning(child) && waited < 500; waited++) await Bun.sleep(20);
    expect(isRunning(child)).toBe(false);
  }, 30_000);

  test("that is killed from outside has its file abandoned, and the scan continues", async () => {
    using place = new Place();
    place.make(ENDLESS);
    const scanned = place.scan({ silenceMs: 60_000 });
    while (place.processes.length === 0) await Bun.sleep(10);
    const [child] = place.processes;
    if (child === undefined) throw new Error("the reading process has no id");
    process.kill(child, "SIGKILL");
    expect((await scanned).abandoned.map(({ path }) => path)).toEqual([place.database]);
  });

  test("is not killed while its output is processed slowly, and gets its full time for each file", async () => {
    using place = new Place();
    place.make("1", 50_000);
    const path = join(place.harness.home, "second.db");
    const stat = statSync(place.database);
    copyFileSync(place.database, path);
    const [store] = copilotCli.stores;
    if (!store) throw new Error("no store");
    const tasks = [place.database, path].map((file) =>
      wholeTask(copilotCli, store, { path: file, stat }, { size: 0, mtime: 0 }, null),
    );
    const parts: string[] = [];
    const limits = { silenceMs: 3_000, totalMs: 4_000 };
    for await (const { task, part } of readInProcess(
      { entryFile: place.entryFile, limits },
      copilotCli,
      "usage",
      tasks,
    )) {
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

  test("refuses a request of the version before, which names no phase, instead of reading activity", async () => {
    using place = new Place();
    const child = Bun.spawn([process.execPath, join(ROOT, "src/cli.ts"), "reader"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const task = { path: place.database, store: "database", mark: {}, isRestarted: true, from: 0, to: 1, memory: null };
    void child.stdin.write(`${JSON.stringify({ source: "copilot-cli", pass: "usage", tasks: [task] })}\n`);
    void child.stdin.flush();
    expect(JSON.parse(await child.stdout.text())).toEqual({ fault: 'there is no assistant "undefined"' });
    expect(await child.exited).toBe(1);
  });

  test("that cannot be started leaves its files unread for this scan", async () => {
    using place = new Place();
    place.make("1", 2);
    const missing = await place.scan({}, { entryFile: join(place.harness.home, "nothing.ts") });
    expect(missing).toMatchObject({ unreadable: [place.database], abandoned: [] });
    expect(place.inputs).toEqual([100]);
    await place.scan({});
    expect(place.inputs).toEqual([1, 2, 100]);
  });
});
