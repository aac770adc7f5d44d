import { describe, expect, spyOn, test } from "bun:test";
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { LONGEST_LINE } from "../../src/collector/chunks.ts";
import { Desk, responseLine, text } from "../ledger/home.ts";

const FILE = "-home-dev-work-api/5e551011.jsonl";
const TOO_LONG = LONGEST_LINE + 10_000_000;

/** A file of zeros without a newline, which takes no room on the disk. */
function zeros(desk: Desk, length: number): string {
  const path = desk.at(FILE);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  truncateSync(path, length);
  return desk.touch(path);
}

describe("a line that is too long", () => {
  test("is named, once, and what stands before and behind it is counted", async () => {
    using desk = new Desk();
    desk.write(FILE, text(responseLine("a")));
    const first = text(responseLine("a")).length;
    truncateSync(desk.at(FILE), first + TOO_LONG);
    desk.append(FILE, `\n${text(responseLine("b"))}`);
    await desk.scan();
    expect(desk.responses).toBe(2);
    expect(desk.skipped).toEqual([{ path: desk.at(FILE), offset: first, reason: "line_too_long" }]);
    expect(await desk.scan()).toMatchObject({ files: 0, bytes: 0 });
  });

  test("is not read again when it grows, and when it ends what follows is counted", async () => {
    using desk = new Desk();
    const path = zeros(desk, TOO_LONG);
    await desk.scan();
    expect(desk.skipped).toEqual([{ path, offset: 0, reason: "line_too_long" }]);
    expect(desk.ledger.files.progress()).toEqual({ files: 1, size: TOO_LONG, usage: TOO_LONG, activity: TOO_LONG });
    appendFileSync(path, "more of it");
    desk.touch(path);
    expect((await desk.scan()).bytes).toBe(10);
    const line = text(responseLine("a"));
    desk.append(FILE, `and its end\n${line}`);
    expect((await desk.scan()).bytes).toBe("and its end\n".length + line.length);
    expect(desk.responses).toBe(1);
    expect(desk.skipped).toHaveLength(1);
  });

  test("can be stopped in its middle, and is gone on with there", async () => {
    using desk = new Desk();
    zeros(desk, TOO_LONG + 100_000_000);
    const stop = new AbortController();
    const { isCut } = await desk.scan({ pass: "usage", signal: stop.signal, progress: () => stop.abort() });
    const { usage } = desk.ledger.files.progress();
    expect({ isCut, isAhead: usage >= LONGEST_LINE, isDone: usage === TOO_LONG + 100_000_000 }).toEqual({
      isCut: true,
      isAhead: true,
      isDone: false,
    });
    expect((await desk.scan({ pass: "usage" })).bytes).toBe(TOO_LONG + 100_000_000 - usage);
  });
});

test("places that are skipped are handed to the ledger by and by, and counted there", async () => {
  using desk = new Desk();
  const lines = '{"usage":1}\n'.repeat(8_000);
  for (const name of ["a", "b", "c"]) desk.write(`-home-dev-work-api/${name}.jsonl`, lines);
  const add = spyOn(desk.ledger, "add");
  await desk.scan();
  const most = Math.max(...add.mock.calls.map(([{ skipped }]) => skipped.length));
  expect(most).toBe(8_000);
  expect(desk.ledger.files.skippedCounts("claude-code")).toEqual({ not_a_response: 24_000 });
  expect(desk.ledger.files.skippedCounts("codex")).toEqual({});
});
