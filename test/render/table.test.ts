import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Cell } from "../../src/render/format.ts";
import type { Table } from "../../src/render/columns.ts";
import { csvOf } from "../../src/render/csv.ts";
import { tableOf } from "../../src/render/table.ts";
import { cellTable, type Head } from "./cell-table.ts";
import { type GlyphSet, type Style, styleOf, width } from "../../src/utils/terminal.ts";

const styleFor = (glyphs: GlyphSet = "unicode", colour = false): Style =>
  styleOf({ theme: "classic", glyphs, colour, links: false });

const columns: readonly Head[] = [
  { name: "Date", kind: "text", priority: 9 },
  { name: "Models", kind: "text", priority: 3, shorten: true },
  { name: "Input", kind: "integer", priority: 5 },
  { name: "Output", kind: "integer", priority: 5 },
  { name: "Cache write", kind: "integer", priority: 2 },
  { name: "Cache read", kind: "integer", priority: 2 },
  { name: "Total", kind: "integer", priority: 6 },
  { name: "Share", kind: "percent", priority: 1 },
  { name: "Time", kind: "duration", priority: 1 },
  { name: "Cost", kind: "money", priority: 8 },
];
const rows: readonly (readonly Cell[])[] = [
  [
    "2026-11-18",
    "opus-5.5, haiku-4.7",
    12_345,
    67_890,
    1_234_567,
    98_765_432,
    100_080_234,
    61.25,
    8_040_000,
    123_456_789,
  ],
  ["2026-11-19", "モデル-東京-版 🐾 sonnet-5, opus-5.5", 0, 950, 0, 1_000_000, 1_000_950, 0.04, 59_000, 4_200],
  ["2026-11-20", "local-llama", 50, 20, 0, 0, 70, null, null, null],
];
const totals = ["Total", null, 12_395, 68_860, 1_234_567, 99_765_432, 101_081_254, 100, 8_099_000, 123_460_989];
const table = (columnsOfTerminal: number, glyphs: GlyphSet = "unicode"): string =>
  `\n${tableOf(cellTable(columns, rows, totals), { width: columnsOfTerminal, style: styleFor(glyphs) }).join("\n")}\n`;

