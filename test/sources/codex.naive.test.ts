import { describe, expect, test } from "bun:test";
import { type Fields, fields, parse } from "../../src/utils/json.ts";
import { expected, rolloutsOf, type Sums } from "./codex.ts";

/*
 * Naive rules for counting Codex's rollouts, applied to the files of the recorded homes. Each gives a known wrong number, so
 * these tests show by how much the recorded homes' tests would fail if the reader used that rule.
 */

type Usage = Readonly<Record<"input_tokens" | "cached_input_tokens" | "output_tokens" | "total_tokens", number>>;

interface Rollout {
  readonly thread: string;
  readonly lines: readonly { type: string; payload: Fields }[];
  /** Of each "token_count" event with usage. */
  readonly counts: readonly { total: Usage; last: Usage }[];
  readonly records: readonly Fields[];
}

const usageOf = (value: unknown): Usage => value as Usage;

function rollouts(version: string, isThis: (path: string) => boolean = () => true): Rollout[] {
  return rolloutsOf(version)
    .filter(({ path }) => isThis(path))
    .map(({ text }) => {
      const all = text
        .trimEnd()
        .split("\n")
        .map((line) => parse(line) ?? {});
      const lines = all.map((line) => ({ type: String(line["type"]), payload: fields(line["payload"]) }));
      const infos = lines
        .filter(({ payload }) => payload["type"] === "token_count")
        .map(({ payload }) => fields(payload["info"]))
        .filter((info) => info["total_token_usage"]);
      return {
        thread: String(lines[0]?.payload["id"]),
        lines,
        counts: infos.map((info) => ({
          total: usageOf(info["total_token_usage"]),
          last: usageOf(info["last_token_usage"]),
        })),
        records: lines.filter(({ type }) => type === "token_usage_record").map(({ payload }) => payload),
      };
    });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const lastOfEach = (all: readonly Rollout[], of: keyof Usage = "input_tokens"): number =>
  sum(all.flatMap(({ counts }) => counts.map(({ last }) => last[of])));

const lastWhereTotalChanged = (all: readonly Rollout[]): number =>
  sum(
    all.flatMap(({ counts }) =>
      counts
        .filter(({ total }, at) => total.total_tokens !== counts[at - 1]?.total.total_tokens)
        .map(({ last }) => last.input_tokens),
    ),
  );

const finalTotals = (all: readonly Rollout[]): number =>
  sum(all.map(({ counts }) => counts.at(-1)?.total.input_tokens ?? 0));

const ofRecords = (all: readonly Rollout[], name: string, of: keyof Usage = "input_tokens"): number =>
  sum(all.flatMap(({ records }) => records.map((record) => usageOf(record[name])[of])));

const largestOfThreads = (all: readonly Rollout[]): number => {
  const records = all.flatMap((one) => one.records);
  const threads = Map.groupBy(records, (record) => record["thread_id"]);
  return sum(
    [...threads.values()].map((some) =>
      Math.max(...some.map((one) => usageOf(one["thread_token_usage"]).input_tokens)),
    ),
  );
};

const right = (version: string): Sums => expected(version).total;
const rightOf = (version: string, thread: string): number => expected(version).threads[thread]?.input_tokens ?? 0;

const FORK_OF_FORK = "01a1f86b-0392-7ed0-a28e-2b81748908b9";
const COMPACTED = "01a1f86b-666f-7fb0-b05b-1e26be9911ac";
const REWOUND = "01a1f86c-8155-7ae3-a96f-0bede99198f4";
const RESUMED = "01a1f862-4ed4-74e1-aceb-6ff87993e62a";
const FORKED = "01a1f865-1813-7470-b3b9-9306a4b877d7";
const CHILD = "01a1f86b-1514-7182-b1d8-f1954aeb98ae";

describe("naive counting rules for Codex", () => {
  const home = rollouts("0.169.0");
  const named = (id: string): Rollout[] => rollouts("0.169.0", (path) => path.includes(id));

  test("the correct numbers, which none of the other rules gives", () => {
    expect(right("0.169.0").input_tokens).toBe(1_563_858);
    expect(right("0.169.0").output_tokens).toBe(37_840);
    expect(right("0.98.0").input_tokens).toBe(618_181);
    expect(ofRecords(home, "usage")).toBe(1_563_858);
  });

  test("adding up the last usage of every event counts too much", () => {
    expect(lastOfEach(home)).toBe(2_045_474);
    expect(lastOfEach(home, "total_tokens")).toBe(2_109_050);
    // There are two events for each response.
    expect(lastOfEach(rollouts("0.98.0"))).toBe(1_403_836);
    // A compaction repeats the previous event.
    expect(lastOfEach(named(COMPACTED))).toBe(991_413);
    expect(rightOf("0.169.0", COMPACTED)).toBe(511_413);
  });

  test("adding up the last usage wherever the total changed is wrong in both directions", () => {
    // The last usage of an incomplete response is zero; a response killed during a tool call has no event.
    expect(lastWhereTotalChanged(home)).toBe(1_563_858 - 27_777);
    // A fork contains its parent's events.
    expect(lastWhereTotalChanged(rollouts("0.98.0", (path) => path.includes(FORKED)))).toBe(115_656);
    expect(rightOf("0.98.0", FORKED)).toBe(10_101);
  });

  test("adding up the final total of each file is wrong in both directions", () => {
    expect(finalTotals(home)).toBe(2_118_791);
    expect(finalTotals(named(FORK_OF_FORK))).toBe(130_302);
    expect(rightOf("0.169.0", FORK_OF_FORK)).toBe(11_414);
    expect(finalTotals(named(REWOUND))).toBe(398_063);
    // The total started again when the thread was resumed.
    expect(finalTotals(rollouts("0.40.0", (path) => path.includes(RESUMED)))).toBe(43_434);
    expect(rightOf("0.40.0", RESUMED)).toBe(105_555);
  });

  test("counting only the newest file of a rewound thread misses responses", () => {
    expect(ofRecords(named(`${REWOUND}_`), "usage")).toBe(18_787);
    expect(rightOf("0.169.0", REWOUND)).toBe(56_058);
  });

  test("adding up the running totals of records counts too much", () => {
    expect(largestOfThreads(home)).toBe(1_933_345);
    expect(ofRecords(home, "turn_token_usage")).toBe(3_808_825);
  });

  test("adding cached or reasoning tokens to input or output counts them twice", () => {
    const cached = ofRecords(home, "usage", "cached_input_tokens");
    expect(ofRecords(home, "usage") + cached).toBe(1_915_423);
    const { output_tokens: output, reasoning_output_tokens: reasoning } = right("0.169.0");
    expect(output + reasoning).toBe(51_093);
  });

  test("taking the last session_meta of a file gives the wrong thread", () => {
    const metas = named(CHILD).flatMap(({ lines }) => lines.filter(({ type }) => type === "session_meta"));
    expect(metas[0]?.payload["id"]).toBe(CHILD);
    expect(metas.at(-1)?.payload["id"]).not.toBe(CHILD);
  });

  test("counting only records finds nothing in versions that write none", () => {
    for (const version of ["0.36.0", "0.40.0", "0.63.0", "0.98.0"])
      expect(ofRecords(rollouts(version), "usage")).toBe(0);
  });
});
