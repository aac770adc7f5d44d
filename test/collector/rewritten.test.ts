import { expect, test } from "bun:test";
import { Collector } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { sources } from "../../src/sources/registry.ts";
import { Desk, filler, responseLine, text } from "../ledger/home.ts";
import { write } from "../sources/writer.ts";

const FILE = "-home-dev-work-api/5e551011.jsonl";

/** Ids of the responses of a file before and after it was rewritten in place: lines of one length. */
const rewritten: readonly (readonly [before: string, after: string])[] = [
  ["ab", "cde"],
  // Only what stands at the end, in the middle or at the beginning differs.
  ["ab", "acd"],
  ["abcdefghi", "abcdEfghij"],
  ["abcdefghi", "Abcdefghij"],
];

test.each(rewritten)(
  "a file rewritten in place from %s to %s is read anew, and then goes on at its end",
  async (before, after) => {
    const file = (ids: string): string =>
      text(filler(2_000), ...ids.split("").map((id) => responseLine(id, { length: 3_000 })));
    using desk = new Desk();
    desk.write(FILE, file(before));
    await desk.scan();
    desk.write(FILE, file(after));
    await desk.scan();
    expect(desk.responses).toBe(new Set((before + after).split("")).size);
    const line = text(responseLine("z"));
    desk.append(FILE, line);
    expect((await desk.scan({ pass: "usage" })).bytes).toBe(line.length);
  },
);

test("a large file rewritten in place with other lines of the same length is read anew", async () => {
  const file = (from: number, count: number): string =>
    text(...Array.from({ length: count }, (_, index) => responseLine(String(from + index), { length: 3_000 })));
  using desk = new Desk();
  desk.write(FILE, file(1_000, 100));
  await desk.scan({ pass: "usage" });
  desk.write(FILE, file(2_000, 101));
  await desk.scan({ pass: "usage" });
  expect(desk.responses).toBe(201);
});

test.each([1, 30, 2_000])("of a file of %i lines of 3 KB only what is appended is read", async (count) => {
  using desk = new Desk();
  desk.write(
    FILE,
    text(...Array.from({ length: count }, (_, index) => responseLine(String(index), { length: 3_000 }))),
  );
  await desk.scan({ pass: "usage" });
  for (const id of ["y", "z"]) {
    const line = text(responseLine(id));
    desk.append(FILE, line);
    expect((await desk.scan({ pass: "usage" })).bytes).toBe(line.length);
  }
});

test("a file that an earlier version read is not read again when it is appended to, and from then on checked", async () => {
  using desk = new Desk();
  desk.write(FILE, text(responseLine("a"), responseLine("b")));
  await desk.scan();
  desk.ledger[Symbol.dispose]();
  write(desk.path, "UPDATE file SET prefix = NULL");
  using ledger = new Ledger(desk.path, () => "here");
  const collector = new Collector(ledger, sources, { env: {}, home: desk.home, now: () => 0 });
  const line = text(responseLine("c"));
  desk.append(FILE, line);
  expect((await collector.scan("usage")).bytes).toBe(line.length);
  desk.write(FILE, text(...["q", "r", "s", "t"].map((id) => responseLine(id))));
  await collector.scan("usage");
  expect(desk.responses).toBe(7);
});
