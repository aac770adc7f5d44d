import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import { copilotCli } from "../../src/sources/copilot-cli.ts";
import { asNobody, succeeds, capabilities } from "../campaigns/faults/capabilities.ts";
import { SourceHarness } from "./harness.ts";
import { write, Writer } from "./writer.ts";

const WAL = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;";
const TABLES = `CREATE TABLE sessions (id TEXT PRIMARY KEY, cwd TEXT, branch TEXT, created_at TEXT, updated_at TEXT);
  CREATE TABLE assistant_usage_events (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT, model TEXT,
    input_tokens INTEGER, output_tokens INTEGER, duration_ms INTEGER, created_at TEXT, padding TEXT);
  INSERT INTO sessions VALUES ('s', '/p', 'main', '2026-11-20T10:00:00.000Z', '2026-11-20T10:00:00.000Z');`;

/** Rows of responses with the given input tokens, each padded to about a page. */
const rows = (...inputs: readonly number[]): string =>
  inputs
    .map(
      (
        input,
      ) => `INSERT INTO assistant_usage_events (session_id, model, input_tokens, output_tokens, created_at, padding)
        VALUES ('s', 'm', ${input}, 1, '2026-11-20T10:00:01.000Z', '${"x".repeat(2_000)}');`,
    )
    .join("\n");

