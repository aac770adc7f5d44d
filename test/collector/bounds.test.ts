import { describe, expect, spyOn, test } from "bun:test";
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { MAX_LINE_BYTES } from "../../src/collector/chunks.ts";
import { Harness, responseLine, text } from "../ledger/home.ts";
import { queriesOf } from "../ledger/queries.ts";

const FILE = "-home-dev-work-api/5e551011.jsonl";
const TOO_LONG = MAX_LINE_BYTES + 10_000_000;

/** A sparse file of zeros without a newline. */
function zeros(harness: Harness, length: number): string {
  const path = harness.at(FILE);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  truncateSync(path, length);
  return harness.touch(path);
}

describe("a line that is too long", () => {
  test("is reported once, and the lines before and after it are counted", async () => {
    using harness = new Harness();
    harness.write(FILE, text(responseLine("a")));
    const first = text(responseLine("a")).length;
    truncateSync(harness.at(FILE), first + TOO_LONG);
    harness.append(FILE, `\n${text(responseLine("b"))}`);
    await harness.scan();
    expect(harness.responses).toBe(2);
    expect(harness.skipped).toEqual([{ path: harness.at(FILE), offset: first, reason: "line_too_long" }]);
    expect(await harness.scan()).toMatchObject({ files: 0, bytes: 0 });
  });

  test("is not read again when it grows, and the lines after its end are counted", async () => {
    using harness = new Harness();
    const path = zeros(harness, TOO_LONG);
    await harness.scan();
    expect(harness.skipped).toEqual([{ path, offset: 0, reason: "line_too_long" }]);
    expect(queriesOf(harness.ledger).progress()).toEqual({
      files: 1,
      size: TOO_LONG,
      usage: TOO_LONG,
      activity: TOO_LONG,
    });
    appendFileSync(path, "more of it");
    harness.touch(path);
    expect((await harness.scan()).bytes).toBe(10);
    const line = text(responseLine("a"));
    harness.append(FILE, `and its end\n${line}`);
    expect((await harness.scan()).bytes).toBe("and its end\n".length + line.length);
    expect(harness.responses).toBe(1);
    expect(harness.skipped).toHaveLength(1);
  });

  test("can be interrupted by a stopped scan, and the next scan continues there", async () => {
    using harness = new Harness();
    zeros(harness, TOO_LONG + 100_000_000);
    const stop = new AbortController();
    const { isStopped } = await harness.scan({ phase: "usage", signal: stop.signal, progress: () => stop.abort() });
    const { usage } = queriesOf(harness.ledger).progress();
    expect({ isStopped, isAhead: usage >= MAX_LINE_BYTES, isDone: usage === TOO_LONG + 100_000_000 }).toEqual({
      isStopped: true,
      isAhead: true,
      isDone: false,
    });
    expect((await harness.scan({ phase: "usage" })).bytes).toBe(TOO_LONG + 100_000_000 - usage);
  });
});

test("skipped places are passed to the ledger in batches and counted by the database", async () => {
  using harness = new Harness();
  const lines = '{"usage":1}\n'.repeat(8_000);
  for (const name of ["a", "b", "c"]) harness.write(`-home-dev-work-api/${name}.jsonl`, lines);
  const add = spyOn(harness.ledger, "add");
  await harness.scan();
  const most = Math.max(...add.mock.calls.map(([{ skipped = [] }]) => skipped.length));
  expect(most).toBe(8_000);
  expect(harness.ledger.files.skippedCounts("claude-code")).toEqual({ not_a_response: 24_000 });
  expect(harness.ledger.files.skippedCounts("codex")).toEqual({});
});
