import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import type { Memory } from "../../src/monitoring/Memory.ts";
import type { OpenLog } from "../../src/monitoring/types.ts";
import { readSettings } from "../../src/utils/config.ts";
import { jsonl } from "../../src/monitoring/sinks/jsonl.ts";
import { LedgerHarness } from "./accounting/harness.ts";
import { ingest, limit, limitsOf } from "./accounting/others.ts";
import { answers, MINUTE, session, START } from "./harness.ts";

const DAY = 86_400_000;

/** Replaces the memory by the three files that earlier versions kept instead of it. */
function writeAsEarlierVersion(harness: LedgerHarness): void {
  const { usage, limits, scopes } = harness.memory();
  const { answers, samples, findings } = scopes["login-x"] ?? {};
  const { earlier, memory } = harness.files;
  const write = (path: string, content: object): void =>
    writeFileSync(path, `${JSON.stringify({ version: 1, ...content })}\n`, { mode: 0o600 });
  write(earlier.usage, { ...usage });
  write(earlier.limits, { recorded: Object.entries(limits ?? {}) });
  write(earlier.memory, { answers, samples, findings });
  rmSync(memory);
}

const earlierFilesOf = ({ files }: LedgerHarness): string[] => Object.values(files.earlier).filter(existsSync);

/** A harness with one capture, of which every part of the memory has something. */
async function captured(): Promise<LedgerHarness> {
  const harness = new LedgerHarness();
  ingest(harness, "codex", limit("codex"));
  harness.respond("a", START - 1);
  await harness.tick();
  return harness;
}

describe("the files of an earlier version", () => {
  test("are taken over and removed: no usage of three days is lost, no age, and nothing is recorded twice", async () => {
    using harness = await captured();
    const before = harness.memory();
    writeAsEarlierVersion(harness);
    expect(harness.memory()).toMatchObject({ usage: before.usage, scopes: { "login-x": { answers: { at: START } } } });
    harness.respond("b", START + 1);
    harness.now += 3 * DAY;
    harness.reply = { ...answers, usage: null, status: null };
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    expect(limitsOf(harness)).toHaveLength(1);
    expect(harness.lines("diagnostics")).toHaveLength(2);
    expect(harness.state()?.quotas.find(({ key }) => key === "seven_day")).toMatchObject({ observedAt: START });
    expect(harness.memory()).toMatchObject({ limits: before.limits, usage: { tried: null } });
    expect(earlierFilesOf(harness)).toEqual([]);
  });

  test("may be missing: limits and findings are read from the log", async () => {
    using harness = await captured();
    const before = harness.memory().scopes["login-x"];
    for (const path of [harness.files.memory, harness.files.state]) rmSync(path);
    harness.now += MINUTE;
    harness.reply = { ...answers, usage: null, status: null };
    await harness.tick();
    expect(limitsOf(harness)).toHaveLength(1);
    expect(harness.lines("diagnostics")).toHaveLength(2);
    expect(harness.memory().scopes["login-x"]).toMatchObject({ samples: before?.samples, findings: before?.findings });
    const quotas = harness.state()?.quotas.map(({ key, observedAt }) => [key, observedAt]);
    expect(quotas).toContainEqual(["five_hour", START]);
    expect(quotas).toContainEqual(["model:Fable", START]);
  });

  test("are newer than the memory if an earlier version still runs, as a watch that was started before the upgrade", async () => {
    using harness = await captured();
    copyFileSync(harness.files.memory, harness.path("old-memory"));
    harness.respond("b", harness.now + 1);
    ingest(harness, "codex", limit("codex", { at: harness.now, usedPercent: 43 }));
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    writeAsEarlierVersion(harness);
    copyFileSync(harness.path("old-memory"), harness.files.memory);
    harness.respond("c", harness.now + 1);
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    expect(limitsOf(harness).map(({ windows }) => windows[0]?.used_percent)).toEqual([42, 43]);
  });

  test("are gone before a record is written, so that a worker killed then does not count its usage twice", async () => {
    using harness = await captured();
    writeAsEarlierVersion(harness);
    harness.respond("b", harness.now + 1);
    harness.now += MINUTE;
    const { settings } = readSettings([]);
    const real = jsonl.open({ ...settings, directory: harness.directory, dbPath: "" });
    let earlierFiles: readonly string[] = ["not written"];
    using accounting = harness.accounting();
    const killed: OpenLog = {
      read: real.read,
      append(kind, record) {
        earlierFiles = earlierFilesOf(harness);
        real.append(kind, record);
        throw new Error("killed");
      },
    };
    await harness.recorder({}, { accounting, log: killed }).run(null);
    expect(earlierFiles).toEqual([]);
    expect(harness.lines("usage").at(-1)).toMatchObject({ usage_data: { total_tokens: 110 } });
    harness.now += 10 * MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 0 });
  });
});

