import { describe, expect, test } from "bun:test";
import pets from "../../data/pets.json";
import monospace from "../fixtures/fonts/monospace.json";

/** Characters that every font of the list has, by their code points. */
const shared = new Set(
  monospace.shared.split(" ").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map((point) => Number.parseInt(point, 16));
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  }),
);

/** Columns of a text where characters of ambiguous width (East Asian Width A) are drawn wide. */
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

test("the moods of a pet look different, and each keeps the columns of the others", () => {
  for (const { unicode } of Object.values(pets)) {
    const faces = Object.values(unicode);
    expect(new Set(faces).size).toBe(faces.length);
    expect(new Set(faces.map(widest)).size).toBe(1);
  }
});

test("the check is one: the former eye of the cat, which common fonts lack, is refused, and so is an ambiguous letter", () => {
  expect(shared.has("･".codePointAt(0) ?? 0)).toBe(false);
  expect(shared.has("w".codePointAt(0) ?? 0)).toBe(true);
  expect(widest("ω")).toBe(2);
});

test("the picture of the README shows a face that there is", async () => {
  const picture = await Bun.file(new URL("../../.github/line.svg", import.meta.url)).text();
  const faces = Object.values(pets).flatMap(({ unicode }) => Object.values(unicode));
  expect(faces.some((face) => picture.includes(`>${face}<`))).toBe(true);
});
