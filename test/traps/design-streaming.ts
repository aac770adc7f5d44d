import { main, trap } from "./design.ts";
import { line, lineWith, usage } from "./world.ts";

/** Responses written before they were complete. */
export const streaming = [
  trap(
    "partial-then-final",
    "The first lines of a response were written while it streamed, with outputs of 1 and 8; the last has the final count.",
    "ccusage#901: first line wins, the output is undercounted",
    (w) => {
      const r = w.response();
      const lines = [1, 8].map((n) => lineWith(r, { output_tokens: n }, { uuid: w.uuid() }));
      return { responses: [r], files: { [main(w.session)]: [...lines, line(r)] } };
    },
  ),
  trap(
    "final-then-partial",
    "The file that is read first holds a response's final line, a later one a copy written while it streamed.",
    "facts §5: `last` is the truth only by the order of files",
    (w) => {
      const session = w.sessionOf("0-first");
      const r = w.response({ session });
      const other = w.sessionOf("f-last");
      const copy = lineWith(
        r,
        { output_tokens: 3 },
        { sessionId: other, forkedFrom: { sessionId: session, messageUuid: r.uuid } },
      );
      return { responses: [r], files: { [main(session)]: [line(r)], [main(other)]: [copy] } };
    },
  ),
  trap(
    "final-in-the-middle",
    "A late partial line of a response follows its final line in the same file.",
    "facts §5: never trust first and do not rely on last; ClaudeCodeUsage#92",
    (w) => {
      const r = w.response();
      const partial = (n: number) => lineWith(r, { output_tokens: n }, { uuid: w.uuid() });
      return { responses: [r], files: { [main(w.session)]: [partial(1), line(r), partial(8)] } };
    },
  ),
  trap(
    "never-finished",
    "A response was cut off; all that is known of it is its partial line.",
    "readers that wait for a stop reason or skip lines without one lose what was paid for",
    (w) => {
      const [a, b] = [w.response({ output: 5 }), w.response()];
      return { responses: [a, b], files: { [main(w.session)]: [line(a, {}, { stop_reason: null }), line(b)] } };
    },
  ),
  trap(
    "largest-count-per-field",
    "One line of a response knows the cache read but not the output, the other the output but not the cache read.",
    "facts §5: the largest count per field is the truth, no single line is",
    (w) => {
      const r = w.response();
      const first = lineWith(r, { output_tokens: 1 }, { uuid: w.uuid() });
      return { responses: [r], files: { [main(w.session)]: [first, lineWith(r, { cache_read_input_tokens: 0 })] } };
    },
  ),
  trap(
    "partial-yesterday-final-today",
    "A response begins to stream before midnight and ends after it: it belongs to the day of its last line.",
    "the time of the line with the largest output; first-line readers put it on the day before",
    (w) => {
      const r = w.response({ at: "2026-11-04T00:00:02.500Z" });
      const early = lineWith(r, { output_tokens: 2 }, { uuid: w.uuid(), timestamp: "2026-11-03T23:59:58.000Z" });
      return { responses: [r], files: { [main(w.session)]: [early, line(r)] } };
    },
  ),
  trap(
    "usage-not-yet-known",
    "The first line of a response has no usage, the second has null for it, the third has it.",
    "a reader that remembers an id at its first line loses the counts",
    (w) => {
      const r = w.response();
      const without = [undefined, null].map((none) => line(r, { uuid: w.uuid() }, { usage: none }));
      return { responses: [r], files: { [main(w.session)]: [...without, line(r)] } };
    },
  ),
  trap(
    "iterations-repeat-the-top",
    "A response of two iterations lists each in usage.iterations; their sum already stands at the top.",
    "agent-walker#39: adding the array counts twice",
    (w) => {
      const r = w.response({ input: 20, output: 500, write5m: 900, read: 40_000 });
      const half = {
        type: "message",
        input_tokens: 10,
        output_tokens: 250,
        cache_creation_input_tokens: 450,
        cache_read_input_tokens: 20_000,
      };
      return {
        responses: [r],
        files: { [main(w.session)]: [line(r, {}, { usage: usage(r, { iterations: [half, half] }) })] },
      };
    },
  ),
  trap(
    "fallback-attempt-is-free",
    "A request fell back to another model: the failed attempt stands in usage.iterations and was not billed.",
    "agent-walker#39: the top level mirrors the serving model",
    (w) => {
      const r = w.response();
      const counts = {
        input_tokens: r.input,
        output_tokens: r.output,
        cache_creation_input_tokens: r.write5m,
        cache_read_input_tokens: r.read,
      };
      const failed = { type: "message", model: "claude-fable-5-2", ...counts, output_tokens: 12 };
      const served = { type: "fallback_message", model: r.model, ...counts };
      return {
        responses: [r],
        files: { [main(w.session)]: [line(r, {}, { usage: usage(r, { iterations: [failed, served] }) })] },
      };
    },
  ),
];
