import { describe, expect, test } from "bun:test";
import type { Observation } from "../../../src/model/observation.ts";
import { MINUTE, session, START } from "../harness.ts";
import { LedgerHarness } from "./harness.ts";
import { DAY, HOUR, limit, limitsOf, response, ingest, sessionInterval, WEEK_MINUTES, weekly } from "./others.ts";

describe("several assistants", () => {
  test("are included in today's usage and the burn rate, but not in a usage record, which has only Claude Code's tokens", async () => {
    using harness = new LedgerHarness();
    harness.respond("a", START - 1_000);
    ingest(harness, "codex", response("b", START - 2_000));
    expect(await harness.tick()).toMatchObject({ total_tokens: 110, tokens: { input: 100 }, cost_micros: 600 });
    // 110 tokens at $0.0006, and 1,000 x $4 + 100 x $20 a million.
    expect(harness.state()?.spent).toMatchObject({
      today: { tokens: 1_210, micros: 6_600 },
      burn: { tokensPerMinute: 121, microsPerHour: 39_600 },
    });
    harness.now += MINUTE;
    ingest(harness, "codex", response("c", harness.now - 1));
    expect(await harness.tick()).toMatchObject({ total_tokens: 0, cost_micros: 0 });
  });
});

describe("a limits record", () => {
  test("has the newest limits in an assistant's files and the user's session id", async () => {
    using harness = new LedgerHarness();
    ingest(
      harness,
      "codex",
      limit("codex", { usedPercent: 40, at: START - 2 * MINUTE }),
      limit("codex"),
      weekly("codex"),
    );
    using accounting = harness.accounting();
    await harness.recorder({}, { accounting }).run(session("s-1"));
    expect(limitsOf(harness)).toEqual([
      {
        id: "limits-2026-11-20T09:00:00.000Z-codex-login-x",
        timestamp: "2026-11-20T09:00:10.000Z",
        session_id: "s-1",
        source: "codex",
        windows: [
          {
            name: "codex",
            window_minutes: 300,
            used_percent: 42,
            resets_at: "2026-11-20T11:00:10.000Z",
            seen_at: "2026-11-20T08:59:10.000Z",
            plan: "plus",
          },
          {
            name: "codex",
            window_minutes: 10_080,
            used_percent: 17,
            resets_at: "2026-11-23T09:00:10.000Z",
            seen_at: "2026-11-20T08:59:10.000Z",
            plan: "plus",
          },
        ],
      },
    ]);
  });

  test("is written only if there are newer limits, once per interval and assistant", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"));
    await harness.tick();
    harness.now += MINUTE;
    await harness.tick();
    expect(limitsOf(harness)).toHaveLength(1);
    ingest(harness, "codex", limit("codex", { at: harness.now, usedPercent: 42 }));
    ingest(harness, "other", limit("other", { at: harness.now, name: "" }));
    harness.now += MINUTE;
    await harness.tick();
    harness.now += 1_000;
    ingest(harness, "codex", limit("codex", { at: harness.now, usedPercent: 43 }));
    await harness.tick();
    expect(limitsOf(harness).map(({ id }) => id)).toEqual([
      "limits-2026-11-20T09:00:00.000Z-codex-login-x",
      "limits-2026-11-20T09:02:00.000Z-codex-login-x",
      "limits-2026-11-20T09:02:00.000Z-other-login-x",
    ]);
    harness.now += MINUTE;
    await harness.tick();
    expect(limitsOf(harness)[3]?.windows).toMatchObject([{ used_percent: 43 }]);
  });

  test("has no window that had ended at the last observation, and none with impossible values", async () => {
    using harness = new LedgerHarness();
    const over = limit("codex", { at: START - 9 * HOUR, resetsAt: START - 6 * HOUR });
    const wrong = [
      { resetsAt: 1e17 },
      { resetsAt: -5 },
      { windowMinutes: 0 },
      { usedPercent: -1 },
      { at: START + DAY, name: "ahead" },
    ];
    ingest(harness, "codex", over, weekly("codex"), ...wrong.map((change) => limit("codex", change)));
    await harness.tick();
    expect(limitsOf(harness)[0]?.windows.map(({ window_minutes }) => window_minutes)).toEqual([WEEK_MINUTES]);
    expect(harness.state()?.failure).toBeNull();
  });

  test("has at most 16 windows", async () => {
    using harness = new LedgerHarness();
    ingest(
      harness,
      "codex",
      ...Array.from({ length: 900 }, (_, at) => limit("codex", { name: `n${at}`.padEnd(90, "x") })),
    );
    await harness.tick();
    expect(limitsOf(harness)[0]?.windows).toHaveLength(16);
    harness.now += MINUTE;
    await harness.tick();
    expect(limitsOf(harness)).toHaveLength(1);
  });

  test("has no address and no directory if the settings forbid them", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex", { name: "/home/user/x", plan: "team of ada@example.com" }));
    using accounting = harness.accounting();
    await harness.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }, { accounting }).run(session("s-1"));
    expect(limitsOf(harness)[0]?.windows).toMatchObject([{ name: "~/x", plan: "team of [email]" }]);
  });

  test("is not written if the ledger is unavailable, and is written with the next capture", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"));
    await harness.tick({ ledger: harness.directory });
    expect(limitsOf(harness)).toEqual([]);
    harness.now += MINUTE;
    await harness.tick();
    expect(limitsOf(harness)).toHaveLength(1);
  });
});

describe("the assistant limits of the line", () => {
  const shown = async (...observations: readonly Observation[]) => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"), weekly("codex"), ...observations);
    await harness.tick();
    return harness.state()?.assistant ?? null;
  };

  test("are those of the assistant whose session began last, the shortest window first", async () => {
    expect(await shown(sessionInterval("c-1", START - HOUR))).toEqual({
      title: expect.stringMatching(/^codex$/i) as unknown as string,
      quotas: [
        { key: "5h", percent: 42, resetsAt: START + 2 * HOUR, observedAt: START - MINUTE },
        { key: "7d", percent: 17, resetsAt: START + 3 * DAY, observedAt: START - MINUTE },
      ],
    });
  });

  test("exclude other families, and are missing if the session is older than all open windows", async () => {
    const other = limit("codex", { name: "codex_bengalfox", usedPercent: 99 });
    expect((await shown(sessionInterval("c-1", START - HOUR), other))?.quotas.map(({ percent }) => percent)).toEqual([
      42, 17,
    ]);
    expect(await shown(sessionInterval("c-1", START - 9 * DAY))).toBeNull();
    expect(await shown()).toBeNull();
  });

  test("are missing if a session of Claude Code began later, even if the other one ended later", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"), sessionInterval("c-1", START - HOUR, START));
    ingest(harness, "claude-code", sessionInterval("s-1", START - HOUR + 1));
    await harness.tick();
    expect(harness.state()?.assistant).toBeNull();
    ingest(harness, "codex", sessionInterval("c-2", harness.now));
    harness.now += MINUTE;
    await harness.tick();
    expect(harness.state()?.assistant?.quotas).toHaveLength(1);
  });

  test("stay unchanged while the ledger is unavailable", async () => {
    using harness = new LedgerHarness();
    ingest(harness, "codex", limit("codex"), sessionInterval("c-1", START - HOUR));
    await harness.tick();
    const before = harness.state()?.assistant ?? null;
    harness.now += MINUTE;
    await harness.tick({ ledger: harness.directory });
    expect(before).not.toBeNull();
    expect(harness.state()?.assistant ?? null).toEqual(before);
  });
});
