import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { sampleDocument, sampleState } from "../../src/line/sample.ts";
import { viewOf } from "../../src/line/view.ts";
import { type Session, sessionOf } from "../../src/model/session.ts";
import { segments } from "../../src/segments/registry.ts";
import { tokensText, type View } from "../../src/segments/contract.ts";
import { width } from "../../src/utils/terminal.ts";
import { fail, linked, NOW, plain, settings, view } from "./sample-view.ts";

const rendered = (name: string, given: View): string | null =>
  segments.find((segment) => segment.name === name)?.render(given) ?? null;

/** What each segment renders for the sample session, worked out by hand from its numbers. */
const expected: Readonly<Record<string, string | null>> = {
  pet: "=^.w.^=",
  model: "Opus 5.5 med fast",
  project: "pawprint [line]",
  branch: "⎇ main",
  context: "ctx ▰▰▰▰▱▱▱▱▱▱ 38%",
  cost: "$1.23",
  today: "today $4.12 3.2M tok 3m ago",
  burn: "12k tok/min $3.10/h 3m ago",
  duration: "1h23m",
  lines: "+120 -34",
  "five-hour": "5h ▰▰▰▰▱▱▱▱▱▱ 42% ↻ 2h17m",
  weekly: "7d ▰▰▱▱▱▱▱▱▱▱ 17% ↻ 4d05h",
  "model-weekly": "Fable 9% 3m ago",
  "spend-limit": null,
  "extra-usage": "extra $12.34 of $50.00 3m ago",
  pace: "pace 5h → 96%  7d → 31%",
  assistant: "Codex 5h 42% ↻ 1h59m 7d 17%",
  cache: "cache 4m",
  pr: "#12 approved",
  agent: "agent reviewer",
  vim: "NORMAL",
  diagnostics: "! 2 findings",
  logger: null,
};

describe.each(segments.map((segment) => [segment.name, segment] as const))("segment %s", (name, segment) => {
  test("renders the sample session's numbers", () => {
    expect(segment.render(view())).toBe(expected[name] as string | null);
  });

  test("renders nothing for an empty session without a log, except for the pet", () => {
    const empty = viewOf({
      now: NOW,
      session: sessionOf(null),
      state: null,
      branch: null,
      problem: null,
      settings,
      style: plain,
    });
    expect(segment.render(empty)).toBe(name === "pet" ? "=^.w.^=" : null);
  });

  test("renders one line without escape sequences other than colours and links, whatever stdin contains", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom("\u001b[2J\u001b]0;x\u0007", "a\nb", "\u202eevil", "\u009b31m", "日本語🚀", "x".repeat(5_000)),
    );
    fc.assert(
      fc.property(fc.jsonValue(), hostile, (json, text) => {
        const document = { ...sampleDocument(NOW, 42), ...poisoned(text), ...(json as object | null) };
        const out = segment.render(view({ style: linked, problem: text }, sessionOf(document)));
        if (out === null) return;
        expect(out).not.toMatch(/[\n\r\u202a-\u202e\u2066-\u2069\u0080-\u009f]/);
        const links = /\u001b\]8;;(https?:[\x21-\x7e]*)?\u001b\\/g;
        expect(out.replace(/\u001b\[[\d;]*m/g, "").replace(links, "")).not.toMatch(/[\0-\x1f\x7f]/);
      }),
      { numRuns: 200 },
    );
  });
});

/** A stdin document in which every string is the given text. */
function poisoned(text: string): Record<string, unknown> {
  return {
    session_id: text,
    cwd: text,
    version: text,
    effort: { level: text },
    model: { id: text, display_name: text },
    workspace: {
      current_dir: text,
      project_dir: text,
      git_worktree: text,
      repo: { host: text, owner: text, name: text },
    },
    pr: { number: 1, url: text, review_state: text },
    agent: { name: text },
    vim: { mode: text },
  };
}