function placeOf(harness: SourceHarness): string {
  const path = join(harness.home, ".copilot/session-store.db");
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

const inputs = (harness: SourceHarness): number[] =>
  harness.responses.map(({ input }) => input).toSorted((a, b) => a - b);
const MANY = Array.from({ length: 200 }, (_, index) => index + 1);

describe("a database in use by its program", () => {
  test("is read with its write-ahead log: first all rows, then only new ones", async () => {
    using harness = new SourceHarness([copilotCli]);
    const path = placeOf(harness);
    await using writer = new Writer(path);
    await writer.run(`${WAL}${TABLES}${rows(1, 2, 3)}`);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(statSync(path).size);
    await harness.scan();
    expect(inputs(harness)).toEqual([1, 2, 3]);
    expect((await harness.scan()).files).toBe(0);

    await writer.run(rows(4));
    await harness.scan();
    expect(inputs(harness)).toEqual([1, 2, 3, 4]);

    await writer.run("PRAGMA wal_checkpoint(TRUNCATE)");
    await harness.scan();
    await writer.run(rows(5));
    await harness.scan();
    expect(inputs(harness)).toEqual([1, 2, 3, 4, 5]);
    expect(harness.skipped).toEqual([]);
  });

  test("does not block its program, which can write and vacuum while and after it is read", async () => {
    using harness = new SourceHarness([copilotCli]);
    await using writer = new Writer(placeOf(harness));
    await writer.run(`${WAL}${TABLES}${rows(1)}`);
    await harness.scan();
    await writer.run(`PRAGMA busy_timeout = 0; ${rows(2)} PRAGMA wal_checkpoint(TRUNCATE);`);
    await writer.run("PRAGMA busy_timeout = 0; VACUUM");
    await harness.scan();
    expect(inputs(harness)).toEqual([1, 2]);
  });

  test("is read up to the last commit if its program was killed", async () => {
    using harness = new SourceHarness([copilotCli]);
    const path = placeOf(harness);
    const writer = new Writer(path);
    await writer.run(`${WAL}${TABLES}${rows(1, 2)}`);
    await writer.run(`BEGIN; ${rows(3)}`);
    await writer.kill();
    expect(existsSync(`${path}-wal`)).toBe(true);
    await harness.scan();
    expect(inputs(harness)).toEqual([1, 2]);
    expect((await harness.scan()).files).toBe(0);
  });

  test.each([
    ["with a log", `PRAGMA locking_mode = EXCLUSIVE; ${rows(2)} BEGIN; ${rows(3)}`],
    ["with a journal", `PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN EXCLUSIVE; ${rows(2, 3)}`],
  ])("that is locked %s is reported as unreadable and read later", async (_, locking) => {
    using harness = new SourceHarness([copilotCli]);
    const path = placeOf(harness);
    write(path, `${WAL}${TABLES}${rows(1)}`);
    await using writer = new Writer(path);
    await writer.run(locking);
    expect((await harness.scan()).unreadable).toEqual([path]);
    expect(harness.totals.responses).toBe(0);
    await writer.run("COMMIT");
    await writer.kill();
    expect((await harness.scan()).unreadable).toEqual([]);
    expect(inputs(harness)).toEqual([1, 2, 3]);
    expect(harness.skipped).toEqual([]);
  });
});

describe("a large database", () => {
  test("is read in parts: a stopped scan continues where it ended", async () => {
    using harness = new SourceHarness([copilotCli]);
    const large = Array.from({ length: 10_000 }, (_, index) => index + 1);
    write(placeOf(harness), `${TABLES} BEGIN; ${rows(...large)} COMMIT;`);
    const collector = new Collector(harness.ledger, [copilotCli], { env: {}, home: harness.home, now: () => 0 });
    const counts: number[] = [];
    for (let isCut = true; isCut;) {
      const stop = new AbortController();
      const scanned = await collector.scan("usage", { signal: stop.signal, progress: () => stop.abort() });
      counts.push(harness.totals.responses);
      isCut = scanned.isStopped && counts.at(-1) !== large.length;
    }
    expect(counts.length).toBeGreaterThan(2);
    expect(counts[0]).toBeLessThan(5_000);
    expect(inputs(harness)).toEqual(large);
  });
});

describe("a database that no program has open", () => {
  test("is not changed, and no file is created beside it", async () => {
    using harness = new SourceHarness([copilotCli]);
    const path = placeOf(harness);
    write(path, `${WAL}${TABLES}${rows(1, 2)}`);
    const [names, bytes, { mtimeMs }] = [readdirSync(dirname(path)), readFileSync(path), statSync(path)];
    expect(names).toEqual(["session-store.db"]);
    await harness.scan();
    expect(inputs(harness)).toEqual([1, 2]);
    expect(readdirSync(dirname(path))).toEqual(names);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(statSync(path).mtimeMs).toBe(mtimeMs);
  });

  test("may have a path with characters that are special in a URL", async () => {
    using harness = new SourceHarness([copilotCli], { COPILOT_HOME: "/nowhere" });
    const folder = join(harness.home, "50% ?#&=ü");
    mkdirSync(folder);
    write(join(folder, "session-store.db"), `${TABLES}${rows(1)}`);
    using other = new SourceHarness([copilotCli], { COPILOT_HOME: folder });
    await other.scan();
    expect(inputs(other)).toEqual([1]);
  });
});

/** Whether tests can run as the user nobody, and that user can start this program. */
const SCANNER = join(import.meta.dir, "scanner.ts");
const canBeNobody = capabilities().nobody === null && succeeds(...asNobody, process.execPath, SCANNER, "[]");

describe("a database copied with its write-ahead log but without the log's index", () => {
  /** Copies a database in use whose rows are only in the log. */
  async function copied(harness: SourceHarness): Promise<string> {
    const path = placeOf(harness);
    const live = join(harness.home, "live.db");
    await using writer = new Writer(live);
    await writer.run(`${WAL}${TABLES}${rows(1, 2)}`);
    copyFileSync(live, path);
    copyFileSync(`${live}-wal`, `${path}-wal`);
    return path;
  }

  test("is counted, and nothing is created or changed beside it or in the temporary folder", async () => {
    using harness = new SourceHarness([copilotCli]);
    const path = await copied(harness);
    const names = ["session-store.db", "session-store.db-wal"];
    const stateOf = () =>
      names.map((name) => {
        const { size, mtimeMs, ino, nlink } = statSync(join(dirname(path), name));
        return { name, size, mtimeMs, ino, nlink };
      });
    const before = stateOf();
    await harness.scan();
    expect(inputs(harness)).toEqual([1, 2]);
    expect(readdirSync(dirname(path)).toSorted()).toEqual(names);
    expect(stateOf()).toEqual(before);
    expect(temporaryCopies()).toEqual([]);
    expect((await harness.scan()).files).toBe(0);
  });

  test("is read up to where its log is complete", async () => {
    using harness = new SourceHarness([copilotCli]);
    const path = await copied(harness);
    truncateSync(`${path}-wal`, statSync(`${path}-wal`).size - 10);
    await harness.scan();
    expect(inputs(harness)).toEqual([1]);
    expect(harness.skipped).toEqual([]);
  });
});

/** Folders that this process created in the temporary folder for copies. */
const temporaryCopies = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`pawprint-copy-${process.pid}-`));

