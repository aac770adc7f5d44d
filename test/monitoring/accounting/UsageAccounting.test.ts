import { describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Ledger } from "../../../src/ledger/sqlite/Ledger.ts";
import { noTokens } from "../../../src/model/tokens.ts";
import { saveMemory } from "../../../src/monitoring/Memory.ts";
import type { UsageWindow } from "../../../src/monitoring/types.ts";
import { MINUTE, START } from "../harness.ts";
import { LedgerHarness, type RecordedUsage } from "./harness.ts";
import { queriesOf } from "../../ledger/queries.ts";

const NONE = { total_tokens: null, tokens: null, cost_micros: null };
const HOUR = 60 * MINUTE;

describe("a usage record", () => {
  test("has exactly the tokens appended since the previous record, by class, with their cost", async () => {
    using harness = new LedgerHarness();
    harness.respond("old", START - 2 * MINUTE);
    harness.respond("a", START - 1_000, { input: 1, output: 2, cacheWrite5m: 30, cacheWrite1h: 400, cacheRead: 5_000 });
    expect(await harness.tick()).toMatchObject({
      total_tokens: 5_433,
      tokens: { input: 1, output: 2, cache_write_5m: 30, cache_write_1h: 400, cache_read: 5_000 },
      // Micro-dollars, at $4, $20, $5, $8 and $0.2 per million tokens: 4 + 40 + 150 + 3,200 + 1,000.
      cost_micros: 4_394,
    });
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 0, cost_micros: 0 });
    harness.now += MINUTE;
    harness.respond("b", harness.now - 1);
    harness.respond("c", harness.now);
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    expect(statSync(harness.ledger).mode & 0o777).toBe(0o600);
  });

  test("has the remainder of a response that was half written at the time of the previous record", async () => {
    using harness = new LedgerHarness();
    harness.respond("a", harness.now - 1, { output: 3, cacheRead: 9_000 });
    expect(await harness.tick()).toMatchObject({ total_tokens: 9_103 });
    // Its last line is in the next interval; the tokens of the first line are not counted again.
    harness.respond("a", harness.now + 5_000, { output: 700, cacheRead: 9_000 });
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 697, tokens: { output: 697, input: 0, cache_read: 0 } });
  });

  test("has responses that arrive up to an hour late", async () => {
    using harness = new LedgerHarness();
    await harness.tick();
    harness.now += MINUTE;
    harness.respond("late", harness.now - 30 * MINUTE, {}, { file: "other.jsonl" });
    harness.respond("too-late", harness.now - 90 * MINUTE, {}, { file: "other.jsonl" });
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
  });

  test("includes the usage since records without usage, and since a time without records", async () => {
    using harness = new LedgerHarness();
    await harness.tick();
    harness.respond("a", harness.now + 1);
    harness.now += MINUTE;
    expect(await harness.tick({ ledger: harness.directory })).toMatchObject(NONE);
    harness.respond("b", harness.now + 1);
    harness.now += 30 * HOUR;
    harness.respond("c", harness.now - 1);
    expect(await harness.tick()).toMatchObject({ total_tokens: 330 });
  });

  test("and all others add up to the ledger, whatever the times of records and responses", async () => {
    using harness = new LedgerHarness();
    let random = 7;
    const next = (below: number): number => (random = (random * 48_271) % 2_147_483_647) % below;
    let recorded = (await harness.tick())?.total_tokens ?? 0;
    for (let turn = 0; turn < 60; turn++) {
      const from = harness.now;
      harness.now += MINUTE + next(10 * MINUTE);
      for (let count = next(4); count > 0; count--) {
        // The lines of a response are minutes apart, not hours.
        harness.respond(`${turn - next(3)}-${next(2)}`, from + next(harness.now - from), {
          output: next(1_000),
          cacheRead: next(1_000),
        });
      }
      recorded += (await harness.tick())?.total_tokens ?? 0;
    }
    using ledger = new Ledger(harness.ledger, () => "here");
    const rows = queriesOf(ledger).responses({ from: 0, to: harness.now });
    expect(rows.length).toBeGreaterThan(20);
    expect(recorded).toBe(rows.reduce((sum, row) => sum + row.input + row.output + row.cacheRead, 0));
  });
});

describe("the saved usage window", () => {
  const windowAt = (until: number) => ({ from: until, until, tokens: noTokens, micros: 0, unpriced: 0 });
  const save = (harness: LedgerHarness, last: UsageWindow, tried: UsageWindow): void =>
    saveMemory(harness.files, { ...harness.memory(), usage: { last, tried } });

  test("is rebuilt from the log if its file is missing or corrupt", async () => {
    using harness = new LedgerHarness();
    await harness.tick();
    rmSync(harness.files.memory);
    harness.respond("a", harness.now - 1);
    harness.respond("b", harness.now + 1);
    harness.now += 3 * MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    for (const text of ["\0garbage", "{}", '{"version":9}']) {
      writeFileSync(harness.files.memory, text);
      harness.respond(text, harness.now + 1);
      harness.now += 3 * MINUTE;
      expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    }
  });

  test("is checked against the log after a kill between writing the record and saving the window", async () => {
    using harness = new LedgerHarness();
    await harness.tick();
    harness.respond("a", harness.now + 1);
    harness.now += MINUTE;
    await harness.tick();
    const written = harness.now;
    harness.respond("b", harness.now + 1);
    harness.now += MINUTE;
    save(harness, windowAt(START), windowAt(written));
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    harness.now += MINUTE;
    save(harness, windowAt(written), windowAt(written + 90_000));
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
  });

  test("does not advance on a second attempt at a recorded interval, so the next record has its tokens", async () => {
    using harness = new LedgerHarness();
    await harness.tick();
    rmSync(harness.path(".run/state-login-x.json"));
    harness.respond("a", harness.now + 1);
    harness.now += 1_000;
    expect(await harness.tick()).toBeNull();
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
  });

  test("gives no negative usage if the clock is set back", async () => {
    using harness = new LedgerHarness();
    harness.respond("a", harness.now - 1);
    await harness.tick();
    harness.now -= 5 * HOUR;
    expect(await harness.tick()).toMatchObject({ total_tokens: 0, cost_micros: 0 });
    harness.respond("b", harness.now + 1);
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
  });
});

