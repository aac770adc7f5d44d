import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Collector } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { oldDigestOf } from "../../src/ledger/sqlite/migrations/sequence.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { sources } from "../../src/sources/registry.ts";
import { compare } from "../../src/verify/compare.ts";
import { recountFiles } from "../../src/verify/recount-files.ts";
import { snapshotOf } from "../../src/verify/snapshot.ts";
import { FORKED } from "../sources/claude-code.ts";
import { truthOf } from "../traps/pawprint.ts";
import { type Dump, dumpOf, folder, numberIn, wrongSums } from "./dump.ts";
import { formerLedger } from "./former.ts";
import { plainResponse } from "./sample.ts";
import { queriesOf } from "./queries.ts";

const FIXTURES = join(import.meta.dir, "../fixtures");

/**
 * Traps whose homes the previous version of the program read into the recorded ledger, with other results, and a
 * session with its forks.
 */
const TRAPS = [
  "fork-names-the-session-that-asked",
  "fork-of-a-fork",
  "asking-session-outlives-its-file",
  "fork-sorts-before-its-parent",
  "gateway-reuses-its-id-in-subagents",
  "side-question-replays-with-other-counts",
  "advisor-moves-among-the-iterations",
  "advisor-in-the-iterations",
  "compaction-by-the-api",
  "prompt-known-to-the-first-line-only",
  "zeroed-copy-read-first",
];

