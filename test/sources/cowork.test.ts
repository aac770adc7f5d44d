import { expect, test } from "bun:test";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { walk } from "../../src/collector/walk.ts";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { cowork } from "../../src/sources/cowork.ts";
import { recorded } from "./cowork.ts";
import { SourceHarness } from "./harness.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");
const [store] = cowork.stores;
if (!store) throw new Error("no store");

/** A transcript of one response. */
const response = (id: string): string =>
  `${JSON.stringify({
    type: "assistant",
    uuid: `u-${id}`,
    sessionId: `s-${id}`,
    cwd: "/sessions/x",
    timestamp: "2026-11-20T10:00:00.000Z",
    requestId: `req-${id}`,
    message: {
      id,
      role: "assistant",
      model: "claude-opus-5",
      content: [],
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  })}\n`;

function write(harness: SourceHarness, path: string, id: string): void {
  mkdirSync(dirname(join(harness.home, path)), { recursive: true });
  writeFileSync(join(harness.home, path), response(id));
}

const SESSION = "local-agent-mode-sessions/w/g/local_1/.claude/projects/-sessions-x/s.jsonl";

test("sessions are found in the directories of all systems, including the 3p variant and Windows Store installs", async () => {
  using harness = new SourceHarness([cowork]);
  const places = [
    "Library/Application Support/Claude",
    "Library/Application Support/Claude-3p",
    ".config/Claude",
    "AppData/Roaming/Claude",
    "AppData/Local/Claude-3p",
    "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude",
    "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Local/Claude-3p",
  ];
  for (const [index, place] of places.entries()) write(harness, `${place}/${SESSION}`, `msg_${index}`);
  await harness.scan();
  expect(harness.totals.responses).toBe(places.length);
});

test("XDG_CONFIG_HOME and APPDATA set the directories that are read", () => {
  const rootsOf = (env: Record<string, string>): string[] => store.roots(env, "/home/u");
  expect(rootsOf({ XDG_CONFIG_HOME: "/data/config/" })).toContain("/data/config/Claude/local-agent-mode-sessions");
  expect(rootsOf({ APPDATA: "C:\\Users\\u\\AppData\\Roaming" })).toContain(
    "C:/Users/u/AppData/Roaming/Claude/local-agent-mode-sessions",
  );
  // The XDG specification says that relative paths are ignored.
  expect(rootsOf({ XDG_CONFIG_HOME: "config", APPDATA: "" })).toEqual(rootsOf({}));
});

test("audit logs, outputs and skills are not read as transcripts, and their folders are not searched", () => {
  using harness = new SourceHarness([cowork]);
  home.place(harness);
  const root = join(harness.home, "Library/Application Support/Claude/local-agent-mode-sessions");
  write(
    harness,
    "Library/Application Support/Claude/local-agent-mode-sessions/skills-plugin/a/b/local_1/.claude/projects/p/s.jsonl",
    "m1",
  );
  write(
    harness,
    "Library/Application Support/Claude/local-agent-mode-sessions/w/g/local_2/uploads/local_3/.claude/projects/p/s.jsonl",
    "m2",
  );
  write(
    harness,
    "Library/Application Support/Claude/local-agent-mode-sessions/w/g/local_2/.claude/todos/s.jsonl",
    "m3",
  );
  const folders = new Set<string>();
  const found = walk(store, [root], folders).map(({ path }) => path.slice(root.length + 1));
  expect(found.length).toBe(2);
  for (const path of found) expect(path).toMatch(/\/local_[^/]+\/\.claude\/projects\//);
  expect([...folders].filter((path) => /outputs|uploads|skills-plugin|todos/.test(path))).toEqual([]);
});

test("a message that is also in Claude Code's own transcripts is counted once, in either order", async () => {
  for (const order of [
    [cowork, claudeCode],
    [claudeCode, cowork],
  ]) {
    using harness = new SourceHarness(order);
    home.place(harness);
    cpSync(
      join(harness.home, "Library/Application Support/Claude/local-agent-mode-sessions"),
      join(harness.home, ".claude/projects"),
      { recursive: true },
    );
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
  }
});

test("actions are read as for Claude Code, with the sandbox's own directory as project", async () => {
  using harness = new SourceHarness([cowork]);
  home.place(harness);
  await harness.scan();
  expect(new Set(harness.responses.map(({ project }) => project))).toEqual(new Set(["/sessions/brave-happy-fox"]));
  expect(harness.responses.filter(({ agent }) => agent !== "").length).toBeGreaterThan(0);
  expect(new Set(harness.actions.map(({ action }) => action))).toEqual(new Set(["prompt", "tool", "file"]));
  expect(harness.skipped).toEqual([]);
});
