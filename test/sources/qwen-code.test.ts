import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { qwenCode } from "../../src/sources/qwen-code.ts";
import { assistants, SourceHarness, scanned } from "./harness.ts";
import { complete, recorded, SUGGESTIONS, tokensOf } from "./qwen-code.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const FOLDER = join(assistants, "qwen-code/projects/-home-user-proj");
const linesOf = <T>(path: string): T[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);

interface Line {
  readonly type: string;
  readonly usageMetadata?: { readonly totalTokenCount: number };
  readonly systemPayload?: { readonly uiEvent?: Readonly<Record<string, unknown>> };
}
interface Run {
  readonly sessionId: string;
  readonly models: Readonly<Record<string, { readonly totalTokens: number }>>;
}

const lines = readdirSync(join(FOLDER, "chats")).flatMap((name) => linesOf<Line>(join(FOLDER, "chats", name)));
const runs = linesOf<Run>(join(assistants, "qwen-code/usage_record.jsonl"));
const truth = complete.reduce((total, one) => total + tokensOf(one), 0);
const total = (harness: SourceHarness): number =>
  harness.totals.input + harness.totals.output + harness.totals.cacheRead;

describe("the recorded chats and usage records of Qwen Code", () => {
  test("contain all responses, with suggested prompts as the remainders of their runs", async () => {
    using harness = await scanned(qwenCode, home.place);
    expect(harness.totals).toEqual(home.truth);
    expect(total(harness)).toBe(502_844);
    expect(harness.skipped).toEqual([]);
    const background = harness.responses.filter(({ agent }) => agent === "background");
    expect(background.map(({ input, output, cacheRead }) => input + output + cacheRead)).toEqual([55_954, 15_034]);
    const single = harness.responses.filter(({ agent }) => agent !== "background");
    const inChats = complete.filter(({ n }) => !SUGGESTIONS.includes(n));
    expect(single.map((one) => one.input + one.output + one.cacheRead)).toEqual(inChats.map(tokensOf));
  });

  test("have subagents as part of the session, including the program's own", async () => {
    using harness = await scanned(qwenCode, home.place);
    const agents = Map.groupBy(harness.responses, ({ agent }) => agent);
    expect(agents.get("general-purpose")?.map(({ session }) => session.slice(0, 8))).toEqual(Array(3).fill("5f516b00"));
    expect([...agents.keys()].toSorted()).toEqual([
      "",
      "background",
      "general-purpose",
      "managed-auto-memory-dreamer",
      "managed-auto-memory-extractor",
    ]);
    expect(harness.actions.filter(({ action }) => action === "agent")).toMatchObject([{ name: "general-purpose" }]);
    expect(harness.all("SELECT DISTINCT project, branch, version FROM session")).toEqual([
      { project: "/home/user/proj", branch: "main", version: "0.24.4" },
    ]);
  });

  test("contain tools with their actual outcome, changed files, commits, compressions and interruptions", async () => {
    using harness = await scanned(qwenCode, home.place);
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(
      of("tool")
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(complete.flatMap(({ tools }) => tools).toSorted());
    expect(of("tool").every(({ ok, duration }) => ok !== null && duration !== null)).toBe(true);
    const failed = of("tool").filter(({ ok }) => ok === 0);
    expect(failed.map(({ key, name, duration }) => `${name} ${key.split(":").at(-1)} ${duration}`)).toEqual([
      "run_shell_command call_3_0 122",
      "list_directory call_10_0 0",
      "edit call_14_0 12",
    ]);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "update", target: "/home/user/proj/calc.py", added: 3, removed: 1 },
      { name: "create", target: "/home/user/proj/NOTES2.md", added: 5, removed: 0 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("prompt")).toHaveLength(13);
    expect(of("compaction")).toHaveLength(1);
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["interrupted"]);
  });
});

describe("naive counting rules for Qwen Code", () => {
  const assistant = lines.reduce((sum, one) => sum + (one.usageMetadata?.totalTokenCount ?? 0), 0);
  const telemetry = lines
    .map((one) => one.systemPayload?.uiEvent)
    .filter((one) => one?.["event.name"] === "qwen-code.api_response")
    .reduce((sum, one) => sum + Number(one?.["total_token_count"]), 0);
  const used = ({ models }: Run): number =>
    Object.values(models).reduce((sum, { totalTokens }) => sum + totalTokens, 0);
  const sum = (some: Iterable<Run>): number => [...some].reduce((all, one) => all + used(one), 0);

  test("adding up the assistant's messages misses subagents, compressions and background requests", () => {
    expect(assistant).toBe(327_032);
    expect(assistant).toBeLessThan(truth);
  });

  test("adding up messages, subagents and telemetry counts nearly everything twice", () => {
    const subagents = readdirSync(join(FOLDER, "subagents"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".jsonl"))
      .flatMap((name) => linesOf<Line>(join(FOLDER, "subagents", name)))
      .reduce((all, one) => all + (one.usageMetadata?.totalTokenCount ?? 0), 0);
    expect(assistant + subagents + telemetry).toBe(794_504);
  });

  test("adding up telemetry alone misses background requests", () => {
    expect(telemetry).toBe(431_856);
  });

  test("adding up all usage records counts earlier runs of a resumed session again", () => {
    expect(sum(runs)).toBe(697_198);
  });

  test("adding up the last usage record of each session misses earlier and killed runs", () => {
    expect(sum(new Map(runs.map((one) => [one.sessionId, one])).values())).toBe(446_890);
  });
});
