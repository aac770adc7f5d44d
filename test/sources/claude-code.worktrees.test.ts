import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { claudeCode } from "../../src/sources/claude-code.ts";
import type { Emitter } from "../../src/sources/contract.ts";
import { readResponses } from "../../src/sources/transcripts/responses.ts";
import { SourceHarness } from "./harness.ts";

const HOME = "/home/user/app";
const PATH = `${HOME}/.claude/worktrees/fix`;
const FILE = "-home-user-app--claude-worktrees-fix/s1.jsonl";

/** A line in which Claude Code names the worktree of a session. */
const state = (path = PATH, branch = "worktree-fix"): string =>
  JSON.stringify({
    type: "worktree-state",
    sessionId: "s1",
    worktreeSession: { originalCwd: HOME, worktreePath: path, worktreeBranch: branch, originalBranch: "main" },
  });

let made = 0;

/** A response that used a tool, in a directory, with a branch name. */
function response(cwd: string, gitBranch: string, special: object = {}): string {
  const id = (made += 1);
  const usage = { input_tokens: 1, output_tokens: 1 };
  const content = [{ type: "tool_use", id: `toolu_${id}`, name: "Read", input: {} }];
  return JSON.stringify({
    isSidechain: false,
    cwd,
    sessionId: "s1",
    gitBranch,
    type: "assistant",
    timestamp: "2026-11-20T10:00:00.000Z",
    requestId: `req_${id}`,
    message: { id: `msg_${String(id).padStart(4, "0")}`, role: "assistant", model: "claude-opus-4-6", content, usage },
    ...special,
  });
}

function write(harness: SourceHarness, name: string, ...lines: readonly string[]): string {
  const path = join(harness.home, ".claude/projects", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}

/** Returns the branches of the responses, and checks that the tools have the same ones. */
async function branchesOf(harness: SourceHarness): Promise<string[]> {
  await harness.scan();
  const branches = (table: string): string[] =>
    harness
      .all<{ branch: string }>(
        `SELECT branch FROM ${table} JOIN dimension_set ON dimension_set.id = dimension_id ORDER BY key`,
      )
      .map(({ branch }) => branch);
  const [responses, actions] = [branches("response"), branches("action")];
  expect(actions.toSorted()).toEqual(responses.toSorted());
  return responses;
}

describe("in a worktree that Claude Code created", () => {
  test("the branch is the worktree's if a line names the original branch, HEAD or none", async () => {
    using harness = new SourceHarness([claudeCode]);
    const lines = [response(PATH, "main"), response(`${PATH}/src`, "HEAD"), response(PATH, "")];
    write(harness, FILE, state(), ...lines);
    expect(await branchesOf(harness)).toEqual(["worktree-fix", "worktree-fix", "worktree-fix"]);
  });

  test("another branch name is kept, and so is the branch of another directory", async () => {
    using harness = new SourceHarness([claudeCode]);
    const lines = [response(PATH, "other"), response(HOME, "main"), response(`${PATH}-2`, "main")];
    write(harness, FILE, state(), ...lines);
    expect(await branchesOf(harness)).toEqual(["other", "main", "main"]);
  });

  test("lines read later get the branch of their own worktree, even after lines of another one", async () => {
    using harness = new SourceHarness([claudeCode]);
    const other = `${HOME}/.claude/worktrees/two`;
    const path = write(harness, FILE, state(), response(PATH, "main"));
    await harness.scan();
    const later = [response(PATH, "main"), state(other, "two"), response(other, "main"), response(PATH, "main")];
    appendFileSync(path, later.map((line) => `${line}\n`).join(""));
    expect(await branchesOf(harness)).toEqual(["worktree-fix", "worktree-fix", "two", "worktree-fix"]);
  });

  test("a subagent's transcript uses the worktree of its session", async () => {
    using harness = new SourceHarness([claudeCode]);
    const sub = response(PATH, "main", { isSidechain: true });
    write(harness, FILE, state(), response(PATH, "main"));
    write(harness, FILE.replace(".jsonl", "/subagents/agent-a1.jsonl"), sub);
    write(harness, FILE.replace(".jsonl", "/subagents/workflows/w1/agent-a2.jsonl"), response(PATH, "main"));
    expect(await branchesOf(harness)).toEqual(["worktree-fix", "worktree-fix", "worktree-fix"]);
  });

  test("its session's transcript is read where the subagent's begins, and not for each appended line", () => {
    let reads = 0;
    const readSibling = (): Buffer => {
      reads += 1;
      return Buffer.from(`${response(PATH, "main")}\n`);
    };
    const emitter: Emitter = { memory: null, emit: () => {}, skip: () => {} };
    const bytes = Buffer.from(`${response(PATH, "main", { isSidechain: true })}\n`);
    const path = `${HOME}/.claude/projects/${FILE.replace(".jsonl", "/subagents/agent-a1.jsonl")}`;
    for (let at = 0; at < 3; at++)
      readResponses(
        { path, modifiedAt: 1, readSibling, listFolder: () => [], bytes, offset: at * bytes.length, isOpen: false },
        emitter,
      );
    expect(reads).toBe(1);
  });

  test("damaged worktree lines are ignored", async () => {
    using harness = new SourceHarness([claudeCode]);
    const damaged = [
      '{"type":"worktree-state","worktreeSession":',
      '{"type":"worktree-state"}',
      '{"type":"worktree-state","worktreeSession":null}',
      '{"type":"worktree-state","worktreeSession":{"worktreePath":"","worktreeBranch":"x","originalBranch":"main"}}',
      '{"type":"worktree-state","worktreeSession":{"worktreePath":["/"],"worktreeBranch":7}}',
      JSON.stringify({ type: "user", message: { content: state("/home", "quoted") } }),
    ];
    write(harness, FILE, ...damaged, response(PATH, "main"));
    expect(await branchesOf(harness)).toEqual(["main"]);
  });
});
