import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { layout, type LinePiece } from "../../src/line/layout.ts";
import { lineOf } from "../../src/line/line.ts";
import { sampleDocument } from "../../src/line/sample.ts";
import { viewOf } from "../../src/line/view.ts";
import { sessionOf } from "../../src/model/session.ts";
import type { ShownLimit, View } from "../../src/segments/contract.ts";
import { readSettings } from "../../src/utils/config.ts";
import { cut, styleOf, width } from "../../src/utils/terminal.ts";

const style = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });
const GAP = 2;

/** First characters of the pieces, by which they are found in a row. */
const MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Characters of several kinds: narrow, wide, combining, of several code points. */
const filler = fc.constantFrom("x", "日", "e\u0301", "👩‍👩‍👧‍👦", "🇨🇭", "ア", "-", "́");

/** Pieces that can be cut to `least` columns, or have only one form. */
const pieces = fc
  .array(
    fc.record({
      body: fc.array(filler, { maxLength: 40 }).map((parts) => parts.join("")),
      priority: fc.nat(9),
      least: fc.option(fc.integer({ min: 2, max: 12 }), { nil: null }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((all) =>
    all.map(({ body, priority, least }, index): LinePiece => {
      const text = `${MARKS[index]}${body}`;
      const shorten = (columns: number): string => cut(text, Math.max(columns, least ?? 0), "~");
      return { text, row: 1, priority, ...(least !== null && { shorten }) };
    }),
  );

const shortestOf = ({ text, shorten }: LinePiece): number => Math.min(width(text), width(shorten?.(0) ?? text));
const rowOf = (all: readonly LinePiece[], columns: number): string => layout(all, 1, columns, style)[0] ?? "";
/** Returns for each piece whether it is in the row, by descending priority. */
function shownIn(row: string, all: readonly LinePiece[]): { piece: LinePiece; isShown: boolean }[] {
  const heads = new Set(row.split("  ").map((part) => part[0]));
  return all
    .map((piece) => ({ piece, isShown: heads.has(piece.text[0]) }))
    .toSorted((a, b) => b.piece.priority - a.piece.priority);
}

describe("a row", () => {
  test("is never wider than its columns, and is not shortened if it fits", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 200 }), (all, columns) => {
        const row = rowOf(all, columns);
        expect(width(row)).toBeLessThanOrEqual(columns);
        const whole = all.map(({ text }) => text).join("  ");
        if (width(whole) <= columns) expect(row).toBe(whole);
      }),
      { numRuns: 2_000 },
    );
  });

  test("shows every piece whose shortest form fits beside the shown pieces of higher priority", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 14, max: 120 }), (all, columns) => {
        let taken = -GAP;
        for (const { piece, isShown } of shownIn(rowOf(all, columns), all)) {
          const needed = taken + GAP + shortestOf(piece);
          const isFirst = taken < 0;
          expect(isShown).toBe(needed <= columns || isFirst);
          if (isShown) taken = needed;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("with one more column never drops a piece for one of lower priority, and always shows the first piece", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 14, max: 120 }), (all, columns) => {
        const [before, after] = [columns, columns + 1].map((count) => shownIn(rowOf(all, count), all));
        const changed = after?.findIndex(({ isShown }, index) => isShown !== before?.[index]?.isShown) ?? -1;
        if (changed >= 0) expect(after?.[changed]?.isShown).toBe(true);
        expect(before?.[0]?.isShown).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("uses the remaining columns to lengthen shortened pieces, until no piece can be longer", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 14, max: 120 }), (all, columns) => {
        const row = rowOf(all, columns);
        const left = columns - width(row);
        for (const { piece, isShown } of shownIn(row, all)) {
          const shown = row.split("  ").find((part) => part[0] === piece.text[0]) ?? "";
          if (!isShown || !piece.shorten || shown === piece.text) continue;
          const longer = piece.shorten(width(shown) + left);
          expect(width(longer)).toBeLessThanOrEqual(Math.max(width(shown), shortestOf(piece)));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the line", () => {
  const NOW = Date.parse("2026-11-20T10:00:00.000Z");
  const BRANCH = "feature/JIRA-1234-some-very-long-branch-name-which-goes-on-and-on";
  const PROBLEM =
    "log stopped: the log directory /srv/shared/teams/platform/claude-code/usage-logs belongs to user 1001, not to you (1000); run: sudo chown 1000 it";
  const { settings } = readSettings([]);

  function viewWith(change: Partial<View>, weekly = 17): View {
    const document = { ...sampleDocument(NOW, 42), pr: null, agent: null, vim: null, fast_mode: false };
    const session = sessionOf({
      ...document,
      workspace: { project_dir: "/home/user/a-rather-long-project-name" },
      rate_limits: {
        five_hour: { used_percentage: 42, resets_at: NOW / 1_000 + 8_220 },
        seven_day: { used_percentage: weekly, resets_at: NOW / 1_000 + 363_600 },
      },
    });
    const branch = { name: BRANCH, detached: false };
    return { ...viewOf({ now: NOW, session, state: null, branch, problem: null, settings, style }), ...change };
  }
  const at = (view: View, terminal: number, change: object = {}): string[] =>
    lineOf(view, { ...settings, ...change }, terminal - 4);

  test("shortens a long branch to the remaining columns and keeps cost and lines", () => {
    expect(at(viewWith({}), 120)[0]).toBe(
      "=^.w.^=  Opus 5.5 med  a-rather-long-project-name  ⎇ feature/JIRA-1234-some-ve…  ctx ▰▰▰▰▱▱▱▱▱▱ 38%  +120 -34  $1.23",
    );
    expect(at(viewWith({}), 68)[0]).toBe("=^.w.^=  Opus 5.5 med  a-rather…  ⎇ feature/JIR…  ctx 38%  $1.23");
    expect(at(viewWith({}), 48)[0]).toBe("=^.w.^=  Opus 5.5  a-rather…  ctx 38%  $1.23");
  });

  test.each([24, 28, 30, 34, 40, 48, 60, 68, 80, 100, 120, 160, 200])(
    "in %d columns a long problem and a weekly limit at 96 %% are both shown, on two rows and on one",
    (terminal) => {
      const view = viewWith({ problem: PROBLEM }, 96);
      for (const rows of [1, 2]) {
        const text = at(view, terminal, { rows }).join("\n");
        expect(text).toContain("log stopped");
        expect(text).toContain("96%");
      }
    },
  );

  test.each([34, 40, 60, 80])(
    "in %d columns the highest of many limits of models is shown beside a problem",
    (terminal) => {
      const limits = ["Sonnet", "Opus", "Fable", "Haiku"].map((name) => ({
        key: `model:${name}`,
        percent: name === "Fable" ? 96 : 5,
        resetsAt: NOW + 3_600_000,
        observedAt: NOW - 180_000,
      }));
      const view = viewWith({
        problem: PROBLEM,
        limits: [{ ...limits[0], key: "model:Old", percent: 99, resetsAt: NOW } as ShownLimit, ...limits],
      });
      for (const rows of [1, 2]) {
        const text = at(view, terminal, { rows }).join("\n");
        expect(text).toContain("log stopped");
        expect(text).toContain("Fable 96% 3m ago");
      }
    },
  );

  test("in few columns the limit with the highest percentage is kept, whichever it is", () => {
    const open = { resetsAt: NOW + 3_600_000, observedAt: NOW };
    const limits = (five: number, weekly: number, model: number): Partial<View> => ({
      limits: [
        { key: "five_hour", percent: five, ...open },
        { key: "seven_day", percent: weekly, ...open },
        { key: "model:Fable", percent: model, ...open },
      ],
    });
    const row = (change: Partial<View>, terminal: number): string =>
      at(viewWith(change), terminal, { rows: 1 })[0] ?? "";
    expect(row(limits(12, 20, 30), 22)).toBe("=^.w.^=  5h 12%");
    expect(row(limits(12, 85, 30), 22)).toBe("=^ôwô^=  7d 85%");
    expect(row(limits(12, 85, 96), 22)).toBe("=^xwx^=  Fable 96%");
    expect(row(limits(97, 96, 30), 20)).toBe("5h 97%  7d 96%");
    const passed = { key: "seven_day", percent: 99, resetsAt: NOW - 1, observedAt: NOW };
    expect(
      row({ limits: [...(limits(12, 0, 30).limits ?? []).filter(({ key }) => key !== "seven_day"), passed] }, 22),
    ).toBe("=^.w.^=  5h 12%");
  });

  test("the extra usage of an account without windows has the priority of a limit", () => {
    const extra = { percent: 40, used: 4_000, limit: 10_000, currency: "USD", observedAt: NOW };
    const row = (change: object, terminal: number): string =>
      at(viewWith({ limits: [], extra: { ...extra, ...change } }), terminal, { rows: 1 })[0] ?? "";
    expect(row({}, 40)).toBe("=^.w.^=  Opus 5.5  $1.23  extra 40%");
    expect(row({ percent: 97 }, 22)).toBe("=^xwx^=  extra 97%");
    expect(row({ percent: 97, observedAt: NOW - 40 * 86_400_000 }, 22)).toBe("=^.w.^=  Opus 5.5");
  });

  test("cuts a long problem to the remaining columns, beside the reset times of the limits", () => {
    expect(at(viewWith({ problem: PROBLEM }, 96), 80)[1]).toBe(
      "5h 42% ↻ 2h17m  7d 96% ↻ 4d05h  cache 4m  log stopped: the log directory /s…",
    );
  });

  test("shortens a problem to one word in few columns, and shows it without the logger segment in PET_SEGMENTS", () => {
    const narrow = at(viewWith({ problem: PROBLEM }), 24, { segments: ["model", "cost", "logger"], rows: 1 });
    expect(narrow).toEqual(["$1.23  log stopped"]);
    expect(at(viewWith({ problem: PROBLEM }), 24, { segments: ["cost"] })).toEqual(["$1.23", "log stopped: the lo…"]);
    const wrong = 'PET_USAGE_LOG_INTERVAL is "1m", allowed: a whole number of ms from 1000 to 86400000';
    expect(at(viewWith({ problem: wrong }), 16, { segments: ["cost"] })).toEqual(["$1.23", "settings"]);
  });
});