describe("a ledger", () => {
  test("that is behind gives null instead of a part of the usage, until it has caught up", async () => {
    using harness = new LedgerHarness();
    harness.respond("a", harness.now - 1);
    appendFileSync(
      harness.transcript,
      `${JSON.stringify({ type: "user", message: "x".repeat(1_000) })}\n`.repeat(30_000),
    );
    const withoutTime = { timeoutMs: { before: 0, after: 0 } };
    expect(await harness.tick(withoutTime)).toMatchObject(NONE);
    expect(harness.state()).toMatchObject({ usage: { at: START }, spent: null });
    let recorded: RecordedUsage | null = null;
    let minute = 0;
    while (minute < 10 && recorded?.total_tokens == null) {
      harness.now += MINUTE;
      harness.respond(`${minute++}`, harness.now - 1);
      recorded = await harness.tick(withoutTime);
    }
    expect(recorded).toMatchObject({ total_tokens: 110 * (minute + 1) });
  });

  test("that is corrupt, of a newer version, or a directory gives null", async () => {
    using harness = new LedgerHarness();
    harness.respond("a", harness.now - 1);
    writeFileSync(harness.ledger, "this is no database, though it is longer than a header of one ".repeat(100));
    expect(await harness.tick()).toMatchObject(NONE);
    rmSync(harness.ledger);
    new Database(harness.ledger).run("PRAGMA user_version=99");
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject(NONE);
    rmSync(harness.ledger);
    mkdirSync(harness.ledger);
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject(NONE);
    expect(harness.state()).toMatchObject({ failure: null, spent: null });
  });

  test("that another process has locked gives null, and the next record includes its usage", async () => {
    using harness = new LedgerHarness();
    await harness.tick();
    const known = harness.state()?.spent ?? null;
    using other = new Database(harness.ledger);
    other.run("BEGIN IMMEDIATE");
    harness.now += MINUTE;
    harness.respond("a", harness.now - 1);
    expect(await harness.tick()).toMatchObject(NONE);
    expect(harness.state()?.spent).toEqual(known as NonNullable<typeof known>);
    other.run("ROLLBACK");
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
  }, 30_000);

  test("with a model without a price, or with an invalid price file, gives tokens without a cost", async () => {
    using harness = new LedgerHarness();
    harness.respond("a", harness.now - 2);
    harness.respond("b", harness.now - 1, {}, { model: "somebody-s-model" });
    expect(await harness.tick()).toMatchObject({ total_tokens: 220, cost_micros: null });
    expect(harness.state()?.spent).toMatchObject({
      today: { tokens: 220, micros: null },
      burn: { microsPerHour: null },
    });
    harness.now += MINUTE;
    harness.respond("c", harness.now - 1);
    expect(await harness.tick()).toMatchObject({ total_tokens: 110, cost_micros: 600 });
    mkdirSync(harness.path("home/.claude/pets"));
    writeFileSync(harness.path("home/.claude/pets/prices.json"), "{");
    harness.now += MINUTE;
    harness.respond("d", harness.now - 1);
    expect(await harness.tick()).toMatchObject({ total_tokens: 110, cost_micros: null });
  });
});

describe("the usage in the state", () => {
  test("has the usage of the local day and the burn rate of ten minutes", async () => {
    using harness = new LedgerHarness();
    const midnight = Date.parse("2026-11-19T23:00:00.000Z");
    harness.respond("yesterday", midnight - 1);
    harness.respond("first", midnight);
    harness.respond("lately", harness.now - 5 * MINUTE);
    await harness.tick();
    expect(harness.state()?.spent).toEqual({
      today: { date: "2026-11-20", endsAt: midnight + 24 * HOUR, tokens: 220, micros: 1_200 },
      burn: { tokensPerMinute: 11, microsPerHour: 3_600, windowMinutes: 10 },
      at: START,
    });
  });

  test("is complete before the activity of sessions is read, which follows the record", async () => {
    using harness = new LedgerHarness();
    harness.respond("a", harness.now - 1);
    await harness.tick();
    using ledger = new Ledger(harness.ledger, () => "here");
    const { usage, activity } = queriesOf(ledger).progress();
    expect([usage, activity]).toEqual([readFileSync(harness.transcript).length, usage]);
  });
});
