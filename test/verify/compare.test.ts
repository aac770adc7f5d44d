import { describe, expect, test } from "bun:test";
import { noTokens } from "../../src/model/tokens.ts";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, noSums } from "../../src/verify/compare.ts";
import { compareCcusage, compareOwnTotals } from "../../src/verify/other-counters.ts";
import type { Counted, Recount, SessionEvidence } from "../../src/verify/recount.ts";
import { recountFiles } from "../../src/verify/recount-files.ts";

const one: Counted = { ...noSums, id: "msg_1", part: 0, session: "s-1", model: "m", at: 1, input: 5, output: 7 };
const noEvidence: SessionEvidence = { isFork: false, isCompacted: false, apiCompactions: 0, continuedAfterSums: false };
const recounted = (responses: readonly Counted[], mentioned: readonly string[] = []): Recount => ({
  responses,
  mentioned: new Set(mentioned),
  sessions: new Map([["s-1", noEvidence]]),
  files: 1,
  bytes: 1,
});
const unchanged = { vanished: [], changed: [], unreadable: [] };
const larger = { ...one, output: 8 };

describe("differences between ledger and recount", () => {
  test.each([
    ["equal responses", one, [one], [], unchanged, []],
    [
      "a lost line",
      one,
      [],
      [],
      unchanged,
      ["only in the ledger: no file contains its id any more: a transcript was rewritten after it was read"],
    ],
    ["a line that still exists", one, [], ["msg_1"], unchanged, ["only in the ledger: null"]],
    [
      "a lost file",
      one,
      [],
      [],
      { ...unchanged, vanished: ["/p/s-1.jsonl"] },
      ["only in the ledger: its transcript is gone: the ledger keeps what it read"],
    ],
    [
      "a lost copy with more",
      larger,
      [one],
      [],
      { ...unchanged, vanished: ["/p/s-2.jsonl"] },
      ["other counts: a transcript that contained more of it is gone"],
    ],
    ["a larger count than in any file", larger, [one], [], unchanged, ["other counts: null"]],
    [
      "a smaller count than in a file",
      one,
      [larger],
      [],
      { ...unchanged, vanished: ["/p/s-2.jsonl"] },
      ["other counts: null"],
    ],
    ["another model", one, [{ ...one, model: "n" }], [], unchanged, ["another place: null"]],
    ["a line without a time", one, [{ ...one, at: null }], [], unchanged, []],
    [
      "a file changed during the recount",
      larger,
      [one],
      [],
      { ...unchanged, changed: ["/p/s-1.jsonl"] },
      ["other counts: a file was changed while it was recounted"],
    ],
  ] as const)("compare explains %s", (_, fact, responses, mentioned, changes, expected) => {
    const found = compare([fact], recounted(responses, mentioned), changes);
    expect(found.map(({ what, cause }) => `${what}: ${cause}`)).toEqual([...expected]);
  });

  test("a response found only in the files has no cause, unless a file could not be opened", () => {
    expect(compare([], recounted([one]), unchanged)).toMatchObject([
      { what: "only in the files", files: 12, cause: null },
    ]);
    expect(compare([], recounted([one]), { ...unchanged, unreadable: ["/p/x"] })).not.toMatchObject([{ cause: null }]);
  });

  test("lines written after the scan are not differences, and truncated files are reported", () => {
    const home = mkdtempSync(join(tmpdir(), "pawprint-recount-"));
    try {
      const folder = join(home, ".claude/projects/p");
      mkdirSync(folder, { recursive: true });
      const line = (id: string): string =>
        `${JSON.stringify({ type: "assistant", message: { id, model: "m", usage: { output_tokens: 5 } } })}\n`;
      const path = join(folder, "s-1.jsonl");
      writeFileSync(path, line("msg_1"));
      const read = new Map([[path, line("msg_1").length]]);
      appendFileSync(path, line("msg_2"));
      writeFileSync(join(folder, "s-2.jsonl"), line("msg_3"));
      const later = recountFiles({}, home, read, 0);
      expect(later.recount.responses.map(({ id }) => id)).toEqual(["msg_1"]);
      expect(later).toMatchObject({ newSince: 1, changed: [] });
      truncateSync(path, 10);
      expect(recountFiles({}, home, read, 0).changed).toEqual([path]);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

describe("comparison with other programs", () => {
  const causeOfOwn = (
    ledger: number,
    own: number,
    evidence: Partial<SessionEvidence> | null,
  ): string | null | undefined =>
    compareOwnTotals(
      new Map([["s-1", { tokens: own, cost: 5_000 }]]),
      new Map([["s-1", { tokens: ledger, cost: 5_000 }]]),
      evidence === null ? new Map() : new Map([["s-1", { ...noEvidence, ...evidence }]]),
    )[0]?.cause;

  test("differences from the totals that a session recorded are explained", () => {
    expect(causeOfOwn(10, 10, {})).toBeNull();
    expect(causeOfOwn(10, 20, { isFork: true })).toContain("a fork begins with the totals of its parent session");
    expect(causeOfOwn(10, 20, { isCompacted: true })).toContain("compact");
    expect(causeOfOwn(10, 20, {})).toContain("titles");
    expect(causeOfOwn(10, 20, {})).toContain("/btw");
    expect(causeOfOwn(20, 13, { apiCompactions: 7 })).toContain("leaves out compactions made by the API");
    expect(causeOfOwn(20, 14, { apiCompactions: 7 })).toContain("without writing its totals");
    expect(causeOfOwn(20, 10, { continuedAfterSums: true })).toContain("the session continued");
    expect(causeOfOwn(20, 10, {})).toContain("without writing its totals");
    expect(causeOfOwn(20, 10, null)).toBe("its transcript is gone");
  });

  test("differences from the days of ccusage are explained", () => {
    const theirs = { ...noTokens, input: 5, output: 7, cost: 1 };
    const ours = { ...noSums, responses: 1, input: 5, output: 7, cost: 1 };
    const scope = { first: "2026-11-02", last: "2026-11-03", hasVanished: false };
    const causes = (them: Record<string, typeof theirs>, us: Record<string, typeof ours>) =>
      compareCcusage(new Map(Object.entries(them)), new Map(Object.entries(us)), scope).map(({ of, cause }) => [
        of,
        cause,
      ]);
    expect(causes({ "2026-11-02": theirs }, { "2026-11-02": ours })).toEqual([["2026-11-02", null]]);
    const [short, long] = [
      { ...theirs, cacheWrite5m: 9 },
      { ...ours, cacheWrite1h: 9 },
    ];
    expect(causes({ "2026-11-02": short }, { "2026-11-02": long })[0]?.[1]).toBeNull();
    expect(causes({ "2026-11-02": short }, { "2026-11-02": ours })[0]?.[1]).toContain("counted copies");
    expect(causes({ "2026-11-01": theirs }, {})[0]?.[1]).toContain("before the first response");
    expect(causes({ "2026-11-04": theirs }, {})[0]?.[1]).toContain("after the last");
    expect(causes({}, { "2026-11-02": ours })[0]?.[1]).toBe("the ccusage report does not contain this day");
    const shifted = causes({ "2026-11-03": theirs }, { "2026-11-02": ours });
    expect(shifted[1]?.[1]).toBe("ccusage used another time zone, so its days begin at another time");
  });
});
