import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encodeOpening, FrameReader, hubOpening, packFrame } from "../../src/sync/stdio.ts";
import { type AnyFrame, wireLimits } from "../../src/model/wire.ts";
import type { PawprintError } from "../../src/utils/errors.ts";

const opening = { hub: "h1", machine: "m1", name: "laptop", key: "k".repeat(43), level: "metrics" } as const;
const frames: readonly AnyFrame[] = [
  { type: "beat", pending: 3, now: 1_790_000_000_000 },
  {
    type: "events",
    epoch: "e1",
    from: 0,
    upto: 2,
    groups: [
      { source: "claude-code", reader: 3, level: "metrics", rows: [["response:a", `["ü${"x".repeat(3_000)}"]`]] },
    ],
  },
  { type: "forgotten", rows: 7 },
];
const stream = Buffer.concat([encodeOpening(opening), ...frames.map(packFrame)]);

/** Everything that a reader makes of pieces. */
function readAll(pieces: readonly Uint8Array[]): { frames: AnyFrame[]; reader: FrameReader<typeof opening> } {
  const reader = new FrameReader(hubOpening) as FrameReader<typeof opening>;
  return { frames: pieces.flatMap((piece) => [...reader.push(piece)]), reader };
}

/** The code and the message of the error that bytes cause. */
function errorOf(bytes: Uint8Array): { code: string; message: string } {
  try {
    readAll([bytes]);
  } catch (error) {
    const { code, message } = error as PawprintError;
    return { code, message };
  }
  throw new Error("it was read");
}

describe("frames over byte streams", () => {
  test("the same frames come out whatever the pieces are that the bytes come in", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.byteLength), { maxLength: 40 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), stream.byteLength];
        const found = readAll(at.slice(1).map((end, index) => stream.subarray(at[index], end)));
        expect(found.reader.opening).toEqual(opening);
        expect(found.reader.isPartial).toBe(false);
        expect(found.frames).toEqual([...frames]);
      }),
      { numRuns: 60 },
    );
  });

  test("a stream that is cut ends with whole frames and is known to be partial", () => {
    const { frames: whole, reader } = readAll([stream.subarray(0, -1)]);
    expect(whole).toEqual(frames.slice(0, 2));
    expect(reader.isPartial).toBe(true);
  });

  test.each([
    ["a banner", "Welcome to \u001b[31mhost\n", 'something else before the first frame: "Welcome to'],
    ["a message without a newline", "sh: pawprint: not found", "sh: pawprint: not found"],
    ["a first line that never ends", `pawprint-frames 1 ${"x".repeat(9_000)}`, "before the first frame"],
  ])("%s before the first line is an error that shows it", (_, text, message) => {
    const error = errorOf(Buffer.from(text));
    expect(error.code).toBe("answer_unusable");
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\u001b");
  });

  test("text between frames is an error that shows it", () => {
    const error = errorOf(Buffer.concat([encodeOpening(opening), Buffer.from("Killed by signal 15.")]));
    expect(error.code).toBe("answer_unusable");
    expect(error.message).toContain('between the frames: "Killed by');
  });

  test("another version of the frames is named", () => {
    expect(errorOf(Buffer.from("pawprint-frames 9 {}\n")).code).toBe("wrong_version");
  });

  test("a first line with wrong fields is refused", () => {
    expect(errorOf(encodeOpening({ ...opening, key: "short" })).code).toBe("bad_frame");
  });

  test("a frame above the limit is refused before its bytes are waited for", () => {
    const header = Buffer.from([1, 0, 0, 0, 0]);
    header.writeUInt32BE(wireLimits.frameBytes + 1, 1);
    expect(errorOf(Buffer.concat([encodeOpening(opening), header])).code).toBe("too_large");
  });
});