describe("the mood of the pet", () => {
  test.each([
    [0, "=^.w.^="],
    [49.9, "=^.w.^="],
    [50, "=^owo^="],
    [79.9, "=^owo^="],
    [80, "=^ôwô^="],
    [95, "=^xwx^="],
    [130, "=^xwx^="],
  ])("at %d %% it is %s", (percent, face) => {
    const limits = [{ key: "five_hour", percent, resetsAt: NOW + 1, observedAt: null }];
    expect(rendered("pet", view({ limits }))).toBe(face);
  });

  test("is that of the worst limit, including a model's, and ignores a limit whose window is over", () => {
    const over = { key: "five_hour", percent: 99, resetsAt: NOW - 1, observedAt: null };
    const model = { key: "model:Fable", percent: 81, resetsAt: NOW + 1, observedAt: NOW };
    expect(rendered("pet", view({ limits: [over] }))).toBe("=^.w.^=");
    expect(rendered("pet", view({ limits: [over, model] }))).toBe("=^ôwô^=");
  });

  test("depends on the spend limit and on extra usage of this month, but not of another month", () => {
    const spend = { key: "spend_limit", percent: 94.1, resetsAt: NOW + 1, observedAt: null };
    const extra = { percent: 96, used: 96, limit: 100, currency: "USD", observedAt: NOW };
    const calm = rendered("pet", view({ limits: [], extra: null }));
    const worried = rendered("pet", view({ limits: [{ ...spend, key: "five_hour" }], extra: null }));
    expect(rendered("pet", view({ limits: [spend], extra: null }))).toBe(worried);
    expect(rendered("pet", view({ limits: [], extra }))).toBe(
      rendered("pet", view({ limits: [{ ...spend, percent: 96 }] })),
    );
    expect(rendered("pet", view({ limits: [], extra: { ...extra, observedAt: NOW - 30 * 86_400_000 } }))).toBe(calm);
    expect(rendered("pet", view({ limits: [], extra: { ...extra, percent: null, limit: null } }))).toBe(calm);
  });

  test("is unwell before all others, and asleep only instead of calm", () => {
    const idle: Session = { ...view().session, cache: { expiresAt: NOW - 900_000, ttlMs: 300_000 } };
    expect(rendered("pet", view({ session: idle }))).toBe("=^-w-^=");
    const full = [{ key: "five_hour", percent: 96, resetsAt: NOW + 1, observedAt: null }];
    expect(rendered("pet", view({ session: idle, limits: full }))).toBe("=^xwx^=");
    expect(rendered("pet", view({ session: idle, limits: full, problem: "x" }))).toBe("=^@w@^=");
  });

  test("is not shown for the pack none, and every face of every pack has a width", () => {
    expect(rendered("pet", view({ pack: "none" }))).toBeNull();
    for (const pack of ["cat", "dog", "fox"]) expect(width(rendered("pet", view({ pack })) ?? "")).toBeGreaterThan(3);
  });
});

