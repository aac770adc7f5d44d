import { expect, test } from "bun:test";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { walk } from "../../src/collector/walk.ts";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { cowork } from "../../src/sources/cowork.ts";
import { recorded } from "./cowork.ts";
import { SourceDesk } from "./harness.ts";

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

function write(desk: SourceDesk, path: string, id: string): void {
  mkdirSync(dirname(join(desk.home, path)), { recursive: true });
  writeFileSync(join(desk.home, path), response(id));
}

const SESSION = "local-agent-mode-sessions/w/g/local_1/.claude/projects/-sessions-x/s.jsonl";

test("sessions are found in the places of every system, also of another provider and of Windows' store", async () => {
  using desk = new SourceDesk([cowork]);
  const places = [
    "Library/Application Support/Claude",
    "Library/Application Support/Claude-3p",
    ".config/Claude",
    "AppData/Roaming/Claude",
    "AppData/Local/Claude-3p",
    "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude",
    "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Local/Claude-3p",
  ];
  for (const [index, place] of places.entries()) write(desk, `${place}/${SESSION}`, `msg_${index}`);
  await desk.scan();
  expect(desk.totals.responses).toBe(places.length);
});

test("the environment says where programs keep their data, in the way of either system", () => {
  const rootsOf = (env: Record<string, string>): string[] => store.roots(env, "/home/u");
  expect(rootsOf({ XDG_CONFIG_HOME: "/data/config/" })).toContain("/data/config/Claude/local-agent-mode-sessions");
  expect(rootsOf({ APPDATA: "C:\\Users\\u\\AppData\\Roaming" })).toContain(
    "C:/Users/u/AppData/Roaming/Claude/local-agent-mode-sessions",
  );
  // The specification has relative ones ignored.
  expect(rootsOf({ XDG_CONFIG_HOME: "config", APPDATA: "" })).toEqual(rootsOf({}));
});

test("audit logs, outputs and skills are no transcripts, and their folders are not looked into", () => {
  using desk = new SourceDesk([cowork]);
  home.place(desk);
  const root = join(desk.home, "Library/Application Support/Claude/local-agent-mode-sessions");
  write(
    desk,
    "Library/Application Support/Claude/local-agent-mode-sessions/skills-plugin/a/b/local_1/.claude/projects/p/s.jsonl",
    "m1",
  );
  write(
    desk,
    "Library/Application Support/Claude/local-agent-mode-sessions/w/g/local_2/uploads/local_3/.claude/projects/p/s.jsonl",
    "m2",
  );
  write(desk, "Library/Application Support/Claude/local-agent-mode-sessions/w/g/local_2/.claude/todos/s.jsonl", "m3");
  const folders = new Set<string>();
  const found = walk(store, [root], folders).map(({ path }) => path.slice(root.length + 1));
  expect(found.length).toBe(2);
  for (const path of found) expect(path).toMatch(/\/local_[^/]+\/\.claude\/projects\//);
  expect([...folders].filter((path) => /outputs|uploads|skills-plugin|todos/.test(path))).toEqual([]);
});

test("a message that also stands in Claude Code's own transcripts is counted once, in either order", async () => {
  for (const order of [
    [cowork, claudeCode],
    [claudeCode, cowork],
  ]) {
    using desk = new SourceDesk(order);
    home.place(desk);
    cpSync(
      join(desk.home, "Library/Application Support/Claude/local-agent-mode-sessions"),
      join(desk.home, ".claude/projects"),
      { recursive: true },
    );
    await desk.scan();
    expect(desk.totals).toEqual(home.truth);
  }
});

test("what sessions did is told as of Claude Code, under the sandbox's own directory", async () => {
  using desk = new SourceDesk([cowork]);
  home.place(desk);
  await desk.scan();
  expect(new Set(desk.responses.map(({ project }) => project))).toEqual(new Set(["/sessions/brave-happy-fox"]));
  expect(desk.responses.filter(({ agent }) => agent !== "").length).toBeGreaterThan(0);
  expect(new Set(desk.actions.map(({ action }) => action))).toEqual(new Set(["prompt", "tool", "file"]));
  expect(desk.skipped).toEqual([]);
});
