import { describe, expect, test } from "bun:test";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { dateOf, FOREVER } from "../../src/model/calendar.ts";
import type { Observation } from "../../src/model/observation.ts";
import { branches } from "../../src/reports/branches.ts";
import type { Cell } from "../../src/render/format.ts";
import type { Report } from "../../src/reports/contract.ts";
import { daily } from "../../src/reports/daily.ts";
import { projects } from "../../src/reports/projects.ts";
import { Harness } from "../ledger/home.ts";
import { NOON, plainResponse } from "../ledger/sample.ts";
import { queriesOf } from "../ledger/queries.ts";
import { shownCells } from "../render/cell-table.ts";
import { contextOf, ledgerOf, queryOf } from "./sample.ts";

const WHOLE = [{ from: 0, to: FOREVER, offsetMs: 0 }];
const MINUTE = 60_000;

/** A transcript line of a response of 2 tokens, some minutes after noon, in a directory. */
const line = (session: string, minute: number, cwd: string): string =>
  `${JSON.stringify({
    cwd,
    sessionId: session,
    gitBranch: "main",
    type: "assistant",
    uuid: `${session}-${minute}`,
    timestamp: new Date(NOON + minute * MINUTE).toISOString(),
    requestId: `req_${session}_${minute}`,
    message: {
      id: `msg_${session}_${minute}`,
      role: "assistant",
      model: "claude-opus-4-6",
      content: [],
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  })}\n`;

/** Responses by project and worktree. */
function places(ledger: Ledger, project?: string): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const row of queriesOf(ledger).usage({ from: 0, to: FOREVER, project }, WHOLE, ["project"])) {
    const key = row.worktree === "" ? row.project : `${row.project} (${row.worktree})`;
    counted[key] = (counted[key] ?? 0) + row.responses;
  }
  return counted;
}

const count = (ledger: Ledger, project: string): number =>
  Object.values(places(ledger, project)).reduce((sum, one) => sum + one, 0);

