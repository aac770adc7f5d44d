import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { csvOf } from "../../src/render/csv.ts";
import { textTable } from "./cell-table.ts";

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
