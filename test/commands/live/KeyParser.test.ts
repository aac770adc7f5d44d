import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Key, KeyParser, NAMED_KEYS } from "../../../src/commands/live/KeyParser.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A key as people write it: C-A-S-right. */
const textOf = ({ name, ctrl, alt, shift }: Key): string =>
  `${ctrl ? "C-" : ""}${alt ? "A-" : ""}${shift ? "S-" : ""}${name}`;

/** The keys of some text, with what a pause after it adds. */
function keysOf(text: string): string[] {
  const parser = new KeyParser();
  return [...parser.push(bytesOf(text)), ...parser.flush()].map(textOf);
}

/** Sequences that terminals send, each one key; the sources are xterm, VTE, rxvt, the Linux console and tmux. */
const SEQUENCES: readonly (readonly [sent: string, key: string])[] = [
  ["\x1b[A", "up"],
  ["\x1bOA", "up"],
  ["\x1b[1;5C", "C-right"],
  ["\x1bO5C", "C-right"],
  ["\x1b[1;2D", "S-left"],
  ["\x1b[1;8D", "C-A-S-left"],
  ["\x1b\x1b[C", "A-right"],
  ["\x1b[5~", "pageUp"],
  ["\x1b[6~", "pageDown"],
  ["\x1b[6;5~", "C-pageDown"],
  ["\x1b[H", "home"],
  ["\x1bOH", "home"],
  ["\x1b[1~", "home"],
  ["\x1b[7~", "home"],
  ["\x1b[F", "end"],
  ["\x1b[4~", "end"],
  ["\x1b[2~", "insert"],
  ["\x1b[3~", "delete"],
  ["\x1bOP", "f1"],
  ["\x1b[11~", "f1"],
  ["\x1b[[A", "f1"],
  ["\x1b[[E", "f5"],
  ["\x1b[15~", "f5"],
  ["\x1b[1;5S", "C-f4"],
  ["\x1b[24;2~", "S-f12"],
  ["\x1b[Z", "S-tab"],
  ["\x1bq", "A-q"],
  ["\x1b\r", "A-enter"],
  ["q", "q"],
  ["é", "é"],
  ["日", "日"],
  ["😀", "😀"],
  ["\t", "tab"],
  ["\r", "enter"],
  ["\x7f", "backspace"],
  ["\x03", "C-c"],
  ["\x1a", "C-z"],
  ["\x00", "C- "],
  ["\x1b", "escape"],
  ["\x1bO", "A-O"],
  ["\x1b[", "A-["],
  ["\x1b]", "A-]"],
  ["\x1f", "C-_"],
];

/** What a terminal sends that is no key. */
const NO_KEYS = [
  "\x1b[200~q\x1b[A 3\x1b[201~",
  "\x1b[200~\x1b[200~q\x1b[201~",
  "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
  "\x1b]11;rgb:q/q/q\x07",
  "\x1bP1$r0 q\x1b\\",
  "\x1b[?62;22c",
  "\x1b[12;40R".replace("R", "n"),
  "\x1b[I",
  "\x1b[<64;10;5M",
  "\x1b[M qq",
  "\x1b[99~",
  `\x1b[${"1;".repeat(500)}q`,
] as const;

describe("KeyParser", () => {
  test.each(SEQUENCES)("reads %j as the key %s", (sent, key) => {
    expect(keysOf(sent)).toEqual([key]);
  });

  test.each(NO_KEYS)("reads %j as no key, and the letter after it as one", (sent) => {
    expect(keysOf(sent)).toEqual([]);
    expect(keysOf(`${sent}x`)).toEqual(["x"]);
  });

  test("waits for the rest of a sequence that may also be Esc, and only then", () => {
    const parser = new KeyParser();
    expect(parser.push(bytesOf("\x1b"))).toEqual([]);
    expect(parser.isPending).toBe(true);
    expect(parser.push(bytesOf("[5~")).map(textOf)).toEqual(["pageUp"]);
    expect(parser.isPending).toBe(false);
    parser.push(bytesOf("\x1b"));
    expect(parser.flush().map(textOf)).toEqual(["escape"]);
    expect(parser.push(bytesOf("[5~")).map(textOf)).toEqual(["[", "5", "~"]);
    expect(parser.flush()).toEqual([]);
  });

  test("reads no key in a pasted text that arrives with pauses", () => {
    const parser = new KeyParser();
    const keys = ["\x1b[200~", "q", "\x1b", "[201~", "x"].flatMap((part) => [
      ...parser.push(bytesOf(part)),
      ...parser.flush(),
    ]);
    expect(keys.map(textOf)).toEqual(["x"]);
  });

  test("reads Esc pressed several times as that many keys", () => {
    expect(keysOf("\x1b\x1b\x1b")).toEqual(["escape", "escape", "escape"]);
    expect(keysOf("\x1b\x1bq")).toEqual(["escape", "A-q"]);
  });

  test("reads the key after an interrupted sequence", () => {
    expect(keysOf("\x1b[1;5\x03")).toEqual(["C-c"]);
    expect(keysOf("\x1b[1;5\x1b[A")).toEqual(["up"]);
    expect(keysOf("\x1b]11;rgb\x1b[A")).toEqual(["up"]);
    expect(keysOf("\x1b]11;rgb\x03")).toEqual(["C-c"]);
    expect(keysOf("\x1b[200~a paste without an end\x03")).toEqual(["C-c"]);
  });

  test("property: keys do not depend on how the bytes were split over reads", () => {
    const piece = fc.oneof(
      fc.constantFrom(...SEQUENCES.map(([sent]) => sent).filter((sent) => sent.length !== 1), ...NO_KEYS),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(40)), (pieces, cuts) => {
        const bytes = bytesOf(pieces.join(""));
        const whole = new KeyParser().push(bytes).map(textOf);
        const parser = new KeyParser();
        const places = [0, ...cuts.filter((at) => at < bytes.length).toSorted((a, b) => a - b), bytes.length];
        const parts = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(parts.flatMap((part) => parser.push(part)).map(textOf)).toEqual(whole);
      }),
    );
  });

  test("property: sequences in a row are their keys, and no part of them is a letter", () => {
    const complete = SEQUENCES.filter(([sent]) => !["\x1b", "\x1bO", "\x1b[", "\x1b]"].includes(sent));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...complete)), (sequences) => {
        expect(keysOf(sequences.map(([sent]) => sent).join(""))).toEqual(sequences.map(([, key]) => key));
      }),
    );
  });

  test("property: any bytes give keys that are named or one printable character", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const parser = new KeyParser();
        for (const { name } of [...parser.push(bytes), ...parser.flush()])
          expect(NAMED_KEYS.has(name) || /^[^\0-\x1f\x7f-\x9f]$/u.test(name)).toBe(true);
      }),
    );
  });
});