describe("numbers, ages and resets in segments", () => {
  const limit = (change: object) => ({
    key: "five_hour",
    percent: 42,
    resetsAt: NOW + 3_600_000,
    observedAt: null,
    ...change,
  });

  test("a number from the log shows its age once it is older than twice the interval", () => {
    expect(rendered("five-hour", view({ limits: [limit({ observedAt: NOW - 120_000 })] }))).toBe(
      "5h ▰▰▰▰▱▱▱▱▱▱ 42% ↻ 1h00m",
    );
    expect(rendered("five-hour", view({ limits: [limit({ observedAt: NOW - 121_000 })] }))).toBe(
      "5h ▰▰▰▰▱▱▱▱▱▱ 42% ↻ 1h00m 2m ago",
    );
  });

  test("a limit whose reset has passed is not shown as current", () => {
    expect(rendered("five-hour", view({ limits: [limit({ resetsAt: NOW })] }))).toBe("5h reset 0s ago");
    expect(rendered("five-hour", view({ limits: [limit({ resetsAt: NOW - 720_000 })] }))).toBe("5h reset 12m ago");
  });

  test("a limit without a reset time shows none, and the bar is full only at 100 percent", () => {
    expect(rendered("five-hour", view({ limits: [limit({ resetsAt: null, percent: 99.9 })] }))).toBe(
      "5h ▰▰▰▰▰▰▰▰▰▱ 99%",
    );
    expect(rendered("five-hour", view({ limits: [limit({ resetsAt: null, percent: 0.4 })] }))).toBe("5h ▰▱▱▱▱▱▱▱▱▱ 0%");
    expect(rendered("five-hour", view({ limits: [limit({ resetsAt: null, percent: 100 })] }))).toBe(
      "5h ▰▰▰▰▰▰▰▰▰▰ 100%",
    );
  });

  test("a spend limit shows its amounts if known, and neither amounts nor percentage after its reset", () => {
    const spend = { used: 375.19, limit: 400, currency: "USD", period: null };
    const at = (change: object): string | null =>
      rendered("spend-limit", view({ limits: [limit({ key: "spend_limit", percent: 94.1, spend, ...change })] }));
    expect(at({})).toBe("spend ▰▰▰▰▰▰▰▰▰▱ 94% $375.19 of $400.00 ↻ 1h00m");
    expect(at({ spend: undefined, percent: 112.5 })).toBe("spend ▰▰▰▰▰▰▰▰▰▰ 112% ↻ 1h00m");
    expect(at({ spend: { ...spend, limit: null }, observedAt: NOW - 180_000 })).toBe(
      "spend ▰▰▰▰▰▰▰▰▰▱ 94% $375.19 ↻ 1h00m 3m ago",
    );
    expect(at({ resetsAt: NOW })).toBe("spend reset 0s ago");
  });

  test("extra usage has a bar if it is the only limit, and its currency's decimals", () => {
    const extra = { percent: 24.68, used: 1_234, limit: 5_000, currency: "JPY", decimals: 0, observedAt: NOW };
    expect(rendered("extra-usage", view({ extra, limits: [] }))).toBe("extra ▰▰▱▱▱▱▱▱▱▱ 24% 1234 JPY of 5000 JPY");
    expect(rendered("extra-usage", view({ extra }))).toBe("extra 1234 JPY of 5000 JPY");
    const bare = { percent: null, used: 0, limit: null, currency: "\u001b[2Jevil\n", observedAt: NOW };
    expect(rendered("extra-usage", view({ extra: bare, limits: [] }))).toBe("extra 0.00 evil");
  });

  test("a pace shows when the limit will be full if that is before the reset, and nothing after the reset", () => {
    const pace = { key: "five_hour", percentAtReset: 130, fullAt: NOW + 3_720_000, resetsAt: NOW + 8_000_000 };
    expect(rendered("pace", view({ pace: [pace] }))).toBe("pace 5h full in 1h02m");
    expect(rendered("pace", view({ pace: [{ ...pace, resetsAt: NOW }] }))).toBeNull();
  });

  test("usage of today is shown until its day ends, and a burn rate until its window ends", () => {
    const spent = sampleState(NOW, 42).spent ?? fail("no sample");
    const at = (now: number, change: object = {}): (string | null)[] =>
      ["today", "burn"].map((name) => rendered(name, view({ now, spent: { ...spent, ...change } })));
    expect(at(spent.at + 120_000)).toEqual(["today $4.12 3.2M tok", "12k tok/min $3.10/h"]);
    expect(at(spent.at + 600_000)).toEqual(["today $4.12 3.2M tok 10m ago", "12k tok/min $3.10/h 10m ago"]);
    expect(at(spent.at + 600_001)).toEqual(["today $4.12 3.2M tok 10m ago", null]);
    expect(at(spent.today.endsAt - 1, { at: spent.today.endsAt })[0]).toBe("today $4.12 3.2M tok");
    expect(at(spent.today.endsAt, { at: spent.today.endsAt })[0]).toBeNull();
    const nothing = { today: { ...spent.today, tokens: 0 }, burn: { ...spent.burn, tokensPerMinute: 0 } };
    expect(at(spent.at, nothing)).toEqual([null, null]);
  });

  test("another assistant's limits show their age once, and are hidden when their windows are over", () => {
    const quotas = [
      { key: "5h", percent: 95, resetsAt: NOW + 3_600_000, observedAt: NOW - 60_000 },
      { key: "7d", percent: 17, resetsAt: NOW + 7_200_000, observedAt: NOW - 180_000 },
    ];
    const at = (now: number, title = "Codex"): string | null =>
      rendered("assistant", view({ now, assistant: { title, quotas } }));
    expect(at(NOW)).toBe("Codex 5h 95% ↻ 1h00m 7d 17% 3m ago");
    expect(at(NOW - 60_001)).toBe("Codex 5h 95% ↻ 1h01m 7d 17%");
    expect(at(NOW + 3_600_000)).toBe("Codex 7d 17% ↻ 1h00m 1h03m ago");
    expect(at(NOW + 7_200_000)).toBeNull();
    expect(at(NOW, "\u001b[2Jevil\n".repeat(9))).toBe("evilevilevilevilevil 5h 95% ↻ 1h00m 7d 17% 3m ago");
    expect(rendered("assistant", view({ assistant: null }))).toBeNull();
  });

  test("usage without a price shows its tokens and no cost", () => {
    const spent = sampleState(NOW, 42).spent ?? fail("no sample");
    const unpriced = {
      today: { ...spent.today, micros: null },
      burn: { ...spent.burn, microsPerHour: null },
      at: NOW,
    };
    expect(rendered("today", view({ spent: unpriced }))).toBe("today 3.2M tok");
    expect(rendered("burn", view({ spent: unpriced }))).toBe("12k tok/min");
  });

  test.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1.0k"],
    [9_949, "9.9k"],
    [9_950, "10k"],
    [999_499, "999k"],
    [999_500, "1.0M"],
    [3_214_000, "3.2M"],
    [2e15, "2000T"],
  ])("%d tokens are %s", (count, text) => {
    expect(tokensText(count)).toBe(text);
  });

  test("a context window of a million tokens is named", () => {
    const session = sessionOf({ context_window: { used_percentage: 3, context_window_size: 1_000_000 } });
    expect(rendered("context", view({}, session))).toBe("ctx ▰▱▱▱▱▱▱▱▱▱ 3% of 1M");
  });

  test("info findings are not counted", () => {
    const finding = { type: "x", message: "x", fix: null };
    expect(rendered("diagnostics", view({ findings: [{ ...finding, severity: "info" }] }))).toBeNull();
    expect(rendered("diagnostics", view({ findings: [{ ...finding, severity: "error" }] }))).toBe("! 1 finding");
  });

  test("a link is rendered for a plain http address", () => {
    expect(rendered("pr", view({ style: linked }))).toBe(
      "\u001b]8;;https://github.com/example/pawprint/pull/12\u001b\\#12 approved\u001b]8;;\u001b\\",
    );
  });
});