describe("a table", () => {
  test("a table of 200 columns shows everything in full", () => {
    expect(table(200)).toBe(`
Date        Models                                 Input  Output  Cache write  Cache read        Total   Share   Time     Cost
2026-11-18  opus-5.5, haiku-4.7                   12,345  67,890    1,234,567  98,765,432  100,080,234   61.3%  2h14m  $123.46
2026-11-19  モデル-東京-版 🐾 sonnet-5, opus-5.5       0     950            0   1,000,000    1,000,950   <0.1%    59s   <$0.01
2026-11-20  local-llama                               50      20            0           0           70       —      —        —
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
Total                                             12,395  68,860    1,234,567  99,765,432  101,081,254  100.0%  2h14m  $123.46
`);
  });

  test("a table of 80 columns abbreviates counts, parts heads, cuts texts and hides the columns of lowest priority", () => {
    expect(table(80, "ascii")).toBe(`
                                                    Cache  Cache
Date        Models                   Input  Output  write   read  Total     Cost
2026-11-18  opus-5.5, haiku-4.7      12.3k   67.9k   1.2M  98.8M   100M  $123.46
2026-11-19  モデル-東京-版 🐾 sonn~      0     950      0   1.0M   1.0M   <$0.01
2026-11-20  local-llama                 50      20      0      0     70        -
--------------------------------------------------------------------------------
Total                                12.4k   68.9k   1.2M  99.8M   101M  $123.46
Too narrow for: Share, Time
`);
  });

  test("a table of 60 columns names its hidden columns", () => {
    expect(table(60)).toBe(`
Date        Models             Input  Output  Total     Cost
2026-11-18  opus-5.5, haiku-…  12.3k   67.9k   100M  $123.46
2026-11-19  モデル-東京-版 …       0     950   1.0M   <$0.01
2026-11-20  local-llama           50      20     70        —
────────────────────────────────────────────────────────────
Total                          12.4k   68.9k   101M  $123.46
Too narrow for: Cache write, Cache read, Share, Time
`);
  });

  test("a table with one long text cuts it before it abbreviates counts", () => {
    const heads: readonly Head[] = [
      { name: "Models", kind: "text", priority: 1, shorten: true },
      { name: "Tokens", kind: "tokens", priority: 2 },
    ];
    const long = cellTable(heads, [["opus-5.5, sonnet-5, haiku-5, gpt-5.5, gemini-2.5, qwen-3", 1_234_567]]);
    const rowAt = (columnsOfTerminal: number) =>
      tableOf(long, { width: columnsOfTerminal, style: styleFor() })[1]?.split("  ");
    expect(rowAt(47)).toEqual(["opus-5.5, sonnet-5, haiku-5, gpt-5.…", "1,234,567"]);
    expect(rowAt(46)).toEqual(["opus-5.5, sonnet-5, haiku-5, gpt-5.5,…", "", "1.2M"]);
  });

  test("a table without rows is a sentence", () => {
    expect(tableOf(cellTable(columns, [], totals), { width: 80, style: styleFor() })).toEqual(["No use was recorded."]);
    expect(tableOf(cellTable(columns, []), { width: 10, style: styleFor() })).toEqual(["No use wa…"]);
  });

  test("colours come only from the style, and never from the text of cells", () => {
    const name: Head = { name: "Name", kind: "text", priority: 1 };
    const hostile = [["\x1b[31mred\x1b[0m\x1b]0;title\x07\nnext\u202e"]];
    expect(tableOf(cellTable([name], hostile), { width: 60, style: styleFor() })).toEqual(["Name", "rednext"]);
    expect(tableOf(cellTable([name], hostile, ["Total"]), { width: 60, style: styleFor("unicode", true) })).toEqual([
      "\x1b[36mName\x1b[0m",
      "rednext",
      "\x1b[90m───────\x1b[0m",
      "\x1b[1mTotal\x1b[0m",
    ]);
  });

  test("a table of ten thousand rows is rendered completely", () => {
    const many = Array.from({ length: 10_000 }, (_, at) => rows[at % rows.length] ?? []);
    expect(tableOf(cellTable(columns, many, totals), { width: 60, style: styleFor() })).toHaveLength(10_004);
  });
});

describe("bars and parts", () => {
  interface Day {
    readonly name: string;
    readonly tokens: number;
    readonly isPart?: true;
  }
  const days: readonly Day[] = [
    { name: "Monday", tokens: 8_000 },
    { name: "  opus", tokens: 1_000, isPart: true },
    { name: "Tuesday", tokens: 0 },
  ];
  const dayTable: Table<Day> = {
    columns: [
      { name: "Day", kind: "text", priority: 2, value: ({ name }) => name },
      { name: "Tokens", kind: "tokens", priority: 1, value: ({ tokens }) => tokens, total: "sum" },
    ],
    rows: days,
    zone: "UTC",
    empty: "No days.",
    bar: { priority: 0, value: ({ tokens }) => tokens },
    isPart: ({ isPart }) => isPart === true,
  };
  const lines = (columnsOfTerminal: number, change: Partial<Table<Day>> = {}, style = styleFor()): string[] =>
    tableOf({ ...dayTable, ...change }, { width: columnsOfTerminal, style });

  test("a bar stands behind each row in proportion to the largest, and takes at most 24 columns", () => {
    expect(lines(33)).toEqual([
      "Day      Tokens",
      "Monday    8,000  ████████████████",
      "  opus    1,000  ██",
      "Tuesday       0",
      "───────────────",
      "Total     9,000",
    ]);
    expect(lines(33, {}, styleFor("ascii"))[1]).toBe("Monday    8,000  ################");
    expect(lines(200)[1]).toBe(`Monday    8,000  ${"█".repeat(24)}`);
  });

  test("bars are left out where less than five columns remain for them, without being named", () => {
    expect(lines(22)[1]).toBe("Monday    8,000  █████");
    expect(lines(21).slice(0, 2)).toEqual(["Day      Tokens", "Monday    8,000"]);
    expect(lines(21)).toHaveLength(6);
  });

  test("bars are hidden by their priority, after the columns with a lower one", () => {
    const bar = { priority: 1.5, value: ({ tokens }: Day) => tokens };
    expect(lines(21, { bar })).toEqual([
      "Day",
      "Monday   ████████████",
      "  opus   █▌",
      "Tuesday",
      "───────",
      "Total",
      "Too narrow for: Toke…",
    ]);
  });

  test("a single row and rows of nothing have no bars", () => {
    expect(lines(60, { rows: days.slice(0, 1) })[1]).toBe("Monday   8,000");
    expect(lines(60, { bar: { priority: 0, value: () => null } })[1]).toBe("Monday    8,000");
  });

  test("a row that is part of another one is dimmer, and so is its bar", () => {
    const painted = lines(33, {}, styleFor("unicode", true));
    expect(painted[1]).toBe("Monday    8,000  \x1b[36m████████████████\x1b[0m");
    expect(painted[2]).toBe("\x1b[90m  opus    1,000\x1b[0m  \x1b[90m██\x1b[0m");
  });

  test("bars and parts are not in CSV", () => {
    expect(csvOf(dayTable)).toBe("Day,Tokens\r\nMonday,8000\r\n  opus,1000\r\nTuesday,0\r\n");
  });
});

