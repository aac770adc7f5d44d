import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { qwenCode } from "../../src/sources/qwen-code.ts";
import { SourceHarness, scanned } from "./harness.ts";
import { recorded } from "./qwen-code.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const SESSION = "11111111-2222";
const CHAT = `projects/-home-user-p/chats/${SESSION}.jsonl`;
const RECORDS = "usage_record.jsonl";
const at = (second: number): string => `2026-11-20T10:00:${String(second).padStart(2, "0")}.000Z`;

const line = (type: string, second: number, more: object = {}): object => ({
  uuid: `${type}-${second}`,
  sessionId: SESSION,
  timestamp: at(second),
  type,
  cwd: "/home/user/p",
  version: "0.24.4",
  gitBranch: "main",
  ...more,
});
const event = (name: string, second: number, more: object): object =>
  line("system", second, {
    subtype: "ui_telemetry",
    systemPayload: { uiEvent: { "event.name": `qwen-code.${name}`, "event.timestamp": at(second), ...more } },
  });
const response = (id: string, second: number, more: object = {}): object =>
  event("api_response", second, {
    response_id: id,
    model: "qwen",
    input_token_count: 100,
    output_token_count: 17,
    cached_content_token_count: 40,
    thoughts_token_count: 7,
    total_token_count: 117,
    ...more,
  });
/** A run from one second to another, with this many requests of 117 tokens each. */
const run = (start: number, end: number, requests: number, more: object = {}): object => ({
  version: 1,
  sessionId: SESSION,
  timestamp: Date.parse(at(end)),
  startTime: Date.parse(at(start)),
  project: "/home/user/p",
  models: {
    qwen: {
      requests,
      inputTokens: 100 * requests,
      outputTokens: 17 * requests,
      cachedTokens: 40 * requests,
      thoughtsTokens: 7 * requests,
      totalTokens: 117 * requests,
    },
  },
  ...more,
});

/** Writes a file of made-up lines below .qwen. */
function write(harness: SourceHarness, path: string, ...content: readonly unknown[]): string {
  const full = join(harness.home, ".qwen", path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content.map((one) => `${typeof one === "string" ? one : JSON.stringify(one)}\n`).join(""));
  return full;
}

describe("the remainder of a Qwen Code run", () => {
  const background = (harness: SourceHarness): number[] =>
    harness.responses
      .filter(({ agent }) => agent === "background")
      .map((one) => one.input + one.output + one.cacheRead);
  const chat = [response("a", 1), response("b", 2), response("c", 20)];

  test("is the same whether the chat or the record was read first, and in however many parts", async () => {
    const steps: Record<string, ((harness: SourceHarness) => void)[]> = {
      together: [(harness) => (write(harness, CHAT, ...chat), write(harness, RECORDS, run(0, 9, 4)))],
      "record first": [(harness) => write(harness, RECORDS, run(0, 9, 4)), (harness) => write(harness, CHAT, ...chat)],
      "record, then the chat line by line": [
        (harness) => write(harness, RECORDS, run(0, 9, 4)),
        (harness) => write(harness, CHAT),
        ...chat.map(
          (one) => (harness: SourceHarness) =>
            appendFileSync(join(harness.home, ".qwen", CHAT), `${JSON.stringify(one)}\n`),
        ),
      ],
      "half a chat, then the record, then the rest": [
        (harness) => write(harness, CHAT, chat[0]),
        (harness) => write(harness, RECORDS, run(0, 9, 4)),
        (harness) => write(harness, CHAT, ...chat),
      ],
    };
    for (const [name, some] of Object.entries(steps)) {
      using harness = new SourceHarness([qwenCode]);
      for (const step of some) {
        step(harness);
        await harness.scan();
      }
      expect({ name, left: background(harness) }).toEqual({ name, left: [234] });
      expect(harness.totals.responses).toBe(4);
    }
  });

  test("is zero if the chat contains all responses, even if these are read later", async () => {
    using harness = new SourceHarness([qwenCode]);
    write(harness, CHAT, chat[0]);
    write(harness, RECORDS, run(0, 9, 2));
    await harness.scan();
    expect(background(harness)).toEqual([117]);
    write(harness, CHAT, ...chat);
    await harness.scan();
    expect(background(harness)).toEqual([]);
    // It stays zero when the chat is truncated.
    write(harness, CHAT, chat[0]);
    write(harness, RECORDS, run(0, 9, 2), run(0, 9, 2));
    await harness.scan();
    expect(background(harness)).toEqual([]);
    expect(harness.totals.responses).toBe(3);
  });

  test("counts each request once if a session is resumed or a run is recorded twice", async () => {
    using resumed = await scanned(qwenCode, (harness) => {
      write(harness, CHAT, ...chat);
      // The second run starts with the two responses of the first, but not with its background requests.
      write(harness, RECORDS, run(0, 9, 3), run(15, 30, 5));
    });
    expect(background(resumed)).toEqual([117, 234]);
    using twice = await scanned(qwenCode, (harness) => {
      write(harness, CHAT, ...chat);
      write(harness, RECORDS, run(0, 9, 3), run(0, 30, 5));
    });
    expect(background(twice)).toEqual([117, 117]);
  });

  test("is computed per model and never negative", async () => {
    using harness = await scanned(qwenCode, (one) => {
      write(one, CHAT, ...chat, response("d", 3, { model: "other" }));
      const { qwen } = (run(0, 9, 1) as { models: { qwen: object } }).models;
      write(one, RECORDS, run(0, 9, 1, { models: { qwen, other: qwen, third: qwen, __proto__: qwen } }));
    });
    expect(harness.responses.filter(({ agent }) => agent === "background").map(({ model }) => model)).toEqual([
      "third",
    ]);
  });

  test("is computed even if a count of the record is invalid", async () => {
    using harness = await scanned(qwenCode, (one) => {
      write(one, CHAT, ...chat);
      write(one, RECORDS, run(0, 9, 4, { models: { qwen: { requests: 4, inputTokens: 400, outputTokens: -1 } } }));
    });
    expect(background(harness)).toEqual([200]);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["bad_count"]);
  });

  test("is unknown if the chat was deleted, and the record is skipped as no_history", async () => {
    using harness = new SourceHarness([qwenCode]);
    const path = write(harness, CHAT, ...chat);
    await harness.scan();
    rmSync(path);
    write(
      harness,
      RECORDS,
      run(0, 9, 4),
      { version: 1 },
      "{ torn",
      run(0, 9, 1, { sessionId: "../../x" }),
      run(0, 9, 1, { models: 3 }),
    );
    await harness.scan();
    expect(harness.totals.responses).toBe(3);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual([
      "no_history",
      "unknown_format",
      "bad_json",
      "unknown_format",
      "unknown_format",
    ]);
  });
});

