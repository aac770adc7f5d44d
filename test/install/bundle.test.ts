import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, bundleFiles, type BundleFile, compile } from "../../src/install/bundle.ts";
import { ISOLATED } from "../../src/utils/paths.ts";
import { harness, refresh } from "./harness.ts";

const repository = join(import.meta.dir, "../..");

/** The static imports of a bundled file. */
function staticImports(text: string): string[] {
  const found = text.matchAll(/(?:\bimport[^;("']*?["']|\brequire\(["'])([^"']+)["']/g);
  return [...found].map((match) => match[1] ?? "");
}

describe("the bundle of this repository", () => {
  let made: readonly BundleFile[] = [];
  beforeAll(async () => {
    made = await bundleFiles(repository);
  });

  test("has entry points without static imports of other bundled files", () => {
    const text = (name: string): string => String(made.find((piece) => piece.name === name)?.content);
    for (const entryFile of ["statusline.js", "chain.js"]) {
      expect(staticImports(text(entryFile)).filter((path) => path.startsWith("."))).toEqual([]);
      expect(text(entryFile)).not.toMatch(/process\.std(in|out)|node:stream|proper-lockfile|zod|pino/);
    }
    const later = [...text("statusline.js").matchAll(/import\("\.\/([^"]+)"\)/g)].map((match) => match[1]);
    expect(later.length).toBeGreaterThan(0);
    expect(made.map((piece) => piece.name)).toEqual(expect.arrayContaining(later));
  });

  test("cli.js only chooses the entry point, and each has a file of its own with bytecode", () => {
    const cli = String(made.find(({ name }) => name === "cli.js")?.content);
    const chosen = [...cli.matchAll(/import\("\.\/([^"]+)"\)/g)].map((match) => match[1] ?? "");
    const others = ["thread.js", "database-process.js", "process.js", "hook.js", "command-line.js"];
    expect(chosen.toSorted()).toEqual(["statusline.js", "chain.js", ...others].toSorted());
    expect(made.map(({ name }) => name)).toEqual(
      expect.arrayContaining(chosen.flatMap((name) => [`${name}.jsc`, name])),
    );
    expect(cli.length).toBeLessThan(4_000);
  });

  test("command-line.js, which a report loads, has neither the line nor the readers of other assistants' files", () => {
    const reports = String(made.find(({ name }) => name === "command-line.js")?.content);
    const later = [...reports.matchAll(/import\("\.\/([^"]+)"\)/g)].map((match) => match[1] ?? "");
    expect(made.map(({ name }) => name)).toEqual(expect.arrayContaining(later));
    // Texts from the readers of Codex and Qwen Code, of other programs' databases, and of session activity, and from what only hubs use.
    const words = [
      "exec_command_end",
      "qwen-code.api_response",
      "pawprint-copy-",
      "cherry-pick",
      "secure_delete",
      "hub_cursor WHERE",
    ];
    for (const word of words) {
      expect([word, made.some(({ content }) => String(content).includes(word))]).toEqual([word, true]);
      expect([word, reports.includes(word)]).toEqual([word, false]);
    }
  });

  test("has the page once, in a file that neither the line nor hooks name", () => {
    const withPage = made.filter(({ content }) => String(content).includes('"/assets/index-'));
    expect(withPage.map(({ name }) => name)).toEqual([expect.stringMatching(/^bundled-\w+\.js$/)]);
    const naming = made.filter(({ content }) => String(content).includes(withPage[0]?.name ?? ""));
    const early = new Set(["statusline.js", "chain.js", "hook.js", "thread.js", "database-process.js"]);
    expect(naming.map(({ name }) => name).filter((name) => early.has(name))).toEqual([]);
    expect(naming.length).toBeGreaterThan(0);
  });

  test("cli.js starts Bun without the configuration files of the current folder", () => {
    const cli = made.find((piece) => piece.name === "cli.js");
    expect(String(cli?.content).split("\n")[0]).toBe(`#!/usr/bin/env -S bun ${ISOLATED.join(" ")}`);
    expect(cli?.executable).toBe(true);
  });

  test("is the same each time it is built", async () => {
    const hashesOf = (files: readonly BundleFile[]) => files.map(({ name, content }) => [name, Bun.hash(content)]);
    expect(hashesOf(await bundleFiles(repository))).toEqual(hashesOf(made));
  });
});

describe("bundle", () => {
  test("writes the files, makes cli.js executable, and removes files of an earlier bundle", async () => {
    using at = harness();
    const out = join(at.directory, "dist");
    mkdirSync(join(out, "old"), { recursive: true });
    writeFileSync(join(out, "cli-old.js"), "");
    await bundle(out, at.root);
    const names = readdirSync(out);
    expect(names).toEqual(expect.arrayContaining(["statusline.js", "statusline.js.jsc", "chain.js", "cli.js"]));
    expect(names.filter((name) => name.includes("old"))).toEqual([]);
    expect(statSync(join(out, "cli.js")).mode & 0o111).toBe(0o111);
    expect(Bun.spawnSync([join(out, "cli.js"), "--version"]).stdout.toString()).toBe("1\n");
  });

  test("the line runs with its bytecode, without it, and with the bytecode of another file", async () => {
    using at = harness();
    const out = join(at.directory, "dist");
    await bundle(out, at.root);
    const show = async (): Promise<string> =>
      (await refresh(`'${process.execPath}' '${out}/statusline.js'`, { cwd: at.home, env: { HOME: at.home } })).out;
    expect(await show()).toBe("line of s1 1 calm\n");
    for (const bytes of [readFileSync(join(out, "chain.js.jsc")), Buffer.alloc(100, 7), Buffer.alloc(0)]) {
      writeFileSync(join(out, "statusline.js.jsc"), bytes);
      expect(await show()).toBe("line of s1 1 calm\n");
    }
  });

  test("a failed build gives the reason and leaves the previous bundle", async () => {
    using at = harness();
    const out = join(at.directory, "dist");
    await bundle(out, at.root);
    at.write(join(at.root, "src/statusline.ts"), 'import { nothing } from "./nowhere.ts";\nnothing();');
    await expect(bundle(out, at.root)).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("./nowhere.ts"),
    });
    expect(existsSync(join(out, "statusline.js"))).toBe(true);
  });
});

describe("compile", () => {
  test("makes one executable from a bundle too, from any working directory", async () => {
    using at = harness();
    const out = join(at.directory, "dist");
    await bundle(out, at.root);
    const program = join(at.directory, "made/pawprint");
    mkdirSync(join(at.directory, "made"));
    await compile(program, join(out, "cli.js"));
    expect(readdirSync(join(at.directory, "made"))).toEqual(["pawprint"]);
    expect((await refresh(`'${program}' statusline`, { cwd: at.home, env: { HOME: at.home } })).out).toBe(
      "line of s1 1 calm\n",
    );
  });

  test("throws if the executable does not start", async () => {
    using at = harness();
    at.write(join(at.root, "src/cli.ts"), "process.exit(3);");
    await expect(compile(join(at.directory, "pawprint"), join(at.root, "src/cli.ts"))).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("does not start"),
    });
  });
});
