import { describe, expect, test } from "bun:test";
import { mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MAX_LINE_BYTES } from "../../src/collector/chunks.ts";
import type { LineChunk, LineStore, Source } from "../../src/sources/contract.ts";
import { SourceHarness } from "../sources/harness.ts";

/** A source that records the lines it is given, with their offsets. */
function source(): { source: Source; given: { text: string; offset: number }[] } {
  const given: { text: string; offset: number }[] = [];
  const store: LineStore = {
    kind: "lines",
    name: "packed",
    roots: (_, home) => [home],
    owns: (path) => path.endsWith(".zst"),
    read(pass, { bytes, offset, isOpen }: LineChunk) {
      if (isOpen) throw new Error("a compressed file has no open line");
      if (pass === "usage") given.push({ text: bytes.toString(), offset });
    },
  };
  const one = {
    name: "packed",
    title: "Packed",
    description: "",
    tested: null,
    stores: [store],
    caveats: "",
    gaps: [],
  };
  return { source: one, given };
}

async function read(bytes: Uint8Array, size?: number) {
  const { source: one, given } = source();
  using harness = new SourceHarness([one]);
  const path = join(harness.home, "a.zst");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  if (size !== undefined) truncateSync(path, size);
  const { unreadable, bytes: counted } = await harness.scan(["usage"]);
  expect({ unreadable, counted }).toEqual({ unreadable: [], counted: statSync(path).size });
  expect((await harness.scan(["usage"])).files).toBe(0);
  return { given, skipped: harness.skipped.map(({ offset, reason }) => ({ offset, reason })) };
}

const packed = (text: string | Uint8Array): Buffer => Bun.zstdCompressSync(Buffer.from(text));
/** Lines that compress badly, so that the compressed file has many blocks. */
const LINES = Array.from({ length: 500_000 }, (_, index) => `${index} ${Bun.hash(String(index)).toString(36)}\n`);
const TEXT = LINES.join("");

describe("a compressed file", () => {
  test("is passed on in pieces of whole lines that add up to the file", async () => {
    const { given, skipped } = await read(packed(TEXT));
    expect(given.length).toBeGreaterThan(1);
    expect(given.map(({ text }) => text).join("")).toBe(TEXT);
    let offset = 0;
    for (const piece of given) {
      expect(piece.offset).toBe(offset);
      expect(piece.text.endsWith("\n")).toBe(true);
      offset += piece.text.length;
    }
    expect(skipped).toEqual([]);
  });

  test("is passed on to its last line if that has no newline, and may be empty", async () => {
    expect(await read(packed("a\nb"))).toEqual({ given: [{ text: "a\nb", offset: 0 }], skipped: [] });
    expect(await read(packed(""))).toEqual({ given: [], skipped: [] });
    expect(await read(Buffer.concat([packed("a\nb"), packed("c\n")]))).toEqual({
      given: [{ text: "a\nbc\n", offset: 0 }],
      skipped: [],
    });
  });

  test.each([0.1, 0.5, 0.9, 1])(
    "that was cut at %d of its length gives its complete lines, and the rest is reported as skipped",
    async (part) => {
      const whole = packed(TEXT);
      const { given, skipped } = await read(
        whole.subarray(0, Math.min(Math.floor(whole.length * part), whole.length - 1)),
      );
      const text = given.map((one) => one.text).join("");
      expect(TEXT.startsWith(text)).toBe(true);
      expect(text === "" || text.endsWith("\n")).toBe(true);
      expect(skipped).toEqual([{ offset: text.length, reason: "unknown_format" }]);
    },
  );

  test("that is not compressed is reported as skipped", async () => {
    expect(await read(Buffer.from("plain text\n"))).toEqual({
      given: [],
      skipped: [{ offset: 0, reason: "unknown_format" }],
    });
  });

  test("that expands to more than any assistant writes is not read to its end", async () => {
    const bomb = Buffer.concat(Array<Buffer>(20).fill(packed(Buffer.alloc(128 * 1_048_576))));
    expect(bomb.length).toBeLessThan(1_000_000);
    const { given, skipped } = await read(Buffer.concat([packed("a\n"), bomb]));
    expect(given).toEqual([{ text: "a\n", offset: 0 }]);
    expect(skipped.map(({ reason }) => reason)).toEqual(["line_too_long", "file_too_large"]);
  }, 60_000);

  test("that is too large is not read", async () => {
    expect(await read(packed("a\n"), 2 ** 31)).toEqual({
      given: [],
      skipped: [{ offset: 0, reason: "file_too_large" }],
    });
  });

  test("with a line that is too long reports it, and gives the lines before and after it", async () => {
    const long = Buffer.alloc(MAX_LINE_BYTES + 20_000_000, "x");
    const { given, skipped } = await read(packed(Buffer.concat([Buffer.from("a\n"), long, Buffer.from("\nb\n")])));
    expect(given.map(({ text, offset }) => [text, offset])).toEqual([
      ["a\n", 0],
      ["b\n", long.length + 3],
    ]);
    expect(skipped).toEqual([{ offset: 2, reason: "line_too_long" }]);
  });
});
