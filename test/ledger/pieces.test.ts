import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { makeCorpus } from "./corpus.ts";
import { folder } from "./dump.ts";
import { Harness, responseLine, TEN, text } from "./home.ts";
import { queriesOf } from "./queries.ts";

/** All lines of a small made-up home, as one file. */
function linesOfCorpus(): string[] {
  using place = folder();
  makeCorpus(place.path, { megabytes: 0.2, files: 4, seed: 3, results: [20, 60] });
  const root = join(place.path, ".claude/projects");
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .toSorted()
    .flatMap((name) => readFileSync(join(root, name), "utf8").trimEnd().split("\n"));
}

/** Checks that a file that is read after every few lines gives the same facts as one that is read at once. */
async function sameInPieces(lines: readonly string[], pieces: readonly number[]): Promise<void> {
  using harness = new Harness();
  harness.write("p/s.jsonl", "");
  let from = 0;
  for (const size of [...pieces, lines.length]) {
    harness.append("p/s.jsonl", text(...lines.slice(from, from + size)));
    await harness.scan();
    from += size;
    if (from >= lines.length) break;
  }
  const { facts, sums } = harness.dump();
  const whole = await harness.fresh();
  expect({ facts, sums }).toEqual({ facts: whole.facts, sums: whole.sums });
}

/** Reads the file after every line. */
const oneByOne = (lines: readonly string[]): Promise<void> =>
  sameInPieces(
    lines,
    lines.map(() => 1),
  );

describe("a file that is read piece by piece gives the same facts", () => {
  test("if it is like a real one", async () => {
    const lines = linesOfCorpus();
    expect(lines.length).toBeGreaterThan(100);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }), (pieces) =>
        sameInPieces(lines, pieces),
      ),
      { numRuns: 15 },
    );
  });

  test("if a response is incomplete at first", () =>
    oneByOne([1, 5, 5, 90].map((output, at) => responseLine("a", { output, at: TEN + at }))));

  test("if a session was closed and resumed", () => {
    const state = (duration: number): string =>
      JSON.stringify({
        type: "cost-state",
        sessionId: "5e551011",
        startTime: TEN,
        totalDuration: duration,
        modelUsage: {},
      });
    const later = TEN + 3_600_000;
    return oneByOne([responseLine("a"), state(5_000), responseLine("b", { at: later }), state(9_000)]);
  });

  test("if a session was closed at a time before its last line", () => {
    const state = {
      type: "cost-state",
      sessionId: "5e551011",
      startTime: TEN - 60_000,
      totalDuration: 5_000,
      modelUsage: {},
    };
    return oneByOne([responseLine("a"), JSON.stringify(state)]);
  });

  test("except for the time of lines without one, which is that of the lines read with them", async () => {
    using harness = new Harness();
    const timeless = (id: string): string => responseLine(id).replace(/,"timestamp":"[^"]*"/, "");
    harness.write("p/s.jsonl", text(responseLine("a"), timeless("b")));
    await harness.scan();
    harness.append("p/s.jsonl", text(timeless("c")));
    await harness.scan();
    const times = queriesOf(harness.ledger)
      .responses({ from: 0, to: TEN * 2 })
      .map(({ at }) => at);
    const { mtimeMs } = statSync(harness.at("p/s.jsonl"));
    expect(times).toEqual([TEN, TEN, Math.floor(mtimeMs)]);
  });

  test("if the lines of one response report prompts of different length", () => {
    const line = (input: number, output: number): string => responseLine("a", { input, output });
    return oneByOne([line(250_000, 1), line(3, 90)]);
  });
});
