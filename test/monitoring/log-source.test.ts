import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { LogCollector } from "../../src/monitoring/log-source/LogCollector.ts";
import { sqlite } from "../../src/monitoring/sinks/sqlite.ts";
import { answers, doctor, Harness, MINUTE, session, START } from "./harness.ts";

const HOUR = 60 * MINUTE;
const SESSION_RESET = Date.parse("2026-11-20T10:56:28.000Z");

/** A ledger beside the log of a harness, and a collector of that log. */
class LogLedger implements Disposable {
  readonly ledger: Ledger;
  readonly #harness: Harness;
  readonly #database: string | null;
  #collector: LogCollector;

  constructor(harness: Harness, database: string | null = null) {
    this.#harness = harness;
    this.#database = database;
    this.ledger = new Ledger(harness.path("ledger.db"), () => "laptop");
    this.#collector = this.#open();
  }

  #open(): LogCollector {
    const place = { directory: this.#harness.directory, database: this.#database };
    return new LogCollector(this.ledger, place, { env: {}, home: "/home/user", now: () => this.#harness.now });
  }

  /** Reads what is new, in a new process if `isFresh`. */
  async scan(isFresh = false): Promise<this> {
    if (isFresh) this.#collector = this.#open();
    await this.#collector.scan();
    return this;
  }

  limits = async (name = "five_hour") =>
    (await this.ledger.queries.accountLimits(0)).filter((row) => row.name === name);
  /** All readings of a limit: minutes since the start and the percentage. */
  readings = async (name = "five_hour") =>
    (await this.ledger.queries.accountLimitHistory(0))
      .filter((row) => row.name === name)
      .map(({ at, usedPercent }) => [(at - START) / MINUTE, usedPercent]);

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
  }
}

const usedBy = (percent: number): typeof answers => ({
  ...answers,
  usage: {
    source: "control",
    data: { rate_limits: { five_hour: { utilization: percent, resets_at: iso(SESSION_RESET) } } },
  },
});
const iso = (ms: number): string => new Date(ms).toISOString();

describe("our own log as a source", () => {
  test("has each limit of an answer with the account, and of the status account, version and plan", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    using log = await new LogLedger(harness).scan();
    const { machine } = log.ledger;
    expect(await log.limits()).toEqual([
      {
        at: START,
        account: "dummy@example.com",
        scope: "login-x",
        name: "five_hour",
        usedPercent: 42,
        resetsAt: SESSION_RESET,
        plan: "max",
        spent: null,
        spendLimit: null,
        currency: null,
        period: null,
        decimals: null,
        machine,
      },
    ]);
    expect((await log.ledger.queries.accountLimits(0)).map(({ name, usedPercent }) => [name, usedPercent])).toEqual(
      expect.arrayContaining([
        ["seven_day", 17],
        ["model:Fable", 9],
        ["extra_usage", 24.68],
      ]),
    );
    expect(await log.ledger.queries.statuses()).toEqual([
      {
        at: START,
        account: "dummy@example.com",
        scope: "login-x",
        version: "2.1.328",
        plan: "",
        requiresSudo: null,
        machine,
      },
    ]);
  });

  test("has the events of a finding as one finding, with how long it was open", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    harness.now += 2 * HOUR;
    harness.reply = {
      ...answers,
      status: {
        get_status: null,
        auth_status: null,
        doctor: doctor.replace("disabled (set by env: DISABLE_AUTOUPDATER)", "enabled"),
      },
    };
    await harness.recorder().run(session("s-1"));
    using log = await new LogLedger(harness).scan();
    const events = harness.lines("diagnostics");
    const resolved = events.filter(({ state }) => state === "resolved").map(({ message }) => message);
    const found = await log.ledger.queries.findings();
    expect(resolved.length).toBeGreaterThan(0);
    expect(found.map(({ message }) => message).toSorted()).toEqual(
      [...new Set(events.map(({ message }) => String(message)))].toSorted(),
    );
    for (const { message, isOpen, times, closedMs, first } of found) {
      const isResolved = resolved.includes(message);
      expect({ isOpen, times, closedMs, first }).toEqual({
        isOpen: !isResolved,
        times: 1,
        closedMs: isResolved ? 2 * HOUR : 0,
        first: START,
      });
    }
  });

