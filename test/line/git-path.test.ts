import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { branchOfSession, readBranch } from "../../src/line/branch.ts";
import { type Host, pathOn } from "../../src/line/git-path.ts";

const wsl: Host = { isWindows: false, distribution: "Ubuntu", drives: "/mnt" };
const linux: Host = { isWindows: false, distribution: null, drives: "/mnt" };
const windows: Host = { isWindows: true, distribution: null, drives: null };

const hosts = { WSL: wsl, "WSL with drives at /": { ...wsl, drives: "" }, Linux: linux, Windows: windows };

describe("a path in a .git file", () => {
  test.each<[keyof typeof hosts, string, string, string | null]>([
    ["WSL", "C:/Users/x/repo/.git/worktrees/w", "/t", "/mnt/c/Users/x/repo/.git/worktrees/w"],
    ["WSL", String.raw`d:\code\repo\.git\worktrees\w`, "/t", "/mnt/d/code/repo/.git/worktrees/w"],
    ["WSL with drives at /", "C:/x", "/t", "/c/x"],
    ["WSL", "//wsl.localhost/Ubuntu/home/x/repo/.git", "/t", "/home/x/repo/.git"],
    ["WSL", String.raw`\\wsl$\ubuntu\home\x\repo\.git`, "/t", "/home/x/repo/.git"],
    ["Linux", "//wsl.localhost/Ubuntu/home/x/.git", "/t", "/home/x/.git"],
    ["WSL", "//wsl.localhost/Debian/home/x/.git", "/t", null],
    ["WSL", "/home/x/.git/worktrees/w", "/t", "/home/x/.git/worktrees/w"],
    ["WSL", "../repo/.git/worktrees/w", "/t", "/t/../repo/.git/worktrees/w"],
    ["WSL", String.raw`odd\name`, "/t", String.raw`/t/odd\name`],
    ["Windows", "C:/Users/x/.git", "D:/t", "C:/Users/x/.git"],
    ["Windows", String.raw`C:\Users\x\.git`, "D:/t", "C:/Users/x/.git"],
    ["Windows", "/mnt/c/Users/x/.git", "C:/t", "C:/Users/x/.git"],
    [
      "Windows",
      "/home/x/repo/.git/worktrees/w",
      "//wsl.localhost/Ubuntu/home/x/w",
      "//wsl.localhost/Ubuntu/home/x/repo/.git/worktrees/w",
    ],
    [
      "Windows",
      "/home/x/repo/.git/worktrees/w",
      "//wsl$/Debian/home/x/w",
      "//wsl$/Debian/home/x/repo/.git/worktrees/w",
    ],
    ["Windows", "//wsl.localhost/Ubuntu/home/x/.git", "C:/t", "//wsl.localhost/Ubuntu/home/x/.git"],
    ["Windows", "../repo/.git/worktrees/w", "C:/t", "C:/t/../repo/.git/worktrees/w"],
  ])("on %s, the path %s in %s is translated to %p", async (host, path, top, expected) => {
    expect(await pathOn(hosts[host], path, top)).toBe(expected);
  });
});

const home = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-path-")));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const write = (path: string, text: string): void => {
  mkdirSync(join(home, path, ".."), { recursive: true });
  writeFileSync(join(home, path), text);
};

test("a worktree created on Windows is read under WSL, also from a subdirectory and with Windows line endings", async () => {
  write("mnt/c/Users/x/repo/.git/worktrees/w/HEAD", "ref: refs/heads/from-windows\r\n");
  write("mnt/c/Users/x/w/.git", "gitdir: C:/Users/x/repo/.git/worktrees/w\r\n");
  const host = { ...wsl, drives: join(home, "mnt") };
  expect(await readBranch(join(home, "mnt/c/Users/x/w"), host)).toEqual({ name: "from-windows", detached: false });
  expect(await readBranch(join(home, "mnt/c/Users/x/w/src"), host)).toEqual({ name: "from-windows", detached: false });
});

describe("the branch of a session", () => {
  write("main/.git/HEAD", "ref: refs/heads/main\n");
  write("main/.claude/worktrees/fix/.git", `gitdir: ${join(home, "main/.git/worktrees/fix")}\n`);
  write("main/.git/worktrees/fix/HEAD", "ref: refs/heads/worktree-fix\n");
  write("main/.claude/worktrees/fix/vendor/lib/.git/HEAD", "ref: refs/heads/of-the-library\n");
  const main = join(home, "main");
  const tree = join(main, ".claude/worktrees/fix");
  const here = { directory: main, branch: { name: "main", detached: false } };
  const nameOf = async (cwd: string | null, worktreePath: string | null, worktreeBranch: string | null) =>
    (await branchOfSession({ cwd, worktreePath, worktreeBranch }, here, linux))?.name ?? null;

  test("is read from the files of its worktree, wherever the session was started", async () => {
    expect(await nameOf(main, tree, "as-it-was-made")).toBe("worktree-fix");
    expect(await nameOf(tree, tree, null)).toBe("worktree-fix");
    expect(await nameOf(join(tree, "src"), tree, null)).toBe("worktree-fix");
    expect(await nameOf(join(tree, "vendor/lib"), tree, "x")).toBe("of-the-library");
    expect(await nameOf(tree, null, null)).toBe("worktree-fix");
  });

  test("is the one that Claude Code reports if the worktree's files are unreadable or its path is unknown", async () => {
    expect(await nameOf(main, "/nonexistent/tree", "elsewhere")).toBe("elsewhere");
    expect(await nameOf(main, null, "elsewhere")).toBe("elsewhere");
    expect(await nameOf(main, "/nonexistent/tree", null)).toBe("main");
  });

  test("is that of the working directory if there is no worktree", async () => {
    expect(await nameOf(main, null, null)).toBe("main");
    expect(await nameOf(null, null, null)).toBe("main");
    expect(await nameOf("/", null, null)).toBeNull();
  });
});
