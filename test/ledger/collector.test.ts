import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import { sources } from "../../src/sources/all.ts";
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

describe("a file", () => {
  test("that did not change is not read again", async () => {
    using desk = await read("a", "b");
    expect(await desk.scan()).toEqual({ files: 0, bytes: 0, unreadable: [], abandoned: [], isCut: false });
    expect((await desk.scan({ pass: "activity" })).bytes).toBe(0);
  });

  test("that was appended to is read from where it ended", async () => {
    using desk = await read("a", "b");
    const line = text(responseLine("c"));
    desk.append(FILE, line);
    expect((await desk.scan()).bytes).toBe(line.length);
    expect(desk.responses).toBe(3);
    expect(desk.dump()).toEqual(await desk.fresh());
  });

  test("that was truncated is read anew, and what it told before stays", async () => {
    using desk = await read("a", "b", "c");
    truncateSync(desk.at(FILE), text(responseLine("a")).length);
    desk.touch(desk.at(FILE));
    await desk.scan();
    expect(desk.responses).toBe(3);
    desk.append(FILE, text(responseLine("d")));
    await desk.scan();
    expect(desk.responses).toBe(4);
  });

  test("that was emptied and filled again is read from its beginning", async () => {
    using desk = await read("a", "b");
    desk.write(FILE, "");
    await desk.scan();
    desk.write(FILE, text(responseLine("c"), responseLine("d"), responseLine("e")));
    await desk.scan();
    expect(desk.responses).toBe(5);
  });

  test("that was replaced by one of the same size is read anew", async () => {
    using desk = await read("a", "b");
    desk.write("new", text(responseLine("c"), responseLine("d")));
    renameSync(desk.at("new"), desk.at(FILE));
    await desk.scan();
    expect(desk.responses).toBe(4);
  });

  test("that was written anew in place with the same size is read anew", async () => {
    using desk = await read("a", "b");
    desk.write(FILE, text(responseLine("a"), responseLine("x")));
    await desk.scan();
    expect(desk.responses).toBe(3);
  });

  test("that was replaced by a longer one with the same beginning is read anew", async () => {
    const head = filler(2_000);
    using desk = new Desk();
    desk.write(FILE, text(head, responseLine("a")));
    await desk.scan();
    desk.write("new", text(head, responseLine("b"), responseLine("c")));
    renameSync(desk.at("new"), desk.at(FILE));
    await desk.scan();
    expect(desk.responses).toBe(3);
  });

  test("that was written anew in place, longer and with the same beginning, is read anew", async () => {
    const head = filler(2_000);
    using desk = new Desk();
    desk.write(FILE, text(head, responseLine("a")));
    await desk.scan();
    desk.write(FILE, text(head, responseLine("longer"), responseLine("c")));
    await desk.scan();
    expect(desk.responses).toBe(3);
  });

  test("that moved is not read again, and goes on at its new place", async () => {
    using desk = await read("a", "b");
    const moved = "-home-dev-work-elsewhere/5e551011.jsonl";
    mkdirSync(dirname(desk.at(moved)));
    renameSync(desk.at(FILE), desk.at(moved));
    expect((await desk.scan()).bytes).toBe(0);
    const line = text(responseLine("c"));
    desk.append(moved, line);
    expect((await desk.scan()).bytes).toBe(line.length);
    expect(desk.responses).toBe(3);
    expect(desk.number("SELECT COUNT(*) FROM file")).toBe(1);
  });

  test("that is gone leaves what it told, and when it is back it is counted once", async () => {
    using desk = await read("a", "b");
    renameSync(desk.at(FILE), join(desk.home, "away"));
    await desk.scan();
    expect(desk.responses).toBe(2);
    expect(desk.ledger.files.progress()).toEqual({ files: 0, size: 0, usage: 0, activity: 0 });
    renameSync(join(desk.home, "away"), desk.at(FILE));
    desk.append(FILE, text(responseLine("c")));
    await desk.scan();
    expect(desk.responses).toBe(3);
    expect(desk.ledger.files.progress().files).toBe(1);
  });

  test("that comes back as another one leaves none of the skipped lines of the first", async () => {
    using desk = new Desk();
    desk.write(FILE, text('{"usage" broken', responseLine("a")));
    await desk.scan({ pass: "usage" });
    expect(desk.skipped).toHaveLength(1);
    rmSync(desk.at(FILE));
    await desk.scan({ pass: "usage" });
    desk.write(FILE, text(responseLine("b")));
    await desk.scan({ pass: "usage" });
    expect(desk.responses).toBe(2);
    expect(desk.skipped).toEqual([]);
  });

  test("that is written anew leaves none of the skipped lines of before", async () => {
    using desk = new Desk();
    desk.write(FILE, text('{"usage" broken', responseLine("a")));
    await desk.scan();
    expect(desk.skipped.length).toBeGreaterThan(0);
    desk.write(FILE, text(responseLine("b")));
    await desk.scan();
    expect(desk.skipped).toEqual([]);
  });

  test("that is a link to nowhere or a folder of that name is passed over, a pipe is named, and the others are read", async () => {
    using desk = await read("a");
    symlinkSync(join(desk.home, "nowhere"), desk.at("-home-dev-work-api/link.jsonl"));
    mkdirSync(desk.at("-home-dev-work-api/folder.jsonl"));
    Bun.spawnSync(["mkfifo", desk.at("-home-dev-work-api/pipe.jsonl")]);
    desk.append(FILE, text(responseLine("b")));
    expect((await desk.scan()).unreadable).toEqual([desk.at("-home-dev-work-api/pipe.jsonl")]);
    expect(desk.responses).toBe(2);
  });

  test("that went away between the passes is told, and the others are read all the same", async () => {
    using desk = new Desk();
    for (const name of ["x", "y"]) desk.write(`p/${name}.jsonl`, text(responseLine(name, { session: name })));
    await desk.scan({ pass: "usage" });
    rmSync(desk.at("p/x.jsonl"));
    expect((await desk.scan({ pass: "activity" })).unreadable).toEqual([desk.at("p/x.jsonl")]);
    expect(desk.number("SELECT COUNT(*) FROM session")).toBe(1);
    expect((await desk.scan()).unreadable).toEqual([]);
  });
});

