import { describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Harness, filler, responseLine, sizeOf, text } from "./home.ts";

const FILE = "-home-dev-work-api/5e551011.jsonl";

/** A harness with one file of some responses, already read. */
async function read(...ids: string[]): Promise<Harness> {
  const harness = new Harness();
  harness.write(FILE, text(...ids.map((id) => responseLine(id))));
  await harness.scan();
  expect(harness.responses).toBe(ids.length);
  return harness;
}

describe("folders", () => {
  test("are looked into at all depths, and only for transcripts", async () => {
    using harness = await read("a");
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

  test("behind links are looked into once, by their real path, and loops end", async () => {
    using harness = await read("a");
    const elsewhere = join(harness.home, "elsewhere");
    harness.write(join(elsewhere, "5e552.jsonl"), text(responseLine("b")));
    symlinkSync(elsewhere, harness.at("-one"));
    symlinkSync(elsewhere, harness.at("-two"));
    symlinkSync(harness.projects, harness.at("-loop"));
    symlinkSync(harness.at(FILE), harness.at("-home-dev-work-api/again.jsonl"));
    const { files } = await harness.scan();
    expect({ files, responses: harness.responses }).toEqual({ files: 1, responses: 2 });
  });

  test("hold a file once when it is new, whichever way leads to it first", async () => {
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

  test("that are a link themselves notice what is gone", async () => {
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
    expect(harness.ledger.files.progress().files).toBe(0);
  });

  test("two names of one file count it once", async () => {
    using harness = await read("a", "b");
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

  test("of CLAUDE_CONFIG_DIR may be several, and those of another day are not taken for gone", async () => {
    using harness = await read("a");
    const places = ["one", "two"].map((name) => join(harness.home, name));
    for (const place of places) {
      harness.write(join(place, "projects/p/s.jsonl"), text(responseLine(place.slice(-3))));
    }
    await harness.scan({ env: { CLAUDE_CONFIG_DIR: `${places.join(", ")},,${harness.home}/missing` } });
    expect(harness.responses).toBe(3);
    expect(harness.ledger.files.progress().files).toBe(3);
    expect((await harness.scan()).bytes).toBe(0);
  });

  test("both usual ones are looked into", async () => {
    using harness = await read("a");
    harness.write(join(harness.home, ".config/claude/projects/p/s.jsonl"), text(responseLine("b")));
    await harness.scan();
    expect(harness.responses).toBe(2);
  });

  test("none at all are nothing", async () => {
    using harness = new Harness();
    rmSync(dirname(harness.projects), { recursive: true });
    expect(await harness.scan()).toEqual({ files: 0, bytes: 0, unreadable: [], abandoned: [], isCut: false });
    writeFileSync(dirname(harness.projects), "no folder");
    expect((await harness.scan()).files).toBe(0);
  });
});

describe("whatever is written", () => {
  const around = (middle: string | Uint8Array): Buffer =>
    Buffer.concat([
      Buffer.from(text(responseLine("a"))),
      Buffer.from(middle),
      Buffer.from(`\n${text(responseLine("b"))}`),
    ]);

  test.each([
    ["a line longer than the buffer", filler(9_000_000)],
    ["a response longer than the buffer, whose neighbours count", responseLine("c", { length: 9_000_000 })],
    ["lines ended as on Windows", `${responseLine("c")}\r\n${responseLine("d")}\r`],
    ["byte order marks", `\uFEFF${responseLine("c")}`],
    ["NULs of a crash", new Uint8Array(5_000)],
    ["bytes that are no text", Uint8Array.of(0x22, 0xff, 0xfe, 0xc3, 0x28)],
    ["blank lines", "\n\n  \n"],
    ["a list, a number, a word", '[{"usage":1}]\n5\n"usage"'],
    ["nothing but braces", '{"usage":{{{{'],
  ])("%s loses no neighbour", async (_, middle) => {
    using harness = new Harness();
    harness.write(FILE, around(middle));
    const { bytes } = await harness.scan();
    expect(bytes).toBe(sizeOf(harness.at(FILE)));
    const own = Buffer.from(middle).toString("utf8").split('"type":"assistant"').length - 1;
    expect(harness.responses).toBe(2 + own);
    expect((await harness.scan()).bytes).toBe(0);
  });
});
