import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { signed } from "../../src/packages/mach-o.ts";

const PAGE = 4_096;
const COMMANDS = 32;
const TEXT = COMMANDS;
const LINK_EDIT = TEXT + 72;
const SIGNATURE = LINK_EDIT + 72;

/** A program of three and a half pages, whose signature covers none of what it contains. */
function program(): Uint8Array {
  const code = PAGE * 3 + PAGE / 2;
  const bytes = new Uint8Array(code + 100).fill(7);
  const view = new DataView(bytes.buffer);
  const words = (at: number, ...values: number[]): void =>
    values.forEach((value, index) => view.setUint32(at + index * 4, value, true));
  words(0, 0xfeedfacf, 0x0100_0007, 3, 2, 3, 72 + 72 + 16, 0, 0);
  const segment = (at: number, name: string, start: number, size: number): void => {
    words(at, 0x19, 72);
    bytes.set(new TextEncoder().encode(name.padEnd(16, "\0")), at + 8);
    for (const [index, value] of [0, size, start, size].entries())
      view.setBigUint64(at + 24 + index * 8, BigInt(value), true);
  };
  segment(TEXT, "__TEXT", 0, PAGE * 2);
  segment(LINK_EDIT, "__LINKEDIT", PAGE * 3, code + 100 - PAGE * 3);
  words(SIGNATURE, 0x1d, 16, code, 100);
  return bytes;
}

describe("an executable for macOS", () => {
  const made = signed(program());
  const view = new DataView(made.buffer);
  const limit = PAGE * 3 + PAGE / 2;
  const directory = limit + 20;

  test("has a digest of each of its pages, the last one shorter", () => {
    expect(view.getUint32(directory + 28)).toBe(4);
    expect(view.getUint32(directory + 32)).toBe(limit);
    const start = directory + view.getUint32(directory + 16);
    const digests = [0, 1, 2, 3].map((page) =>
      Buffer.from(made.subarray(start + page * 32, start + page * 32 + 32)).toString("hex"),
    );
    const expected = [0, 1, 2, 3].map((page) =>
      createHash("sha256")
        .update(made.subarray(page * PAGE, Math.min((page + 1) * PAGE, limit)))
        .digest("hex"),
    );
    expect(digests).toEqual(expected);
    expect(start + 4 * 32).toBe(made.length);
  });

  test("names the place and size of its new signature, up to the end of the file", () => {
    expect(view.getUint32(SIGNATURE + 8, true)).toBe(limit);
    expect(view.getUint32(SIGNATURE + 12, true)).toBe(made.length - limit);
    expect(view.getBigUint64(LINK_EDIT + 48, true)).toBe(BigInt(made.length - PAGE * 3));
    expect(view.getUint32(limit + 4)).toBe(made.length - limit);
    expect([view.getBigUint64(directory + 64), view.getBigUint64(directory + 72)]).toEqual([0n, BigInt(PAGE * 2)]);
  });

  test("keeps every byte of its code, and is the same when signed again", () => {
    expect(made.subarray(PAGE, limit)).toEqual(program().subarray(PAGE, limit));
    expect(signed(made)).toEqual(made);
  });

  test("that is none is refused", () => {
    expect(() => signed(new Uint8Array(100))).toThrow("no executable for macOS");
    expect(() => signed(new Uint8Array(0))).toThrow("no executable for macOS");
  });
});
