import { expect, test } from "bun:test";
import { Collector } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { sources } from "../../src/sources/registry.ts";
import { Harness, filler, responseLine, text } from "../ledger/home.ts";
import { write } from "../sources/writer.ts";

const FILE = "-home-dev-work-api/5e551011.jsonl";

/** Ids of the responses in a file before and after it was rewritten in place; all lines have the same length. */
const rewritten: readonly (readonly [before: string, after: string])[] = [
  ["ab", "cde"],
  // Only the end, the middle or the beginning differs.
  ["ab", "acd"],
  ["abcdefghi", "abcdEfghij"],
  ["abcdefghi", "Abcdefghij"],
];

test.each(rewritten)(
  "a file rewritten in place from %s to %s is read from its beginning, and then continued at its end",
  async (before, after) => {
    const file = (ids: string): string =>
      text(filler(2_000), ...ids.split("").map((id) => responseLine(id, { length: 3_000 })));
    using harness = new Harness();
    harness.write(FILE, file(before));
    await harness.scan();
    harness.write(FILE, file(after));
    await harness.scan();
    expect(harness.responses).toBe(new Set((before + after).split("")).size);
    const line = text(responseLine("z"));
    harness.append(FILE, line);
    expect((await harness.scan({ phase: "usage" })).bytes).toBe(line.length);
  },
);

test("a large file rewritten in place with other lines of the same length is read from its beginning", async () => {
  const file = (from: number, count: number): string =>
    text(...Array.from({ length: count }, (_, index) => responseLine(String(from + index), { length: 3_000 })));
  using harness = new Harness();
  harness.write(FILE, file(1_000, 100));
  await harness.scan({ phase: "usage" });
  harness.write(FILE, file(2_000, 101));
  await harness.scan({ phase: "usage" });
  expect(harness.responses).toBe(201);
});

test.each([1, 30, 2_000])("of a file of %i lines of 3 KB only appended lines are read", async (count) => {
  using harness = new Harness();
  harness.write(
    FILE,
    text(...Array.from({ length: count }, (_, index) => responseLine(String(index), { length: 3_000 }))),
  );
  await harness.scan({ phase: "usage" });
  for (const id of ["y", "z"]) {
    const line = text(responseLine(id));
    harness.append(FILE, line);
    expect((await harness.scan({ phase: "usage" })).bytes).toBe(line.length);
  }
});

test("a file that an earlier version read is not read again when it grows, and is checked from then on", async () => {
  using harness = new Harness();
  harness.write(FILE, text(responseLine("a"), responseLine("b")));
  await harness.scan();
  harness.ledger[Symbol.dispose]();
  write(harness.path, "UPDATE file SET prefix = NULL");
  using ledger = new Ledger(harness.path, () => "here");
  const collector = new Collector(ledger, sources, { env: {}, home: harness.home, now: () => 0 });
  const line = text(responseLine("c"));
  harness.append(FILE, line);
  expect((await collector.scan("usage")).bytes).toBe(line.length);
  harness.write(FILE, text(...["q", "r", "s", "t"].map((id) => responseLine(id))));
  await collector.scan("usage");
  expect(harness.responses).toBe(7);
});
