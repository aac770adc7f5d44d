import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { claudeCode } from "../../src/sources/claude-code.ts";
import type { Findings } from "../../src/sources/contract.ts";
import { readResponses } from "../../src/sources/transcripts/responses.ts";
import { SourceDesk } from "./desk.ts";

const HOME = "/home/user/app";
const PATH = `${HOME}/.claude/worktrees/fix`;
const FILE = "-home-user-app--claude-worktrees-fix/s1.jsonl";

/** The line by which Claude Code says in which worktree a session is. */
const state = (path = PATH, branch = "worktree-fix"): string =>
  JSON.stringify({
    type: "worktree-state",
    sessionId: "s1",
    worktreeSession: { originalCwd: HOME, worktreePath: path, worktreeBranch: branch, originalBranch: "main" },
  });

let made = 0;

/** A response that used a tool, in a directory and on what the line names as the branch. */
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

function write(desk: SourceDesk, name: string, ...lines: readonly string[]): string {
  const path = join(desk.home, ".claude/projects", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}

/** Branches of the responses, and those of the tools if they are others. */
async function branchesOf(desk: SourceDesk): Promise<string[]> {
  await desk.scan();
  const branches = (table: string): string[] =>
    desk
      .all<{ branch: string }>(`SELECT branch FROM ${table} JOIN slice ON slice.id = slice ORDER BY key`)
      .map(({ branch }) => branch);
  const [responses, actions] = [branches("response"), branches("action")];
  expect(actions.toSorted()).toEqual(responses.toSorted());
  return responses;
}

describe("in a worktree that Claude Code made", () => {
  test("the branch is the worktree's where a line names the one that it was made from, or none", async () => {
    using desk = new SourceDesk([claudeCode]);
    const lines = [response(PATH, "main"), response(`${PATH}/src`, "HEAD"), response(PATH, "")];
    write(desk, FILE, state(), ...lines);
    expect(await branchesOf(desk)).toEqual(["worktree-fix", "worktree-fix", "worktree-fix"]);
  });

  test("a branch that was changed to is what the line says, and so is the branch of another directory", async () => {
    using desk = new SourceDesk([claudeCode]);
    const lines = [response(PATH, "other"), response(HOME, "main"), response(`${PATH}-2`, "main")];
    write(desk, FILE, state(), ...lines);
    expect(await branchesOf(desk)).toEqual(["other", "main", "main"]);
  });

  test("lines that come later, after others of the same or of another worktree, are of the one they are in", async () => {
    using desk = new SourceDesk([claudeCode]);
    const other = `${HOME}/.claude/worktrees/two`;
    const path = write(desk, FILE, state(), response(PATH, "main"));
    await desk.scan();
    const later = [response(PATH, "main"), state(other, "two"), response(other, "main"), response(PATH, "main")];
    appendFileSync(path, later.map((line) => `${line}\n`).join(""));
    expect(await branchesOf(desk)).toEqual(["worktree-fix", "worktree-fix", "two", "worktree-fix"]);
  });

  test("a subagent's transcript, which does not say so itself, is of its session's worktree", async () => {
    using desk = new SourceDesk([claudeCode]);
    const sub = response(PATH, "main", { isSidechain: true });
    write(desk, FILE, state(), response(PATH, "main"));
    write(desk, FILE.replace(".jsonl", "/subagents/agent-a1.jsonl"), sub);
    write(desk, FILE.replace(".jsonl", "/subagents/workflows/w1/agent-a2.jsonl"), response(PATH, "main"));
    expect(await branchesOf(desk)).toEqual(["worktree-fix", "worktree-fix", "worktree-fix"]);
  });

  test("its session's transcript is looked into where the subagent's begins, and not for each line that is added", () => {
    let looks = 0;
    const beside = (): Buffer => {
      looks += 1;
      return Buffer.from(`${response(PATH, "main")}\n`);
    };
    const findings: Findings = { memory: null, observed: () => {}, skipped: () => {} };
    const bytes = Buffer.from(`${response(PATH, "main", { isSidechain: true })}\n`);
    const path = `${HOME}/.claude/projects/${FILE.replace(".jsonl", "/subagents/agent-a1.jsonl")}`;
    for (let at = 0; at < 3; at++)
      readResponses(
        { path, written: 1, beside, names: () => [], bytes, offset: at * bytes.length, isOpen: false },
        findings,
      );
    expect(looks).toBe(1);
  });

  test("damaged lines about worktrees change nothing", async () => {
    using desk = new SourceDesk([claudeCode]);
    const damaged = [
      '{"type":"worktree-state","worktreeSession":',
      '{"type":"worktree-state"}',
      '{"type":"worktree-state","worktreeSession":null}',
      '{"type":"worktree-state","worktreeSession":{"worktreePath":"","worktreeBranch":"x","originalBranch":"main"}}',
      '{"type":"worktree-state","worktreeSession":{"worktreePath":["/"],"worktreeBranch":7}}',
      JSON.stringify({ type: "user", message: { content: state("/home", "quoted") } }),
    ];
    write(desk, FILE, ...damaged, response(PATH, "main"));
    expect(await branchesOf(desk)).toEqual(["main"]);
  });
});
