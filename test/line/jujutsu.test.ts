import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { readBranch } from "../../src/line/branch.ts";
import { parentsOf } from "../../src/line/git-objects.ts";
import { fieldsOf } from "../../src/line/protobuf.ts";

const home = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-jujutsu-")));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function git(directory: string, ...args: string[]): string {
  const env = { PATH: process.env["PATH"], HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
  const who = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", "-C", directory, ...who, ...args], { env });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString().trim();
}

const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

// Protocol Buffers messages as declared in lib/src/protos of Jujutsu.
type Bytes = readonly number[];
const bytes = (text: string): Bytes => [...new TextEncoder().encode(text)];
const hex = (text: string): Bytes => [...Buffer.from(text, "hex")];
function varint(value: number): Bytes {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) + 128);
  }
}
const field = (number: number, value: Bytes): Bytes => [...varint(number * 8 + 2), ...varint(value.length), ...value];
const target = (...adds: readonly string[]): Bytes =>
  field(
    3,
    adds.flatMap((id) => field(2, field(1, hex(id)))),
  );
const legacy = (id: string): Bytes => field(1, hex(id));
const bookmark = (name: string, at: Bytes): Bytes => field(5, [...field(1, bytes(name)), ...field(2, at)]);
const deleted = (name: string): Bytes => field(5, field(1, bytes(name)));
const workspaceAt = (name: string, id: string): Bytes => field(8, [...field(1, bytes(name)), ...field(2, hex(id))]);

const OPERATION = "ab".repeat(64);
const VIEW = "cd".repeat(64);

/**
 * Writes `.jj` of a workspace: its name and the repository with this view, or for an added workspace (`parts` null) a
 * pointer to the repository.
 */
function writeWorkspace(
  top: string,
  parts: readonly Bytes[] | null,
  name = "default",
  repository = `${top}/.jj/repo`,
): void {
  write(`${top}/.jj/working_copy/checkout`, Uint8Array.from([...field(2, hex(OPERATION)), ...field(3, bytes(name))]));
  if (parts === null) return write(`${top}/.jj/repo`, repository);
  write(`${repository}/op_heads/heads/${OPERATION}`, "");
  write(
    `${repository}/op_store/operations/${OPERATION}`,
    Uint8Array.from([...field(1, hex(VIEW)), ...field(2, hex("00".repeat(64)))]),
  );
  write(
    `${repository}/op_store/views/${VIEW}`,
    Uint8Array.from([...field(1, hex("11".repeat(20))), ...parts.flat(), 0x60, 1]),
  );
  write(`${repository}/store/type`, "git");
}

/** Creates a git repository with a chain of commits, newest last; HEAD is detached at the newest, as Jujutsu leaves it. */
function repositoryOf(name: string, count: number): { top: string; commits: string[] } {
  const top = join(home, name);
  mkdirSync(top);
  git(top, "init", "-q", "-b", "first");
  const commits = Array.from({ length: count }, (_, index) => {
    git(top, "commit", "-q", "--allow-empty", "-m", `commit ${index}`);
    return git(top, "rev-parse", "HEAD");
  });
  git(top, "checkout", "-q", "--detach");
  git(top, "branch", "-q", "-D", "first");
  return { top, commits };
}

const on = (name: string) => ({ name, detached: false });

describe("a colocated repository", () => {
  test("shows the branch at HEAD or at the nearest ancestor, loose or packed, and a trunk only if no other branch is as near", async () => {
    const { top, commits } = repositoryOf("refs", 4);
    write(`${top}/.jj/repo/store/type`, "git");
    const head = commits[3] ?? "";
    expect(await readBranch(top)).toEqual({ name: head.slice(0, 7), detached: true });
    git(top, "branch", "main", commits[0] ?? "");
    expect(await readBranch(top)).toEqual(on("main"));
    git(top, "branch", "fix/it", commits[1] ?? "");
    git(top, "pack-refs", "--all");
    expect(await readBranch(top)).toEqual(on("fix/it"));
    git(top, "branch", "main-2", commits[2] ?? "");
    git(top, "branch", "-f", "main", commits[2] ?? "");
    expect(await readBranch(top)).toEqual(on("main-2"));
    git(top, "branch", "my-change", head);
    expect(await readBranch(join(top, "src/deep"))).toEqual(on("my-change"));
  });

  test("shows the bookmark of the working-copy commit, which is a child of git's HEAD", async () => {
    const { top, commits } = repositoryOf("view", 3);
    const [one = "", two = "", three = ""] = commits;
    git(top, "checkout", "-q", two);
    write(`${top}/.jj/repo/store/git_target`, "../../../.git");
    writeWorkspace(top, [
      workspaceAt("other", one),
      workspaceAt("default", three),
      bookmark("mine", target(three)),
      bookmark("main", legacy(two)),
    ]);
    expect(await readBranch(top)).toEqual(on("mine"));
    writeWorkspace(top, [
      workspaceAt("default", three),
      deleted("mine"),
      bookmark("main", legacy(two)),
      bookmark("old", target(one)),
    ]);
    expect(await readBranch(top)).toEqual(on("main"));
    writeWorkspace(top, [
      workspaceAt("default", three),
      bookmark("torn", target(two, "22".repeat(20))),
      bookmark("old", target(one)),
    ]);
    expect(await readBranch(top)).toEqual(on("torn"));
  });

  test("shows git's branches if the operation log is unreadable or has two heads", async () => {
    const { top, commits } = repositoryOf("forked", 2);
    writeWorkspace(top, [workspaceAt("default", commits[1] ?? ""), bookmark("from-view", target(commits[1] ?? ""))]);
    git(top, "branch", "from-git", commits[0] ?? "");
    expect(await readBranch(top)).toEqual(on("from-view"));
    write(`${top}/.jj/repo/op_heads/heads/${"ef".repeat(64)}`, "");
    expect(await readBranch(top)).toEqual(on("from-git"));
  });

  test("shows the branch that git has checked out", async () => {
    const { top } = repositoryOf("attached", 1);
    writeWorkspace(top, []);
    git(top, "checkout", "-q", "-b", "by-git");
    expect(await readBranch(top)).toEqual(on("by-git"));
  });

  test("without Jujutsu shows a detached commit, even if a branch points to it", async () => {
    const { top, commits } = repositoryOf("plain", 1);
    git(top, "branch", "here");
    expect(await readBranch(top)).toEqual({ name: commits[0]?.slice(0, 7) ?? "", detached: true });
  });
});

