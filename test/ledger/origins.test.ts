import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { OldLedger } from "../../src/ledger/sqlite/OldLedger.ts";
import { OriginsBuilder, type SessionOrigin } from "../../src/ledger/fold/origins.ts";
import { Origins } from "../../src/ledger/sqlite/Origins.ts";
import { FOREVER } from "../../src/model/calendar.ts";
import { recordedHomes } from "../sources/homes.ts";
import { SourceHarness } from "../sources/harness.ts";
import { migrateTo } from "./former.ts";
import { folder } from "./dump.ts";
import { Harness, responseLine, text } from "./home.ts";
import { NOON, plainResponse } from "./sample.ts";
import { queriesOf } from "./queries.ts";

const byKey = (ledger: Ledger): Record<string, string> => Object.fromEntries(queriesOf(ledger).accounts());

function rowsOf(path: string): unknown[] {
  using database = new Database(path, { readonly: true });
  return database.query("SELECT * FROM session_origin ORDER BY assistant, id").all();
}

describe("where a session began", () => {
  const observation = fc.record({
    session: fc.constantFrom("s1", "s2"),
    project: fc.constantFrom("/r", "/r/sub", "/tmp", ""),
    at: fc.integer({ min: 1, max: 5 }),
    copy: fc.constantFrom(0, 1, 4),
    account: fc.constantFrom("/a", "/b", ""),
    reader: fc.constantFrom(1, 2),
  });

  test("is the same in any order and with any repetitions, at once or in batches", () => {
    const all = fc.array(observation, { minLength: 1, maxLength: 8 });
    const shuffled = all.chain((one) =>
      fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: one.length }), fc.integer({ min: 1, max: 4 })),
    );
    fc.assert(
      fc.property(shuffled, ([given, other, size]) => {
        const inBatches = (some: typeof given, length: number): SessionOrigin[] => {
          using place = folder();
          using ledger = new Ledger(join(place.path, "ledger.db"), () => "here");
          using database = new Database(join(place.path, "ledger.db"));
          const origins = new Origins(database);
          for (let at = 0; at < some.length; at += length) {
            const batch = new OriginsBuilder();
            for (const { account, reader, ...body } of some.slice(at, at + length)) {
              batch.add("response", { ...plainResponse, ...body }, account, reader);
            }
            origins.add("claude-code", batch.all);
          }
          void ledger;
          return database.query("SELECT * FROM session_origin ORDER BY id").all() as SessionOrigin[];
        };
        const expected = inBatches(given, given.length);
        expect(inBatches(other, size)).toEqual(expected);
        expect(inBatches([...other, ...given], size)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  test("is derived from the journal again by a rebuild, which keeps the accounts", async () => {
    using harness = new Harness();
    harness.write("-r/s1.jsonl", text(responseLine("a", { session: "s1" }), responseLine("b", { session: "s1" })));
    await harness.scan();
    const before = rowsOf(harness.path);
    expect(before).toMatchObject([{ assistant: "claude-code", id: "s1", directory: "/home/dev/work/api" }]);
    harness.ledger.rebuild();
    expect(rowsOf(harness.path)).toEqual(before);
  });
});

test("sessions are stored under their assistant when one scan reads several", async () => {
  const homes = ["Codex", "Claude Code"].flatMap((title) =>
    recordedHomes.filter(({ name }) => name.startsWith(title)).slice(0, 1),
  );
  using harness = new SourceHarness(homes.map(({ source }) => source));
  for (const home of homes) home.place(harness);
  await harness.scan();
  expect(harness.all("SELECT DISTINCT assistant FROM session_origin ORDER BY assistant")).toEqual([
    { assistant: "claude-code" },
    { assistant: "codex" },
  ]);
  expect(harness.all("SELECT id FROM session_origin GROUP BY id HAVING COUNT(*) > 1")).toEqual([]);
});

describe("the account of a session", () => {
  test("is the configuration directory of its files, by real path", async () => {
    using harness = new Harness();
    const [work, link] = [join(harness.home, ".claude-work"), join(harness.home, "link")];
    harness.write("-r/s1.jsonl", text(responseLine("a", { session: "s1" })));
    harness.write(join(work, "projects/-r/s2.jsonl"), text(responseLine("b", { session: "s2" })));
    harness.write(join(work, "projects/-r/s3/subagents/agent-x.jsonl"), text(responseLine("c", { session: "s3" })));
    symlinkSync(work, link);
    await harness.scan({ env: { CLAUDE_CONFIG_DIR: `~/.claude,${link}` } });
    const claude = (id: string): string => `claude-code\n${id}`;
    expect(byKey(harness.ledger)).toEqual({
      [claude("s1")]: join(harness.home, ".claude"),
      [claude("s2")]: work,
      [claude("s3")]: work,
    });
    const queries = queriesOf(harness.ledger);
    const whole = [{ from: 0, to: FOREVER, offsetMs: 0 }];
    const used = (accounts: readonly string[]): number =>
      queries.usage({ from: 0, to: FOREVER, accounts }, whole).reduce((sum, { responses }) => sum + responses, 0);
    expect([[work], [join(harness.home, ".claude")], [work, "/none"], []].map(used)).toEqual([2, 1, 2, 0]);
  });

  test("is the real directory of transcripts that several configuration directories share", async () => {
    using harness = new Harness();
    harness.write("-r/s1.jsonl", text(responseLine("a", { session: "s1" })));
    mkdirSync(join(harness.home, ".claude-b"));
    symlinkSync(harness.projects, join(harness.home, ".claude-b/projects"));
    await harness.scan({ env: { CLAUDE_CONFIG_DIR: "~/.claude-b,~/.claude" } });
    expect(byKey(harness.ledger)).toEqual({ "claude-code\ns1": join(harness.home, ".claude") });
  });
});

test("a ledger of the previous version derives the origins and accounts of its sessions without reading files again", () => {
  using place = folder();
  const path = join(place.path, "ledger.db");
  {
    using database = new Database(path);
    migrateTo(database, 3);
    database.run("INSERT INTO meta VALUES ('machine', 'm-1')");
    const slice = database.prepare(
      "INSERT INTO slice VALUES (?, 'm-1', 'claude-code', ?, ?, 'main', '', 'm', 'standard', 'standard', '', 0, 0)",
    );
    slice.run(1, "s1", "/r/sub");
    slice.run(2, "s1", "/r");
    slice.run(3, "s2", "/q");
    const response = database.prepare("INSERT INTO response VALUES (?, 0, ?, ?, 1, 1, 0, 0, 0, 0, 0, 0)");
    response.run("response:a", NOON + 5, 1);
    response.run("response:b", NOON, 2);
    response.run("response:c", NOON, 3);
    const file = database.prepare(
      "INSERT INTO file VALUES (?, ?, 1, 2, 3, 4, 5, 6, 7, 8, NULL, 'transcripts', NULL, NULL)",
    );
    file.run("/home/u/projects/.claude-work/projects/-r/s1.jsonl", "claude-code");
    file.run("/home/u/.claude/projects/-r/s1/subagents/agent-1.jsonl", "claude-code");
    file.run("/home/u/.codex/sessions/2026/11/20/s2.jsonl", "codex");
  }
  {
    // A damaged ledger is rebuilt before any migration can run.
    using old = new OldLedger(path, 1_000);
    expect(old.accounts()).toEqual([["claude-code", "s1", "/home/u/projects/.claude-work"]]);
  }
  using ledger = new Ledger(path, () => "here");
  expect(byKey(ledger)).toEqual({ "claude-code\ns1": "/home/u/projects/.claude-work" });
  expect(rowsOf(path)).toMatchObject([
    { id: "s1", at: NOON, directory: "/r", has_moved: 1 },
    { id: "s2", at: NOON, directory: "/q", has_moved: 0 },
  ]);
});
