import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { csvOf } from "../../src/render/csv.ts";
import { cellTable, textTable } from "./cell-table.ts";

/** A reader of RFC 4180 that reads the output back. */
function fieldsOf(text: string): string[][] {
  return [...text.matchAll(/((?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*)\r\n/g)].map(
    ([, row = ""]) =>
      [...`,${row}`.matchAll(/,("(?:[^"]|"")*"|[^",\r\n]*)/g)].map(([, one = ""]) =>
        one.startsWith('"') ? one.slice(1, -1).replaceAll('""', '"') : one,
      ),
  );
}

describe("csv", () => {
  test("csvOf quotes fields where needed, writes numbers in full and null as an empty field", () => {
    const rows = [
      ["plain", 1_234_567, null],
      ['say "hi", please', -5, "two\nlines"],
    ];
    expect(csvOf(textTable(["name", "tokens", "cost"], rows))).toBe(
      'name,tokens,cost\r\nplain,1234567,\r\n"say ""hi"", please",-5,"two\nlines"\r\n',
    );
  });

  test("csvOf names the unit of each kind in the head and writes values in it, without the noise of fractions", () => {
    const heads = [
      { name: "Day", kind: "date" },
      { name: "Begin", kind: "time" },
      { name: "Uses", kind: "integer" },
      { name: "Tokens", kind: "tokens" },
      { name: "Total", kind: "tokens" },
      { name: "Cost", kind: "money" },
      { name: "Share", kind: "percent" },
      { name: "Lasted", kind: "duration" },
      { name: "Mean", kind: "latency" },
    ] as const;
    const rows = [
      ["2026-11-20", Date.parse("2026-11-20T10:00:00Z"), 3, 70, 1_234_567, 300_000, 100 / 3, 90_061_500, 118],
      ["2026-11-21", "not known", null, 0, 0, 1, 0.1 + 0.2, 59_000, null],
    ];
    const table = cellTable(
      heads.map((head) => ({ ...head, priority: 1 })),
      rows,
    );
    expect(csvOf(table).split("\r\n")).toEqual([
      "Day,Begin (UTC),Uses,Tokens,Total (tokens),Cost (USD),Share (%),Lasted (s),Mean (s)",
      "2026-11-20,2026-11-20T10:00:00.000Z,3,70,1234567,0.3,33.333333,90061.5,0.118",
      "2026-11-21,not known,,0,0,0.000001,0.3,59,",
      "",
    ]);
  });

  test("csvOf writes every amount of money as dollars that are exact to the micro-dollar", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (micros) => {
        const [, amount = ""] = csvOf(cellTable([{ name: "Cost", kind: "money", priority: 1 }], [[micros]])).split(
          "\r\n",
        );
        const [whole = "", fraction = ""] = amount.split(".");
        expect(amount).toMatch(/^\d+(\.\d{1,6})?$/);
        expect(BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"))).toBe(BigInt(micros));
      }),
    );
  });

  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1+1", "    @SUM(A1)"])(
    "the text %j is not written as a formula",
    (text) => {
      expect(fieldsOf(csvOf(textTable(["a"], [[text]])))[1]).toEqual([`'${text}`]);
    },
  );

  test("every field except formulas is read back unchanged", () => {
    const field = fc.oneof(fc.string(), fc.constantFrom('"', '""', ",", "\r\n", '=a,"b"', "a b"));
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field)), (rows) => {
        const safe = (text: string): string => (/^(?:[=+\-@\t\r]|\s{2,}[=+\-@])/.test(text) ? `'${text}` : text);
        expect(fieldsOf(csvOf(textTable(["a", "b"], rows))).slice(1)).toEqual(rows.map((row) => row.map(safe)));
      }),
    );
  });
});
