import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBranch } from "../../src/line/branch.ts";

const home = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-branch-")));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const git = (directory: string, ...args: string[]): void => {
  const env = { PATH: process.env["PATH"], HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
  const { exitCode, stderr } = Bun.spawnSync(
    ["git", "-C", directory, "-c", "user.name=x", "-c", "user.email=x@example.com", ...args],
    { env },
  );
  if (exitCode !== 0) throw new Error(stderr.toString());
};

describe("in a repository of the installed git", () => {
  const repository = join(home, "repository");
  mkdirSync(join(repository, "deep/er"), { recursive: true });
  git(repository, "init", "-q", "-b", "main");
  git(repository, "commit", "-q", "--allow-empty", "-m", "one");
  git(repository, "worktree", "add", "-q", "-b", "feature/x", join(home, "tree"));
  git(repository, "worktree", "add", "-q", "--detach", join(home, "detached"));

  test("a branch is read at the top and in subdirectories", async () => {
    expect(await readBranch(repository)).toEqual({ name: "main", detached: false });
    expect(await readBranch(join(repository, "deep/er"))).toEqual({ name: "main", detached: false });
    expect(await readBranch(`${repository}/deep/er/`)).toEqual({ name: "main", detached: false });
  });

  test("the branch of a linked worktree is read, whose .git is a file", async () => {
    expect(await readBranch(join(home, "tree"))).toEqual({ name: "feature/x", detached: false });
  });

  test("a detached HEAD is shown as an abbreviated commit", async () => {
    const branch = await readBranch(join(home, "detached"));
    expect(branch?.detached).toBe(true);
    expect(branch?.name).toMatch(/^[0-9a-f]{7}$/);
  });
});

describe("hostile folders", () => {
  const planted = (name: string, plant: (git: string) => void): string => {
    const directory = join(home, name);
    mkdirSync(directory);
    plant(join(directory, ".git"));
    return directory;
  };

  test("without a repository, or for an invalid path, there is no branch", async () => {
    const bare = planted("bare", () => undefined);
    expect(await readBranch(bare)).toBeNull();
    expect(await readBranch("")).toBeNull();
    expect(await readBranch("relative")).toBeNull();
    expect(await readBranch(`${"/x".repeat(2_000)}\0`)).toBeNull();
  });

  test("a FIFO as HEAD does not block the line", async () => {
    const fifo = planted("fifo", (path) => {
      mkdirSync(path);
      Bun.spawnSync(["mkfifo", join(path, "HEAD")]);
    });
    const read = await Promise.race([readBranch(fifo), Bun.sleep(5_000).then(() => "late")]);
    expect(read).toBeNull();
  });

  test("an endless HEAD, a directory as HEAD, garbage, a missing git directory and missing reftables give no branch", async () => {
    const endless = planted("endless", (path) => (mkdirSync(path), symlinkSync("/dev/zero", join(path, "HEAD"))));
    const folder = planted("folder", (path) => mkdirSync(join(path, "HEAD"), { recursive: true }));
    const garbage = planted("garbage", (path) => (mkdirSync(path), writeFileSync(join(path, "HEAD"), "\u001b[31m\n")));
    const nowhere = planted("nowhere", (path) => writeFileSync(path, "gitdir: /nonexistent/place\n"));
    const reftable = planted(
      "reftable",
      (path) => (mkdirSync(path), writeFileSync(join(path, "HEAD"), "ref: refs/heads/.invalid\n")),
    );
    for (const directory of [endless, folder, garbage, nowhere, reftable])
      expect(await readBranch(directory)).toBeNull();
  });
});
