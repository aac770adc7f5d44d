import { main, sub, trap } from "./design.ts";
import { agentLine, HAIKU, type Json, line, lineWith, type Response, SONNET, usage } from "./world.ts";

/** A request of a response in the form of usage.iterations. */
const iteration = (type: string, { input, output, read, write5m }: Response, special: Json = {}): Json => ({
  type,
  input_tokens: input,
  output_tokens: output,
  cache_read_input_tokens: read,
  cache_creation_input_tokens: write5m,
  ...special,
});

const DOCS = "the API's documentation of compaction: billed, in usage.iterations, and outside of the counts at the top";
const OPUS = "claude-opus-4-6";

/** Requests in usage.iterations, made on the way to one response. */
export const iterations = [
  trap(
    "advisor-moves-among-the-iterations",
    "While a response is written a request is added before its advisor, so that the advice has another place on the last line.",
    "advice was keyed by its place among all requests and counted once for each place",
    (w) => {
      const r = w.response({ model: HAIKU });
      const advices = [0, 1].map(() => ({ ...w.response({ model: SONNET }), at: r.at, request: r.request }));
      const [first, second] = advices.map((one) => iteration("advisor_message", one, { model: one.model }));
      const half = iteration("message", r);
      const lines = [
        [half, first],
        [half, half, first, second],
        [half, half, first, half, second],
      ].map((all) => line(r, { uuid: w.uuid() }, { usage: usage(r, { iterations: all }) }));
      return { responses: [r, ...advices], files: { [main(w.session)]: lines } };
    },
  ),
  trap(
    "compaction-by-the-api",
    "The API compacted the conversation on the way to an answer: 180,000 tokens that the answer's own counts leave out.",
    DOCS,
    (w) => {
      const session = w.sessionOf("f-parent");
      const none = { write5m: 0, read: 0 };
      const r = w.response({ session, model: OPUS, input: 23_000, output: 1_000, ...none });
      const compaction = { ...r, input: 180_000, output: 3_500, id: "compaction" };
      const all = [iteration("compaction", compaction), iteration("message", r)];
      const whole = (special: Json): Json => line(r, special, { usage: usage(r, { iterations: all }) });
      const fork = w.response({ session: w.sessionOf("0-fork"), model: OPUS, input: 0, output: 0, ...none });
      const copy = whole({ sessionId: fork.session, requestSessionId: session });
      return {
        responses: [r, compaction, fork],
        files: {
          [main(session)]: [
            lineWith(r, { output_tokens: 1 }, { uuid: w.uuid() }),
            whole({}),
            whole({ uuid: w.uuid() }),
          ],
          [main(fork.session)]: [copy, line(fork)],
        },
        costMicros: 1_127_500,
      };
    },
  ),
  trap(
    "compactions-of-a-subagent",
    "A subagent's long answer was compacted twice by the API, each time at another price of the cache.",
    `${DOCS}; with server tools it may happen several times in one request`,
    (w) => {
      const r = w.response();
      const [one, two] = [w.response(), w.response()].map((c) => ({ ...c, at: r.at, request: r.request }));
      const all = [
        iteration("compaction", one as Response),
        iteration("message", r),
        iteration("compaction", two as Response),
      ];
      const agent = w.agent();
      const own = agentLine(r, agent, {
        message: { ...(line(r)["message"] as Json), usage: usage(r, { iterations: all }) },
      });
      return {
        responses: [r, one, two] as Response[],
        files: { [main(w.session)]: [], [sub(w.session, agent)]: [own, own] },
      };
    },
  ),
  trap(
    "compaction-in-the-sum-of-a-gateway",
    "A gateway adds the compaction to the counts at the top: then it is there already.",
    "whoever sums up all iterations writes their sum where clients look for it",
    (w) => {
      const [a, compaction] = [w.response(), w.response()];
      const r = {
        ...a,
        input: a.input + compaction.input,
        output: a.output + compaction.output,
        read: a.read + compaction.read,
        write5m: a.write5m + compaction.write5m,
      };
      const all = [iteration("compaction", compaction), iteration("message", a)];
      return { responses: [r], files: { [main(w.session)]: [line(r, {}, { usage: usage(r, { iterations: all }) })] } };
    },
  ),
  trap(
    "prompt-known-to-the-first-line-only",
    "A gateway says how long the prompt was on the first line and zeros on the last: it is priced as the long prompt that it was.",
    "list price of the 1M window above 200,000; the length was taken from the last line alone",
    (w) => {
      const r = w.response({
        model: SONNET,
        at: "2025-11-03T10:00:00.000Z",
        input: 1000,
        output: 2000,
        write5m: 20_000,
        read: 190_000,
      });
      const zeros: Json = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0, cache_creation: {} };
      const lines = [
        lineWith(r, { output_tokens: 1 }, { uuid: w.uuid() }),
        lineWith(r, zeros, { timestamp: "2025-11-03T10:00:00.000Z" }),
      ];
      return { responses: [r], files: { [main(w.session)]: lines }, costMicros: 6000 + 45_000 + 150_000 + 114_000 };
    },
  ),
];
