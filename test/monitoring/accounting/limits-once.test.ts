import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { JsonlLog } from "../../../src/monitoring/JsonlLog.ts";
import { readSettings } from "../../../src/utils/config.ts";
import { MINUTE, START } from "../harness.ts";
import { LedgerDesk } from "./harness.ts";
import { HOUR, limit, limitsOf, see, weekly } from "./others.ts";

const KEPT = ".run/limits.json";

describe("no limits record is written twice", () => {
  test("by a second attempt at the interval, which leaves what is newer to the next", async () => {
    using desk = new LedgerDesk();
    see(desk, "codex", limit("codex"));
    await desk.tick();
    rmSync(desk.path(".run/state-login-x.json"));
    see(desk, "codex", limit("codex", { at: desk.now + 500, usedPercent: 43 }));
    desk.now += 1_000;
    await desk.tick();
    expect(limitsOf(desk)).toHaveLength(1);
    desk.now += MINUTE;
    await desk.tick();
    expect(limitsOf(desk).map(({ windows }) => windows[0]?.used_percent)).toEqual([42, 43]);
  });

  test("where the file that remembers it is lost or garbage, or a worker was killed behind its record", async () => {
    using desk = new LedgerDesk();
    see(desk, "codex", limit("codex"), weekly("codex", { at: START - 3 * HOUR }));
    await desk.tick();
    for (const text of [null, "\0garbage", "{}", '{"version":9}']) {
      if (text === null) rmSync(desk.path(KEPT));
      else writeFileSync(desk.path(KEPT), text);
      desk.now += MINUTE;
      await desk.tick();
      expect(limitsOf(desk)).toHaveLength(1);
      expect(await Bun.file(desk.path(KEPT)).json()).toMatchObject({ version: 1 });
    }
  });

  test("nor does a line that is none of ours keep one from being written", async () => {
    using desk = new LedgerDesk();
    see(desk, "codex", limit("codex"));
    await desk.tick();
    rmSync(desk.path(KEPT));
    const timestamp = new Date(START).toISOString();
    const foreign = [
      {},
      { source: "codex", windows: 3 },
      { source: "codex", windows: [{ seen_at: "never" }, {}, null] },
    ];
    const lines = foreign.map((one) => `${JSON.stringify({ timestamp, ...one })}\n`);
    writeFileSync(desk.path("limits.jsonl"), ["\0garbage\n", ...lines].join(""), { flag: "a" });
    see(desk, "codex", limit("codex", { at: desk.now, usedPercent: 43 }));
    desk.now += MINUTE;
    await desk.tick();
    expect(desk.state()?.trouble).toBeNull();
    expect(await Bun.file(desk.path("limits.jsonl")).text()).toContain('"used_percent":43');
  });

  test("while a record is being written nothing remembers that it was", async () => {
    using desk = new LedgerDesk();
    see(desk, "codex", limit("codex"));
    await desk.tick();
    see(desk, "codex", limit("codex", { at: desk.now, usedPercent: 43 }));
    desk.now += MINUTE;
    const { settings } = readSettings([]);
    const real = new JsonlLog(desk.directory, settings);
    const seen: boolean[] = [];
    using accounts = desk.accountant();
    const log = {
      read: real.read.bind(real),
      append: (...given: Parameters<JsonlLog["append"]>) => {
        if (given[0] === "limits") seen.push(Bun.file(desk.path(KEPT)).size > 0);
        return real.append(...given);
      },
    };
    await desk.recorder({}, { accounts, log }).run(null);
    expect(seen).toEqual([false]);
    expect(limitsOf(desk)).toHaveLength(2);
  });

  test("by the worker of another account", async () => {
    using desk = new LedgerDesk();
    see(desk, "codex", limit("codex"));
    await desk.tick();
    using accounts = desk.accountant();
    await desk.recorder({}, { accounts, scope: "api_key-y" }).run(null);
    desk.now += MINUTE;
    await desk.recorder({}, { accounts, scope: "api_key-y" }).run(null);
    expect(limitsOf(desk)).toHaveLength(1);
  });
});
