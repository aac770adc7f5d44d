import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { normalDirectory, Projects } from "../../src/model/project.ts";

const known = (directories: readonly string[], starts: Readonly<Record<string, string>> = {}): Projects =>
  new Projects(() => directories, new Map(Object.entries(starts)));

describe("projects of directories", () => {
  test.each([
    ["/home/u/app", "/home/u/app", ""],
    ["/home/u/app/", "/home/u/app", ""],
    ["/", "/", ""],
    ["", "", ""],
    ["c:\\Users\\u\\app", "C:\\Users\\u\\app", ""],
    ["C:/Users/u/app/", "C:\\Users\\u\\app", ""],
    ["c:\\", "C:\\", ""],
    ["/home/u/app/.claude/worktrees/fix", "/home/u/app", "fix"],
    ["/home/u/app/.claude/worktrees/fix/src/deep", "/home/u/app", "fix"],
    ["/home/u/app/.worktrees/fix", "/home/u/app", "fix"],
    ["/home/u/app/.gemini/worktrees/fix", "/home/u/app", "fix"],
    ["c:\\app\\.claude\\worktrees\\fix\\src", "C:\\app", "fix"],
    ["/home/u/app/.claude/worktrees/a/.claude/worktrees/b", "/home/u/app", "a"],
    ["/home/u/app/.claude/worktrees", "/home/u/app/.claude/worktrees", ""],
    ["/.claude/worktrees/x", "/.claude/worktrees/x", ""],
    ["/home/u/worktrees/fix", "/home/u/worktrees/fix", ""],
  ])("the project of %j is %j, worktree %j", (directory, project, worktree) => {
    expect(known([directory]).of(directory)).toEqual({ project, worktree });
  });

  test("a worktree in an assistant's own directory belongs to the only main checkout of that name", () => {
    const codex = "/home/u/.codex/worktrees/ab12/app/src";
    const cursor = "/home/u/.cursor/worktrees/app/qRs";
    const one = known([codex, cursor, "/home/u/app"]);
    expect(one.of(codex)).toEqual({ project: "/home/u/app", worktree: "ab12" });
    expect(one.of(cursor)).toEqual({ project: "/home/u/app", worktree: "qRs" });
    const two = known([codex, "/home/u/app", "/srv/app"]);
    expect(two.of(codex)).toEqual({ project: codex, worktree: "" });
  });

  test("a transcript folder belongs to the only directory with that folder name", () => {
    expect(known(["-home-u-my-app", "/home/u/my.app"]).of("-home-u-my-app").project).toBe("/home/u/my.app");
    expect(known(["-home-u-a-b", "/home/u/a.b", "/home/u/a/b"]).of("-home-u-a-b").project).toBe("-home-u-a-b");
  });

  test("directories are normalised, and normalising twice changes nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z]:[\\/a-c]*$/)), (directory) => {
        const once = normalDirectory(directory);
        expect(normalDirectory(once)).toBe(once);
      }),
    );
  });
});

describe("projects of work done by a session", () => {
  const projects = known(["/r", "/r/sub", "/tmp"], { s1: "/r", s2: "/r/.claude/worktrees/w", s3: "c:\\r" });

  test("work belongs to the directory in which the session began, even after a shell tool changed directory", () => {
    expect(projects.placeOf("/r/sub", "s1")).toEqual({ project: "/r", worktree: "" });
    expect(projects.placeOf("/tmp", "s1")).toEqual({ project: "/r", worktree: "" });
    expect(projects.placeOf("/tmp", "s2")).toEqual({ project: "/r", worktree: "w" });
    expect(projects.placeOf("C:\\r\\sub", "s3")).toEqual({ project: "C:\\r", worktree: "" });
    expect(projects.placeOf("/r/sub", "of another session")).toEqual({ project: "/r/sub", worktree: "" });
  });

  test("work in a worktree belongs to that worktree", () => {
    expect(projects.placeOf("/x/.claude/worktrees/v", "s1")).toEqual({ project: "/x", worktree: "v" });
  });
});

describe("projects named by a text", () => {
  const pairs = [
    ["/home/u/app", "/home/u/app"],
    ["/home/u/app/web", "/home/u/app"],
    ["/home/u/app/.claude/worktrees/fix", "/home/u/app"],
    ["/home/u/my-app", "/home/u/my-app"],
    ["/srv/Website", "/srv/Website"],
    ["c:\\Users\\u\\tool", "c:\\Users\\u\\tool"],
    ["C:\\Users\\u\\tool\\x", "C:\\Users\\u\\tool"],
    ["", ""],
  ] as const;
  const fix = "/home/u/app/.claude/worktrees/fix";
  const named = (text: string): readonly string[] =>
    known(pairs.map(([directory]) => directory))
      .named(text, pairs)
      .starts.toSorted();

  test.each([
    ["app", ["/home/u/app", fix]],
    ["u/app", ["/home/u/app", fix]],
    ["/home/u/app", ["/home/u/app", fix]],
    ["/home/u/app/", ["/home/u/app", fix]],
    ["fix", [fix]],
    [fix, [fix]],
    ["web", ["/home/u/app", fix]],
    ["/home/u/app/web", ["/home/u/app", fix]],
    ["APP", ["/home/u/app", fix, "/home/u/my-app"]],
    ["y-a", ["/home/u/my-app"]],
    ["site", ["/srv/Website"]],
    ["srv", ["/srv/Website"]],
    ["tool", ["C:\\Users\\u\\tool", "c:\\Users\\u\\tool"]],
    ["c:/users", ["C:\\Users\\u\\tool", "c:\\Users\\u\\tool"]],
    ["u/tool", ["C:\\Users\\u\\tool", "c:\\Users\\u\\tool"]],
    ["u\\tool\\", ["C:\\Users\\u\\tool", "c:\\Users\\u\\tool"]],
    ["sers/U/to", ["C:\\Users\\u\\tool", "c:\\Users\\u\\tool"]],
    ["nothing", []],
  ])("the text %j names %j", (text, bases) => {
    expect(named(text)).toEqual(bases.toSorted());
  });

  test("a text names directories as a whole, and others only for some sessions", () => {
    const shared = [...pairs, ["/tmp", "/home/u/app"], ["/tmp", "/tmp"]] as const;
    const projects = known(shared.map(([directory]) => directory));
    expect(projects.named("app", shared)).toEqual({
      whole: ["/home/u/app", "/home/u/app/web", fix],
      partly: ["/tmp"],
      starts: ["/home/u/app", fix],
    });
    expect(projects.named("/tmp", shared)).toEqual({ whole: [], partly: ["/tmp"], starts: ["/tmp"] });
  });
});