describe("a workspace without .git", () => {
  test("added to a repository is read from that repository by its own name, even inside another repository", async () => {
    const { top, commits } = repositoryOf("base", 3);
    const [one = "", two = "", three = ""] = commits;
    git(top, "checkout", "-q", "-b", "outer");
    write(`${top}/.jj/repo/store/git_target`, "../../../.git");
    writeWorkspace(top, [
      workspaceAt("default", one),
      workspaceAt("second", three),
      bookmark("mine", target(two)),
      bookmark("root", target(one)),
    ]);
    const second = join(top, "second");
    writeWorkspace(second, null, "second", "../../.jj/repo");
    expect(await readBranch(second)).toEqual(on("mine"));
    expect(await readBranch(join(second, "deep"))).toEqual(on("mine"));
    writeWorkspace(second, null, "second", join(top, ".jj/repo"));
    expect(await readBranch(second)).toEqual(on("mine"));
    expect(await readBranch(top)).toEqual(on("outer"));
  });

  test("with its own git store shows the nearest bookmark, else its commit", async () => {
    const { top: other, commits } = repositoryOf("store", 2);
    const top = join(home, "alone");
    write(`${top}/.jj/repo/store/git_target`, join(other, ".git"));
    writeWorkspace(top, [workspaceAt("default", commits[1] ?? ""), bookmark("mine", target(commits[0] ?? ""))]);
    expect(await readBranch(top)).toEqual(on("mine"));
    writeWorkspace(top, [workspaceAt("default", commits[1] ?? "")]);
    expect(await readBranch(top)).toEqual({ name: commits[1]?.slice(0, 7) ?? "", detached: true });
  });

  test("shows nothing if its repository is missing or points to itself", async () => {
    const top = join(home, "gone");
    writeWorkspace(top, null, "x", "/nonexistent/.jj/repo");
    expect(await readBranch(top)).toBeNull();
    write(`${top}/.jj/repo`, ".");
    expect(await readBranch(top)).toBeNull();
    write(`${top}/.jj/repo`, "\0\0");
    expect(await readBranch(top)).toBeNull();
  });
});

describe("hostile files", () => {
  test("a commit that decompresses to gigabytes, is its own parent or is missing does not block the search", async () => {
    const top = join(home, "bomb");
    const [bomb, loop] = ["ab".repeat(20), "cd".repeat(20)];
    const object = (id: string, content: Uint8Array): void =>
      write(`${top}/.git/objects/${id.slice(0, 2)}/${id.slice(2)}`, deflateSync(content));
    object(bomb, new Uint8Array(200_000_000));
    object(loop, Buffer.from(`commit 9\0tree ${bomb}\nparent ${loop}\nparent ${bomb}\n\n`));
    expect(await parentsOf(`${top}/.git`, bomb)).toEqual([]);
    expect(await parentsOf(`${top}/.git`, loop)).toEqual([loop, bomb]);
    expect(await parentsOf(`${top}/.git`, "ef".repeat(20))).toEqual([]);
    write(`${top}/.git/HEAD`, `${loop}\n`);
    write(`${top}/.git/refs/heads/far`, `${"99".repeat(20)}\n`);
    write(`${top}/.jj/repo/store/type`, "git");
    expect(await readBranch(top)).toEqual({ name: loop.slice(0, 7), detached: true });
  });

  test("a view with 80,000 bookmarks on one commit is read in finite time, with or without a result", async () => {
    const { top, commits } = repositoryOf("crowd", 1);
    const [commit = ""] = commits;
    const many = Array.from({ length: 80_000 }, (_, index) => bookmark(String(index), legacy(commit)));
    writeWorkspace(top, [workspaceAt("default", commit), ...many]);
    expect(["0", commit.slice(0, 7)]).toContain((await readBranch(top))?.name ?? "nothing");
  });

  test("a message of arbitrary bytes is parsed without throwing or hanging", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (given) => {
        for (const values of fieldsOf(given).values()) for (const value of values) fieldsOf(value);
      }),
      { numRuns: 3_000 },
    );
  });
});