describe("tables of arbitrary rows", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.constantFrom("東京", "🐾", "e\u0301", "a\tb", ""),
  );
  const cell = (kind: Head["kind"]): fc.Arbitrary<Cell> =>
    fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 5, arbitrary: kind === "text" ? text : fc.nat() });
  const kind = fc.constantFrom("text", "integer", "money", "percent", "duration" as const);
  const column: fc.Arbitrary<Head> = fc.record({
    name: fc.string({ unit: fc.constantFrom("a", "B", "東"), minLength: 1, maxLength: 14 }),
    kind,
    priority: fc.integer({ min: 0, max: 5 }),
    shorten: fc.boolean(),
  });
  const any = fc.array(column, { minLength: 1, maxLength: 9 }).chain((columns) =>
    fc.record({
      columns: fc.constant(columns),
      areBars: fc.boolean(),
      rows: fc.array(fc.tuple(...columns.map((one) => cell(one.kind))), { minLength: 1, maxLength: 6 }),
      columnsOfTerminal: fc.integer({ min: 1, max: 200 }),
      glyphs: fc.constantFrom("unicode", "ascii" as const),
      colour: fc.boolean(),
    }),
  );

  test("no line is wider than the terminal, and no row is missing", () => {
    fc.assert(
      fc.property(any, ({ columns, areBars, rows, columnsOfTerminal, glyphs, colour }) => {
        const options = { width: columnsOfTerminal, style: styleFor(glyphs, colour) };
        const bar = (row: readonly Cell[]): number => row.find((one) => typeof one === "number") ?? 0;
        const drawn = {
          ...cellTable(columns, rows, rows[0] ?? []),
          ...(areBars && { bar: { priority: 2, value: bar } }),
        };
        const lines = tableOf(drawn, options);
        expect(lines.filter((line) => width(line) > columnsOfTerminal)).toEqual([]);
        expect([3, 4, 5]).toContain(lines.length - rows.length);
      }),
      { numRuns: 1_000 },
    );
  });

  test("numbers are aligned at their last digit", () => {
    const amounts = fc.array(fc.tuple(text, fc.nat()), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 40, max: 200 }), (rows, columnsOfTerminal) => {
        const pair: Head[] = [
          { name: "Name", kind: "text", priority: 1, shorten: true },
          { name: "Tokens", kind: "integer", priority: 2 },
        ];
        const lines = tableOf(cellTable(pair, rows), { width: columnsOfTerminal, style: styleFor() });
        expect(new Set(lines.map(width)).size).toBe(1);
      }),
    );
  });
});
