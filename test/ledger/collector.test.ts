import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import { sources } from "../../src/sources/registry.ts";
import { FILE, Harness, filler, readHarness, responseLine, sizeOf, text } from "./home.ts";
import { queriesOf } from "./queries.ts";

describe("a file", () => {
  test("that did not change is not read again", async () => {
    using harness = await readHarness("a", "b");
    expect(await harness.scan()).toEqual({ files: 0, bytes: 0, unreadable: [], abandoned: [], isStopped: false });
    expect((await harness.scan({ phase: "activity" })).bytes).toBe(0);
  });

  test("that was appended to is read from where it ended", async () => {
    using harness = await readHarness("a", "b");
    const line = text(responseLine("c"));
    harness.append(FILE, line);
    expect((await harness.scan()).bytes).toBe(line.length);
    expect(harness.responses).toBe(3);
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("that was truncated is read again, and what was read of it before stays", async () => {
    using harness = await readHarness("a", "b", "c");
    truncateSync(harness.at(FILE), text(responseLine("a")).length);
    harness.touch(harness.at(FILE));
    await harness.scan();
    expect(harness.responses).toBe(3);
    harness.append(FILE, text(responseLine("d")));
    await harness.scan();
    expect(harness.responses).toBe(4);
  });

  test("that was emptied and filled again is read from its beginning", async () => {
    using harness = await readHarness("a", "b");
    harness.write(FILE, "");
    await harness.scan();
    harness.write(FILE, text(responseLine("c"), responseLine("d"), responseLine("e")));
    await harness.scan();
    expect(harness.responses).toBe(5);
  });

  test("that was replaced by another of the same size is read from its beginning", async () => {
    using harness = await readHarness("a", "b");
    harness.write("new", text(responseLine("c"), responseLine("d")));
    renameSync(harness.at("new"), harness.at(FILE));
    await harness.scan();
    expect(harness.responses).toBe(4);
  });

  test("that was rewritten in place with the same size is read from its beginning", async () => {
    using harness = await readHarness("a", "b");
    harness.write(FILE, text(responseLine("a"), responseLine("x")));
    await harness.scan();
    expect(harness.responses).toBe(3);
  });

  test("that was replaced by a longer one with the same beginning is read from its beginning", async () => {
    const head = filler(2_000);
    using harness = new Harness();
    harness.write(FILE, text(head, responseLine("a")));
    await harness.scan();
    harness.write("new", text(head, responseLine("b"), responseLine("c")));
    renameSync(harness.at("new"), harness.at(FILE));
    await harness.scan();
    expect(harness.responses).toBe(3);
  });

  test("that was rewritten in place, longer and with the same beginning, is read from its beginning", async () => {
    const head = filler(2_000);
    using harness = new Harness();
    harness.write(FILE, text(head, responseLine("a")));
    await harness.scan();
    harness.write(FILE, text(head, responseLine("longer"), responseLine("c")));
    await harness.scan();
    expect(harness.responses).toBe(3);
  });

  test("that moved is not read again, and is continued at its new path", async () => {
    using harness = await readHarness("a", "b");
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

  test("that was deleted keeps its responses in the ledger, and when it comes back it is counted once", async () => {
    using harness = await readHarness("a", "b");
    renameSync(harness.at(FILE), join(harness.home, "away"));
    await harness.scan();
    expect(harness.responses).toBe(2);
    expect(queriesOf(harness.ledger).progress()).toEqual({ files: 0, size: 0, usage: 0, activity: 0 });
    renameSync(join(harness.home, "away"), harness.at(FILE));
    harness.append(FILE, text(responseLine("c")));
    await harness.scan();
    expect(harness.responses).toBe(3);
    expect(queriesOf(harness.ledger).progress().files).toBe(1);
  });

  test("that was deleted and created again with other lines keeps no skipped lines of the first", async () => {
    using harness = new Harness();
    harness.write(FILE, text('{"usage" broken', responseLine("a")));
    await harness.scan({ phase: "usage" });
    expect(harness.skipped).toHaveLength(1);
    rmSync(harness.at(FILE));
    await harness.scan({ phase: "usage" });
    harness.write(FILE, text(responseLine("b")));
    await harness.scan({ phase: "usage" });
    expect(harness.responses).toBe(2);
    expect(harness.skipped).toEqual([]);
  });

  test("that was rewritten keeps no skipped lines from before", async () => {
    using harness = new Harness();
    harness.write(FILE, text('{"usage" broken', responseLine("a")));
    await harness.scan();
    expect(harness.skipped.length).toBeGreaterThan(0);
    harness.write(FILE, text(responseLine("b")));
    await harness.scan();
    expect(harness.skipped).toEqual([]);
  });

  test("is ignored if it is a dangling link or a folder; a pipe is reported as unreadable, and the others are read", async () => {
    using harness = await readHarness("a");
    symlinkSync(join(harness.home, "nowhere"), harness.at("-home-dev-work-api/link.jsonl"));
    mkdirSync(harness.at("-home-dev-work-api/folder.jsonl"));
    Bun.spawnSync(["mkfifo", harness.at("-home-dev-work-api/pipe.jsonl")]);
    harness.append(FILE, text(responseLine("b")));
    expect((await harness.scan()).unreadable).toEqual([harness.at("-home-dev-work-api/pipe.jsonl")]);
    expect(harness.responses).toBe(2);
  });

  test("that was deleted between the two phases is reported as unreadable, and the others are still read", async () => {
    using harness = new Harness();
    for (const name of ["x", "y"]) harness.write(`p/${name}.jsonl`, text(responseLine(name, { session: name })));
    await harness.scan({ phase: "usage" });
    rmSync(harness.at("p/x.jsonl"));
    expect((await harness.scan({ phase: "activity" })).unreadable).toEqual([harness.at("p/x.jsonl")]);
    expect(harness.number("SELECT COUNT(*) FROM session")).toBe(1);
    expect((await harness.scan()).unreadable).toEqual([]);
  });
});

describe("the last line of a file", () => {
  test("is completed by the next scan, wherever it was cut", async () => {
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

  test("is counted at once if only its newline is missing, and only once", async () => {
    using harness = await readHarness("a");
    harness.append(FILE, responseLine("b", { output: 500 }));
    await harness.scan();
    expect(harness.responses).toBe(2);
    harness.append(FILE, `\n${text(responseLine("c"))}`);
    await harness.scan();
    expect(harness.responses).toBe(3);
    expect(harness.output).toBe(520);
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("does not cause the file to be read again by every scan if it has no newline", async () => {
    using harness = new Harness();
    harness.write(FILE, responseLine("a").slice(0, -20));
    await harness.scan();
    expect((await harness.scan()).bytes).toBe(0);
  });
});

describe("a scan", () => {
  /** Three files that are each read in several pieces. */
  function large(): Harness {
    const harness = new Harness();
    for (const id of ["a", "b", "c"]) {
      const lines = Array.from({ length: 10 }, (_, at) => text(filler(1_000_000), responseLine(`${id}${at}`)));
      harness.write(`p/${id}.jsonl`, lines.join(""));
    }
    return harness;
  }

  test("reads what a growing file had at its start, and the next scan reads the rest", async () => {
    using harness = large();
    const line = text(responseLine("late"));
    let grown = 0;
    const progress = (): void => {
      if (grown++ === 0) for (const id of ["a", "b", "c"]) harness.append(`p/${id}.jsonl`, line);
    };
    await harness.scan({ phase: "usage", progress });
    expect(grown).toBeGreaterThan(2);
    expect((await harness.scan()).bytes).toBe(3 * line.length);
    expect(harness.responses).toBe(31);
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("stops when it is reports to, and the next scan continues there", async () => {
    using harness = large();
    const stop = new AbortController();
    const first = await harness.scan({ phase: "usage", signal: stop.signal, progress: () => stop.abort() });
    expect(first.isStopped).toBe(true);
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

  test("reads everything in the end if it is stopped again and again", async () => {
    using harness = large();
    let scans = 0;
    for (let isStopped = true; isStopped; scans++) {
      const stop = new AbortController();
      isStopped = (await harness.scan({ signal: stop.signal, progress: () => stop.abort() })).isStopped;
      expect(scans).toBeLessThan(20);
    }
    await harness.scan();
    expect(harness.dump()).toEqual(await harness.fresh());
  });

  test("reports its progress while it reads", async () => {
    using harness = large();
    const reports: [number, number][] = [];
    const { bytes } = await harness.scan({ phase: "usage", progress: (...one) => reports.push(one) });
    expect(reports.at(-1)).toEqual([bytes, bytes]);
    expect(reports.map(([done]) => done)).toEqual(reports.map(([done]) => done).toSorted((a, b) => a - b));
    expect(queriesOf(harness.ledger).progress()).toMatchObject({ size: bytes, usage: bytes, activity: 0 });
    await harness.scan({ phase: "activity" });
    expect(queriesOf(harness.ledger).progress()).toMatchObject({ usage: bytes, activity: bytes });
  });

  test("commits after one second, so that other processes can read the data and write", async () => {
    using harness = new Harness();
    for (const name of ["a", "b", "c", "d"]) harness.write(`p/${name}.jsonl`, text(responseLine(name)));
    let now = 0;
    const counts: number[] = [];
    const clock = { env: {}, home: harness.home, now: () => now };
    const progress = (): void => {
      now += 600;
      counts.push(harness.responses);
    };
    await new Collector(harness.ledger, sources, clock).scan("usage", { progress });
    expect(counts).toEqual([0, 0, 2, 2]);
    expect(harness.responses).toBe(4);
  });
});
