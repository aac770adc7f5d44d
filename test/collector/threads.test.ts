import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import type { ReaderOptions } from "../../src/collector/thread-pool.ts";
import { SharedQueue } from "../../src/collector/thread-messages.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Phase, Source } from "../../src/sources/contract.ts";
import { sources } from "../../src/sources/registry.ts";
import { makeCorpus } from "../ledger/corpus.ts";
import { dumpOf } from "../ledger/dump.ts";
import { recordedHomes } from "../sources/homes.ts";
import { harnessOf } from "../sources/known.ts";

const ROOT = join(import.meta.dir, "../..");
const PHASES: readonly Phase[] = ["usage", "activity"];

class Place implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "pawprint-threads-"));
  readonly home = join(this.path, "home");

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Options for threads that run this code. */
  threadsWith(code: string): ReaderOptions {
    const entryFile = join(this.path, "entry.ts");
    writeFileSync(entryFile, code);
    return { entryFile, minBytes: 0, threads: 2 };
  }

  /** Options for threads that run the program itself and record that they did. */
  get readers(): ReaderOptions {
    return this.threadsWith(`
      require("node:fs").appendFileSync(${JSON.stringify(join(this.path, "ran"))}, Bun.isMainThread ? "process " : "thread ");
      void import(${JSON.stringify(join(ROOT, "src/cli.ts"))});
    `);
  }

  /** How many times a thread ran the program. */
  get ran(): number {
    return readFileSync(join(this.path, "ran"), "utf8").split("thread").length - 1;
  }

  /** How many times a process ran it. */
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

/** Counts the threads that are started until it is disposed of. */
function countedWorkers(): { readonly count: number } & Disposable {
  const original = globalThis.Worker;
  let count = 0;
  globalThis.Worker = class extends original {
    constructor(...args: ConstructorParameters<typeof original>) {
      super(...args);
      count += 1;
    }
  };
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]: () => void (globalThis.Worker = original),
  };
}

function collectorOf(
  ledger: Ledger,
  home: string,
  readers?: ReaderOptions,
  assistants: readonly Source[] = sources,
): Collector {
  return new Collector(ledger, assistants, { env: {}, home, now: () => 0, readers });
}

async function read(place: Place, name: string, home: string, readers?: ReaderOptions, assistants?: readonly Source[]) {
  using ledger = place.ledger(name);
  for (const phase of PHASES) await collectorOf(ledger, home, readers, assistants).scan(phase);
  return place.dump(name);
}

describe("reading threads", () => {
  test("give the same ledger as a single thread", async () => {
    using place = new Place();
    makeCorpus(place.home, { megabytes: 3, files: 40, seed: 3, results: [20, 80] });
    expect(await read(place, "threads", place.home, place.readers)).toEqual(await read(place, "alone", place.home));
    expect(place.ran).toBe(4);
  });

  test.each([
    ["codex", 4, 0],
    ["gemini-cli", 4, 0],
    // Its database is read by a process in each phase; threads are started before the amount of data is known.
    ["opencode", 2, 2],
  ])("give the same ledger as a single thread for %s", async (name, threads, processes) => {
    const home = recordedHomes.find(({ source }) => source.name === name);
    if (!home) throw new Error(`no home of ${name}`);
    using place = new Place();
    using harness = await harnessOf(home, "all");
    const alone = await read(place, "alone", harness.home, undefined, [home.source]);
    using workers = countedWorkers();
    expect(await read(place, "threads", harness.home, place.readers, [home.source])).toEqual(alone);
    // One that has not begun when the last file is read does not run the program, but the first of each phase has.
    expect(place.ran).toBeWithin(threads / 2, threads + 1);
    expect({ threads: workers.count, processes: place.processes }).toEqual({ threads, processes });
  });

  test("can be stopped at any time, and the next scan continues there", async () => {
    using place = new Place();
    makeCorpus(place.home, { megabytes: 12, files: 40, seed: 4, results: [20, 80] });
    using ledger = place.ledger("stopped");
    for (const after of [1, 4, 9]) {
      const stop = new AbortController();
      let parts = 0;
      const progress = (): void => {
        if (++parts === after) stop.abort();
      };
      await collectorOf(ledger, place.home, place.readers).scan("usage", { signal: stop.signal, progress });
    }
    for (const phase of PHASES) await collectorOf(ledger, place.home, place.readers).scan(phase);
    expect(place.dump("stopped").facts).toEqual((await read(place, "alone", place.home)).facts);
  });

  test("are not needed: if they cannot be started, the scan reads alone", async () => {
    using place = new Place();
    makeCorpus(place.home, { megabytes: 1, files: 10, seed: 5, results: [20, 80] });
    const alone = await read(place, "alone", place.home);
    const missing = { entryFile: join(place.path, "nothing.ts"), minBytes: 0, threads: 2 };
    expect(await read(place, "missing", place.home, missing)).toEqual(alone);
    expect(await read(place, "broken", place.home, place.threadsWith('throw new Error("no")'))).toEqual(alone);
  });

  test.each([
    ["fail", 'throw new Error("failed")'],
    ["end", "process.exit(0)"],
  ])("that %s while reading end the scan, and nothing is lost", async (_, what) => {
    using place = new Place();
    makeCorpus(place.home, { megabytes: 1, files: 10, seed: 6, results: [20, 80] });
    using ledger = place.ledger("failed");
    const failing = place.threadsWith(`self.onmessage = () => { ${what}; }; self.postMessage('"ready"');`);
    await expect(collectorOf(ledger, place.home, failing).scan("usage")).rejects.toThrow("a reading thread failed");
    for (const phase of PHASES) await collectorOf(ledger, place.home).scan(phase);
    expect(place.dump("failed")).toEqual(await read(place, "alone", place.home));
  });

  test("wait while too many of their messages have not been processed", async () => {
    using place = new Place();
    const shared = new SharedQueue();
    const { entryFile } = place.threadsWith(`
      import { SharedQueue } from ${JSON.stringify(join(ROOT, "src/collector/thread-messages.ts"))};
      self.onmessage = ({ data }) => {
        const shared = new SharedQueue(data);
        for (let sent = 0; sent < 3; sent++) { shared.offer(10_000_000); self.postMessage(sent); }
      };
      self.postMessage("ready");
    `);
    const messages: unknown[] = [];
    const worker = new Worker(entryFile);
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      messages.push(data);
      if (data === "ready") worker.postMessage(shared.memory, []);
      if (data === 2) resolve();
    });
    while (messages.length < 3) await Bun.sleep(1);
    await Bun.sleep(50);
    expect(messages).toEqual(["ready", 0, 1]);
    shared.take(10_000_000);
    await promise;
    expect(messages).toEqual(["ready", 0, 1, 2]);
    worker.terminate();
  });
});
