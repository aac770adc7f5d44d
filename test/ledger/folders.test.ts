import { describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Desk, filler, responseLine, sizeOf, text } from "./home.ts";

const FILE = "-home-dev-work-api/5e551011.jsonl";

/** A desk with one file of some responses, already read. */
async function read(...ids: string[]): Promise<Desk> {
  const desk = new Desk();
  desk.write(FILE, text(...ids.map((id) => responseLine(id))));
  await desk.scan();
  expect(desk.responses).toBe(ids.length);
  return desk;
}

describe("folders", () => {
  test("are looked into at all depths, and only for transcripts", async () => {
    using desk = await read("a");
    desk.write("-home-dev-work-api/5e551011/subagents/agent-1.jsonl", text(responseLine("b", { isSidechain: true })));
    desk.write("-home-dev-work-api/5e551011/workflows/deep/er/agent-2.jsonl", text(responseLine("c")));
    desk.write("-home-dev-work-api/notes.json", text(responseLine("d")));
    desk.write("-home-dev-work-api/5e551011.jsonl.bak", text(responseLine("e")));
    await desk.scan();
    expect(desk.responses).toBe(3);
  });

  test("behind links are looked into once, by their real path, and loops end", async () => {
    using desk = await read("a");
    const elsewhere = join(desk.home, "elsewhere");
    desk.write(join(elsewhere, "5e552.jsonl"), text(responseLine("b")));
    symlinkSync(elsewhere, desk.at("-one"));
    symlinkSync(elsewhere, desk.at("-two"));
    symlinkSync(desk.projects, desk.at("-loop"));
    symlinkSync(desk.at(FILE), desk.at("-home-dev-work-api/again.jsonl"));
    const { files } = await desk.scan();
    expect({ files, responses: desk.responses }).toEqual({ files: 1, responses: 2 });
  });

  test("hold a file once when it is new, whichever way leads to it first", async () => {
    using desk = new Desk();
    desk.write("-m/s.jsonl", text(responseLine("a")));
    symlinkSync(desk.at("-m/s.jsonl"), desk.at("-m/a-link.jsonl"));
    mkdirSync(desk.at("-a"));
    mkdirSync(desk.at("-z"));
    symlinkSync(desk.at("-m/s.jsonl"), desk.at("-a/s.jsonl"));
    symlinkSync(desk.at("-m/s.jsonl"), desk.at("-z/s.jsonl"));
    expect(await desk.scan()).toMatchObject({ files: 1, bytes: sizeOf(desk.at("-m/s.jsonl")) });
    const elsewhere = join(desk.home, "elsewhere.jsonl");
    desk.write(elsewhere, text(responseLine("b")));
    for (const folder of ["-a", "-z"]) symlinkSync(elsewhere, desk.at(`${folder}/other.jsonl`));
    expect(await desk.scan()).toMatchObject({ files: 1, bytes: sizeOf(elsewhere) });
    expect(desk.responses).toBe(2);
  });

  test("that are a link themselves notice what is gone", async () => {
    using desk = new Desk();
    const real = join(desk.home, "real");
    mkdirSync(real);
    rmSync(desk.projects, { recursive: true });
    symlinkSync(real, desk.projects);
    desk.write(FILE, text(responseLine("a")));
    await desk.scan();
    rmSync(desk.at(FILE));
    await desk.scan();
    expect(desk.responses).toBe(1);
    expect(desk.ledger.files.progress().files).toBe(0);
  });

  test("two names of one file count it once", async () => {
    using desk = await read("a", "b");
    linkSync(desk.at(FILE), desk.at("-home-dev-work-api/other-name.jsonl"));
    await desk.scan();
    expect(desk.responses).toBe(2);
    desk.append(FILE, text(responseLine("c")));
    await desk.scan();
    expect(desk.responses).toBe(3);
    rmSync(desk.at(FILE));
    await desk.scan();
    expect((await desk.scan()).bytes).toBe(0);
    expect(desk.responses).toBe(3);
  });

  test("of CLAUDE_CONFIG_DIR may be several, and those of another day are not taken for gone", async () => {
    using desk = await read("a");
    const places = ["one", "two"].map((name) => join(desk.home, name));
    for (const place of places) {
      desk.write(join(place, "projects/p/s.jsonl"), text(responseLine(place.slice(-3))));
    }
    await desk.scan({ env: { CLAUDE_CONFIG_DIR: `${places.join(", ")},,${desk.home}/missing` } });
    expect(desk.responses).toBe(3);
    expect(desk.ledger.files.progress().files).toBe(3);
    expect((await desk.scan()).bytes).toBe(0);
  });

  test("both usual ones are looked into", async () => {
    using desk = await read("a");
    desk.write(join(desk.home, ".config/claude/projects/p/s.jsonl"), text(responseLine("b")));
    await desk.scan();
    expect(desk.responses).toBe(2);
  });

  test("none at all are nothing", async () => {
    using desk = new Desk();
    rmSync(dirname(desk.projects), { recursive: true });
    expect(await desk.scan()).toEqual({ files: 0, bytes: 0, unreadable: [], abandoned: [], isCut: false });
    writeFileSync(dirname(desk.projects), "no folder");
    expect((await desk.scan()).files).toBe(0);
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
    using desk = new Desk();
    desk.write(FILE, around(middle));
    const { bytes } = await desk.scan();
    expect(bytes).toBe(sizeOf(desk.at(FILE)));
    const own = Buffer.from(middle).toString("utf8").split('"type":"assistant"').length - 1;
    expect(desk.responses).toBe(2 + own);
    expect((await desk.scan()).bytes).toBe(0);
  });
});
