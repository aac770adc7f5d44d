import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { ohMyPi } from "../../src/sources/oh-my-pi.ts";
import { pi } from "../../src/sources/pi.ts";
import { SourceHarness } from "./harness.ts";
import { SESSIONS } from "./oh-my-pi.ts";
import { answer, at, header, usage } from "./pi-lines.ts";

const SESSION = "-p/2026-11-20T10-00-00-000Z_s1";

function write(harness: SourceHarness, name: string, entries: readonly unknown[], folder = SESSIONS): void {
  const path = join(harness.home, folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, entries.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

const title = { type: "title", v: 1, title: "", updatedAt: at(0), pad: " ".repeat(100) };
const message = (id: string, second: number, body: object): object => ({
  type: "message",
  id,
  timestamp: at(second),
  message: body,
});

describe("made-up sessions of oh-my-pi", () => {
  test("have the model that was chosen for the session, without its provider, for what names none", async () => {
    using harness = new SourceHarness([ohMyPi]);
    write(harness, `${SESSION}.jsonl`, [
      title,
      header,
      { type: "model_change", id: "a", timestamp: at(1), model: "openrouter/z-ai/glm" },
      { type: "model_change", id: "b", timestamp: at(2), model: "p/small", role: "smol" },
      { type: "compaction", id: "c", timestamp: at(3), method: "soft" },
      { type: "branch_summary", id: "d", timestamp: at(4), usage },
    ]);
    await harness.scan();
    expect(harness.responses.map(({ model }) => model)).toEqual(["z-ai/glm"]);
    expect(harness.all("SELECT model FROM action JOIN dimension_set ON dimension_set.id = dimension_id")).toEqual([
      { model: "z-ai/glm" },
      { model: "z-ai/glm" },
    ]);
  });

  test("have a compaction without a model as no response that is not recorded", async () => {
    using harness = new SourceHarness([ohMyPi]);
    const entries = ["soft", "shake", "snapcompact", "handoff"].map((method, index) => ({
      type: "compaction",
      id: `c${index}`,
      timestamp: at(index + 1),
      method,
    }));
    write(harness, `${SESSION}.jsonl`, [
      title,
      header,
      ...entries,
      { type: "compaction", id: "x", timestamp: at(9), fromExtension: true },
    ]);
    await harness.scan();
    const names = harness.actions.map(({ action }) => action);
    expect([names.filter((name) => name === "compaction").length, names.length]).toEqual([5, 7]);
  });

  test("have the changed files that the result of an edit names, and no messages to subagents", async () => {
    using harness = new SourceHarness([ohMyPi]);
    const call = (id: string, name: string, given: object): object => ({
      type: "toolCall",
      id,
      name,
      arguments: given,
    });
    const result = (id: string, second: number, toolCallId: string, toolName: string, details: object): object =>
      message(id, second, { role: "toolResult", toolCallId, toolName, isError: false, content: [], details });
    const several = [
      { path: "/p/a", diff: "+1|x\n-1|y\n+2|z", op: "update" },
      { path: "/p/b", diff: "+1|x", op: "create" },
      { path: "/p/c", diff: "", isError: true },
    ];
    write(harness, `${SESSION}.jsonl`, [
      title,
      header,
      answer("a", 1, {
        content: [
          call("1", "edit", { input: "[a]" }),
          call("2", "edit", { input: "[b]" }),
          call("3", "write", { path: "agent://all", content: "hello" }),
          call("4", "write", { path: "notes", content: "one\ntwo" }),
        ],
      }),
      result("b", 2, "1", "edit", { path: "/p/d", diff: "-3|old\n+3|new" }),
      result("c", 3, "2", "edit", { diff: "", perFileResults: several }),
      result("d", 4, "3", "write", {}),
      result("e", 5, "4", "write", {}),
    ]);
    await harness.scan();
    const changed = harness.actions.filter(({ action }) => action === "file");
    expect(changed.map(({ name, target, added, removed }) => [name, target, added, removed])).toEqual([
      ["update", "/p/d", 1, 1],
      ["update", "/p/a", 2, 1],
      ["create", "/p/b", 1, 0],
      ["create", "/p/notes", 2, 0],
    ]);
  });

  test("have the subagent in the files below a session, by the type in a line of any length, and advisors", async () => {
    using harness = new SourceHarness([ohMyPi]);
    const session = (id: string): object[] => [title, { ...header, id, parentSession: `/x/${SESSION}.jsonl` }];
    const init = { type: "session_init", id: "i", timestamp: at(0), systemPrompt: "x".repeat(5_000), agent: "scout" };
    write(harness, `${SESSION}/Look.jsonl`, [...session("s2"), init, answer("a", 1)]);
    write(harness, `${SESSION}/Look/Deeper.jsonl`, [...session("s3"), answer("b", 2)]);
    write(harness, `${SESSION}/__advisor.safety.jsonl`, [...session("s4"), answer("c", 3)]);
    write(harness, `${SESSION}.jsonl`, [title, header, answer("d", 4)]);
    await harness.scan();
    expect(harness.responses.map(({ session: id, agent }) => [id, agent])).toEqual([
      ["s2", "scout"],
      ["s3", "subagent"],
      ["s4", "advisor"],
      ["s1", ""],
    ]);
  });
});

describe("sessions that oh-my-pi imported", () => {
  const counts = { input_tokens: 100, output_tokens: 50, cache_read_input_tokens: 7, cache_creation_input_tokens: 3 };
  const transcript = (output: number): object => ({
    type: "assistant",
    uuid: `u${output}`,
    sessionId: "claude-session",
    requestId: "req_1",
    timestamp: "2026-11-19T08:00:00.000Z",
    cwd: "/p",
    version: "2.1.332",
    message: {
      id: "msg_01AbCdEf",
      type: "message",
      role: "assistant",
      model: "claude-opus-4-5",
      content: [{ type: "text", text: "x" }],
      usage: { ...counts, output_tokens: output },
    },
  });
  const copied = (output: number): object => ({
    ...message(`claude-u${output}-message-${output}`, 0, {
      role: "assistant",
      model: "claude-opus-4-5",
      responseId: "msg_01AbCdEf",
      content: [{ type: "toolCall", id: "toolu_1", name: "bash", arguments: { command: "git commit" } }],
      stopReason: "stop",
      usage: { input: 100, output, cacheRead: 7, cacheWrite: 3, totalTokens: 110 + output, cost: { total: 0 } },
    }),
    timestamp: "2026-11-19T08:00:00.000Z",
  });
  const codex = {
    ...message("codex-1", 0, { role: "assistant", model: "gpt", content: [], stopReason: "stop", usage: {} }),
    timestamp: "2026-11-19T08:00:00.000Z",
  };
  const imported = [title, header, copied(1), copied(50), codex, answer("0a1b2c3d", 5)];

  test("from Claude Code count once, in the session of Claude Code, and what came after belongs to oh-my-pi", async () => {
    for (const order of [
      ["claude-code", "oh-my-pi"],
      ["oh-my-pi", "claude-code"],
    ]) {
      using harness = new SourceHarness([claudeCode, ohMyPi]);
      for (const name of order) {
        if (name === "oh-my-pi") write(harness, `${SESSION}.jsonl`, imported);
        else write(harness, "-p/claude-session.jsonl", [transcript(1), transcript(50)], ".claude/projects");
        await harness.scan();
      }
      expect(harness.responses.map(({ session, output, cost }) => [session, output, cost])).toEqual([
        ["claude-session", 50, 0],
        ["s1", 5, 500_000_000],
      ]);
      expect(harness.responses[0]?.costKind).toBe(0);
      // Their tools and prompts happened in the other program.
      expect(harness.actions).toEqual([]);
    }
  });

  test("count once if the files of Claude Code are gone", async () => {
    using harness = new SourceHarness([ohMyPi]);
    write(harness, `${SESSION}.jsonl`, imported);
    await harness.scan();
    expect(harness.responses.map(({ session, output }) => [session, output])).toEqual([
      ["s1", 50],
      ["s1", 5],
    ]);
  });
});

describe("the folders of oh-my-pi", () => {
  const rootsOf = (source: typeof pi, env: Record<string, string>): string[] =>
    source.stores.flatMap((store) => store.roots(env, "/home/u"));

  test.each([
    ["have a default place", {}, ["/home/u/.omp/agent/sessions", "/home/u/.omp/profiles"]],
    [
      "follow PI_CONFIG_DIR to another folder",
      { PI_CONFIG_DIR: ".mine" },
      ["/home/u/.mine/agent/sessions", "/home/u/.mine/profiles"],
    ],
    [
      "follow XDG_DATA_HOME to another folder",
      { XDG_DATA_HOME: "/data" },
      ["/home/u/.omp/agent/sessions", "/data/omp/sessions", "/home/u/.omp/profiles", "/data/omp/profiles"],
    ],
    [
      "include those that other variables name within its own",
      { PI_CODING_AGENT_DIR: "~/.omp/other", PI_CODING_AGENT_SESSION_DIR: "/home/u/.omp/kept" },
      ["/home/u/.omp/agent/sessions", "/home/u/.omp/other/sessions", "/home/u/.omp/kept", "/home/u/.omp/profiles"],
    ],
  ] as [string, Record<string, string>, string[]][])("%s", (_, env, roots) => {
    expect(rootsOf(ohMyPi, env)).toEqual(roots);
  });

  test.each([
    {},
    { PI_CODING_AGENT_DIR: "/elsewhere", PI_CODING_AGENT_SESSION_DIR: "/kept" },
    { PI_CODING_AGENT_DIR: "~/.omp/agent" },
    { PI_CODING_AGENT_DIR: "/data/omp", XDG_DATA_HOME: "/data" },
    { PI_CODING_AGENT_SESSION_DIR: "~/.omp/agent/sessions" },
  ])("are none of pi's, with the variables %j", (env) => {
    const own = new Set(rootsOf(ohMyPi, env));
    expect(rootsOf(pi, env).filter((root) => own.has(root))).toEqual([]);
  });

  test("have sessions of profiles in them, and nothing else of a profile is searched", async () => {
    using harness = new SourceHarness([ohMyPi]);
    write(
      harness,
      "work/agent/sessions/-p/2026-11-20T10-00-00-000Z_s1.jsonl",
      [header, answer("a", 1)],
      ".omp/profiles",
    );
    write(harness, "work/agent/logs/x.jsonl", [header, answer("b", 2)], ".omp/profiles");
    write(harness, "work/x.jsonl", [header, answer("c", 3)], ".omp/profiles");
    await harness.scan();
    expect(harness.totals.responses).toBe(1);
  });
});
