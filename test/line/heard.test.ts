import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { heardOf, type Kept, markOf } from "../../src/line/heard.ts";
import { heardSince, sessionOf } from "../../src/model/session.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const HOUR = 3_600_000;

describe("when a session last heard from the server", () => {
  test("is not known at its first refresh without a transcript, and then the time of the change", () => {
    const first = heardOf("a", null, null, NOW);
    expect(first).toEqual({ at: null, keep: { mark: "a", at: null } });
    expect(heardOf("a", first.keep, null, NOW + HOUR)).toEqual({ at: null, keep: null });
    const next = heardOf("b", first.keep, null, NOW + 2 * HOUR);
    expect(next).toEqual({ at: NOW + 2 * HOUR, keep: { mark: "b", at: NOW + 2 * HOUR } });
    expect(heardOf("b", next.keep, null, NOW + 9 * HOUR)).toEqual({ at: NOW + 2 * HOUR, keep: null });
  });

  test("is when its transcript changed, which is kept with each response", () => {
    const kept: Kept = { mark: "a", at: NOW - HOUR };
    expect(heardOf("a", kept, NOW - 10, NOW)).toEqual({ at: NOW - 10, keep: null });
    expect(heardOf("b", kept, NOW - 10, NOW)).toEqual({ at: NOW - 10, keep: { mark: "b", at: NOW - 10 } });
  });

  test("is the time of each response of a subagent, which its transcript does not show", () => {
    let kept: Kept | null = { mark: "before", at: NOW - HOUR };
    const heardAt = ["own", "subagent's first", "subagent's second"].map((mark, index) => {
      const { at, keep } = heardOf(mark, kept, NOW, NOW + index * 50_000);
      kept = keep ?? kept;
      return at;
    });
    expect(heardAt).toEqual([NOW, NOW + 50_000, NOW + 100_000]);
  });

  test("times of the future are those of a clock that was set back", () => {
    expect(heardOf("a", null, NOW + HOUR, NOW).at).toBeNull();
    expect(heardOf("a", { mark: "a", at: NOW + HOUR }, NOW - HOUR, NOW).at).toBe(NOW - HOUR);
    expect(heardOf("a", null, NOW + 10, NOW).at).toBe(NOW);
  });

  test("refreshes alone never make it newer, however many there are", () => {
    const ago = fc.option(fc.integer({ min: -HOUR, max: 9 * HOUR }));
    fc.assert(
      fc.property(ago, ago, fc.array(fc.nat(HOUR), { maxLength: 20 }), (keptAgo, writtenAgo, waits) => {
        const written = writtenAgo === null ? null : NOW - writtenAgo;
        let kept: Kept | null = keptAgo === null ? null : { mark: "a", at: NOW - keptAgo };
        let now = NOW;
        const first = heardOf("a", kept, written, now).at;
        for (const wait of waits) {
          const { at, keep } = heardOf("a", kept, written, now);
          kept = keep ?? kept;
          // The future that the clock had been in may come.
          if (first !== null && (writtenAgo ?? 0) >= 0 && (keptAgo ?? 0) >= 0) expect(at).toBe(first);
          if (at !== null) expect(at).toBeLessThanOrEqual(now);
          now += wait;
        }
      }),
    );
  });
});

describe("what changes with a response", () => {
  test("are the limits and the time spent in requests; a session without limits has none", () => {
    const rate_limits = { spend_limit: { used_percentage: 3 } };
    const mark = (change: object): string | null => markOf(sessionOf({ rate_limits, ...change }));
    expect(mark({ rate_limits: null })).toBeNull();
    expect(mark({ cost: { total_duration_ms: 1 } })).toBe(mark({ cost: { total_duration_ms: 2 } }));
    expect(mark({ cost: { total_api_duration_ms: 1 } })).not.toBe(mark({ cost: { total_api_duration_ms: 2 } }));
    expect(mark({})).not.toBe(mark({ rate_limits: { spend_limit: { used_percentage: 4 } } }));
  });

  test("limits are not older than their session, unless it had no response of its own", () => {
    const since = (cost: object, heardAt: number | null = null): number | null =>
      heardSince({ ...sessionOf({ cost }), heardAt }, NOW);
    expect(since({ total_duration_ms: 5_000, total_api_duration_ms: 100 })).toBe(NOW - 5_000);
    expect(since({ total_duration_ms: 5_000, total_api_duration_ms: 0 })).toBeNull();
    expect(since({})).toBeNull();
    expect(since({ total_duration_ms: 9e15 })).toBeNull();
    expect(since({ total_duration_ms: 5_000 }, NOW - 9)).toBe(NOW - 9);
  });
});
