import { droid } from "../../src/sources/droid.ts";
import type { Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";
import { completeResponses, expectedOf, renamed, type SentResponse, sumOf } from "./truth.ts";

/** Complete responses. Nothing is recorded of the two interrupted ones. */
export const complete = completeResponses("droid");

const { bySession, byModel } = expectedOf("droid");

/** With OpenAI's formats, Droid counts cache writes as input. */
const cacheWrites = ({ api, tokens }: SentResponse): number => (api === "messages" ? tokens.cacheWrite : 0);

const truth: Totals = {
  // Only the total of a session is recorded, which counts as one response here, since all files are read at once.
  responses: Object.keys(bySession).length,
  input: sumOf(complete, (one) => one.tokens.input + one.tokens.cacheWrite - cacheWrites(one)),
  output: sumOf(complete, ({ tokens }) => tokens.output),
  cacheRead: sumOf(complete, ({ tokens }) => tokens.cacheRead),
  cacheWrite: sumOf(complete, cacheWrites),
  // Only OpenAI's Responses API has it reported separately.
  reasoning: sumOf(complete, ({ api, tokens }) => (api === "responses" ? tokens.reasoning : 0)),
};

/** The names of the server's models in Droid's menu, which are the only ones it records. */
const NAMES: Readonly<Record<string, string>> = {
  "claude-mock-a": "custom:MockA-0",
  "gpt-mock-r": "custom:MockR-0",
  "mock-chat": "custom:MockC-0",
};

/** Sessions with tools, a fork, retries, a subagent, an interruption, a compression, a rewind and a kill. */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Droid 0.225.2",
    source: droid,
    place: (harness) => harness.place("droid/sessions", ".factory/sessions"),
    truth,
    bySession,
    byModel: renamed(byModel, (model) => NAMES[model] ?? model),
  },
];
