import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { geminiCli } from "../../src/sources/gemini-cli.ts";
import { SourceHarness, scanned } from "./harness.ts";
import { chats, isMessage, type Line, recorded } from "./gemini-cli.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

/** Writes a file of made-up lines, or of one document, below .gemini. */
function write(harness: SourceHarness, path: string, content: unknown): string {
  const full = join(harness.home, ".gemini", path);
  mkdirSync(dirname(full), { recursive: true });
  const lines = Array.isArray(content) ? content : [content];
  writeFileSync(full, lines.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n") + "\n");
  return full;
}

const at = (second: number): string => `2026-11-20T10:00:${String(second).padStart(2, "0")}.000Z`;
const header = (sessionId: string, more: object = {}): object => ({
  sessionId,
  projectHash: "0".repeat(64),
  startTime: at(0),
  lastUpdated: at(0),
  kind: "main",
  ...more,
});
const answer = (id: string, second: number, tokens: object | null = {}, more: object = {}): object => ({
  id,
  timestamp: at(second),
  type: "gemini",
  content: "x",
  tokens: tokens && { input: 100, output: 10, cached: 40, thoughts: 7, tool: 0, total: 117, ...tokens },
  model: "gemini-2.5-pro",
  ...more,
});
const call = (id: string, name: string, more: object = {}): object => ({
  toolCalls: [{ id, name, args: {}, status: "success", timestamp: at(9), ...more }],
});

describe("chats of older versions of Gemini CLI", () => {
  /** Converts a chat to one document in which each message occurs once. */
  function documentOf(lines: readonly Line[]): object {
    const [{ sessionId = "" } = {}] = lines;
    const messages = [...new Map(lines.filter(isMessage).map((one) => [one.id, one])).values()];
    return { ...header(sessionId), messages };
  }

  test("are counted once together with the new chats made from them, whichever is read first", async () => {
    for (const isOldFirst of [true, false]) {
      using harness = new SourceHarness([geminiCli]);
      const steps = [
        () => {
          for (const { name, lines } of chats.filter((one) => !one.name.includes("/")))
            write(harness, `tmp/proj/chats/${name.slice(0, -1)}`, documentOf(lines));
        },
        () => home.place(harness),
      ];
      for (const step of isOldFirst ? steps : steps.toReversed()) {
        step();
        await harness.scan();
      }
      expect(harness.totals).toEqual(home.truth);
      // If responses were identified by file name, those in both formats would be counted twice.
      const own = new Set(
        chats.flatMap(({ name, lines }) => lines.filter((one) => one.tokens).map(({ id }) => `${name} ${id}`)),
      );
      expect(own.size * 2).toBeGreaterThan(harness.totals.responses);
    }
  });

  test("are read again when they change, and responses read before stay counted", async () => {
    using harness = new SourceHarness([geminiCli]);
    const path = "tmp/abc/chats/session-2026-01-01T10-00-11111111.json";
    const messages = [{ id: "u", timestamp: at(1), type: "user", content: "hello" }, answer("a", 2)];
    write(harness, path, { ...header("11111111-x"), messages });
    await harness.scan();
    write(harness, path, {
      ...header("11111111-x"),
      messages: [...messages, answer("b", 3, { input: 200, total: 217 })],
    });
    await harness.scan();
    expect(harness.totals).toEqual({
      responses: 2,
      input: 220,
      output: 34,
      cacheRead: 80,
      cacheWrite: 0,
      reasoning: 14,
    });
    write(harness, path, { ...header("11111111-x"), messages: [] });
    await harness.scan();
    expect(harness.totals.responses).toBe(2);
    expect(harness.actions).toMatchObject([{ action: "prompt", length: 5 }]);
    write(harness, path, "{ not json");
    await harness.scan();
    expect(harness.totals.responses).toBe(2);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["bad_json"]);
  });

  test("are assigned to the working directory whose hash names their folder", async () => {
    const hash = new Bun.CryptoHasher("sha256").update("/home/user/old").digest("hex");
    using harness = await scanned(geminiCli, (one) => {
      write(one, `tmp/${hash}/chats/session-2026-01-01T10-00-11111111.json`, {
        ...header("1"),
        messages: [answer("a", 1)],
      });
      write(one, "tmp/unknown/chats/session-2026-01-01T10-00-22222222.json", {
        ...header("2"),
        messages: [answer("a", 2)],
      });
      write(one, "projects.json", { projects: { "/home/user/old": "old" } });
    });
    expect(harness.responses.map(({ project }) => project)).toEqual(["/home/user/old", "unknown"]);
  });
});