  test("is observed when a limit changes, and every 15 minutes while it does not", async () => {
    using harness = new Harness();
    using log = new LogLedger(harness);
    for (const [minute, percent] of [0, 1, 2, 3, 16, 19].map((one) => [one, one < 2 ? 42 : 43] as const)) {
      harness.now = START + minute * MINUTE;
      harness.reply = usedBy(percent);
      await harness.recorder().run(null);
      await log.scan(minute % 2 === 0);
    }
    expect(await log.readings()).toEqual([
      [0, 42],
      [2, 43],
      [19, 43],
    ]);
    expect(await log.limits()).toMatchObject([{ at: START + 19 * MINUTE, usedPercent: 43 }]);
  });

  test("is read on where it ended, after a rotation too, with the account of the rotated file", async () => {
    using harness = new Harness();
    using log = new LogLedger(harness);
    await harness.recorder().run(session("s-1"));
    await log.scan();
    for (const kind of ["usage", "status"]) {
      renameSync(harness.path(`${kind}.jsonl`), harness.path(`${kind}.jsonl.000001`));
      writeFileSync(harness.path(`${kind}.jsonl`), "");
    }
    harness.now += MINUTE;
    harness.reply = usedBy(50);
    await harness.recorder().run(session("s-1"));
    await log.scan(true);
    expect(await log.readings()).toEqual([
      [0, 42],
      [1, 50],
    ]);
    expect((await log.limits()).map(({ account }) => account)).toEqual(["dummy@example.com"]);
    const { files, usage, activity } = await log.ledger.queries.progress();
    expect([files, activity]).toEqual([5, usage]);
  });

  test("gives the same when it is read at once, piece by piece, or from the database", async () => {
    using harness = new Harness();
    const database = sqlite.open({ directory: "", dbPath: harness.path("usage.db"), maxSize: 0, maxFiles: 0 });
    using pieces = new LogLedger(harness);
    for (let step = 0; step < 5; step++) {
      harness.now = START + step * 20 * MINUTE;
      harness.reply = usedBy(40 + step);
      await harness.recorder().run(session(`s-${step}`));
      await pieces.scan(step === 2);
    }
    for (const kind of ["usage", "status", "diagnostics"] as const)
      for (const record of harness.lines(kind)) database.append(kind, record as never);
    database.close();
    const rowsOf = async ({ ledger }: LogLedger) => {
      const { machine, queries } = ledger;
      const all = [await queries.accountLimits(0), await queries.accountLimitHistory(0), await queries.findings()];
      return JSON.stringify([...all, await queries.statuses()]).replaceAll(machine, "this machine");
    };
    const expected = await rowsOf(pieces);
    rmSync(harness.path("ledger.db"));
    using whole = await new LogLedger(harness).scan();
    expect(await rowsOf(whole)).toBe(expected);
    rmSync(harness.path("ledger.db"));
    for (const kind of ["usage", "status", "diagnostics"]) rmSync(harness.path(`${kind}.jsonl`));
    using fromDatabase = await new LogLedger(harness, harness.path("usage.db")).scan();
    expect(await rowsOf(fromDatabase)).toBe(expected);
    await fromDatabase.scan(true);
    expect(await rowsOf(fromDatabase)).toBe(expected);
  });

  test("follows a sign-in with another account from the next status on", async () => {
    using harness = new Harness();
    using log = new LogLedger(harness);
    await harness.recorder().run(session("s-1"));
    harness.now += MINUTE;
    harness.reply = {
      ...usedBy(3),
      status: { get_status: null, auth_status: { email: "Other@Example.com" }, doctor: null },
    };
    await harness.recorder().run(session("s-2"));
    await log.scan();
    expect((await log.limits()).map(({ account, usedPercent }) => [account, usedPercent])).toEqual([
      ["other@example.com", 3],
      ["dummy@example.com", 42],
    ]);
  });

