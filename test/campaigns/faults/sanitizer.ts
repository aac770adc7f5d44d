import fc from "fast-check";
import { sampleDocument, sampleState } from "../../../src/line/sample.ts";
import { lineOf } from "../../../src/line/line.ts";
import { viewOf } from "../../../src/line/view.ts";
import { sessionOf } from "../../../src/model/session.ts";
import { segments } from "../../../src/segments/registry.ts";
import { readSettings } from "../../../src/utils/config.ts";
import { clean, styleOf } from "../../../src/utils/terminal.ts";
import { type Campaign, Tally } from "./campaign.ts";

const RUNS = { quick: 3_000, full: 100_000 } as const;
const NOW = Date.parse("2026-11-20T10:00:00.000Z");

/** Foreign strings with control sequences for the terminal. */
export const sanitizer: Campaign = {
  name: "sanitizer",
  promise: "no foreign string puts a control byte, an escape, a bidi mark or a second line on the screen",
  run(scale) {
    const tally = new Tally();
    property(tally, "clean", RUNS[scale], () => cleaned(clean));
    const control = fc.check(
      cleaned((text) => text),
      { numRuns: 1_000 },
    );
    tally.check("the control, unchanged text, is seen to fail", control.failed);
    property(tally, "lines", RUNS[scale], drawn);
    return Promise.resolve(tally);
  },
};

function property(tally: Tally, name: string, numRuns: number, make: () => fc.IProperty<unknown>): void {
  const started = performance.now();
  const { failed, counterexample, errorInstance } = fc.check(make(), { numRuns });
  tally.figure(`${name}, runs`, numRuns);
  tally.figure(`${name}, s`, (performance.now() - started) / 1_000);
  tally.check(`${name} of anything`, !failed, `${JSON.stringify(counterexample)} ${String(errorInstance)}`);
}

/** C0, DEL, C1, line and paragraph separators, bidi controls and isolates; defined independently of the code. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const COLOURS = /\u001b\[[\d;]*m/g;
const LINKS = /\u001b\]8;;(?:https?:\/\/[\x21-\x7e]*)?\u001b\\/g;

/** Text of words, complete and broken escapes, controls, and wide and combining characters. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc
    .array(
      fc.constantFrom(
        "\u001b[2J",
        "\u001b[31m",
        "\u001b]0;title\u0007",
        "\u001b]8;;http://x\u001b\\",
        "\u001bP1$r\u001b\\",
        "\u001b",
        "\u009b31m",

        "\u009d0;x\u009c",
        "\r",
        "\n",
        "\r\n",
        "\t",
        "\b\b",
        "\u0000",
        "\u007f",
        "\u0085",
        "\u2028",
        "\u202e",
        "\u2066",
        "\u200f",

        "\u200b",
        "\u200d",
        "\ufeff",
        "\u{e0041}",
        "\ud800",
        "\udc00",
        "日本語",
        "👩‍👩‍👧‍👦",
        "🏳️‍🌈",
        "é",
        "e\u0301",
        "\u0301",
        "ａ",
        "x",
        " ",
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join("")),
  fc
    .tuple(fc.constantFrom("x", "日", "\u001b[1m", "\u0301"), fc.integer({ min: 1, max: 3_000 }))
    .map(([one, n]) => one.repeat(n)),
);

const cleaned = (clean: (text: string, cap: number) => string): fc.IProperty<unknown> =>
  fc.property(hostile, fc.integer({ min: 0, max: 300 }), (text, cap) => {
    const once = clean(text, cap);
    if (FORBIDDEN.test(once)) throw new Error("a forbidden character remains");
    if (!once.isWellFormed()) throw new Error("half a character remains");
    if (clean(once, cap) !== once) throw new Error("cleaning twice differs");
    if (Array.from(once).length > cap) throw new Error("longer than its cap");
  });

/** A document, a state and a branch in which every string is one of the given ones. */
function poisoned(texts: readonly string[], numbers: readonly unknown[]) {
  let taken = 0;
  const replace = (value: unknown): unknown => {
    if (typeof value === "string") return texts[taken++ % texts.length];
    if (typeof value === "number" && numbers.length > 0 && taken % 3 === 0) return numbers[taken++ % numbers.length];
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
  };
  const state = sampleState(NOW, 42);
  return {
    session: sessionOf(replace(sampleDocument(NOW, 42))),
    state: {
      ...state,
      quotas: state.quotas.map((quota) => ({ ...quota, key: `model:${texts[0]}` })),
      findings: replace(state.findings) as typeof state.findings,
    },
    branch: { name: texts[1] ?? "", detached: false },
    problem: texts[2] ?? null,
  };
}

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-1, 0, 1e308, Number.MAX_SAFE_INTEGER, "7", null, {}),
);
const choice = fc.record({
  theme: fc.constantFrom("classic", "colorblind", "meadow", "plain"),
  glyphs: fc.constantFrom("unicode" as const, "ascii" as const),
  colour: fc.boolean(),
  links: fc.boolean(),
  rows: fc.constantFrom(1, 2),
  columns: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 400 })),
  names: fc.oneof(
    fc.constant(null),
    fc.shuffledSubarray(
      segments.map(({ name }) => name),
      { minLength: 1 },
    ),
  ),
});
const { settings } = readSettings([]);

const drawn = (): fc.IProperty<unknown> =>
  fc.property(
    fc.array(hostile, { minLength: 3, maxLength: 6 }),
    fc.array(number, { maxLength: 3 }),
    choice,
    (texts, numbers, { rows, columns, names, ...look }) => {
      const view = viewOf({ now: NOW, ...poisoned(texts, numbers), settings, style: styleOf(look) });
      const chosen = { ...settings, rows, segments: names ?? settings.segments };
      const lines = lineOf(view, chosen, columns);
      if (lines.length < 1 || lines.length > rows) throw new Error(`${lines.length} rows`);
      for (const line of lines) {
        const bare = line.replaceAll(COLOURS, "").replaceAll(LINKS, "");
        if (FORBIDDEN.test(bare)) throw new Error(`a forbidden character remains: ${JSON.stringify(line)}`);
        if (Bun.stringWidth(bare) > columns) throw new Error(`wider than ${columns}: ${JSON.stringify(line)}`);
        if (bare === "") throw new Error("an empty row");
      }
    },
  );