describe("the last line", () => {
  test("waits for its rest, wherever it was cut", async () => {
    const whole = text(responseLine("a"), responseLine("é日", { output: 30 }));
    const bytes = Buffer.from(whole);
    for (let cut = bytes.indexOf(10) + 1; cut < bytes.length; cut += 17) {
      using desk = new Desk();
      desk.write(FILE, bytes.subarray(0, cut));
      await desk.scan();
      expect(desk.responses).toBe(1);
      desk.append(FILE, bytes.subarray(cut));
      await desk.scan();
      expect(desk.responses).toBe(2);
      expect(desk.skipped).toEqual([]);
      expect(desk.dump()).toEqual(await desk.fresh());
    }
  });

  test("that is complete but for its newline is counted at once, and once", async () => {
    using desk = await read("a");
    desk.append(FILE, responseLine("b", { output: 500 }));
    await desk.scan();
    expect(desk.responses).toBe(2);
    desk.append(FILE, `\n${text(responseLine("c"))}`);
    await desk.scan();
    expect(desk.responses).toBe(3);
    expect(desk.output).toBe(520);
    expect(desk.dump()).toEqual(await desk.fresh());
  });

  test("without a newline does not make its file be read again and again", async () => {
    using desk = new Desk();
    desk.write(FILE, responseLine("a").slice(0, -20));
    await desk.scan();
    expect((await desk.scan()).bytes).toBe(0);
  });
});

describe("a scan", () => {
  /** Three files that are read in several pieces. */
  function large(): Desk {
    const desk = new Desk();
    for (const id of ["a", "b", "c"]) {
      const lines = Array.from({ length: 10 }, (_, at) => text(filler(1_000_000), responseLine(`${id}${at}`)));
      desk.write(`p/${id}.jsonl`, lines.join(""));
    }
    return desk;
  }

  test("during which a file grows reads what it had, and the next one the rest", async () => {
    using desk = large();
    const line = text(responseLine("late"));
    let grown = 0;
    const progress = (): void => {
      if (grown++ === 0) for (const id of ["a", "b", "c"]) desk.append(`p/${id}.jsonl`, line);
    };
    await desk.scan({ pass: "usage", progress });
    expect(grown).toBeGreaterThan(2);
    expect((await desk.scan()).bytes).toBe(3 * line.length);
    expect(desk.responses).toBe(31);
    expect(desk.dump()).toEqual(await desk.fresh());
  });

  test("that is told to stop does, and the next one goes on there", async () => {
    using desk = large();
    const stop = new AbortController();
    const first = await desk.scan({ pass: "usage", signal: stop.signal, progress: () => stop.abort() });
    expect(first.isCut).toBe(true);
    expect(first.bytes).toBeLessThan(28_000_000);
    expect(desk.responses).toBeGreaterThan(0);
    expect(desk.responses).toBeLessThan(30);
    const second = await desk.scan();
    expect(first.bytes + second.bytes).toBe(
      ["a", "b", "c"].reduce((sum, id) => sum + sizeOf(desk.at(`p/${id}.jsonl`)), 0),
    );
    expect(desk.responses).toBe(30);
    expect(desk.dump()).toEqual(await desk.fresh());
  });

  test("that is stopped again and again comes to its end", async () => {
    using desk = large();
    let scans = 0;
    for (let isCut = true; isCut; scans++) {
      const stop = new AbortController();
      isCut = (await desk.scan({ signal: stop.signal, progress: () => stop.abort() })).isCut;
      expect(scans).toBeLessThan(20);
    }
    await desk.scan();
    expect(desk.dump()).toEqual(await desk.fresh());
  });

  test("tells how far it is", async () => {
    using desk = large();
    const told: [number, number][] = [];
    const { bytes } = await desk.scan({ pass: "usage", progress: (...one) => told.push(one) });
    expect(told.at(-1)).toEqual([bytes, bytes]);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((a, b) => a - b));
    expect(desk.ledger.files.progress()).toMatchObject({ size: bytes, usage: bytes, activity: 0 });
    await desk.scan({ pass: "activity" });
    expect(desk.ledger.files.progress()).toMatchObject({ usage: bytes, activity: bytes });
  });

  test("keeps what it has read after a second, so that others see it and can write", async () => {
    using desk = new Desk();
    for (const name of ["a", "b", "c", "d"]) desk.write(`p/${name}.jsonl`, text(responseLine(name)));
    let now = 0;
    const seen: number[] = [];
    const clock = { env: {}, home: desk.home, now: () => now };
    const progress = (): void => {
      now += 600;
      seen.push(desk.responses);
    };
    await new Collector(desk.ledger, sources, clock).scan("usage", { progress });
    expect(seen).toEqual([0, 0, 2, 2]);
    expect(desk.responses).toBe(4);
  });
});
