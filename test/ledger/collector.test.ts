import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import { sources } from "../../src/sources/registry.ts";
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

describe("a file", () => {
  test("that did not change is not read again", async () => {
    using harness = await read("a", "b");
    expect(await harness.scan()).toEqual({ files: 0, bytes: 0, unreadable: [], abandoned: [], isCut: false });
    expect((await harness.scan({ pass: "activity" })).bytes).toBe(0);
  });

  test("that was appended to is read from where it ended", async () => {
    using harness = await read("a", "b");
    const line = text(responseLine("c"));
    harness.append(FILE, line);
    expect((await harness.scan()).bytes).toBe(line.length);
    expect(harness.responses).toBe(3);
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("that was truncated is read anew, and what it told before stays", async () => {
    using harness = await read("a", "b", "c");
    truncateSync(harness.at(FILE), text(responseLine("a")).length);
    harness.touch(harness.at(FILE));
    await harness.scan();
    expect(harness.responses).toBe(3);
    harness.append(FILE, text(responseLine("d")));
    await harness.scan();
    expect(harness.responses).toBe(4);
  });

  test("that was emptied and filled again is read from its beginning", async () => {
    using harness = await read("a", "b");
    harness.write(FILE, "");
    await harness.scan();
    harness.write(FILE, text(responseLine("c"), responseLine("d"), responseLine("e")));
    await harness.scan();
    expect(harness.responses).toBe(5);
  });

  test("that was replaced by one of the same size is read anew", async () => {
    using harness = await read("a", "b");
    harness.write("new", text(responseLine("c"), responseLine("d")));
    renameSync(harness.at("new"), harness.at(FILE));
    await harness.scan();
    expect(harness.responses).toBe(4);
  });

  test("that was written anew in place with the same size is read anew", async () => {
    using harness = await read("a", "b");
    harness.write(FILE, text(responseLine("a"), responseLine("x")));
    await harness.scan();
    expect(harness.responses).toBe(3);
  });

  test("that was replaced by a longer one with the same beginning is read anew", async () => {
    const head = filler(2_000);
    using harness = new Harness();
    harness.write(FILE, text(head, responseLine("a")));
    await harness.scan();
    harness.write("new", text(head, responseLine("b"), responseLine("c")));
    renameSync(harness.at("new"), harness.at(FILE));
    await harness.scan();
    expect(harness.responses).toBe(3);
  });

  test("that was written anew in place, longer and with the same beginning, is read anew", async () => {
    const head = filler(2_000);
    using harness = new Harness();
    harness.write(FILE, text(head, responseLine("a")));
    await harness.scan();
    harness.write(FILE, text(head, responseLine("longer"), responseLine("c")));
    await harness.scan();
    expect(harness.responses).toBe(3);
  });

  test("that moved is not read again, and goes on at its new place", async () => {
    using harness = await read("a", "b");
    const moved = "-home-dev-work-elsewhere/5e551011.jsonl";
    mkdirSync(dirname(harness.at(moved)));
    renameSync(harness.at(FILE), harness.at(moved));
    expect((await harness.scan()).bytes).toBe(0);
    const line = text(responseLine("c"));
    harness.append(moved, line);
    expect((await harness.scan()).bytes).toBe(line.length);
    expect(harness.responses).toBe(3);
    expect(harness.number("SELECT COUNT(*) FROM file")).toBe(1);
  });

  test("that is gone leaves what it told, and when it is back it is counted once", async () => {
    using harness = await read("a", "b");
    renameSync(harness.at(FILE), join(harness.home, "away"));
    await harness.scan();
    expect(harness.responses).toBe(2);
    expect(harness.ledger.files.progress()).toEqual({ files: 0, size: 0, usage: 0, activity: 0 });
    renameSync(join(harness.home, "away"), harness.at(FILE));
    harness.append(FILE, text(responseLine("c")));
    await harness.scan();
    expect(harness.responses).toBe(3);
    expect(harness.ledger.files.progress().files).toBe(1);
  });

  test("that comes back as another one leaves none of the skipped lines of the first", async () => {
    using harness = new Harness();
    harness.write(FILE, text('{"usage" broken', responseLine("a")));
    await harness.scan({ pass: "usage" });
    expect(harness.skipped).toHaveLength(1);
    rmSync(harness.at(FILE));
    await harness.scan({ pass: "usage" });
    harness.write(FILE, text(responseLine("b")));
    await harness.scan({ pass: "usage" });
    expect(harness.responses).toBe(2);
    expect(harness.skipped).toEqual([]);
  });

  test("that is written anew leaves none of the skipped lines of before", async () => {
    using harness = new Harness();
    harness.write(FILE, text('{"usage" broken', responseLine("a")));
    await harness.scan();
    expect(harness.skipped.length).toBeGreaterThan(0);
    harness.write(FILE, text(responseLine("b")));
    await harness.scan();
    expect(harness.skipped).toEqual([]);
  });

  test("that is a link to nowhere, a folder of that name or a pipe is passed over", async () => {
    using harness = await read("a");
    symlinkSync(join(harness.home, "nowhere"), harness.at("-home-dev-work-api/link.jsonl"));
    mkdirSync(harness.at("-home-dev-work-api/folder.jsonl"));
    Bun.spawnSync(["mkfifo", harness.at("-home-dev-work-api/pipe.jsonl")]);
    harness.append(FILE, text(responseLine("b")));
    expect((await harness.scan()).unreadable).toEqual([]);
    expect(harness.responses).toBe(2);
  });

  test("that went away between the passes is told, and the others are read all the same", async () => {
    using harness = new Harness();
    for (const name of ["x", "y"]) harness.write(`p/${name}.jsonl`, text(responseLine(name, { session: name })));
    await harness.scan({ pass: "usage" });
    rmSync(harness.at("p/x.jsonl"));
    expect((await harness.scan({ pass: "activity" })).unreadable).toEqual([harness.at("p/x.jsonl")]);
    expect(harness.number("SELECT COUNT(*) FROM session")).toBe(1);
    expect((await harness.scan()).unreadable).toEqual([]);
  });
});

describe("the last line", () => {
  test("waits for its rest, wherever it was cut", async () => {
    const whole = text(responseLine("a"), responseLine("é日", { output: 30 }));
    const bytes = Buffer.from(whole);
    for (let cut = bytes.indexOf(10) + 1; cut < bytes.length; cut += 17) {
      using harness = new Harness();
      harness.write(FILE, bytes.subarray(0, cut));
      await harness.scan();
      expect(harness.responses).toBe(1);
      harness.append(FILE, bytes.subarray(cut));
      await harness.scan();
      expect(harness.responses).toBe(2);
      expect(harness.skipped).toEqual([]);
      expect(harness.dump()).toEqual(await harness.fresh());
    }
  });

  test("that is complete but for its newline is counted at once, and once", async () => {
    using harness = await read("a");
    harness.append(FILE, responseLine("b", { output: 500 }));
    await harness.scan();
    expect(harness.responses).toBe(2);
    harness.append(FILE, `\n${text(responseLine("c"))}`);
    await harness.scan();
    expect(harness.responses).toBe(3);
    expect(harness.output).toBe(520);
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("without a newline does not make its file be read again and again", async () => {
    using harness = new Harness();
    harness.write(FILE, responseLine("a").slice(0, -20));
    await harness.scan();
    expect((await harness.scan()).bytes).toBe(0);
  });
});

describe("a scan", () => {
  /** Three files that are read in several pieces. */
  function large(): Harness {
    const harness = new Harness();
    for (const id of ["a", "b", "c"]) {
      const lines = Array.from({ length: 10 }, (_, at) => text(filler(1_000_000), responseLine(`${id}${at}`)));
      harness.write(`p/${id}.jsonl`, lines.join(""));
    }
    return harness;
  }

  test("during which a file grows reads what it had, and the next one the rest", async () => {
    using harness = large();
    const line = text(responseLine("late"));
    let grown = 0;
    const progress = (): void => {
      if (grown++ === 0) for (const id of ["a", "b", "c"]) harness.append(`p/${id}.jsonl`, line);
    };
    await harness.scan({ pass: "usage", progress });
    expect(grown).toBeGreaterThan(2);
    expect((await harness.scan()).bytes).toBe(3 * line.length);
    expect(harness.responses).toBe(31);
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("that is told to stop does, and the next one goes on there", async () => {
    using harness = large();
    const stop = new AbortController();
    const first = await harness.scan({ pass: "usage", signal: stop.signal, progress: () => stop.abort() });
    expect(first.isCut).toBe(true);
    expect(first.bytes).toBeLessThan(28_000_000);
    expect(harness.responses).toBeGreaterThan(0);
    expect(harness.responses).toBeLessThan(30);
    const second = await harness.scan();
    expect(first.bytes + second.bytes).toBe(
      ["a", "b", "c"].reduce((sum, id) => sum + sizeOf(harness.at(`p/${id}.jsonl`)), 0),
    );
    expect(harness.responses).toBe(30);
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("that is stopped again and again comes to its end", async () => {
    using harness = large();
    let scans = 0;
    for (let isCut = true; isCut; scans++) {
      const stop = new AbortController();
      isCut = (await harness.scan({ signal: stop.signal, progress: () => stop.abort() })).isCut;
      expect(scans).toBeLessThan(20);
    }
    await harness.scan();
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("tells how far it is", async () => {
    using harness = large();
    const told: [number, number][] = [];
    const { bytes } = await harness.scan({ pass: "usage", progress: (...one) => told.push(one) });
    expect(told.at(-1)).toEqual([bytes, bytes]);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((a, b) => a - b));
    expect(harness.ledger.files.progress()).toMatchObject({ size: bytes, usage: bytes, activity: 0 });
    await harness.scan({ pass: "activity" });
    expect(harness.ledger.files.progress()).toMatchObject({ usage: bytes, activity: bytes });
  });

  test("keeps what it has read after a second, so that others see it and can write", async () => {
    using harness = new Harness();
    for (const name of ["a", "b", "c", "d"]) harness.write(`p/${name}.jsonl`, text(responseLine(name)));
    let now = 0;
    const seen: number[] = [];
    const clock = { env: {}, home: harness.home, now: () => now };
    const progress = (): void => {
      now += 600;
      seen.push(harness.responses);
    };
    await new Collector(harness.ledger, sources, clock).scan("usage", { progress });
    expect(seen).toEqual([0, 0, 2, 2]);
    expect(harness.responses).toBe(4);
  });
});
