import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import type { RecordedLimits } from "../../../src/monitoring/limits.ts";
import type { OpenSink } from "../../../src/monitoring/sinks/contract.ts";
import { jsonl } from "../../../src/monitoring/sinks/jsonl.ts";
import { readSettings } from "../../../src/utils/config.ts";
import { MINUTE, START } from "../harness.ts";
import { LedgerHarness } from "./harness.ts";
import { HOUR, limit, limitsOf, ingest, weekly } from "./others.ts";

describe("a limits record", () => {
  test("is not written twice by a second attempt at the interval; newer limits are in the next record", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"));
    await harness.tick();
    rmSync(harness.path(".run/state-login-x.json"));
    ingest(harness, "codex", limit("codex", { at: harness.now + 500, usedPercent: 43 }));
    harness.now += 1_000;
    await harness.tick();
    expect(limitsOf(harness)).toHaveLength(1);
    harness.now += MINUTE;
    await harness.tick();
    expect(limitsOf(harness).map(({ windows }) => windows[0]?.used_percent)).toEqual([42, 43]);
  });

  test("is not written twice if the memory with its time is missing or corrupt", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"), weekly("codex", { at: START - 3 * HOUR }));
    await harness.tick();
    for (const text of [null, "\0garbage", "{}", '{"version":9}']) {
      if (text === null) rmSync(harness.files.memory);
      else writeFileSync(harness.files.memory, text);
      harness.now += MINUTE;
      await harness.tick();
      expect(limitsOf(harness)).toHaveLength(1);
      expect(harness.memory().limits).toEqual({ codex: START - MINUTE });
    }
  });

  test("is written even if the log has foreign lines", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"));
    await harness.tick();
    rmSync(harness.files.memory);
    const timestamp = new Date(START).toISOString();
    const foreign = [
      {},
      { source: "codex", windows: 3 },
      { source: "codex", windows: [{ seen_at: "never" }, {}, null] },
    ];
    const lines = foreign.map((one) => `${JSON.stringify({ timestamp, ...one })}\n`);
    writeFileSync(harness.path("limits.jsonl"), ["\0garbage\n", ...lines].join(""), { flag: "a" });
    ingest(harness, "codex", limit("codex", { at: harness.now, usedPercent: 43 }));
    harness.now += MINUTE;
    await harness.tick();
    expect(harness.state()?.failure).toBeNull();
    expect(await Bun.file(harness.path("limits.jsonl")).text()).toContain('"used_percent":43');
  });

  test("is written while the memory has no times of recorded limits", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"));
    await harness.tick();
    ingest(harness, "codex", limit("codex", { at: harness.now, usedPercent: 43 }));
    harness.now += MINUTE;
    const { settings } = readSettings([]);
    const real = jsonl.open({ ...settings, directory: harness.directory, dbPath: "" });
    const known: (RecordedLimits | null)[] = [];
    using accounting = harness.accounting();
    const log = {
      read: real.read,
      append: (...given: Parameters<OpenSink["append"]>) => {
        if (given[0] === "limits") known.push(harness.memory().limits);
        return real.append(...given);
      },
    };
    await harness.recorder({}, { accounting, log }).run(null);
    expect(known).toEqual([null]);
    expect(harness.memory().limits).toEqual({ codex: harness.now - MINUTE });
    expect(limitsOf(harness)).toHaveLength(2);
  });

  test("is not written again by the worker of another account", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"));
    await harness.tick();
    using accounting = harness.accounting();
    await harness.recorder({}, { accounting, scope: "api_key-y" }).run(null);
    harness.now += MINUTE;
    await harness.recorder({}, { accounting, scope: "api_key-y" }).run(null);
    expect(limitsOf(harness)).toHaveLength(1);
  });
});
