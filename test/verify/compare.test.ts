import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, nothing } from "../../src/verify/compare.ts";
import { besideCcusage, besideOwnTotals } from "../../src/verify/others.ts";
import type { Counted, Recount, SessionSigns } from "../../src/verify/recount.ts";
import { recountFiles } from "../../src/verify/recount-files.ts";

const one: Counted = { ...nothing, id: "msg_1", part: 0, session: "s-1", model: "m", at: 1, input: 5, output: 7 };
const quiet: SessionSigns = { isFork: false, isCompacted: false, apiCompactions: 0, wentOn: false };
const recounted = (responses: readonly Counted[], mentioned: readonly string[] = []): Recount => ({
  responses,
  mentioned: new Set(mentioned),
  sessions: new Map([["s-1", quiet]]),
  files: 1,
  bytes: 1,
});
const calm = { vanished: [], changed: [], unreadable: [] };
const larger = { ...one, output: 8 };

describe("ledger and recount", () => {
  test.each([
    ["the same", one, [one], [], calm, []],
    [
      "a lost line",
      one,
      [],
      [],
      calm,
      ["only in the ledger: no file names it any more: a transcript was rewritten after it was read"],
    ],
    ["a line that is there", one, [], ["msg_1"], calm, ["only in the ledger: null"]],
    [
      "a lost file",
      one,
      [],
      [],
      { ...calm, vanished: ["/p/s-1.jsonl"] },
      ["only in the ledger: its transcript is gone: the ledger keeps what it read"],
    ],
    [
      "a lost copy with more",
      larger,
      [one],
      [],
      { ...calm, vanished: ["/p/s-2.jsonl"] },
      ["other counts: a transcript that told more of it is gone"],
    ],
    ["more than any file tells", larger, [one], [], calm, ["other counts: null"]],
    ["less than a file tells", one, [larger], [], { ...calm, vanished: ["/p/s-2.jsonl"] }, ["other counts: null"]],
    ["another model", one, [{ ...one, model: "n" }], [], calm, ["another place: null"]],
    ["a time that nobody wrote", one, [{ ...one, at: null }], [], calm, []],
    [
      "a file that changes",
      larger,
      [one],
      [],
      { ...calm, changed: ["/p/s-1.jsonl"] },
      ["other counts: a file was changed while it was recounted"],
    ],
  ] as const)("%s", (_, fact, responses, mentioned, world, expected) => {
    const found = compare([fact], recounted(responses, mentioned), world);
    expect(found.map(({ what, cause }) => `${what}: ${cause}`)).toEqual([...expected]);
  });

  test("what only the files hold has no cause, unless a file could not be opened", () => {
    expect(compare([], recounted([one]), calm)).toMatchObject([{ what: "only in the files", files: 12, cause: null }]);
    expect(compare([], recounted([one]), { ...calm, unreadable: ["/p/x"] })).not.toMatchObject([{ cause: null }]);
  });

  test("what is written while it is recounted is no difference; what is cut is known", () => {
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

describe("others beside the ledger", () => {
  const causeOfOwn = (ledger: number, own: number, signs: Partial<SessionSigns> | null): string | null | undefined =>
    besideOwnTotals(
      new Map([["s-1", { tokens: own, cost: 5_000 }]]),
      new Map([["s-1", { tokens: ledger, cost: 5_000 }]]),
      signs === null ? new Map() : new Map([["s-1", { ...quiet, ...signs }]]),
    )[0]?.cause;

  test("sums that a session wrote itself", () => {
    expect(causeOfOwn(10, 10, {})).toBeNull();
    expect(causeOfOwn(10, 20, { isFork: true })).toContain("a fork begins with the sums of its parent");
    expect(causeOfOwn(10, 20, { isCompacted: true })).toContain("compact");
    expect(causeOfOwn(10, 20, {})).toContain("titles");
    expect(causeOfOwn(10, 20, {})).toContain("/btw");
    expect(causeOfOwn(20, 13, { apiCompactions: 7 })).toContain("leaves out compactions that the API made");
    expect(causeOfOwn(20, 14, { apiCompactions: 7 })).toContain("without writing its sums");
    expect(causeOfOwn(20, 10, { wentOn: true })).toContain("it went on");
    expect(causeOfOwn(20, 10, {})).toContain("without writing its sums");
    expect(causeOfOwn(20, 10, null)).toBe("its transcript is gone");
  });

  test("days of ccusage", () => {
    const theirs = { input: 5, output: 7, cacheWrite: 0, cacheRead: 0, cost: 1 };
    const ours = { ...nothing, responses: 1, input: 5, output: 7, cost: 1 };
    const scope = { first: "2026-11-02", last: "2026-11-03", hasVanished: false };
    const causes = (them: Record<string, typeof theirs>, us: Record<string, typeof ours>) =>
      besideCcusage(new Map(Object.entries(them)), new Map(Object.entries(us)), scope).map(({ of, cause }) => [
        of,
        cause,
      ]);
    expect(causes({ "2026-11-02": theirs }, { "2026-11-02": ours })).toEqual([["2026-11-02", null]]);
    expect(causes({ "2026-11-01": theirs }, {})[0]?.[1]).toContain("before the first response");
    expect(causes({ "2026-11-04": theirs }, {})[0]?.[1]).toContain("after the last");
    expect(causes({}, { "2026-11-02": ours })[0]?.[1]).toBe("the report does not hold this day");
    const shifted = causes({ "2026-11-03": theirs }, { "2026-11-02": ours });
    expect(shifted[1]?.[1]).toBe("the day begins elsewhere: another time zone");
  });
});