describe("a project", () => {
  test("a path with line breaks has rows of its own, with its branches and worktrees", async () => {
    const response = (project: string, branch: string): Observation => ({
      kind: "response",
      key: `response:${project}`,
      body: { ...plainResponse, session: project, project, branch, input: 1 },
    });
    const paths = ["/home/u/a\nb", "/home/u/a\nc", "/home/u/a\nc/.claude/worktrees/fix"];
    using ledger = ledgerOf(paths.map((path) => response(path, "main")));
    const rowsOf = async (report: Report, options = {}): Promise<Cell[][]> => {
      const result = await report.run(queryOf(ledger, options), contextOf(ledger));
      return shownCells(result).cells.map((cells) => cells.slice(0, 2));
    };
    expect(await rowsOf(daily, { split: "project" })).toEqual([
      [dateOf("UTC", plainResponse.at), "a\nb"],
      [dateOf("UTC", plainResponse.at), "a\nc"],
    ]);
    expect(await rowsOf(branches)).toEqual([
      ["main", "a\nc"],
      ["main", "a\nb"],
    ]);
    expect((await rowsOf(projects)).map(([name]) => name)).toEqual(["a\nc", "  fix", "a\nb"]);
  });

  test("a project stays the same in whatever folder a session enters, and keeps its worktrees apart", async () => {
    using harness = new Harness();
    harness.write(
      "-home-u-app/s1.jsonl",
      line("s1", 1, "/home/u/app") + line("s1", 2, "/home/u/app/web") + line("s1", 3, "/tmp"),
    );
    harness.write("-w/s2.jsonl", line("s2", 1, "/home/u/app/.claude/worktrees/fix") + line("s2", 2, "/tmp"));
    harness.write("-w/s3.jsonl", line("s3", 1, "/tmp"));
    harness.write("-c/s4.jsonl", line("s4", 1, "c:\\w\\app"));
    harness.write("-c/s5.jsonl", line("s5", 1, "C:\\w\\app") + line("s5", 2, "C:\\w\\app\\x"));
    await harness.scan();
    const all = { "/home/u/app": 3, "/home/u/app (fix)": 2, "/tmp": 1, "C:\\w\\app": 3 };
    expect(places(harness.ledger)).toEqual(all);
    expect(places(harness.ledger, "/home/u/app")).toEqual({ "/home/u/app": 3, "/home/u/app (fix)": 2 });
    expect(["app", "fix", "web", "/tmp", "c:\\w\\app", "nowhere"].map((name) => count(harness.ledger, name))).toEqual([
      8, 2, 5, 1, 3, 0,
    ]);
    harness.ledger.rebuild();
    expect(places(harness.ledger)).toEqual(all);
  });

  test("the report has a row and a list of the worktrees below their project, which includes them", async () => {
    using harness = new Harness();
    harness.write("-home-u-app/s1.jsonl", line("s1", 1, "/home/u/app"));
    harness.write("-w/s2.jsonl", line("s2", 1, "/home/u/app/.claude/worktrees/fix"));
    await harness.scan();
    const result = await projects.run(queryOf(harness.ledger), contextOf(harness.ledger));
    expect(shownCells(result).cells.map(([name]) => name)).toEqual(["app", "  fix"]);
    expect(shownCells(result).totals?.slice(0, 2)).toEqual(["Total", 2]);
    expect(result.json(result.rows)).toMatchObject({
      projects: [{ project: "/home/u/app", totalTokens: 4, worktrees: [{ worktree: "fix", totalTokens: 2 }] }],
      totals: { totalTokens: 4 },
    });
  });

  test("a project does not depend on the order in which the lines of a session are read", async () => {
    using harness = new Harness();
    harness.write("-r/s1/subagents/agent-a.jsonl", line("s1", 9, "/r/sub"));
    harness.write("-r/s1.jsonl", line("s1", 5, "/r/sub/deep"));
    await harness.scan();
    expect(places(harness.ledger)).toEqual({ "/r/sub/deep": 2 });
    harness.write("-r/s1.jsonl", line("s1", 1, "/r") + line("s1", 5, "/r/sub/deep"));
    await harness.scan();
    expect(places(harness.ledger)).toEqual({ "/r": 3 });
  });

  test("a project filter applies to sessions, actions and single responses", async () => {
    using harness = new Harness();
    harness.write("-home-u-app/s1.jsonl", line("s1", 1, "/home/u/app") + line("s1", 2, "/home/u/app/web"));
    harness.write("-other/s2.jsonl", line("s2", 1, "/home/u/other"));
    await harness.scan();
    const queries = queriesOf(harness.ledger);
    const filter = { from: 0, to: FOREVER, project: "app" };
    expect(queries.sessions(filter).map(({ session, project }) => [session, project])).toEqual([["s1", "/home/u/app"]]);
    expect(queries.responses(filter).map(({ project }) => project)).toEqual(["/home/u/app", "/home/u/app"]);
    expect(queries.bounds({ project: "app" }, [filter])).toEqual([{ first: NOON + MINUTE, last: NOON + 2 * MINUTE }]);
    expect(queries.unrecorded(filter)).toEqual([]);
  });

  test("a project includes worktrees elsewhere if the transcript names their origin", async () => {
    using harness = new Harness();
    const state = (originalCwd: unknown, worktreePath: unknown): string =>
      `${JSON.stringify({ type: "worktree-state", sessionId: "s1", worktreeSession: { originalCwd, worktreePath, worktreeName: "fix" } })}\n`;
    const used = line("s1", 1, "/w/fix/src") + line("s1", 2, "/tmp");
    harness.write("-w/s1.jsonl", state("/home/u/app", "/w/fix") + used);
    harness.write("-w/s2.jsonl", line("s2", 1, "/home/u/app"));
    // Invalid worktree lines are ignored.
    const odd = [
      ["relative", "/w/a"],
      ["/w/b", "/w/b"],
      [null, "/w/c"],
      ["/w/d", "/w/e"],
      ["/w/e", "/w/d"],
    ];
    harness.write("-w/s3.jsonl", odd.map(([from, to]) => state(from, to)).join("") + line("s3", 1, "/w/d"));
    harness.write("-w/s4.jsonl", `${'{"type":"worktree-state",'.repeat(3)}\n${state(1, 2)}`);
    await harness.scan();
    const all = { "/home/u/app (fix)": 2, "/home/u/app": 1, "/w/d": 1 };
    expect(places(harness.ledger)).toEqual(all);
    expect(places(harness.ledger, "app")).toEqual({ "/home/u/app (fix)": 2, "/home/u/app": 1 });
    expect(places(harness.ledger, "fix")).toEqual({ "/home/u/app (fix)": 2 });
    harness.ledger.rebuild();
    expect(places(harness.ledger)).toEqual(all);
  });
});
