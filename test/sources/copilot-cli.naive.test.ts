import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { complete, type Event, eventsOf, recorded } from "./copilot-cli.ts";
import { assistants } from "./harness.ts";

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

const [, old] = recorded;
const files = [...eventsOf("1.0.102").values()];
const events = files.flat();
const of = (type: string): Event[] => events.filter((event) => event.type === type);
const sum = (usages: readonly unknown[], name = "inputTokens"): number =>
  usages.reduce<number>((total, usage) => total + Number(fields(usage)[name] ?? 0), 0);
const records = of("session.usage_record").map(({ data }) => data["usage"]);
const sumsOf = ({ data }: Event): unknown[] =>
  Object.values(fields(data["modelMetrics"])).map((metrics) => fields(metrics)["usage"]);
const truth = complete.reduce((total, { usage }) => total + (usage?.prompt ?? 0), 0);

describe("naive counting rules for Copilot CLI", () => {
  test("adding up usage records counts a fork's copies and misses compactions", () => {
    expect(truth).toBe(362_800);
    expect(sum(records)).toBe(414_200);
  });

  test("adding both records of a compaction counts it twice", () => {
    const compactions = of("session.compaction_complete").map(({ data }) => data["compactionTokensUsed"]);
    const calls = of("model.model_call_success").map(({ data }) => data["responseUsage"]);
    // The fork's copy of the compaction is included, too.
    expect(sum(records) + sum(compactions) + sum(calls, "prompt_tokens")).toBe(467_400);
  });

  // While the forked session is open, its last run has no totals.
  const ended = (file: readonly Event[]): Event[] => file.filter(({ type }) => type === "session.shutdown");
  const open = files.filter((file) => file[0]?.data["sessionId"] !== "ad50c59e-3d15-4f32-b943-5e2749e1d3bc");

  test("adding up the totals of each run counts earlier runs again, and a fork's parent", () => {
    expect(sum(files.flatMap(ended).flatMap(sumsOf))).toBe(465_700);
    expect(sum(open.flatMap(ended).flatMap(sumsOf))).toBe(401_000);
  });

  test("adding up the last totals of each session counts a fork's parent and misses compactions", () => {
    const last = (file: readonly Event[]): Event[] => ended(file).slice(-1);
    expect(sum(files.flatMap(last).flatMap(sumsOf))).toBe(414_200);
    expect(sum(open.flatMap(last).flatMap(sumsOf))).toBe(349_500);
  });

  test("adding cache reads and writes to the input counts them twice", () => {
    const once = new Map(records.map((usage) => [fields(usage)["apiCallId"], usage]));
    const cached = sum([...once.values()], "cacheReadTokens") + sum([...once.values()], "cacheWriteTokens");
    expect(cached).toBeGreaterThan(100_000);
    expect(sum([...once.values()]) + cached).toBeGreaterThan(truth);
  });

  test("matching rows and events by time fails, because two pairs differ by a millisecond", () => {
    using database = new Database(join(assistants, "copilot-cli/1.0.102/session-store.db"), { readonly: true });
    const rows = database.query<{ at: string }, []>("SELECT created_at AS at FROM assistant_usage_events").all();
    const usageEvents = [...of("session.usage_record"), ...of("session.compaction_complete")];
    const times = new Set(usageEvents.map(({ timestamp }) => timestamp));
    expect(rows).toHaveLength(31);
    expect(rows.filter(({ at }) => !times.has(at))).toHaveLength(2);
  });

  test("taking the last totals of an old version counts only the last run", () => {
    const [file = []] = eventsOf("1.0.24").values();
    const runs = file.filter(({ type }) => type === "session.shutdown");
    const whole = (old?.truth.input ?? 0) + (old?.truth.cacheRead ?? 0);
    expect(runs.map((run) => sum(sumsOf(run)))).toEqual([27_100, 27_900]);
    expect(sum(runs.flatMap(sumsOf))).toBe(whole);
  });
});