/** A home with those files and the recorded ledger. */
class Harness implements Disposable {
  readonly #folder = folder();
  readonly home = join(this.#folder.path, "home");
  readonly path = join(this.#folder.path, "ledger.db");

  constructor() {
    for (const name of TRAPS) cpSync(join(FIXTURES, "traps", name, "home"), this.home, { recursive: true });
    const session = join(this.home, ".claude/projects/-home-user-project");
    cpSync(join(FIXTURES, "transcripts-2.1.332/-home-user-project"), session, { recursive: true });
    formerLedger(this.path, this.home, "first-claude-code-reader");
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  remove(path: string): void {
    rmSync(join(this.home, ".claude/projects", path), { recursive: true });
  }

  /** Opens the ledger at a path, scans the home and returns the result of `ask`. */
  async scanned<T>(ask: (ledger: Ledger) => T, path = this.path): Promise<T> {
    using ledger = new Ledger(path, () => "here");
    const collector = new Collector(ledger, sources, { env: {}, home: this.home, now: () => 1 });
    await collector.scan("usage");
    await collector.scan("activity");
    expect(wrongSums(path)).toEqual([]);
    return ask(ledger);
  }

  /** The content of a new ledger. */
  async fresh(): Promise<Dump & { readonly origins: unknown[] }> {
    const path = join(this.#folder.path, "fresh.db");
    await this.scanned(() => null, path);
    return { ...dumpOf(path), origins: this.origins(path) };
  }

  /** Where sessions began. */
  origins(path = this.path): unknown[] {
    using database = new Database(path, { readonly: true });
    return database.query("SELECT * FROM session_origin ORDER BY assistant, id").all();
  }
}

describe("a ledger that the previous version filled", () => {
  test("equals a new one after the remaining files are read again, and stays equal", async () => {
    using harness = new Harness();
    const { facts, sums, origins } = await harness.fresh();
    const tokens = (): number => numberIn(harness.path, "SELECT SUM(input + output + cache_read) FROM response");
    const before = tokens();
    for (let time = 0; time < 2; time++) {
      await harness.scanned(() => null);
      const now = dumpOf(harness.path);
      expect(now.facts).toEqual(facts);
      expect(now.sums).toEqual(sums);
      expect(harness.origins()).toEqual(origins);
    }
    expect(tokens()).not.toBe(before);
    await harness.scanned((ledger) => ledger.rebuild());
    expect(dumpOf(harness.path).facts).toEqual(facts);
    expect(harness.origins()).toEqual(origins);
  });

  test("is not read again by a second scan", async () => {
    using harness = new Harness();
    await harness.scanned(() => null);
    using ledger = new Ledger(harness.path, () => "here");
    const collector = new Collector(ledger, sources, { env: {}, home: harness.home, now: () => 1 });
    expect(await collector.scan("usage")).toMatchObject({ files: 0, bytes: 0 });
    expect(await collector.scan("activity")).toMatchObject({ files: 0, bytes: 0 });
  });

  test("matches the independent recount", async () => {
    using harness = new Harness();
    await harness.scanned(() => null);
    const { facts, wrongSums: wrong, read, vanished } = snapshotOf(harness.path);
    const { recount, changed } = recountFiles({}, harness.home, read, Number.POSITIVE_INFINITY);
    expect(wrong).toEqual([]);
    expect(compare(facts, recount, { vanished, changed, unreadable: [] })).toEqual([]);
  });

  test("assigns each response to the session that asked even if that session's transcript is gone", async () => {
    using whole = new Harness();
    const all = await whole.scanned(truthOf);
    using harness = new Harness();
    harness.remove(`-home-user-project/${FORKED.parent}.jsonl`);
    expect(await harness.scanned(truthOf)).toEqual(all);
    const sessions = new Set(
      dumpOf(harness.path)
        .facts.filter((fact) => fact.includes(FORKED.parent))
        .map(tableOf),
    );
    expect([...sessions].toSorted()).toEqual(["action", "cost_state", "response", "session"]);
  });

  test("loses nothing of a deleted transcript of which only a fork's copies are read again", async () => {
    using whole = new Harness();
    const all = await whole.scanned(truthOf);
    const originals = ["zeroed-copy-read-first", "fork-sorts-before-its-parent", "compaction-by-the-api"];
    for (const trap of originals) {
      using harness = new Harness();
      const transcripts = join(FIXTURES, "traps", trap, "home/.claude/projects/-home-dev-work-x");
      // A fork's lines name another session; those of the original do not.
      const original = readdirSync(transcripts).find(
        (name) => !/"(?:forkedFrom|requestSessionId)"/.test(readFileSync(join(transcripts, name), "utf8")),
      );
      harness.remove(`-home-dev-work-x/${original}`);
      const { costMicros: cost, ...counts } = await harness.scanned(truthOf);
      const { costMicros, ...right } = all;
      // Older ledgers do not contain what the API compacted; the fork's copy does.
      expect({ trap, ...counts }).toEqual({ trap, ...right });
      expect(cost).toBe(costMicros as number);
    }
  });

  test("counts an advice once if its answer remains only in a fork's copy", async () => {
    using harness = new Harness();
    const transcripts = join(
      FIXTURES,
      "traps/advisor-moves-among-the-iterations/home/.claude/projects/-home-dev-work-x",
    );
    const [name = ""] = readdirSync(transcripts);
    const right = await harness.scanned(truthOf, `${harness.path}-other`);
    const lines = readFileSync(join(transcripts, name), "utf8").trimEnd().split("\n").slice(1);
    const session = name.replace(".jsonl", "");
    const copies = lines.map((line) =>
      JSON.stringify({ ...(JSON.parse(line) as object), sessionId: "fork", forkedFrom: { sessionId: session } }),
    );
    writeFileSync(join(harness.home, ".claude/projects/-home-dev-work-x/fork.jsonl"), `${copies.join("\n")}\n`);
    harness.remove(`-home-dev-work-x/${name}`);
    expect(await harness.scanned(truthOf)).toEqual(right);
  });

  test("is folded by the current rules if no file is left", async () => {
    using harness = new Harness();
    const right = await harness.scanned(truthOf, `${harness.path}-other`);
    harness.remove("");
    const { bySession } = await harness.scanned(truthOf);
    // The stored observations suffice to separate the gateway's requests and to detect the side question.
    for (const trap of ["gateway-reuses-its-id-in-subagents", "side-question-replays-with-other-counts"]) {
      const { truth } = JSON.parse(readFileSync(join(FIXTURES, "traps", trap, "trap.json"), "utf8")) as {
        truth: { bySession: Record<string, number> };
      };
      expect(bySession).toMatchObject(truth.bySession);
      expect(right.bySession).toMatchObject(truth.bySession);
    }
  });
});

const tableOf = (fact: string): string => (JSON.parse(fact) as { table: string }).table;

describe("impossible times in a ledger that the previous version filled", () => {
  const MICROSECONDS = 1_795_926_000_000_000;

  /** Adds a response at a time, as the previous version stored it. */
  function add(path: string, source: string, id: string, at: number): void {
    const [entry] = prepare("m-1", source, [
      { kind: "response", key: `response:${id}`, body: { ...plainResponse, at, output: 5 } },
    ]);
    if (!entry) throw new Error("no entry");
    using database = new Database(path);
    const body = entry.observations[0]?.body ?? "";
    const digest = oldDigestOf("m-1", source, body);
    database.run("INSERT INTO journal VALUES (?, ?, 'm-1', ?, ?)", [entry.key, digest, source, body]);
    const { session, project, branch, model } = plainResponse;
    const { lastInsertRowid: slice } = database.run(
      "INSERT INTO slice VALUES (NULL, 'm-1', ?, ?, ?, ?, '', ?, 'standard', 'standard', '', 0, 0)",
      [source, session, project, branch, model],
    );
    database.run("INSERT INTO response VALUES (?, 0, ?, ?, 0, 5, 0, 0, 0, 0, 0, 0)", [entry.key, at, Number(slice)]);
    database.run("INSERT INTO usage_quarter VALUES (?, ?, 1, 0, 5, 0, 0, 0, 0, 0, 0)", [
      Math.floor(at / 900_000),
      Number(slice),
    ]);
  }

  test.each([8.9e15, MICROSECONDS, Date.UTC(9999, 11, 31)])("are removed from facts and sums: %d", async (at) => {
    using harness = new Harness();
    const right = await harness.fresh();
    add(harness.path, "opencode", "bad", at);
    {
      using ledger = new Ledger(harness.path, () => "here");
      expect(queriesOf(ledger).span()?.last).toBeLessThan(Date.UTC(2200, 0, 1));
      expect(wrongSums(harness.path)).toEqual([]);
    }
    await harness.scanned(() => null);
    expect(dumpOf(harness.path).facts).toEqual(right.facts);
    expect(dumpOf(harness.path).sums).toEqual(right.sums);
  });

  test("cause the files of their assistant to be read again, and only those", () => {
    using harness = new Harness();
    add(harness.path, "opencode", "bad", MICROSECONDS);
    using database = new Database(harness.path);
    const put = (path: string, source: string): void =>
      void database.run("INSERT INTO file VALUES (?, ?, 1, 2, 3, 4, 5, 6, 7, 8, NULL, 'files', NULL, NULL)", [
        path,
        source,
      ]);
    put("/a", "opencode");
    put("/b", "pi");
    using ledger = new Ledger(harness.path, () => "here");
    expect(ledger.files.of("/a")).toMatchObject({ reader: 0 });
    expect(ledger.files.of("/b")).toMatchObject({ reader: 1 });
  });
});
