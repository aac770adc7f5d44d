import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isSession, sessionOf } from "../../src/model/session.ts";
import { emptyState, isDeferred, type LoggerState, stateOf, stateText } from "../../src/model/state.ts";

const recorded = join(import.meta.dir, "../fixtures/statusline");

describe("the statusline's stdin", () => {
  test("stdin recorded after a turn with tools is parsed", async () => {
    const session = sessionOf(await Bun.file(join(recorded, "stdin-6-after-tools-oauth-rate_limits.json")).json());
    expect(session).toMatchObject({
      id: "0b6fcc5b-45e2-4bb9-8cbc-9e3144ffa62f",
      cwd: "/home/user/work/fresh",
      model: { id: "claude-opus-5-5", name: "Opus 5.5" },
      version: "2.1.328",
      effort: "medium",
      fastMode: false,
      cost: { usd: 0.21927059999999998, durationMs: 58_608, linesAdded: 0, linesRemoved: 0 },
      context: { percent: 3, size: 1_000_000 },
      cache: { expiresAt: 1_795_164_647_000, ttlMs: 300_000 },
      limits: {
        fiveHour: { percent: 42, resetsAt: 1_795_171_001_000 },
        weekly: { percent: 17, resetsAt: 1_795_509_401_000 },
      },
    });
  });

  test.each(readdirSync(recorded))("the recorded stdin %s is parsed completely", async (name) => {
    const document: unknown = await Bun.file(join(recorded, name)).json();
    const session = sessionOf(document);
    expect(session.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(session.limits.fiveHour === null).toBe(!name.includes("-rate_limits") || name.includes("no-rate_limits"));
    expect(isSession(JSON.parse(JSON.stringify(session)))).toBe(true);
  });

  test("null and nonsense in stdin count as missing, and nothing throws", () => {
    const empty = sessionOf(null);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const everywhere = Object.fromEntries(
          ["model", "cost", "workspace", "rate_limits", "pr", "vim"].map((key) => [key, value]),
        );
        expect(Object.keys(sessionOf(everywhere))).toEqual(Object.keys(empty));
        sessionOf(value);
      }),
      { numRuns: 500 },
    );
    expect(sessionOf({ context_window: { used_percentage: null }, cost: { total_cost_usd: "1" } })).toEqual({
      ...empty,
      given: { rate_limits: null, context_window: { used_percentage: null }, cost: { total_cost_usd: "1" } },
    });
    expect(isSession({})).toBe(false);
    expect(isSession(null)).toBe(false);
  });
});

describe("the state file", () => {
  const at = Date.parse("2026-11-20T10:00:00.123Z");
  const state: LoggerState = {
    ...emptyState,
    generation: 2,
    usage: { at },
    sessions: { "a-b": "2026-11-20T10:00:00.123Z" },
    quotas: [
      { key: "model:Fable_x", percent: 9.5, resetsAt: at, observedAt: at },
      {
        key: "spend_limit",
        percent: 94.1,
        resetsAt: at,
        observedAt: at,
        spend: { used: 375.19, limit: null, currency: "USD", period: "monthly" },
      },
    ],
    extra: { percent: null, used: 12, limit: null, currency: "JPY", decimals: 0, observedAt: at },
    pace: [{ key: "five_hour", percentAtReset: 96.4, fullAt: null, resetsAt: at }],
    assistant: { title: "Codex", quotas: [{ key: "5h", percent: 42.5, resetsAt: at, observedAt: at }] },
    asked: { at, wallMs: 412 },
    backOff: { failures: 3, nextAt: at, reason: "x" },
    failure: { code: "ENOSPC", message: "y", since: at, retryAt: at },
  };

  test("a state survives a round trip, and is snake_case with ISO times on disk", () => {
    expect(stateOf(stateText(state))).toEqual(state);
    expect(JSON.parse(stateText(state))).toMatchObject({
      version: 1,
      usage: { at: "2026-11-20T10:00:00.123Z" },
      sessions: { "a-b": "2026-11-20T10:00:00.123Z" },
      quotas: [{ key: "model:Fable_x", resets_at: "2026-11-20T10:00:00.123Z" }, { spend: { used: 375.19 } }],
      assistant: { quotas: [{ key: "5h", resets_at: "2026-11-20T10:00:00.123Z" }] },
      asking: { next_at: "2026-11-20T10:00:00.123Z" },
    });
  });

  test("a state of an earlier version, without ledger and other assistants, is read", () => {
    const { spent: _, assistant: __, ...earlier } = JSON.parse(stateText(state)) as Record<string, unknown>;
    expect(stateOf(JSON.stringify(earlier))).toEqual({ ...state, assistant: null });
  });

  test("anything that is not a state counts as no state", () => {
    for (const text of [null, "", "{", "null", "[]", '{"version":2}', '{"version":1,"quotas":{}}', '"x"']) {
      expect(stateOf(text)).toBeNull();
    }
    for (let end = 0; end < stateText(state).length - 2; end++)
      expect(stateOf(stateText(state).slice(0, end))).toBeNull();
  });

  test("something deferred stays deferred until its time, unless the clock was set back", () => {
    expect(isDeferred(at + 1, at, 1_000)).toBe(true);
    expect(isDeferred(at, at, 1_000)).toBe(false);
    expect(isDeferred(at + 1_001, at, 1_000)).toBe(false);
  });
});
