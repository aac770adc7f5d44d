import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { JsonlLog } from "../../../src/monitoring/JsonlLog.ts";
import { readSettings } from "../../../src/utils/config.ts";
import { MINUTE, START } from "../harness.ts";
import { LedgerHarness } from "./harness.ts";
import { HOUR, limit, limitsOf, see, weekly } from "./others.ts";

const KEPT = ".run/limits.json";

describe("no limits record is written twice", () => {
  test("by a second attempt at the interval, which leaves what is newer to the next", async () => {
    using harness = new LedgerHarness();
    see(harness, "codex", limit("codex"));
    await harness.tick();
    rmSync(harness.path(".run/state-login-x.json"));
    see(harness, "codex", limit("codex", { at: harness.now + 500, usedPercent: 43 }));
    harness.now += 1_000;
    await harness.tick();
    expect(limitsOf(harness)).toHaveLength(1);
    harness.now += MINUTE;
    await harness.tick();
    expect(limitsOf(harness).map(({ windows }) => windows[0]?.used_percent)).toEqual([42, 43]);
  });

  test("where the file that remembers it is lost or garbage, or a worker was killed behind its record", async () => {
    using harness = new LedgerHarness();
    see(harness, "codex", limit("codex"), weekly("codex", { at: START - 3 * HOUR }));
    await harness.tick();
    for (const text of [null, "\0garbage", "{}", '{"version":9}']) {
      if (text === null) rmSync(harness.path(KEPT));
      else writeFileSync(harness.path(KEPT), text);
      harness.now += MINUTE;
      await harness.tick();
      expect(limitsOf(harness)).toHaveLength(1);
      expect(await Bun.file(harness.path(KEPT)).json()).toMatchObject({ version: 1 });
    }
  });

  test("nor does a line that is none of ours keep one from being written", async () => {
    using harness = new LedgerHarness();
    see(harness, "codex", limit("codex"));
    await harness.tick();
    rmSync(harness.path(KEPT));
    const timestamp = new Date(START).toISOString();
    const foreign = [
      {},
      { source: "codex", windows: 3 },
      { source: "codex", windows: [{ seen_at: "never" }, {}, null] },
    ];
    const lines = foreign.map((one) => `${JSON.stringify({ timestamp, ...one })}\n`);
    writeFileSync(harness.path("limits.jsonl"), ["\0garbage\n", ...lines].join(""), { flag: "a" });
    see(harness, "codex", limit("codex", { at: harness.now, usedPercent: 43 }));
    harness.now += MINUTE;
    await harness.tick();
    expect(harness.state()?.trouble).toBeNull();
    expect(await Bun.file(harness.path("limits.jsonl")).text()).toContain('"used_percent":43');
  });

  test("while a record is being written nothing remembers that it was", async () => {
    using harness = new LedgerHarness();
    see(harness, "codex", limit("codex"));
    await harness.tick();
    see(harness, "codex", limit("codex", { at: harness.now, usedPercent: 43 }));
    harness.now += MINUTE;
    const { settings } = readSettings([]);
    const real = new JsonlLog(harness.directory, settings);
    const seen: boolean[] = [];
    using accounts = harness.accountant();
    const log = {
      read: real.read.bind(real),
      append: (...given: Parameters<JsonlLog["append"]>) => {
        if (given[0] === "limits") seen.push(Bun.file(harness.path(KEPT)).size > 0);
        return real.append(...given);
      },
    };
    await harness.recorder({}, { accounts, log }).run(null);
    expect(seen).toEqual([false]);
    expect(limitsOf(harness)).toHaveLength(2);
  });

  test("by the worker of another account", async () => {
    using harness = new LedgerHarness();
    see(harness, "codex", limit("codex"));
    await harness.tick();
    using accounts = harness.accountant();
    await harness.recorder({}, { accounts, scope: "api_key-y" }).run(null);
    harness.now += MINUTE;
    await harness.recorder({}, { accounts, scope: "api_key-y" }).run(null);
    expect(limitsOf(harness)).toHaveLength(1);
  });
});
