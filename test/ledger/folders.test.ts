import { describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FILE, Harness, filler, readHarness, responseLine, sizeOf, text } from "./home.ts";
import { queriesOf } from "./queries.ts";

describe("folders", () => {
  test("are searched at every depth, and only for transcripts", async () => {
    using harness = await readHarness("a");
    harness.write(
      "-home-dev-work-api/5e551011/subagents/agent-1.jsonl",
      text(responseLine("b", { isSidechain: true })),
    );
    harness.write("-home-dev-work-api/5e551011/workflows/deep/er/agent-2.jsonl", text(responseLine("c")));
    harness.write("-home-dev-work-api/notes.json", text(responseLine("d")));
    harness.write("-home-dev-work-api/5e551011.jsonl.bak", text(responseLine("e")));
    await harness.scan();
    expect(harness.responses).toBe(3);
  });

  test("behind links are searched once by their real path, and link loops end", async () => {
    using harness = await readHarness("a");
    const elsewhere = join(harness.home, "elsewhere");
    harness.write(join(elsewhere, "5e552.jsonl"), text(responseLine("b")));
    symlinkSync(elsewhere, harness.at("-one"));
    symlinkSync(elsewhere, harness.at("-two"));
    symlinkSync(harness.projects, harness.at("-loop"));
    symlinkSync(harness.at(FILE), harness.at("-home-dev-work-api/again.jsonl"));
    const { files } = await harness.scan();
    expect({ files, responses: harness.responses }).toEqual({ files: 1, responses: 2 });
  });

  test("count a new file once, whichever path leads to it first", async () => {
    using harness = new Harness();
    harness.write("-m/s.jsonl", text(responseLine("a")));
    symlinkSync(harness.at("-m/s.jsonl"), harness.at("-m/a-link.jsonl"));
    mkdirSync(harness.at("-a"));
    mkdirSync(harness.at("-z"));
    symlinkSync(harness.at("-m/s.jsonl"), harness.at("-a/s.jsonl"));
    symlinkSync(harness.at("-m/s.jsonl"), harness.at("-z/s.jsonl"));
    expect(await harness.scan()).toMatchObject({ files: 1, bytes: sizeOf(harness.at("-m/s.jsonl")) });
    const elsewhere = join(harness.home, "elsewhere.jsonl");
    harness.write(elsewhere, text(responseLine("b")));
    for (const folder of ["-a", "-z"]) symlinkSync(elsewhere, harness.at(`${folder}/other.jsonl`));
    expect(await harness.scan()).toMatchObject({ files: 1, bytes: sizeOf(elsewhere) });
    expect(harness.responses).toBe(2);
  });

  test("that are links themselves still notice deleted files", async () => {
    using harness = new Harness();
    const real = join(harness.home, "real");
    mkdirSync(real);
    rmSync(harness.projects, { recursive: true });
    symlinkSync(real, harness.projects);
    harness.write(FILE, text(responseLine("a")));
    await harness.scan();
    rmSync(harness.at(FILE));
    await harness.scan();
    expect(harness.responses).toBe(1);
    expect(queriesOf(harness.ledger).progress().files).toBe(0);
  });

  test("with two hard links to one file count it once", async () => {
    using harness = await readHarness("a", "b");
    linkSync(harness.at(FILE), harness.at("-home-dev-work-api/other-name.jsonl"));
    await harness.scan();
    expect(harness.responses).toBe(2);
    harness.append(FILE, text(responseLine("c")));
    await harness.scan();
    expect(harness.responses).toBe(3);
    rmSync(harness.at(FILE));
    await harness.scan();
    expect((await harness.scan()).bytes).toBe(0);
    expect(harness.responses).toBe(3);
  });

  test("of CLAUDE_CONFIG_DIR may be several, and those of a former value are not treated as deleted", async () => {
    using harness = await readHarness("a");
    const places = ["one", "two"].map((name) => join(harness.home, name));
    for (const place of places) {
      harness.write(join(place, "projects/p/s.jsonl"), text(responseLine(place.slice(-3))));
    }
    await harness.scan({ env: { CLAUDE_CONFIG_DIR: `${places.join(", ")},,${harness.home}/missing` } });
    expect(harness.responses).toBe(3);
    expect(queriesOf(harness.ledger).progress().files).toBe(3);
    expect((await harness.scan()).bytes).toBe(0);
  });

  test("at both default locations are searched", async () => {
    using harness = await readHarness("a");
    harness.write(join(harness.home, ".config/claude/projects/p/s.jsonl"), text(responseLine("b")));
    await harness.scan();
    expect(harness.responses).toBe(2);
  });

  test("that do not exist are no error", async () => {
    using harness = new Harness();
    rmSync(dirname(harness.projects), { recursive: true });
    expect(await harness.scan()).toEqual({ files: 0, bytes: 0, unreadable: [], abandoned: [], isStopped: false });
    writeFileSync(dirname(harness.projects), "no folder");
    expect((await harness.scan()).files).toBe(0);
  });
});

describe("unusual file content", () => {
  const around = (middle: string | Uint8Array): Buffer =>
    Buffer.concat([
      Buffer.from(text(responseLine("a"))),
      Buffer.from(middle),
      Buffer.from(`\n${text(responseLine("b"))}`),
    ]);

  test.each([
    ["a line longer than the buffer", filler(9_000_000)],
    ["a response longer than the buffer", responseLine("c", { length: 9_000_000 })],
    ["Windows line endings", `${responseLine("c")}\r\n${responseLine("d")}\r`],
    ["byte order marks", `\uFEFF${responseLine("c")}`],
    ["NUL bytes after a crash", new Uint8Array(5_000)],
    ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0xfe, 0xc3, 0x28)],
    ["blank lines", "\n\n  \n"],
    ["a list, a number, a word", '[{"usage":1}]\n5\n"usage"'],
    ["nothing but braces", '{"usage":{{{{'],
  ])("does not hide the lines around it: %s", async (_, middle) => {
    using harness = new Harness();
    harness.write(FILE, around(middle));
    const { bytes } = await harness.scan();
    expect(bytes).toBe(sizeOf(harness.at(FILE)));
    const own = Buffer.from(middle).toString("utf8").split('"type":"assistant"').length - 1;
    expect(harness.responses).toBe(2 + own);
    expect((await harness.scan()).bytes).toBe(0);
  });
});
