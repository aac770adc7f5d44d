import { jsonl, main, trap } from "./design.ts";
import { type Json, line, message, place, type Response, usage, type World } from "./world.ts";

/** Two responses on lines with another notation of JSON. */
function two(name: string, meaning: string, why: string, write: (r: Response, w: World) => Json | string) {
  return trap(name, meaning, why, (w) => {
    const [a, b] = [w.response(), w.response()];
    return { responses: [a, b], files: { [main(w.session)]: [line(a), write(b, w)] } };
  });
}

const reversed = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, inner]) => [key, reversed(inner)]),
      )
    : value;

const spaced = (value: unknown): string => JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, " ");

/** Lines with the same meaning in other notations. */
export const written = [
  two(
    "spaces-after-colons",
    "A tool wrote the lines again with spaces after colons and commas.",
    'issue 3: JSON written with spaces; readers that look for "usage":{ or "type":"assistant" first',
    (r) => spaced(line(r)),
  ),
  two(
    "keys-in-another-order",
    "The keys stand in reverse order at every level: usage before model, message last.",
    "key order means nothing in JSON; programs of 2025 began with other keys",
    (r) => reversed(line(r)) as Json,
  ),
  two(
    "escaped-names-and-values",
    "Letters of keys and values are written as \\u escapes.",
    "valid JSON of encoders that escape more than they must",
    (r) =>
      JSON.stringify(line(r))
        .replaceAll('"usage"', String.raw`"us\u0061ge"`)
        .replace('"type":"assistant"', String.raw`"type":"\u0061ssistant"`)
        .replaceAll("claude-", String.raw`claud\u0065\u002d`),
  ),
  two(
    "unknown-fields-everywhere",
    "A newer program adds fields of every kind to the line, the message and its usage.",
    "issue 3: unknown fields; strict schemas drop the line (ccusage#1722)",
    (r) =>
      line(
        r,
        { zeta: [1, { usage: 3 }], message2: null, speed: 7 },
        {
          zeta: {},
          container: null,
          context_management: { applied_edits: [] },
          usage: usage(r, {
            thinking_tokens: 40,
            output_tokens_details: { thinking_tokens: 40 },
            cache_tiers: [1, 2],
            total_tokens: 99_999,
          }),
        },
      ),
  ),
  two(
    "known-fields-of-other-kinds",
    "Fields that counting does not need have other types: content is a string, version a number, cwd null.",
    "strict schemas drop lines for fields that they do not use (ccusage#1722)",
    (r) =>
      line(
        r,
        { version: 3, cwd: null, gitBranch: false, isSidechain: null, userType: 1 },
        { content: "Done.", stop_reason: 0, role: null },
      ),
  ),
  two(
    "no-version-no-place",
    "The line of another writer has type, message, request, session and time, nothing else.",
    "strict schemas that require version, uuid or cwd",
    (r) => ({ type: "assistant", sessionId: r.session, timestamp: r.at, requestId: r.request, message: message(r) }),
  ),
  two(
    "bare-counts",
    "The usage holds the four counts and nothing else.",
    "third-party gateways and programs of 2025",
    (r) =>
      line(
        r,
        {},
        {
          usage: {
            input_tokens: r.input,
            output_tokens: r.output,
            cache_creation_input_tokens: r.write5m,
            cache_read_input_tokens: r.read,
          },
        },
      ),
  ),
  two(
    "same-key-twice",
    "The line says its request and its type twice, with the same value.",
    "JSON allows it; parsers of structs call it an error and drop the line",
    (r) =>
      JSON.stringify(line(r)).replace(
        '"requestId"',
        `"requestId":${JSON.stringify(r.request)},"type":"assistant","requestId"`,
      ),
  ),
  trap(
    "unknown-line-types",
    "Lines of types that nobody knows yet stand between the responses, one without any type.",
    "facts §5: expect unknown types",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const others: Json[] = [
        { type: "atis-latch", atis: "", sessionId: w.session },
        { type: "tomorrow", message: { id: "msg_x", role: "robot" }, ...place(w.session) },
        { type: 7, message: null },
        { hello: "there" },
      ];
      return {
        responses: [a, b],
        files: { [main(w.session)]: [others[0] ?? {}, line(a), ...others.slice(1), line(b)] },
      };
    },
  ),
  trap(
    "lines-of-100-kilobytes",
    "A line of 100 KB, a picture as base64, stands between two responses, and the second response is as long.",
    "issue 3: long lines; readers with a buffer of 64 KB per line stop or lose them",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const picture = {
        type: "image",
        source: { type: "base64", media_type: "image/png", data: "iVBORw0K".repeat(12_500) },
      };
      const result = {
        ...place(w.session),
        type: "user",
        uuid: w.uuid(),
        timestamp: a.at,
        message: { role: "user", content: [picture] },
      };
      return {
        responses: [a, b],
        files: { [main(w.session)]: jsonl([line(a), result, line(b, {}, { content: [picture] })]) },
      };
    },
  ),
];
