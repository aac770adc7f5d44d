import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import type { Help } from "../../src/collector/thread-pool.ts";
import { Shared } from "../../src/collector/shared.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Phase, Source } from "../../src/sources/contract.ts";
import { sources } from "../../src/sources/registry.ts";
import { makeCorpus } from "../ledger/corpus.ts";
import { dumpOf } from "../ledger/dump.ts";
import { recordedHomes } from "../sources/homes.ts";
import { harnessOf } from "../sources/known.ts";

const ROOT = join(import.meta.dir, "../..");
const PASSES: readonly Phase[] = ["usage", "activity"];

class Place implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "pawprint-threads-"));
  readonly home = join(this.path, "home");

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** A program for threads to run, made of these lines. */
  threadsWith(code: string): Help {
    const entryFile = join(this.path, "entry.ts");
    writeFileSync(entryFile, code);
    return { entryFile, worthwhile: 0, threads: 2 };
  }

  /** The program itself, which notes that a thread ran it. */
  get help(): Help {
    return this.threadsWith(`
      require("node:fs").appendFileSync(${JSON.stringify(join(this.path, "ran"))}, Bun.isMainThread ? "process " : "thread ");
      void import(${JSON.stringify(join(ROOT, "src/cli.ts"))});
    `);
  }

  /** How often threads ran the program. */
  get ran(): number {
    return readFileSync(join(this.path, "ran"), "utf8").split("thread").length - 1;
  }

  /** How often processes of their own did. */
  get processes(): number {
    return readFileSync(join(this.path, "ran"), "utf8").split("process").length - 1;
  }

  ledger(name: string): Ledger {
    return new Ledger(join(this.path, name, "ledger.db"), () => "here");
  }

  dump(name: string) {
    return dumpOf(join(this.path, name, "ledger.db"));
  }
}

function collectorOf(ledger: Ledger, home: string, help?: Help, own: readonly Source[] = sources): Collector {
  return new Collector(ledger, own, { env: {}, home, now: () => 0, help });
}

async function read(place: Place, name: string, home: string, help?: Help, own?: readonly Source[]) {
  using ledger = place.ledger(name);
  for (const pass of PASSES) await collectorOf(ledger, home, help, own).scan(pass);
  return place.dump(name);
}

describe("threads that read", () => {
  test("tell the same as one alone", async () => {
    using place = new Place();
    makeCorpus(place.home, { megabytes: 3, files: 40, seed: 3, results: [20, 80] });
    expect(await read(place, "threads", place.home, place.help)).toEqual(await read(place, "alone", place.home));
    expect(place.ran).toBe(4);
  });

  test.each([
    ["codex", 4, 0],
    ["gemini-cli", 4, 0],
    // Its database is read by a process in each pass; threads are started before it is known that there is no more.
    ["opencode", 2, 2],
  ])("tell the same of %s", async (name, threads, processes) => {
    const home = recordedHomes.find(({ source }) => source.name === name);
    if (!home) throw new Error(`no home of ${name}`);
    using place = new Place();
    using harness = await harnessOf(home, "all");
    const alone = await read(place, "alone", harness.home, undefined, [home.source]);
    expect(await read(place, "threads", harness.home, place.help, [home.source])).toEqual(alone);
    expect({ threads: place.ran, processes: place.processes }).toEqual({ threads, processes });
  });

  test("may be told to stop at any time, and the next scan goes on there", async () => {
    using place = new Place();
    makeCorpus(place.home, { megabytes: 12, files: 40, seed: 4, results: [20, 80] });
    using ledger = place.ledger("stopped");
    for (const after of [1, 4, 9]) {
      const stop = new AbortController();
      let parts = 0;
      const progress = (): void => {
        if (++parts === after) stop.abort();
      };
      await collectorOf(ledger, place.home, place.help).scan("usage", { signal: stop.signal, progress });
    }
    for (const pass of PASSES) await collectorOf(ledger, place.home, place.help).scan(pass);
    expect(place.dump("stopped").facts).toEqual((await read(place, "alone", place.home)).facts);
  });

  test("that cannot be started are done without", async () => {
    using place = new Place();
    makeCorpus(place.home, { megabytes: 1, files: 10, seed: 5, results: [20, 80] });
    const alone = await read(place, "alone", place.home);
    const missing = { entryFile: join(place.path, "nothing.ts"), worthwhile: 0, threads: 2 };
    expect(await read(place, "missing", place.home, missing)).toEqual(alone);
    expect(await read(place, "broken", place.home, place.threadsWith('throw new Error("no")'))).toEqual(alone);
  });

  test.each([
    ["fail", 'throw new Error("failed")'],
    ["end", "process.exit(0)"],
  ])("that %s in the middle end the scan, and nothing is lost", async (_, what) => {
    using place = new Place();
    makeCorpus(place.home, { megabytes: 1, files: 10, seed: 6, results: [20, 80] });
    using ledger = place.ledger("failed");
    const failing = place.threadsWith(`self.onmessage = () => { ${what}; }; self.postMessage('"ready"');`);
    await expect(collectorOf(ledger, place.home, failing).scan("usage")).rejects.toThrow("a reading thread failed");
    for (const pass of PASSES) await collectorOf(ledger, place.home).scan(pass);
    expect(place.dump("failed")).toEqual(await read(place, "alone", place.home));
  });

  test("wait while too much of what they read has not been taken", async () => {
    using place = new Place();
    const shared = new Shared();
    const { entryFile } = place.threadsWith(`
      import { Shared } from ${JSON.stringify(join(ROOT, "src/collector/shared.ts"))};
      self.onmessage = ({ data }) => {
        const shared = new Shared(data);
        for (let said = 0; said < 3; said++) { shared.offer(10_000_000); self.postMessage(said); }
      };
      self.postMessage("ready");
    `);
    const said: unknown[] = [];
    const worker = new Worker(entryFile);
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      said.push(data);
      if (data === "ready") worker.postMessage(shared.memory, []);
      if (data === 2) resolve();
    });
    while (said.length < 3) await Bun.sleep(1);
    await Bun.sleep(50);
    expect(said).toEqual(["ready", 0, 1]);
    shared.take(10_000_000);
    await promise;
    expect(said).toEqual(["ready", 0, 1, 2]);
    worker.terminate();
  });
});
