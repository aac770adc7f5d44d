import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ObjectScanner, readDocument } from "../../src/line/stdin.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A stream of these chunks that stays open unless `ends` is true. */
function stream(chunks: readonly Uint8Array[], ends: boolean): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      if (ends) controller.close();
    },
  });
}

/** Bytes split at the given offsets. */
function pieces(all: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (all.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...cuts]
    .map((from, index) => all.subarray(from, cuts[index] ?? all.length))
    .filter((one) => one.length > 0);
}

describe("the first complete object", () => {
  test("is found however the stream is split, with or without an end, whatever follows", async () => {
    const document = fc.dictionary(fc.string({ unit: "binary", maxLength: 6 }), fc.jsonValue(), { maxKeys: 6 });
    const tail = fc.constantFrom("", "\n", "garbage", "{", '{"second":1}', "}");
    await fc.assert(
      fc.asyncProperty(
        document,
        tail,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.boolean(),
        async (given, after, places, ends) => {
          const all = bytes(JSON.stringify(given) + after);
          const read = await readDocument(stream(pieces(all, places), ends), 5_000);
          expect(read).toEqual({ document: JSON.parse(JSON.stringify(given)) });
        },
      ),
      { numRuns: 500 },
    );
  });

  test("does not end at braces in strings or at escaped quotes", () => {
    const text = String.raw`{"a":"}\"}{","b":{"c":"\\"}}`;
    expect(new ObjectScanner().push(bytes(`${text}}}`))).toBe(text.length);
  });
});

describe("a slow writer", () => {
  /** A stream that sends each chunk the given time after the previous one, and then stays open. */
  function slow(parts: readonly (readonly [afterMs: number, text: string])[]): ReadableStream<Uint8Array> {
    return new ReadableStream({
      async start(controller) {
        for (const [afterMs, text] of parts) {
          await Bun.sleep(afterMs);
          controller.enqueue(bytes(text));
        }
      },
    });
  }

  test("has the full timeout for the first byte and the full timeout again for the rest", async () => {
    expect(
      await readDocument(
        slow([
          [1_600, '{"a":'],
          [1_000, "1"],
          [600, "}"],
        ]),
        3_000,
      ),
    ).toEqual({ document: { a: 1 } });
  });

  test("gets 3 s for the first byte by default", async () => {
    expect(await readDocument(slow([[400, "{}"]]))).toEqual({ document: {} });
  });

  test("that keeps sending bytes but never a complete object is given up", async () => {
    const endless = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await Bun.sleep(1);
        controller.enqueue(bytes("{"));
      },
    });
    expect(await readDocument(endless, 100)).toEqual({ problem: "input cut short" });
  });

  test("that sends megabytes in single bytes is read completely", async () => {
    const text = `{"a":"${"x".repeat(2_000_000)}"}`;
    const all = bytes(text);
    let sent = 0;
    const single = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(all.subarray(sent, ++sent)),
    });
    expect(await readDocument(single, 30_000)).toEqual({ document: JSON.parse(text) });
  });
});

describe("no document", () => {
  test.each([
    ["", true, "no input"],
    ["", false, "no input"],
    ['{"cwd":', true, "input cut short"],
    ['{"cwd":', false, "input cut short"],
    ["hello", true, "input cut short"],
    ["{nonsense}", true, "no JSON"],
    ["[1,2]", true, "input cut short"],
    ["null", true, "input cut short"],
  ])("%j, with the stream closed: %p, is reported as %s", async (text, ends, problem) => {
    expect(await readDocument(stream(text === "" ? [] : [bytes(text)], ends), 30)).toEqual({
      problem: problem as "no JSON",
    });
  });

  test("input above the size limit is reported as too large", async () => {
    const chunks = Array.from({ length: 20 }, () => bytes('{"a":"'.padEnd(100, "x")));
    expect(await readDocument(stream(chunks, true), 1_000, 1_000)).toEqual({ problem: "input too large" });
  });
});