describe("a damaged memory counts as missing and is replaced", () => {
  const number = expect.any(Number) as number;
  const damages: Record<string, (memory: Memory) => unknown> = {
    "if it is no object": () => 5,
    "if it is of a later version": (memory) => ({ ...memory, version: 2, usage: { last: 5 } }),
    "if its usage has no windows": (memory) => ({ ...memory, usage: {} }),
    "if its usage lacks a class of tokens": ({ usage, ...memory }) => ({
      ...memory,
      usage: { ...usage, last: { ...usage?.last, tokens: {} } },
    }),
    "if a window of its usage has no possible time": ({ usage, ...memory }) => ({
      ...memory,
      usage: { ...usage, tried: { ...usage?.last, until: 1e300 } },
    }),
    "if its limits are not times": (memory) => ({ ...memory, limits: { codex: {} } }),
    "if its limits are a number": (memory) => ({ ...memory, limits: 5 }),
    "if it has no accounts": (memory) => ({ ...memory, scopes: null }),
    "if an account is empty": (memory) => ({ ...memory, scopes: { "login-x": {} } }),
    "if an account has samples that are none": ({ scopes, ...memory }) => ({
      ...memory,
      scopes: { "login-x": { ...scopes["login-x"], samples: [null] } },
    }),
    "if an account has findings that are none": ({ scopes, ...memory }) => ({
      ...memory,
      scopes: { "login-x": { ...scopes["login-x"], findings: [5] } },
    }),
    "if an account has answers without a time": ({ scopes, ...memory }) => ({
      ...memory,
      scopes: { "login-x": { ...scopes["login-x"], answers: {} } },
    }),
  };
  for (const [name, damage] of Object.entries(damages)) {
    test(name, async () => {
      using harness = await captured();
      const before = JSON.parse(readFileSync(harness.files.memory, "utf8")) as Memory;
      writeFileSync(harness.files.memory, JSON.stringify(damage(before)));
      harness.respond("b", harness.now + 1);
      harness.now += MINUTE;
      expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
      expect(limitsOf(harness)).toHaveLength(1);
      expect(harness.lines("diagnostics")).toHaveLength(2);
      expect(harness.memory()).toMatchObject({ usage: { last: { until: harness.now }, tried: null } });
      expect(harness.memory().limits).toEqual({ codex: number });
    });
  }
});

describe("the memory", () => {
  test("is saved although a directory has the name of a file of an earlier version", async () => {
    using harness = await captured();
    for (const path of Object.values(harness.files.earlier)) mkdirSync(path);
    harness.respond("b", harness.now + 1);
    harness.now += MINUTE;
    expect(await harness.tick()).toMatchObject({ total_tokens: 110 });
    expect(harness.state()?.failure).toBeNull();
  });

  test("keeps what belongs to other accounts, and forgets an account without a capture for 25 hours", async () => {
    using harness = await captured();
    const other = { scope: "login-y", files: logFiles(harness.directory, "login-y") };
    await harness.recorder({}, other).run(session("s-2"));
    expect(Object.keys(harness.memory().scopes)).toEqual(["login-x", "login-y"]);
    harness.now += DAY;
    await harness.recorder({}, other).run(session("s-2"));
    expect(Object.keys(harness.memory().scopes)).toEqual(["login-x", "login-y"]);
    harness.now += 2 * 3_600_000;
    await harness.recorder({}, other).run(session("s-2"));
    expect(Object.keys(harness.memory().scopes)).toEqual(["login-y"]);
    await harness.tick();
    expect(harness.lines("diagnostics")).toHaveLength(4);
  });
});
