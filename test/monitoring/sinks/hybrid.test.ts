import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogRecord } from "../../../src/model/record.ts";
import { JsonlWriter } from "../../../src/monitoring/JsonlWriter.ts";
import { hybrid } from "../../../src/monitoring/sinks/hybrid.ts";
import { jsonl } from "../../../src/monitoring/sinks/jsonl.ts";
import { session, Harness } from "../harness.ts";

let directory = "";
const place = () => ({ directory, dbPath: join(directory, "usage.db"), maxSize: 1_048_576, maxFiles: 3 });
const record = (minute: number): LogRecord => ({
  id: `usage-2026-11-20T10:${String(minute).padStart(2, "0")}:00.000Z-x`,
  timestamp: new Date(Date.UTC(2026, 10, 20, 10, minute)).toISOString(),
  session_id: null,
  cwd: null,
  model: null,
  version: null,
  source: "statusline",
  usage_data: { total_tokens: minute },
  statusline: null,
});
/** Returns the minutes of the records in the database. */
function copied(): number[] {
  using database = new Database(place().dbPath, { readonly: true });
  const rows = database.query<{ usage_data: string }, []>("SELECT usage_data FROM usage_logs ORDER BY timestamp").all();
  return rows.map(({ usage_data }) => (JSON.parse(usage_data) as { total_tokens: number }).total_tokens);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pawprint-hybrid-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("hybrid storage", () => {
  test("copies records that are missing after a kill between file and database, with the next record", () => {
    const first = hybrid.open(place());
    first.append("usage", record(1));
    first.close();
    // The state after a worker was killed between the two writes, plus a foreign line.
    const files = jsonl.open(place());
    files.append("usage", record(2));
    files.append("usage", record(3));
    appendFileSync(
      join(directory, "usage.jsonl"),
      '{"id":"odd","timestamp":"2026-11-20T10:03:30.000Z","cwd":{"a":1}}\n',
    );
    const second = hybrid.open(place());
    expect(second.append("usage", record(4))).toBe("written");
    expect(second.append("usage", record(4))).toBe("known");
    second.close();
    using database = new Database(place().dbPath, { readonly: true });
    expect(database.query("SELECT count(*) AS count FROM usage_logs").get()).toEqual({ count: 5 });
  });

  test("copies a record that was left out after the clock was set back, although the database's newest has a later time", () => {
    const first = hybrid.open(place());
    first.append("usage", record(30));
    first.close();
    jsonl.open(place()).append("usage", record(10));
    const second = hybrid.open(place());
    second.append("usage", record(11));
    second.close();
    expect(copied()).toEqual([10, 11, 30]);
  });

  test("copies a log that was written without a database before", () => {
    const files = jsonl.open(place());
    for (const minute of [1, 2, 3]) files.append("usage", record(minute));
    const both = hybrid.open(place());
    both.append("usage", record(4));
    both.close();
    expect(copied()).toEqual([1, 2, 3, 4]);
  });

  test("continues in the files while the database is locked, reports it, and copies the records later", () => {
    const both = hybrid.open(place());
    both.append("usage", record(1));
    both.close();
    const other = new Database(place().dbPath);
    other.run("BEGIN EXCLUSIVE");
    const locked = hybrid.open(place());
    expect([2, 3, 4].map((minute) => locked.append("usage", record(minute)))).toEqual([
      "written",
      "written",
      "written",
    ]);
    expect(locked.problem?.()).toContain("lacks records that are in the files: database is locked");
    locked.close();
    other.close();
    const later = hybrid.open(place());
    later.append("usage", record(5));
    expect(later.problem?.()).toBeNull();
    later.close();
    expect(copied()).toEqual([1, 2, 3, 4, 5]);
  }, 20_000);

  test("copies what is missing even if a kill left the file empty that was to follow a full one", () => {
    const both = hybrid.open(place());
    both.append("usage", record(1));
    both.close();
    jsonl.open(place()).append("usage", record(2));
    renameSync(join(directory, "usage.jsonl"), join(directory, "usage.jsonl.000001"));
    writeFileSync(join(directory, "usage.jsonl"), "", { mode: 0o600 });
    const later = hybrid.open(place());
    later.append("usage", record(3));
    later.close();
    expect(copied()).toEqual([1, 2, 3]);
  });

  test("reads only the last line of the files to see whether the database has it", () => {
    const path = join(directory, "usage.jsonl");
    writeFileSync(path, "", { mode: 0o600 });
    truncateSync(path, 500_000_000);
    appendFileSync(path, `\n${JSON.stringify(record(1))}\n`);
    const before = process.memoryUsage().rss;
    expect(new JsonlWriter(path, { maxSize: 1_073_741_824, maxFiles: 3 }).lastId()).toBe(record(1).id);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  test("a process that continues copies what a lock kept out, some time after the lock is gone", () => {
    const both = hybrid.open(place());
    both.append("usage", record(1));
    const other = new Database(place().dbPath);
    other.run("BEGIN EXCLUSIVE");
    both.append("usage", record(2));
    expect(both.problem?.()).toContain("lacks records that are in the files");
    other.close();
    const real = performance.now.bind(performance);
    using _ = spyOn(performance, "now").mockImplementation(() => real() + 60_000);
    both.append("usage", record(3));
    expect(both.problem?.()).toBeNull();
    both.close();
    expect(copied()).toEqual([1, 2, 3]);
  }, 20_000);

  test("reports a database that is behind in the state, and does not stop logging", async () => {
    using harness = new Harness();
    const problem = "/x/usage.db lacks records that are in the files: database is locked";
    const log = hybrid.open(place());
    const outcome = await harness.recorder({}, { log: { ...log, problem: () => problem } }).run(session("s-1"));
    expect(outcome.result).toBe("recorded");
    expect(harness.state()).toMatchObject({ failure: null, notice: problem });
  });
});
