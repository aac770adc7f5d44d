import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { csvOf } from "../../src/render/csv.ts";
import { textTable } from "../render/cell-table.ts";
import { ISOLATED } from "../../src/utils/paths.ts";
import { clean, jsonText, styleOf, printable } from "../../src/utils/terminal.ts";

/** Anything that a terminal could take for a command, or show as nothing or in another order. */
const NEVER =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/u;

/** Pieces of text as an attacker could combine them. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\x1b]0;title\x07",
        "\x1b[2J",
        "\x1b[31m",
        "\x1b[8m",
        "\x1b",
        "\x1b]8;;https://evil.example\x1b\\",
        "\x1b]52;c;AAAA\x07",
        "\x9b2J",
        "\x9d0;x\x9c",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u{e0041}",
        "\r",
        "\r\n",
        "\n",
        "\t",
        "\0",
        "\x7f",
        "\ud800",
        "日本",
        "👩‍👩‍👧",
        "=cmd",
        '"',
        ",",
      ),
      fc.string({ unit: "binary" }),
    ),
  )
  .map((parts) => parts.join(""));

describe("text from outside", () => {
  test("printable removes every escape sequence, control character and bidi mark", () => {
    fc.assert(fc.property(hostile, (text) => expect(printable(text).replaceAll("\r\n", "")).not.toMatch(NEVER)));
  });

  test("printable keeps only colours of the themes if colours are allowed, and links only if links are allowed", () => {
    const style = styleOf({ theme: "classic", glyphs: "unicode", colour: true, links: true });
    const painted = `${style.paint("alarm", "red")} ${style.link("https://example.org/a", "link")}`;
    expect(printable(painted, { colour: true, links: true })).toBe(painted);
    expect(printable(painted)).toBe("red link");
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = printable(`${painted}${text}${painted}`, { colour: true });
        expect(shown.replaceAll("\r\n", "").replaceAll(/\x1b\[(?:[013](?:;31)?|[39][0-9]|[0-9;]*)m/g, "")).not.toMatch(
          NEVER,
        );
        expect(shown).not.toContain("\x1b[8m");
        expect(shown).not.toContain("\x1b]");
      }),
    );
  });

  test("printable keeps letters of all scripts, emoji, newlines, tabs and the line ends of CSV", () => {
    const text = "Zürich 日本語 👩‍👩‍👧\tx\nsecond\r\nthird";
    expect(printable(text)).toBe(text);
    expect(printable("shown\rhidden")).toBe("shown hidden");
  });

  test("jsonText contains nothing that a terminal takes for a command, and parses to the same value", () => {
    const value = { "\x9bkey\u202e": "\x1b[2J\x7f\u0085\u2028\u{e0041}", list: ["\ud800", "日本", "a\nb"] };
    expect(JSON.parse(jsonText(value, 2))).toEqual(value);
    expect(jsonText(["日本"])).toBe('["日本"]');
    fc.assert(
      fc.property(fc.dictionary(hostile, hostile), fc.constantFrom(0, 2), (given, indent) => {
        const json = jsonText(given, indent);
        expect(json).not.toMatch(NEVER);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(given)));
      }),
    );
  });

  test("a CSV cell is never a formula, whatever precedes its sign", () => {
    const cellOf = (text: string): string => csvOf(textTable(["a"], [[text]])).split("\r\n")[1] ?? "";
    for (const sign of ["=", "+", "-", "@"]) {
      for (const before of ["", "\x1b[0m", "\u200b", "\x00", "  "]) {
        expect(cellOf(`${before}${sign}cmd|' /C calc'!A0`)).toStartWith("'");
      }
    }
    expect(cellOf("a;=1+1")).toBe('"a;=1+1"');
    fc.assert(
      fc.property(hostile, (text) => {
        const csv = csvOf(textTable(["a"], [[text]]));
        expect(csv.replaceAll("\r", "")).not.toMatch(NEVER);
        const cell = csv.slice("a\r\n".length, -"\r\n".length);
        expect(cell).not.toMatch(/^"?[=+\-@\t\r]/);
      }),
    );
  });

  test("clean makes any text one safe line", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(clean(text)).not.toMatch(NEVER);
        expect(clean(text)).not.toMatch(/[\n\r\t]/);
      }),
    );
  });
});

describe("the terminal of this process", () => {
  const path = JSON.stringify(join(import.meta.dir, "../../src/utils/terminal.ts"));
  const programOf = (first: string): string => `
    ${first};
    const { columnsOf, isTerminal } = await import(${path});
    const found = { terminals: [0, 1, 2].map(isTerminal), columns: columnsOf(1) };
    const { isatty } = await import("node:tty");
    console.log(JSON.stringify({ ...found, node: [0, 1, 2].map(isatty), nodeColumns: process.stdout.columns ?? 0 }));`;
  const commandOf = (first: string) => [process.execPath, ...ISOLATED, "-e", programOf(first)];
  /** Bun as it is, and as it may be one day. */
  const buns = [
    ["this Bun", ""],
    ["a Bun without the binding", 'process.binding = () => { throw new Error("no such module"); }'],
    ["a Bun with another binding", "process.binding = () => ({})"],
  ] as const;

  test.each(buns)("with %s, a pseudo-terminal is found with its width, as node:tty finds it", async (_, first) => {
    const all = [true, true, true];
    let shown = "";
    const child = Bun.spawn(commandOf(first), {
      terminal: { cols: 93, rows: 20, data: (_, bytes) => (shown += new TextDecoder().decode(bytes)) },
    });
    expect(await child.exited).toBe(0);
    while (!shown.includes("\n")) await Bun.sleep(1);
    child.terminal?.close();
    expect(JSON.parse(shown)).toEqual({ terminals: all, columns: 93, node: all, nodeColumns: 93 });
  });

  test.each(buns)("with %s, a pipe and the null device are no terminals", async (_, first) => {
    const none = [false, false, false];
    const child = Bun.spawn(commandOf(first), { stdio: ["ignore", "pipe", Bun.file("/dev/null")] });
    expect(await child.stdout.json()).toEqual({ terminals: none, columns: 0, node: none, nodeColumns: 0 });
  });
});
