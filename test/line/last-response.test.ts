import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { lastResponseOf, type SavedResponse, markOf } from "../../src/line/last-response.ts";
import { heardSince, sessionOf } from "../../src/model/session.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const HOUR = 3_600_000;

describe("the time of a session's last response", () => {
  test("is unknown at the first refresh without a transcript, and later the time at which the mark changed", () => {
    const first = lastResponseOf("a", null, null, NOW);
    expect(first).toEqual({ at: null, toSave: { mark: "a", at: null } });
    expect(lastResponseOf("a", first.toSave, null, NOW + HOUR)).toEqual({ at: null, toSave: null });
    const next = lastResponseOf("b", first.toSave, null, NOW + 2 * HOUR);
    expect(next).toEqual({ at: NOW + 2 * HOUR, toSave: { mark: "b", at: NOW + 2 * HOUR } });
    expect(lastResponseOf("b", next.toSave, null, NOW + 9 * HOUR)).toEqual({ at: NOW + 2 * HOUR, toSave: null });
  });

  test("is the time at which the transcript changed, and is saved with each response", () => {
    const saved: SavedResponse = { mark: "a", at: NOW - HOUR };
    expect(lastResponseOf("a", saved, NOW - 10, NOW)).toEqual({ at: NOW - 10, toSave: null });
    expect(lastResponseOf("b", saved, NOW - 10, NOW)).toEqual({ at: NOW - 10, toSave: { mark: "b", at: NOW - 10 } });
  });

  test("is the time of each response of a subagent, which the session's transcript does not show", () => {
    let saved: SavedResponse | null = { mark: "before", at: NOW - HOUR };
    const respondedAt = ["own", "subagent's first", "subagent's second"].map((mark, index) => {
      const { at, toSave } = lastResponseOf(mark, saved, NOW, NOW + index * 50_000);
      saved = toSave ?? saved;
      return at;
    });
    expect(respondedAt).toEqual([NOW, NOW + 50_000, NOW + 100_000]);
  });

  test("ignores times in the future, which are left after the clock was set back", () => {
    expect(lastResponseOf("a", null, NOW + HOUR, NOW).at).toBeNull();
    expect(lastResponseOf("a", { mark: "a", at: NOW + HOUR }, NOW - HOUR, NOW).at).toBe(NOW - HOUR);
    expect(lastResponseOf("a", null, NOW + 10, NOW).at).toBe(NOW);
  });

  test("does not change by refreshes alone, however many there are", () => {
    const ago = fc.option(fc.integer({ min: -HOUR, max: 9 * HOUR }));
    fc.assert(
      fc.property(ago, ago, fc.array(fc.nat(HOUR), { maxLength: 20 }), (savedAgo, writtenAgo, waits) => {
        const written = writtenAgo === null ? null : NOW - writtenAgo;
        let saved: SavedResponse | null = savedAgo === null ? null : { mark: "a", at: NOW - savedAgo };
        let now = NOW;
        const first = lastResponseOf("a", saved, written, now).at;
        for (const wait of waits) {
          const { at, toSave } = lastResponseOf("a", saved, written, now);
          saved = toSave ?? saved;
          // A time in the future counts once the clock reaches it again.
          if (first !== null && (writtenAgo ?? 0) >= 0 && (savedAgo ?? 0) >= 0) expect(at).toBe(first);
          if (at !== null) expect(at).toBeLessThanOrEqual(now);
          now += wait;
        }
      }),
    );
  });
});

describe("the mark of a session", () => {
  test("changes with the limits and with the API time; a session without limits has none", () => {
    const rate_limits = { spend_limit: { used_percentage: 3 } };
    const mark = (change: object): string | null => markOf(sessionOf({ rate_limits, ...change }));
    expect(mark({ rate_limits: null })).toBeNull();
    expect(mark({ cost: { total_duration_ms: 1 } })).toBe(mark({ cost: { total_duration_ms: 2 } }));
    expect(mark({ cost: { total_api_duration_ms: 1 } })).not.toBe(mark({ cost: { total_api_duration_ms: 2 } }));
    expect(mark({})).not.toBe(mark({ rate_limits: { spend_limit: { used_percentage: 4 } } }));
  });

  test("limits are at most as old as their session, unless the session had no response", () => {
    const since = (cost: object, heardAt: number | null = null): number | null =>
      heardSince({ ...sessionOf({ cost }), heardAt }, NOW);
    expect(since({ total_duration_ms: 5_000, total_api_duration_ms: 100 })).toBe(NOW - 5_000);
    expect(since({ total_duration_ms: 5_000, total_api_duration_ms: 0 })).toBeNull();
    expect(since({})).toBeNull();
    expect(since({ total_duration_ms: 9e15 })).toBeNull();
    expect(since({ total_duration_ms: 5_000 }, NOW - 9)).toBe(NOW - 9);
  });
});
