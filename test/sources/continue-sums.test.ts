import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { continue as continueCli } from "../../src/sources/continue.ts";
import { recorded } from "./continue.ts";
import { completeResponses, tokensOf } from "./truth.ts";
import { SourceHarness } from "./harness.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

/** The recorded session with a compaction, and what the server sent for the responses that the compaction removed. */
const COMPACTED = "cdd97228-0224-4fe5-8956-2e72c8522222";
const REMOVED: readonly number[] = [43, 45, 46, 47, 49, 50];
const COMPACTION = 51;

/** Counts of a response as its provider reports them. */
interface Counts {
  readonly prompt: number;
  readonly output: number;
  readonly read: number;
  readonly written: number;
}

const prompt = (content: string) => ({ message: { role: "user", content } });
const answer = (content: string, { prompt: input, output, read, written }: Counts) => ({
  message: {
    role: "assistant",
    content,
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cache_read_tokens: read, cache_write_tokens: written, cached_tokens: read },
      model: "claude-sonnet-4-5",
    },
  },
});
const openAiAnswer = (content: string, { prompt: input, output, read, written }: Counts) => ({
  message: {
    role: "assistant",
    content,
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      prompt_tokens_details: { cached_tokens: read, cache_write_tokens: written },
      model: "gpt-5.1",
    },
  },
});
const counts = (input: number, output: number, read = 0, written = 0): Counts => ({
  prompt: input,
  output,
  read,
  written,
});

/** A session file whose sum contains these responses. */
const session = (id: string, history: readonly unknown[], own: readonly Counts[]): string => {
  const sum = (of: (one: Counts) => number): number => own.reduce((total, one) => total + of(one), 0);
  return JSON.stringify({
    sessionId: id,
    workspaceDirectory: "/home/user/project",
    history,
    usage: {
      promptTokens: sum((one) => one.prompt),
      completionTokens: sum((one) => one.output),
      promptTokensDetails: { cachedTokens: sum((one) => one.read), cacheWriteTokens: sum((one) => one.written) },
    },
  });
};

