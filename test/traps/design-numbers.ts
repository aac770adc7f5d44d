import { main, trap } from "./design.ts";
import { type Json, line, lineWith, type Response, usage } from "./world.ts";

/**
 * One valid response, and one whose usage contains something that is not a count: its fields, and the counts that are
 * right.
 */
function odd(name: string, meaning: string, why: string, counts: (r: Response) => Json, right: Partial<Response>) {
  return trap(name, meaning, why, (w) => {
    const [a, b] = [w.response(), w.response()];
    return { responses: [a, { ...b, ...right }], files: { [main(w.session)]: [line(a), lineWith(b, counts(b))] } };
  });
}

const why =
  "issue 3: a count is a whole number from 0 to 2^53 - 1; anything else is no count, and the others of the line stand; not seen in recorded transcripts";

/** Values other than numbers in place of numbers. */
export const numbers = [
  odd(
    "null-counts",
    "A gateway says null for the cache counts of a response; they count 0, the others count.",
    "issue 3: nulls where numbers are expected",
    () => ({
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      cache_creation: null,
      server_tool_use: null,
    }),
    { write5m: 0, read: 0 },
  ),
  odd(
    "missing-counts",
    "A gateway without a cache says input and output only.",
    "TokenTracker#65: third-party gateways",
    (r) => ({
      ...Object.fromEntries(Object.keys(usage(r)).map((key) => [key, undefined])),
      input_tokens: r.input,
      output_tokens: r.output,
    }),
    { write5m: 0, read: 0 },
  ),
  odd(
    "strings-for-counts",
    "A writer puts the input in quotes; it counts 0, the others count.",
    why,
    (r) => ({ input_tokens: `${r.input}00000` }),
    { input: 0 },
  ),
  odd(
    "negative-count",
    "The output of a response is -5000; it counts 0, the others count.",
    why,
    () => ({ output_tokens: -5000 }),
    { output: 0 },
  ),
  odd(
    "fraction-for-a-count",
    "The input of a response is 1000.5; it counts 0, the others count.",
    why,
    () => ({ input_tokens: 1000.5 }),
    { input: 0 },
  ),
  odd(
    "count-beyond-all-bounds",
    "The cache read of a response is 2^63; it counts 0, the others count.",
    why,
    () => ({ cache_read_input_tokens: 2 ** 63 }),
    { read: 0 },
  ),
  odd(
    "objects-for-counts",
    "The counts of a response are an object, an array and a boolean; they count 0, the output counts.",
    why,
    () => ({
      input_tokens: { value: 7 },
      cache_read_input_tokens: [8],
      cache_creation_input_tokens: true,
      cache_creation: [],
    }),
    { input: 0, read: 0, write5m: 0 },
  ),
  trap(
    "whole-numbers-otherwise-written",
    "A writer says 1.2e3 and 1200.0 where others say 1200; they are the same whole number.",
    "RFC 8259 has one kind of number; parsers that want integers drop the line",
    (w) => {
      const r = w.response({ input: 1200, output: 1200 });
      const json = JSON.stringify(line(r))
        .replace('"input_tokens":1200', '"input_tokens":1.2e3')
        .replace('"output_tokens":1200', '"output_tokens":1200.0');
      return { responses: [r], files: { [main(w.session)]: [json] } };
    },
  ),
  trap(
    "usage-that-is-no-object",
    "Lines of answers have a string, an array, a number and null for their usage; there is nothing to count, and the next line counts.",
    "issue 3: unknown shapes must not stop the scan",
    (w) => {
      const none = ["none", [], 12, null].map((odd) =>
        line({ ...w.response(), session: w.session }, {}, { usage: odd }),
      );
      const r = w.response();
      return { responses: [r], files: { [main(w.session)]: [...none, line(r)] } };
    },
  ),
  trap(
    "message-that-is-no-object",
    "Lines of type assistant have a string, null or nothing for their message.",
    "issue 3: unknown shapes must not stop the scan",
    (w) => {
      const none = ["hello", null, undefined, [1]].map((odd) => line(w.response(), { message: odd }));
      const r = w.response();
      return { responses: [r], files: { [main(w.session)]: [...none, line(r)] } };
    },
  ),
  trap(
    "split-smaller-than-the-total",
    "The parts of five minutes and an hour do not add up to the cache writes; the rest was written for five minutes.",
    "Claude Code prices what is not said to live an hour as five minutes",
    (w) => {
      const r = w.response({ write5m: 2000, write1h: 1000 });
      const split = { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 0 };
      return { responses: [r], files: { [main(w.session)]: [lineWith(r, { cache_creation: split })] } };
    },
  ),
  trap(
    "writes-without-a-split",
    "An older program says only the sum of cache writes: they lived five minutes.",
    "programs before the hour-long cache; facts §5",
    (w) => {
      const r = w.response({ write5m: 5000 });
      return { responses: [r], files: { [main(w.session)]: [lineWith(r, { cache_creation: undefined })] } };
    },
  ),
];
