import { describe, expect, test } from "bun:test";
import { totalOf } from "../../src/model/tokens.ts";
import { type Counted, Recounter } from "../../src/verify/recount.ts";
import { piecesOf, transcriptRoots, transcriptsIn } from "../../src/verify/transcripts.ts";
import { cannotSet, type Count, differences, type Truth, traps, withHome } from "../traps/trap.ts";

/** Traps whose truth includes lines that no longer exist. The second reader sees only what is left. */
const NEEDS_HISTORY = new Set(["deleted-after-thirty-days", "replaced-by-a-shorter-file", "replaced-by-the-same-size"]);

const recount: Count = (home, env) => {
  const recounter = new Recounter();
  for (const path of transcriptsIn(transcriptRoots(env, home))) {
    const pieces = piecesOf(path);
    if (pieces) recounter.read(path, pieces);
  }
  return Promise.resolve(truthOf(recounter.result().responses));
};

function truthOf(responses: readonly Counted[]): Truth {
  const sum = (count: (one: Counted) => number): number => responses.reduce((total, one) => total + count(one), 0);
  const by = (keyOf: (one: Counted) => string): Record<string, number> => {
    const parts: Record<string, number> = {};
    for (const one of responses) parts[keyOf(one)] = (parts[keyOf(one)] ?? 0) + totalOf(one);
    return parts;
  };
  return {
    responses: responses.length,
    input: sum(({ input }) => input),
    output: sum(({ output }) => output),
    cacheWrite5m: sum(({ cacheWrite5m }) => cacheWrite5m),
    cacheWrite1h: sum(({ cacheWrite1h }) => cacheWrite1h),
    cacheRead: sum(({ cacheRead }) => cacheRead),
    webSearches: sum(({ searches }) => searches),
    byDay: by(({ at }) => (at === null ? "" : new Date(at).toISOString().slice(0, 10))),
    byModel: by(({ model }) => model),
    bySession: by(({ session }) => session),
  };
}

describe("traps counted by the second reader", () => {
  for (const trap of traps()) {
    const skip = NEEDS_HISTORY.has(trap.name) || cannotSet(trap) !== null;
    test.skipIf(skip)(`${trap.name}: ${trap.meaning}`, async () => {
      const { costMicros: _, ...truth } = trap.truth;
      expect(differences(truth, await withHome(trap, recount))).toEqual([]);
    });
  }
});

const response = (id: string): string =>
  JSON.stringify({
    type: "assistant",
    sessionId: "s",
    timestamp: "2026-11-20T10:00:00Z",
    message: { id, model: "claude-opus-4-6", usage: { input_tokens: 1, output_tokens: 2 } },
  });

test("a line with more values than a program writes is skipped, and the lines around it are counted", () => {
  const large = response("large").replace('"usage":{', `"usage":{"x":[${"[],".repeat(1_100_000)}1],`);
  const recounter = new Recounter();
  recounter.read("/p/s.jsonl", [Buffer.from([response("a"), large, response("b"), ""].join("\n"))]);
  expect(recounter.result().responses.map(({ id }) => id)).toEqual(["a", "b"]);
});

test("a line of more than 2 GB is skipped, and the lines around it are counted", () => {
  const zeros = Buffer.alloc(16 * 1_048_576);
  const recounter = new Recounter();
  const [before, after] = [Buffer.from(`${response("a")}\n`), Buffer.from(`\n${response("b")}\n`)];
  const bytes = recounter.read("/p/s.jsonl", [before, ...Array<Buffer>(140).fill(zeros), after]);
  expect(bytes).toBe(before.length + 140 * zeros.length + after.length);
  expect(recounter.result().responses.map(({ id }) => id)).toEqual(["a", "b"]);
});

test.each([1, 7, 100, 1_000])(
  "pieces of %d bytes, of which each is put in the place of the last, give every line",
  (size) => {
    const file = Buffer.from(`\n${response("ä")}\n\n${response("b")}\n${response("€")}`);
    const piece = Buffer.alloc(size);
    function* pieces(): Generator<Buffer> {
      for (let at = 0; at < file.length; at += size) yield piece.subarray(0, file.copy(piece, 0, at, at + size));
    }
    const recounter = new Recounter();
    expect(recounter.read("/p/s.jsonl", pieces())).toBe(file.length);
    expect(recounter.result().responses.map(({ id }) => id)).toEqual(["ä", "b", "€"]);
  },
);
