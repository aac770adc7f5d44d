import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import { recordedHomes } from "../sources/homes.ts";
import { SourceHarness } from "../sources/harness.ts";
import { growth, shortened } from "../sources/grow.ts";
import { drop, growsByLines, type HomeFile, othersOf, put, replace } from "../sources/home.ts";
import { harnessOf, knownOf, stateOf } from "../sources/known.ts";
import { leaksIn, piecesOf } from "../sources/privacy.ts";
import { Random } from "../sources/random.ts";

/** Multiplier of the number of attempts: SOURCES_TIMES=50 bun test test/contracts/sources.test.ts */
const TIMES = Number(process.env["SOURCES_TIMES"] ?? 1);

setDefaultTimeout(20_000 * TIMES);

const seeds = (count: number): number[] => Array.from({ length: count * TIMES }, (_, index) => index + 1);

/** Keys of all actions. Each key identifies one action, however often it is read. */
const keysOf = (harness: SourceHarness): string[] => harness.actions.map(({ key }) => key).toSorted();

/** All entries below a folder, with size and time unless they are folders. */
const listing = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => ({ name, stat: lstatSync(join(folder, name)) }))
    .map(({ name, stat }) => (stat.isDirectory() ? name : `${name} ${stat.size} ${stat.mtimeMs} ${stat.ino}`))
    .toSorted();