describe("tokens of a Qwen Code response", () => {
  const counted = async (more: object): Promise<number[]> => {
    using harness = await scanned(qwenCode, (one) => write(one, CHAT, response("a", 1, more)));
    const { input, output, cacheRead, reasoning } = harness.totals;
    return [input, output, cacheRead, reasoning];
  };

  test("include thoughts in the output or not, as the total shows", async () => {
    expect(await counted({})).toEqual([60, 17, 40, 7]);
    expect(await counted({ output_token_count: 10 })).toEqual([60, 17, 40, 7]);
    // Without a total, a part cannot be larger than its whole.
    expect(await counted({ total_token_count: 0 })).toEqual([60, 17, 40, 7]);
    expect(await counted({ output_token_count: 5, total_token_count: 0 })).toEqual([60, 12, 40, 7]);
  });

  test("include cached tokens in the prompt unless the total shows otherwise", async () => {
    expect(await counted({ total_token_count: 157 })).toEqual([100, 17, 40, 7]);
    expect(await counted({ input_token_count: 30, total_token_count: 0 })).toEqual([30, 17, 40, 7]);
  });

  test("of zero give an unrecorded response", async () => {
    const none = {
      input_token_count: 0,
      output_token_count: 0,
      cached_content_token_count: 0,
      thoughts_token_count: 0,
    };
    using harness = await scanned(qwenCode, (one) =>
      write(one, CHAT, response("a", 1, { ...none, total_token_count: 0 })),
    );
    expect(harness.totals.responses).toBe(0);
    expect(harness.actions).toMatchObject([{ action: "unrecorded", name: "unreported" }]);
  });

  test("that are invalid are skipped with a reason, and the other lines are counted", async () => {
    using harness = await scanned(qwenCode, (one) =>
      write(
        one,
        CHAT,
        response("a", 1, { output_token_count: -1 }),
        '{"torn":"qwen-code.api_response"',
        line("user", 2, { message: { parts: [{ text: "what is qwen-code.api_response?" }] } }),
        response("__proto__", 3),
        // Small servers reuse ids.
        response("__proto__", 4),
        response("b", 5, { "event.timestamp": 5, input_token_count: "many" }),
      ),
    );
    expect(harness.totals.responses).toBe(4);
    const reasons = new Set(harness.skipped.map(({ reason }) => reason));
    expect([...reasons].toSorted()).toEqual(["bad_count", "bad_json"]);
  });
});

describe("chats of Qwen Code", () => {
  test("are found where QWEN_HOME says", async () => {
    using harness = new SourceHarness([qwenCode], { QWEN_HOME: "~/elsewhere" });
    harness.place("qwen-code/projects", "elsewhere/projects");
    harness.place("qwen-code/usage_record.jsonl", "elsewhere/usage_record.jsonl");
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
  });

  test("contain prompts that the user typed, with and without a provenance", async () => {
    const message = { parts: [{ text: "hello" }] };
    using harness = await scanned(qwenCode, (one) =>
      write(
        one,
        CHAT,
        line("user", 1, { message }),
        line("user", 2, { message, provenance: "real_user" }),
        line("user", 3, { message, provenance: "system", subtype: "notification" }),
        line("user", 4, { message, isSidechain: true }),
        line("user", 5, { message, provenance: "goal_runtime" }),
      ),
    );
    expect(harness.actions).toMatchObject([
      { action: "prompt", length: 5 },
      { action: "prompt", length: 5 },
    ]);
  });
});