describe("a database of another user", () => {
  /** Scans a home as a user without write access; returns the counted inputs. */
  function readAsNobody(harness: SourceHarness): number[] {
    const ledger = join(dirname(harness.home), "nobody");
    mkdirSync(ledger);
    chmodSync(ledger, 0o777);
    chmodSync(dirname(harness.home), 0o755);
    const path = join(ledger, "ledger.db");
    const job = JSON.stringify([{ name: "nobody", home: harness.home, ledger: path }]);
    const { stdout } = Bun.spawnSync([...asNobody, process.execPath, SCANNER, job], { cwd: "/" });
    expect(stdout.toString()).toEndWith("done\n");
    using database = new Database(path, { readonly: true });
    return database
      .query<{ input: number }, []>("SELECT input FROM response ORDER BY input")
      .all()
      .map(({ input }) => input);
  }

  test.skipIf(!canBeNobody)("is read without write access if no program has it open", () => {
    using harness = new SourceHarness([copilotCli]);
    write(placeOf(harness), `${WAL}${TABLES}${rows(1, 2)}`);
    expect(readAsNobody(harness)).toEqual([1, 2]);
  });

  test.skipIf(!canBeNobody)("is read without write access while its program has it open", async () => {
    using harness = new SourceHarness([copilotCli]);
    await using writer = new Writer(placeOf(harness));
    await writer.run(`${WAL}${TABLES}${rows(1, 2)}`);
    expect(readAsNobody(harness)).toEqual([1, 2]);
  });
});

describe("a damaged database file", () => {
  test.each([1, 50, 99, 100, 511, 512, 4_095, 4_096, 8_192, 100_000, -4_096, -1])(
    "cut to %d bytes is reported as damaged, or gives its complete rows",
    async (length) => {
      using harness = new SourceHarness([copilotCli]);
      const path = placeOf(harness);
      write(path, `${TABLES} BEGIN; ${rows(...MANY)} COMMIT;`);
      truncateSync(path, length < 0 ? statSync(path).size + length : length);
      expect((await harness.scan()).unreadable).toEqual([]);
      const found = inputs(harness);
      expect(found).toEqual(MANY.slice(0, found.length));
      if (found.length < MANY.length) expect(harness.skipped).toEqual([{ path, offset: 0, reason: "bad_database" }]);
      // It is not read again until it changes.
      expect((await harness.scan()).files).toBe(0);
    },
  );

  test("with damage in its middle gives the rows before the damage and is reported", async () => {
    using harness = new SourceHarness([copilotCli]);
    const path = placeOf(harness);
    write(path, `${TABLES} BEGIN; ${rows(...MANY)} COMMIT;`);
    const bytes = readFileSync(path);
    bytes.fill(0xff, bytes.length / 2);
    writeFileSync(path, bytes);
    await harness.scan();
    const found = inputs(harness);
    expect(found.length).toBeGreaterThan(20);
    expect(found).toEqual(MANY.slice(0, found.length));
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["bad_database"]);
  });

  test("that is not a database at all is reported", async () => {
    using harness = new SourceHarness([copilotCli]);
    const path = placeOf(harness);
    writeFileSync(path, "This is no database. ".repeat(200));
    await harness.scan();
    expect(harness.skipped).toEqual([{ path, offset: 0, reason: "bad_database" }]);
    expect(readdirSync(dirname(path))).toEqual(["session-store.db"]);
  });

  test("that is empty contains nothing and is not reported", async () => {
    using harness = new SourceHarness([copilotCli]);
    writeFileSync(placeOf(harness), "");
    expect((await harness.scan()).unreadable).toEqual([]);
    expect(harness.skipped).toEqual([]);
  });

  test("without its write-ahead log contains no table yet, and is counted once the log is there", async () => {
    using harness = new SourceHarness([copilotCli]);
    const path = placeOf(harness);
    const live = join(harness.home, "live.db");
    await using writer = new Writer(live);
    await writer.run(`${WAL}${TABLES}${rows(1)}`);
    copyFileSync(live, path);
    await harness.scan();
    expect(harness.totals.responses).toBe(0);
    copyFileSync(`${live}-wal`, `${path}-wal`);
    await harness.scan();
    expect(inputs(harness)).toEqual([1]);
  });
});
