import { main, sub, trap } from "./design.ts";
import { agentLine, HAIKU, line, lineWith, OPUS, type Response, SONNET } from "./world.ts";

/** One response at a price. */
function priced(
  name: string,
  meaning: string,
  why: string,
  special: Partial<Response>,
  costMicros: number,
  counts: Record<string, unknown> = {},
) {
  return trap(name, meaning, why, (w) => {
    const r = w.response({ read: 0, write5m: 0, ...special });
    return { responses: [r], files: { [main(w.session)]: [lineWith(r, counts)] }, costMicros };
  });
}

/** A response at the prices per million of Sonnet 4.5: 3, 15, 3.75, 6 and 0.30 dollars. */
const sonnet = { model: SONNET, input: 1000, output: 1000, write5m: 1000, read: 10_000 };

/** Costs at list prices, in exact micro-dollars. */
export const prices = [
  priced(
    "hour-long-cache-writes",
    "Most cache writes of a response live an hour and cost twice the input, not 1.25 times.",
    "ccstats#86, agentsview#1452, claude-powerline#104: 16 % too little",
    { ...sonnet, output: 2000, write5m: 10_000, write1h: 40_000, read: 100_000 },
    3000 + 30_000 + 37_500 + 240_000 + 30_000,
  ),
  priced(
    "cheaper-cache-reads",
    "Opus 5.5 reads its cache at 0.05 of the input price, not at 0.1 as models before it.",
    "issue 3; the price table of Claude Code 2.1.328",
    { model: OPUS, input: 100, output: 1000, write5m: 2000, read: 1_000_000 },
    400 + 20_000 + 10_000 + 200_000,
  ),
  priced(
    "prompt-above-200000",
    "A prompt of 211,000 tokens on Sonnet 4.5 is priced at the long rate as a whole.",
    "list price of the 1M window: 6 and 22.50 dollars above 200,000; readers price only the part above, or not at all",
    { model: SONNET, at: "2025-11-03T10:00:00.000Z", input: 1000, output: 2000, write5m: 20_000, read: 190_000 },
    6000 + 45_000 + 150_000 + 114_000,
  ),
  priced(
    "prompt-of-exactly-200000",
    "A prompt of exactly 200,000 tokens is not above the threshold.",
    "the rule says above; readers that compare with >= double the price",
    { model: SONNET, at: "2025-11-03T10:00:00.000Z", input: 1000, output: 2000, write5m: 19_000, read: 180_000 },
    3000 + 30_000 + 71_250 + 54_000,
  ),
  priced(
    "prompt-above-100000",
    "A prompt of 120,000 tokens on Haiku 5.5 is priced at the long rate, which begins at 100,000 there.",
    "list_models of Claude Code 2.1.328: $0.10/$0.50 per Mtok ($0.50/$2.50 for prompts over 100k)",
    { model: "claude-haiku-5-5", input: 120_000, output: 1000 },
    60_000 + 2500,
  ),
  priced(
    "fast-mode",
    "A response of Opus 4.6 was made in fast mode, at six times the price.",
    "usage.speed; the price table of Claude Code 2.1.328: 30, 150, 37.50, 60 and 3 dollars",
    { model: "claude-opus-4-6", input: 100, output: 1000, write5m: 2000, read: 100_000 },
    3000 + 150_000 + 75_000 + 300_000,
    { speed: "fast" },
  ),
  priced(
    "fast-mode-of-opus-5-5",
    "A response of Opus 5.5 was made in fast mode, at twice the price.",
    "usage.speed; the price table of Claude Code 2.1.328: 8, 40, 10, 16 and 0.40 dollars",
    { model: OPUS, input: 100, output: 1000, write5m: 2000, read: 100_000 },
    800 + 40_000 + 20_000 + 40_000,
    { speed: "fast" },
  ),
  priced(
    "inference-in-the-us",
    "A response of Opus 4.6 was made in the US only, which costs 1.1 times.",
    "usage.inference_geo; Claude Code 2.1.328 multiplies the price of tokens by 1.1",
    { model: "claude-opus-4-6", input: 100, output: 1000, write5m: 2000, read: 100_000 },
    96_800,
    { inference_geo: "us" },
  ),
  priced(
    "web-searches",
    "A response searched the web three times, a cent each.",
    "usage.server_tool_use.web_search_requests; VibeCodingTracker#57",
    { ...sonnet, write5m: 0, searches: 3 },
    3000 + 15_000 + 3000 + 30_000,
  ),
  priced(
    "rest-of-the-split-at-five-minutes",
    "Of 3000 cache writes 1000 are said to live an hour and nothing is said of the rest.",
    "Claude Code prices the rest as five minutes",
    { ...sonnet, write5m: 2000, write1h: 1000 },
    3000 + 15_000 + 7500 + 6000 + 3000,
    { cache_creation: { ephemeral_1h_input_tokens: 1000 } },
  ),
  trap(
    "names-of-bedrock-and-vertex",
    "The same model answers by way of Bedrock and Vertex under their names for it.",
    "issue 3: aliases; ccusage#948: an unknown name costs nothing",
    (w) => {
      const names = [
        // An older generation, whose regional endpoints cost the same.
        "anthropic.claude-sonnet-4-20250514-v1:0",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "claude-sonnet-4-5@20250929",
      ];
      const all = names.map((model) => w.response({ ...sonnet, model }));
      return {
        responses: all,
        files: { [main(w.session)]: all.map((r) => line(r)) },
        costMicros: 3 * 24_750,
        unspecified: ["byModel"],
      };
    },
  ),
  trap(
    "endpoints-in-a-region",
    "A model answers by way of Bedrock in a geography, in the region that was asked, and anywhere.",
    "claude-code#83690, llmgateway#2729: from Claude 4.5 on only global endpoints cost the list price, others 1.1 times",
    (w) => {
      const names = ["eu.anthropic", "anthropic", "global.anthropic"];
      const all = names.map((name) => w.response({ ...sonnet, model: `${name}.claude-sonnet-4-5-20250929-v1:0` }));
      return {
        responses: all,
        files: { [main(w.session)]: all.map((r) => line(r)) },
        costMicros: 2 * 27_225 + 24_750,
        unspecified: ["byModel"],
      };
    },
  ),
  trap(
    "suffix-of-the-window",
    "The model's name ends in [1m], as it was asked for.",
    "Claude Code writes sonnet[1m] in settings and requestedModel; readers find no price for it",
    (w) => {
      const r = w.response({ ...sonnet, model: `${SONNET}[1m]` });
      return { responses: [r], files: { [main(w.session)]: [line(r)] }, costMicros: 24_750, unspecified: ["byModel"] };
    },
  ),
  trap(
    "three-models-in-a-session",
    "A session changes its model and a subagent uses a third.",
    "readers that price a session by its first model",
    (w) => {
      const counts = { input: 1000, output: 1000, write5m: 1000, read: 10_000 };
      const [a, b, c] = [
        w.response({ ...counts, model: SONNET }),
        w.response({ ...counts, model: "claude-opus-4-5-20251101" }),
        w.response({ ...counts, model: HAIKU }),
      ];
      const agent = w.agent();
      return {
        responses: [a, b, c],
        files: { [main(w.session)]: [line(a), line(b)], [sub(w.session, agent)]: [agentLine(c, agent)] },
        costMicros: 24_750 + 41_250 + 8250,
      };
    },
  ),
  trap(
    "cost-on-the-line",
    "Lines of early 2025 carry costUSD and no request id; a response stands on two of them.",
    "ccusage reads costUSD first; summing lines doubles it",
    (w) => {
      const r = w.response({ ...sonnet, model: "claude-sonnet-4-20250514", at: "2025-06-10T10:00:00.000Z" });
      const old = {
        costUSD: 0.024_75,
        requestId: undefined,
        version: "1.0.17",
        entrypoint: undefined,
        gitBranch: undefined,
      };
      const lines = [r.uuid, w.uuid()].map((uuid) =>
        lineWith(
          r,
          { cache_creation: undefined, speed: undefined, iterations: undefined, inference_geo: undefined },
          { ...old, uuid },
        ),
      );
      return { responses: [r], files: { [main(w.session)]: lines }, costMicros: 24_750 };
    },
  ),
  trap(
    "copies-are-paid-once",
    "A response on three lines and in a fork, written while it streamed, is paid once and in full.",
    "ccusage#901 and ccusage#1762 in dollars",
    (w) => {
      const session = w.sessionOf("8-main");
      const r = w.response({ ...sonnet, session });
      const fork = w.sessionOf("0-fork");
      const copy = lineWith(
        r,
        { output_tokens: 4 },
        { sessionId: fork, forkedFrom: { sessionId: session, messageUuid: r.uuid } },
      );
      return {
        responses: [r],
        files: { [main(session)]: [lineWith(r, { output_tokens: 1 }), line(r), line(r)], [main(fork)]: [copy] },
        costMicros: 24_750,
      };
    },
  ),
  trap(
    "model-without-a-price",
    "A model that nobody has a price for yet answers once; its tokens count.",
    "ccusage#948: a new model costs nothing; issue 3: listed as unpriced, never as 0",
    (w) => {
      const [a, b] = [w.response({ ...sonnet }), w.response({ model: "claude-tomorrow-9" })];
      return { responses: [a, b], files: { [main(w.session)]: [line(a), line(b)] } };
    },
  ),
];