describe.each(recordedHomes.map((home) => [home.name, home] as const))("%s", (_, home) => {
  test("has exactly the recorded usage", async () => {
    using harness = new SourceHarness([home.source]);
    home.place(harness);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    const tokens = (by: string): Record<string, number> =>
      Object.fromEntries(
        harness
          .all<{ name: string; tokens: number }>(
            `SELECT ${by} AS name, SUM(input + output + cache_read + cache_write_5m + cache_write_1h) AS tokens
             FROM response JOIN dimension_set ON dimension_set.id = dimension_id GROUP BY 1`,
          )
          .map(({ name, tokens }) => [name, tokens]),
      );
    if (home.bySession) expect(tokens("session")).toEqual({ ...home.bySession });
    if (home.byModel) expect(tokens("model")).toEqual({ ...home.byModel });
  });

  test("is not read again if nothing changed, and rewritten files change nothing", async () => {
    using harness = await harnessOf(home, "all");
    const { files, facts } = await knownOf(home);
    const before = harness.dump();
    for (let again = 0; again < 3; again++) expect((await harness.scan()).bytes).toBe(0);
    expect(harness.dump()).toEqual(before);
    expect(before.facts).toEqual(facts);
    // New files with the same names and bytes.
    for (const file of files) replace(harness, file);
    await harness.scan();
    expect(harness.dump()).toEqual(before);
  });

  test.each(seeds(2))("gives the same facts if its files are first cut off anywhere (seed %i)", async (seed) => {
    const random = new Random(seed);
    const { own, state } = await knownOf(home);
    using harness = await harnessOf(home, "siblings");
    for (const file of own)
      if (growsByLines(file)) put(harness, file, file.bytes.subarray(0, random.below(file.bytes.length + 1)));
      else if (random.below(2) === 0) put(harness, file);
    await harness.scan(random.of([["usage"], ["usage", "activity"]]));
    for (const file of own) put(harness, file);
    await harness.scan();
    expect(stateOf(harness)).toEqual(state);
  });

  test("has the usage of a complete last line before its newline is written", async () => {
    const { own, state } = await knownOf(home);
    using harness = await harnessOf(home, "siblings");
    for (const file of own)
      put(harness, file, growsByLines(file) && file.bytes.at(-1) === 10 ? file.bytes.subarray(0, -1) : file.bytes);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    for (const file of own) put(harness, file);
    await harness.scan();
    expect(stateOf(harness)).toEqual(state);
  });

  test.each(["lines", "bytes"] as const)("gives the same facts if its files grow by %s", async (how) => {
    const { own, state } = await knownOf(home);
    for (const seed of seeds(1)) {
      using harness = await harnessOf(home, "siblings");
      const random = new Random(seed);
      const there = new Map<HomeFile, number>();
      for (const { file, to } of growth(own, how, TIMES > 1 ? 200 : 16, random)) {
        const from = there.get(file) ?? 0;
        if (from === 0) put(harness, file, file.bytes.subarray(0, to));
        else {
          appendFileSync(join(harness.home, file.path), file.bytes.subarray(from, to));
          utimesSync(join(harness.home, file.path), file.modifiedAt, file.modifiedAt);
        }
        there.set(file, to);
        await harness.scan(random.below(3) === 0 ? ["usage"] : ["usage", "activity"]);
      }
      await harness.scan();
      expect(stateOf(harness)).toEqual(state);
    }
  });

  test("gives the same facts if its files appear in any order", async () => {
    const { own, state } = await knownOf(home);
    for (const seed of seeds(1)) {
      using harness = await harnessOf(home, "siblings");
      for (const file of new Random(seed).shuffled(own)) {
        put(harness, file);
        await harness.scan();
      }
      expect(stateOf(harness)).toEqual(state);
    }
  });

  test("gives the same facts with copies of its files under other names, and of the whole home", async () => {
    const { own, files } = await knownOf(home);
    using harness = await harnessOf(home, "all");
    const keys = keysOf(harness);
    const taken = new Set(files.map(({ path }) => path));
    for (const file of own) {
      const [other] = othersOf(file, taken);
      if (other !== undefined) put(harness, file, file.bytes, other);
    }
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    expect(keysOf(harness)).toEqual(keys);
    using second = await harnessOf(home, "siblings");
    for (const file of own) put(second, file);
    const collector = new Collector(harness.ledger, [home.source], { env: {}, home: second.home, now: () => 0 });
    for (const phase of ["usage", "activity", "usage"] as const) await collector.scan(phase);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    expect(keysOf(harness)).toEqual(keys);
  });

  test("loses and duplicates nothing if files are deleted, moved, truncated or restored", async () => {
    const { own, files, facts } = await knownOf(home);
    const random = new Random(7);
    using harness = await harnessOf(home, "all");
    const full = (path: string): string => join(harness.home, path);
    const keys = keysOf(harness);
    const holds = async (): Promise<void> => {
      await harness.scan();
      expect(harness.totals).toEqual(home.truth);
      expect(keysOf(harness)).toEqual(keys);
    };
    // Move files away and back.
    const taken = new Set(files.map(({ path }) => path));
    const moved = own.map((file) => ({ from: file.path, to: othersOf(file, taken)[0] ?? file.path }));
    for (const { from, to } of moved) renameInto(full(from), full(to));
    await holds();
    for (const { from, to } of moved) renameInto(full(to), full(from));
    await holds();
    // Truncate files in place, and by replacing them.
    for (const file of own) put(harness, file, shortened(file.bytes, random));
    await holds();
    for (const file of own) replace(harness, file, shortened(file.bytes, random));
    await holds();
    for (const file of own) put(harness, file, Buffer.alloc(0));
    await holds();
    for (const file of own) put(harness, file);
    await holds();
    // Delete everything and restore it.
    for (const file of files) drop(harness, file);
    await holds();
    for (const name of readdirSync(harness.home)) rmSync(full(name), { recursive: true });
    await holds();
    for (const file of files) put(harness, file);
    await holds();
    expect(harness.dump().facts).toEqual(facts);
  });

  test("gives the same facts if its program archives or compresses files", async () => {
    const { own, facts } = await knownOf(home);
    const plain = own.filter(growsByLines);
    const packed = plain.filter((file) => file.store?.owns(`${file.path.slice(file.root.length + 1)}.zst`));
    for (const isBefore of packed.length > 0 ? [true, false] : []) {
      using harness = await harnessOf(home, isBefore ? "all" : "siblings");
      for (const file of own.filter((one) => !packed.includes(one))) put(harness, file);
      for (const file of packed) {
        put(harness, file, Buffer.from(Bun.zstdCompressSync(file.bytes)), `${file.path}.zst`);
        if (isBefore) drop(harness, file);
      }
      await harness.scan();
      expect(harness.dump().facts).toEqual(facts);
    }
    const archived = plain.filter(({ path }) => ARCHIVED.test(path));
    if (archived.length === 0) return;
    using harness = await harnessOf(home, "all");
    for (const { path } of archived)
      renameInto(join(harness.home, path), join(harness.home, path.replace(ARCHIVED, "archived_sessions/")));
    expect((await harness.scan()).bytes).toBe(0);
    expect(harness.dump().facts).toEqual(facts);
  });

  test("gives the same ledger if that is rebuilt from its journal", async () => {
    using harness = await harnessOf(home, "all");
    const before = harness.dump();
    harness.ledger.rebuild();
    expect(harness.dump()).toEqual(before);
    await harness.scan();
    expect(harness.dump()).toEqual(before);
  });

  test("leaves no text of a conversation in the ledger", async () => {
    const { own } = await knownOf(home);
    const pieces = piecesOf(own);
    expect(pieces.length).toBeGreaterThan(0);
    using harness = await harnessOf(home, "all");
    expect(leaksIn(harness.path, pieces)).toEqual([]);
  });

  test("is not written to, and gives names without control characters", async () => {
    const { files } = await knownOf(home);
    using harness = new SourceHarness([home.source]);
    for (const file of files) put(harness, file);
    const before = listing(harness.home);
    await harness.scan();
    await harness.scan();
    expect(listing(harness.home)).toEqual(before);
    const names = harness.all<Record<string, string>>(
      `SELECT name, action, target, model, project, branch, agent, session, key FROM action JOIN dimension_set ON dimension_set.id = dimension_id
       UNION SELECT '', '', tier, model, project, branch, agent, session, key FROM response JOIN dimension_set ON dimension_set.id = dimension_id`,
    );
    const odd = names.flatMap((row) => Object.values(row)).filter((name) => /[\0-\x1f\x7f-\x9f]/.test(name));
    expect(odd).toEqual([]);
  });
});

/** A file that Codex can move into its archive: sessions/2026/11/20/rollout-….jsonl. */
const ARCHIVED = /sessions\/\d{4}\/\d\d\/\d\d\/(?=rollout-[^/]*$)/;

function renameInto(from: string, to: string): void {
  if (from === to || !existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
}