  test("has the account of the status before a reading, even if that is in a rotated file", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    renameSync(harness.path("status.jsonl"), harness.path("status.jsonl.000001"));
    harness.now += MINUTE;
    harness.reply = usedBy(50);
    await harness.recorder().run(session("s-1"));
    harness.now += MINUTE;
    harness.reply = {
      ...usedBy(3),
      status: { get_status: null, auth_status: { email: "b@example.com" }, doctor: null },
    };
    await harness.recorder().run(session("s-2"));
    using log = await new LogLedger(harness).scan();
    expect((await log.limits()).map(({ account, usedPercent }) => [account, usedPercent])).toEqual([
      ["b@example.com", 3],
      ["dummy@example.com", 50],
    ]);
  });

  test("has the account of the first status after a reading that no status is older than", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    const [status] = harness.lines("status");
    const of = (at: number, email: string) => JSON.stringify({ ...status, timestamp: iso(at), email });
    writeFileSync(harness.path("status.jsonl"), `${of(START + HOUR, "b@x.org")}\n${of(START + 2 * HOUR, "c@x.org")}\n`);
    using log = await new LogLedger(harness).scan();
    expect((await log.limits()).map(({ account }) => account)).toEqual(["b@x.org"]);
  });

  test("reads a status file from its beginning that was rotated since the last time", async () => {
    using harness = new Harness();
    using log = new LogLedger(harness);
    await harness.recorder().run(session("s-1"));
    await log.scan();
    renameSync(harness.path("status.jsonl"), harness.path("status.jsonl.000001"));
    const auth = { email: "somebody-else@example.com" };
    harness.now += MINUTE;
    harness.reply = { ...usedBy(3), status: { get_status: null, doctor, ...answers.status, auth_status: auth } };
    await harness.recorder().run(session("s-2"));
    await log.scan();
    expect((await log.limits()).map(({ account }) => account)).toEqual([auth.email, "dummy@example.com"]);
  });

  test("keeps the limits of machines apart where the log names no account", async () => {
    using harness = new Harness();
    await harness.recorder({ PET_LOG_EMAIL: "off" }).run(session("s-1"));
    using log = await new LogLedger(harness).scan();
    const [row] = await log.limits();
    expect(row?.account).toBe("");
    const text =
      readFileSync(harness.path("ledger.db"), "latin1") + readFileSync(harness.path("ledger.db-wal"), "latin1");
    expect(text).toContain(
      `account-limit::login-x:${Math.round(SESSION_RESET / MINUTE)}:five_hour:${log.ledger.machine}`,
    );
  });

  test("survives lines that another program wrote, and names those that say nothing", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    const odd = [
      "not json",
      "{}",
      '{"id":5,"timestamp":"2026-11-20T09:00:00.000Z","usage_data":[],"statusline":"x","status_data":7,"diagnostics":1}',
      '{"id":"a","timestamp":"2026-11-20T09:00:00.000Z","usage_data":{"rate_limits":{"five_hour":{"utilization":-1,"resets_at":9e99}}}}',
      '{"id":"b","timestamp":"2026-11-20T09:00:00.000Z","diagnostic_type":"x","message":"y","state":"z"}',
    ];
    for (const kind of ["usage", "status", "diagnostics"])
      appendFileSync(harness.path(`${kind}.jsonl`), `${odd.join("\n")}\n`);
    appendFileSync(harness.path("usage.jsonl.torn-000001"), '{"id":"usage-torn');
    using log = await new LogLedger(harness).scan();
    expect((await log.limits()).map(({ usedPercent }) => usedPercent)).toEqual([42]);
    const skipped = (await log.ledger.queries.skipped()).map(({ source, reason, places }) => [source, reason, places]);
    expect(skipped).toEqual([
      ["pawprint", "bad_json", 3],
      ["pawprint", "no_time", 3],
      ["pawprint", "unknown_format", 3],
    ]);
  });
});