describe("tokens of a Gemini CLI response", () => {
  const counted = async (tokens: object): Promise<number[]> => {
    using harness = await scanned(geminiCli, (one) =>
      write(one, "tmp/p/chats/session-x-1.jsonl", [header("1"), answer("a", 1, tokens)]),
    );
    const { input, output, cacheRead, reasoning } = harness.totals;
    expect(harness.skipped).toEqual([]);
    return [input, output, cacheRead, reasoning];
  };

  test("include tokens that tools added to the prompt, unless the total shows otherwise", async () => {
    expect(await counted({ tool: 5, total: 122 })).toEqual([65, 17, 40, 7]);
    // The total shows that the input includes them.
    expect(await counted({ tool: 5, total: 117 })).toEqual([60, 17, 40, 7]);
  });

  test("of zero give an unrecorded response, and a message without tokens gives none", async () => {
    const none = { input: 0, output: 0, cached: 0, thoughts: 0, total: 0 };
    using harness = await scanned(geminiCli, (one) =>
      write(one, "tmp/p/chats/session-x-1.jsonl", [header("1"), answer("a", 1, none), answer("b", 2, null)]),
    );
    expect(harness.totals.responses).toBe(0);
    expect(harness.actions).toMatchObject([{ action: "unrecorded", name: "unreported" }]);
  });

  test("that are invalid are skipped with a reason, and the other counts are used", async () => {
    using harness = await scanned(geminiCli, (one) =>
      write(one, "tmp/p/chats/session-x-1.jsonl", [
        header("1"),
        answer("a", 1, { output: -3 }),
        answer("b", 2, { thoughts: "7", total: 110 }),
        "{ torn",
        `{"tokens":`,
        answer("__proto__", 3, { cached: 1e300 }),
        answer("c", 4, {}, { timestamp: "yesterday" }),
      ]),
    );
    expect(harness.totals.responses).toBe(4);
    expect(harness.totals.input).toBe(60 + 60 + 100 + 60);
    expect(harness.skipped.map(({ reason }) => reason).toSorted()).toEqual([
      "bad_count",
      "bad_count",
      "bad_count",
      "bad_json",
      "bad_json",
      "no_time",
    ]);
  });
});

describe("chats of Gemini CLI", () => {
  test("without a header get their id from the file name", async () => {
    using harness = await scanned(geminiCli, (one) => {
      write(one, "tmp/p/chats/session-2026-01-01T10-00-11111111.jsonl", ["{ torn", answer("a", 1)]);
      write(one, "tmp/p/chats/22222222-2222/33333333-3333.jsonl", [answer("a", 2)]);
    });
    expect(harness.responses.map(({ key, session, agent }) => [key, session, agent])).toEqual([
      ["response:gemini-cli:11111111:a", "11111111", ""],
      ["response:gemini-cli:33333333-3333:a", "22222222-2222", "subagent"],
    ]);
  });

  test("continue in the middle of a file", async () => {
    using harness = new SourceHarness([geminiCli]);
    const path = write(harness, "tmp/p/chats/session-x-1.jsonl", [header("long-id"), answer("a", 1)]);
    await harness.scan();
    appendFileSync(path, `${JSON.stringify(answer("b", 2))}\n`);
    await harness.scan();
    expect(harness.responses.map(({ key }) => key)).toEqual([
      "response:gemini-cli:long-id:a",
      "response:gemini-cli:long-id:b",
    ]);
  });

  test("are found where GEMINI_CLI_HOME says, and no other files are read", async () => {
    using harness = new SourceHarness([geminiCli], { GEMINI_CLI_HOME: "/nowhere" });
    home.place(harness);
    expect((await harness.scan()).files).toBe(0);
    using other = await scanned(geminiCli, (one) => {
      write(one, "tmp/p/logs.json", [answer("a", 1)]);
      write(one, "tmp/p/chats/session-1.jsonl.unreadable-1", [header("1"), answer("a", 1)]);
      write(one, "tmp/p/tool-outputs/session-1.jsonl", [header("1"), answer("a", 1)]);
    });
    expect(other.totals.responses).toBe(0);
  });

  test("give a command's actual exit code, whatever the command prints", async () => {
    const shell = (id: string, output: string): object =>
      answer(id, 1, {}, call(id, "run_shell_command", { result: [{ functionResponse: { response: { output } } }] }));
    using harness = await scanned(geminiCli, (one) =>
      write(one, "tmp/p/chats/session-x-1.jsonl", [
        header("1"),
        shell("new", "<untrusted_context>\nOutput: boom\nExit Code: 3\nProcess Group PGID: 1\n</untrusted_context>"),
        shell("old", "Command: x\nOutput: boom\nError: (none)\nExit Code: 127\nSignal: (none)\n"),
        shell("last", "Output: boom\nExit Code: 1"),
        shell("fine", "Command: x\nOutput: boom\nExit Code: 0\nSignal: (none)"),
        shell(
          "printed",
          "<untrusted_context>\nOutput: a\nExit Code: 3 was the other's\nProcess Group PGID: 1\n</untrusted_context>",
        ),
        answer("cut", 1, {}, call("cut", "run_shell_command", { status: "cancelled" })),
        answer("open", 1, {}, call("open", "run_shell_command", { status: "executing" })),
        answer(
          "read",
          1,
          {},
          call("read", "read_file", { result: [{ functionResponse: { response: { output: "Exit Code: 3" } } }] }),
        ),
      ]),
    );
    const tools = harness.actions.filter(({ action }) => action === "tool");
    expect(Object.fromEntries(tools.map(({ key, ok }) => [key.split(":").at(-1), ok]))).toEqual({
      new: 0,
      old: 0,
      last: 0,
      fine: 1,
      printed: 1,
      cut: 0,
      open: null,
      read: 1,
    });
  });
});
