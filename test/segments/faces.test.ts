import { describe, expect, test } from "bun:test";
import pets from "../../data/pets.json";
import monospace from "../fixtures/fonts/monospace.json";

/** Code points of the characters that every listed font has. */
const shared = new Set(
  monospace.shared.split(" ").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map((point) => Number.parseInt(point, 16));
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  }),
);

/** Returns the columns of a text if characters of ambiguous width (East Asian Width A) are wide. */
const widest = (text: string): number => Bun.stringWidth(text, { ambiguousIsNarrow: false });

describe.each(
  Object.entries(pets).flatMap(([pack, { unicode, ascii }]) =>
    Object.keys(unicode).map((mood) => [pack, mood as keyof typeof unicode, { unicode, ascii }] as const),
  ),
)("the face of the %s that is %s", (_, mood, { unicode, ascii }) => {
  test("is made of characters that every common monospace font has", () => {
    const missing = Array.from(unicode[mood]).filter((one) => !shared.has(one.codePointAt(0) ?? 0));
    expect(missing).toEqual([]);
  });

  test("takes one column for each character in every terminal", () => {
    for (const one of unicode[mood]) expect([one, widest(one)]).toEqual([one, 1]);
  });

  test("has an ASCII form", () => {
    expect(ascii[mood]).toMatch(/^[ -~]+$/);
  });
});

test("the faces of a pet differ, and all have the same width", () => {
  for (const { unicode } of Object.values(pets)) {
    const faces = Object.values(unicode);
    expect(new Set(faces).size).toBe(faces.length);
    expect(new Set(faces.map(widest)).size).toBe(1);
  }
});

test("the checks reject an eye that common fonts lack and a letter of ambiguous width", () => {
  expect(shared.has("･".codePointAt(0) ?? 0)).toBe(false);
  expect(shared.has("w".codePointAt(0) ?? 0)).toBe(true);
  expect(widest("ω")).toBe(2);
});

test("the picture in the README shows a current face", async () => {
  const picture = await Bun.file(new URL("../../.github/line.svg", import.meta.url)).text();
  const faces = Object.values(pets).flatMap(({ unicode }) => Object.values(unicode));
  expect(faces.some((face) => picture.includes(`>${face}<`))).toBe(true);
});
