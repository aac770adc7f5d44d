import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LevelSettings, ProjectLevels } from "../../src/sync/ProjectLevels.ts";
import { readProjectFile, type SentLevel } from "../../src/sync/project-file.ts";

const folder = mkdtempSync(join(tmpdir(), "pawprint-levels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A directory with a .pawprint file of this text. */
function projectWith(name: string, text: string | null): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  if (text !== null) writeFileSync(join(path, ".pawprint"), text);
  return path;
}

type Files = Record<string, SentLevel | null | "unknown">;

/** Levels over files of directories, with the directories of sessions and the repositories of worktrees. */
function levelsOf(
  settings: Partial<LevelSettings>,
  files: Files = {},
  known: { starts?: Record<string, string>; worktrees?: Record<string, string>; lowered?: [string, SentLevel][] } = {},
): ProjectLevels {
  const places = {
    startOf: (_: string, session: string) => known.starts?.[session] ?? "",
    repositoryOf: (directory: string) => known.worktrees?.[directory] ?? null,
    directories: () => Object.keys(files),
  };
  const all: LevelSettings = { level: "metrics", projects: [], home: "/home/ann", most: "details", ...settings };
  return new ProjectLevels(all, places, known.lowered, (directory) => files[directory] ?? null);
}

describe("the file of a project", () => {
  test.each([
    ["off\n", "off"],
    [" metrics ", "metrics"],
    ["details", "details"],
    ["everything", "off"],
    ["", "off"],
    ["details".padEnd(100), "off"],
  ] as const)("that says %p means %p", (text, level) => {
    expect(readProjectFile(projectWith("one", text))).toBe(level);
  });

  test("means off if it is a link, a directory or a FIFO, and nothing without one", () => {
    const link = projectWith("link", null);
    symlinkSync("/dev/zero", join(link, ".pawprint"));
    const directory = projectWith("directory/.pawprint", null);
    const fifo = projectWith("fifo", null);
    Bun.spawnSync(["mkfifo", join(fifo, ".pawprint")]);
    expect([link, join(directory, ".."), fifo].map(readProjectFile)).toEqual(["off", "off", "off"]);
    expect(readProjectFile(projectWith("none", null))).toBeNull();
    expect(readProjectFile(join(folder, "never-there"))).toBe("unknown");
  });
});

test.if(process.getuid?.() !== 0)("the file of a project that may not be read means off", () => {
  const directory = projectWith("unreadable", "details");
  chmodSync(join(directory, ".pawprint"), 0);
  expect(readProjectFile(directory)).toBe("off");
});

describe("how much of a project leaves", () => {
  test("is what the settings say, the entry of the innermost directory first", () => {
    const projects = [
      ["~/work", "off"],
      ["/home/ann/work/open", "details"],
    ] as const;
    const levels = levelsOf({ projects });
    const of = [
      "/home/ann/other",
      "/home/ann/work",
      "/home/ann/work/a",
      "/home/ann/work/open/src",
      "/home/ann/workshop",
      "",
    ];
    expect(of.map((one) => levels.of(one))).toEqual(["metrics", "off", "off", "details", "metrics", "metrics"]);
  });

  test("is lowered by files in the directory and above it, and never raised by them", () => {
    const files: Files = { "/p/low": "off", "/p/high": "details", "/p/low/inner": "details" };
    const levels = levelsOf({}, files);
    expect(["/p/low/inner/src", "/p/low", "/p/high"].map((one) => levels.of(one))).toEqual(["off", "off", "metrics"]);
    expect(levelsOf({ level: "details", most: "metrics" }).of("/p/any")).toBe("metrics");
  });

  test("stays low after the file or its directory is gone, until the settings name the directory", () => {
    const files: Files = { "/p/a": "off", "/p/b": "metrics" };
    const levels = levelsOf({ level: "details" }, files);
    levels.refresh();
    const before = levels.policy;
    files["/p/a"] = "unknown";
    files["/p/b"] = null;
    levels.refresh();
    expect([levels.of("/p/a"), levels.of("/p/b")]).toEqual(["off", "metrics"]);
    expect(levels.policy).toBe(before);
    const { lowered } = levels;
    const kept = levelsOf({ level: "details" }, files, { lowered });
    expect([kept.of("/p/a"), kept.of("/p/b")]).toEqual(["off", "metrics"]);
    const raised = levelsOf({ level: "details", projects: [["/p/b", "details"]] }, files, { lowered });
    expect([raised.of("/p/a"), raised.of("/p/b")]).toEqual(["off", "details"]);
  });

  test("changes the policy when a project gets a file, so that its rows leave again in another form", () => {
    const files: Files = { "/p/a": null };
    const levels = levelsOf({}, files);
    levels.refresh();
    const before = levels.policy;
    files["/p/a"] = "off";
    levels.refresh();
    expect(levels.policy).not.toBe(before);
  });

  test("is that of the place where the session began, and of the repository of a worktree, if that is lower", () => {
    const files: Files = { "/p/secret": "off" };
    const known = { starts: { s1: "/p/secret", s2: "/p/open" }, worktrees: { "/w/t1": "/p/secret" } };
    const levels = levelsOf({}, files, known);
    expect(levels.ofWork("codex", "s1", "/tmp")).toBe("off");
    expect(levels.ofWork("codex", "s1", "")).toBe("off");
    expect(levels.ofWork("codex", "s2", "/tmp")).toBe("metrics");
    expect(levels.ofWork("codex", "s2", "/w/t1/src")).toBe("off");
  });

  test("is low for a folder of transcripts that may belong to a low directory", () => {
    const levels = levelsOf({ projects: [["/home/ann/secret", "off"]] });
    const of = ["-home-ann-secret", "home-ann-secret-src", "-home-ann-open", "-home-ann-secrets"];
    expect(of.map((one) => levels.of(one))).toEqual(["off", "off", "metrics", "metrics"]);
  });

  test("is off for an entry of the settings with another word, which is named", () => {
    const levels = levelsOf({
      projects: [
        ["/p/a", "detail"],
        ["relative", "off"],
      ],
    });
    expect(levels.of("/p/a")).toBe("off");
    expect(levels.wrong).toEqual(["/p/a=detail", "relative=off"]);
  });
});