const write = (harness: SourceHarness, id: string, content: string, folder = ".continue"): void => {
  const path = join(harness.home, folder, "sessions", `${id}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

const tokens = (harness: SourceHarness): number => tokensOf(harness.totals);
const rests = (harness: SourceHarness) => harness.responses.filter(({ key }) => key.startsWith("total:"));

const [A, B, C] = [counts(1_000, 50, 0, 300), counts(20, 60, 1_300, 40), counts(30, 70, 1_340, 50)] as const;

describe("the sum of a Continue session", () => {
  test("gives the same total whether a session is read before and after a compaction, or only after it", async () => {
    const served = new Map(completeResponses("continue").map((one) => [one.n, one.tokens]));
    const countsOf = (n: number): Counts => {
      const usage = served.get(n);
      if (!usage) throw new Error(`request ${n} has no usage`);
      const { input, output, cacheRead, cacheWrite } = usage;
      return counts(input, output, cacheRead, cacheWrite);
    };
    const before = REMOVED.map(countsOf);
    const history = before.flatMap((one, index) => [prompt(`prompt ${index}`), answer(`answer ${index}`, one)]);
    using harness = new SourceHarness([continueCli]);
    for (const upTo of [2, 6]) {
      write(harness, COMPACTED, session(COMPACTED, history.slice(0, upTo * 2), before.slice(0, upTo)));
      await harness.scan();
      expect(rests(harness)).toEqual([]);
    }
    home.place(harness);
    await harness.scan();
    expect(tokens(harness)).toBe(tokensOf(home.truth));
    expect(harness.responses.filter(({ session: one }) => one === COMPACTED)).toHaveLength(9);
    const compaction = countsOf(COMPACTION);
    expect(rests(harness).find(({ session: one }) => one === COMPACTED)).toMatchObject({
      input: compaction.prompt,
      output: compaction.output,
      cacheRead: compaction.read,
      cacheWrite5m: compaction.written,
    });
  });

  test("counts equal responses of two sessions twice, and a fork's copies once", async () => {
    using harness = new SourceHarness([continueCli]);
    const history = [prompt("hi"), answer("Hello!", A)];
    for (const id of ["s1", "s2"]) write(harness, id, session(id, history, [A]));
    write(harness, "fork", session("fork", [...history, prompt("more"), answer("Sure.", B)], [B]));
    await harness.scan();
    expect(tokens(harness)).toBe(2 * 1_350 + 1_420);
    expect(harness.responses.map((one) => one.session).toSorted()).toEqual(["fork", "s1", "s2"]);
    const before = harness.dump();
    harness.ledger.rebuild();
    expect(harness.dump()).toEqual(before);
  });

  test("gives the right total for a fork with a subagent, although its copies may be taken for its own", async () => {
    const files = {
      origin: session("origin", [prompt("hi"), answer("Hello!", B)], [B]),
      // The subagent's usage is as large as the copied response.
      fork: session("fork", [prompt("hi"), answer("Hello!", B), prompt("more"), answer("Sure.", C)], [C, B, C]),
    };
    for (const order of [
      ["origin", "fork"],
      ["fork", "origin"],
    ] as const) {
      using harness = new SourceHarness([continueCli]);
      for (const id of order) {
        write(harness, id, files[id]);
        await harness.scan();
      }
      expect(tokens(harness)).toBe(1_420 + (1_490 + 1_420 + 1_490));
    }
  });

  test("keeps copies apart if a fork has no response yet or its subagents are small", async () => {
    using harness = new SourceHarness([continueCli]);
    const history = [prompt("hi"), answer("Hello!", A)];
    write(harness, "origin", session("origin", history, [A]));
    write(harness, "fork", session("fork", history, []));
    await harness.scan();
    expect(harness.responses.map((one) => one.session)).toEqual(["origin"]);
    const small = counts(5, 6);
    write(harness, "fork", session("fork", [...history, prompt("more"), answer("Sure.", B)], [B, small]));
    await harness.scan();
    expect(tokens(harness)).toBe(1_350 + 1_420 + 11);
    expect(rests(harness)).toMatchObject([{ session: "fork", input: 5, output: 6, model: "" }]);
  });

  test("counts what OpenAI's responses wrote to a cache once, also in what remains after a compaction", async () => {
    using harness = new SourceHarness([continueCli]);
    // The sum contains no cached tokens of these responses.
    const [first, second] = [counts(5_000, 100, 4_000, 200), counts(900, 40, 600, 100)];
    const summed = (one: Counts): Counts => ({ ...one, read: 0 });
    write(harness, "s1", session("s1", [prompt("hi"), openAiAnswer("Hello!", first)], [summed(first)]));
    await harness.scan();
    expect(harness.totals).toMatchObject({ responses: 1, input: 800, cacheRead: 4_000, cacheWrite: 200, output: 100 });
    const compaction = counts(1_000, 30, 0, 50);
    const history = [{ ...prompt("hi"), conversationSummary: "short" }, prompt("on"), openAiAnswer("Yes.", second)];
    write(harness, "s1", session("s1", history, [first, compaction, second].map(summed)));
    await harness.scan();
    expect(tokens(harness)).toBe(5_100 + 1_030 + 940);
    expect(rests(harness)).toMatchObject([{ input: 950, output: 30, cacheRead: 0, cacheWrite5m: 50 }]);
    using after = new SourceHarness([continueCli]);
    write(after, "s1", session("s1", history, [first, compaction, second].map(summed)));
    await after.scan();
    expect(tokens(after)).toBe(5_100 + 1_030 + 940);
  });
});

describe("files of Continue", () => {
  test("are found in the folder that its environment variable names", () => {
    const [store] = continueCli.stores;
    expect(store?.roots({ CONTINUE_GLOBAL_DIR: "/data/continue" }, "/home/user")).toEqual(["/data/continue/sessions"]);
    expect(store?.roots({}, "/home/user")).toEqual(["/home/user/.continue/sessions"]);
    expect(["a.json", "sessions.json", "a.json.bak"].map((name) => store?.owns(name))).toEqual([true, false, false]);
  });

  test("with damaged numbers, unknown usage or without a time are reported as skipped", async () => {
    using harness = new SourceHarness([continueCli]);
    const broken = answer("Hello!", { ...A, output: -1 });
    const other = { message: { role: "assistant", content: "x", usage: { promptTokens: 5 } } };
    write(harness, "s1", JSON.stringify({ sessionId: "s1", history: [prompt("hi"), broken, other] }));
    write(harness, "s2", JSON.stringify({ history: [] }));
    write(harness, "s3", "{");
    await harness.scan();
    const reasons = new Set(harness.skipped.map(({ reason }) => reason));
    expect(reasons).toEqual(new Set(["no_time", "bad_count", "unknown_format", "bad_json"]));
    expect(harness.totals).toMatchObject({ responses: 1, input: 1_000, output: 0 });
  });
});
