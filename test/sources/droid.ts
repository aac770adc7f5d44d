import { readFileSync } from "node:fs";
import { join } from "node:path";
import { droid } from "../../src/sources/droid.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";
import { completeResponses, type SentUsage, type SentResponse, sumOf, tokensByModel, tokensOf } from "./truth.ts";

/** Complete responses. Nothing is recorded of the two interrupted ones. */
export const complete = completeResponses("droid");

const { bySession } = JSON.parse(readFileSync(join(assistants, "droid/EXPECTED.json"), "utf8")) as {
  readonly bySession: Readonly<Record<string, SentUsage>>;
};

/** With OpenAI's formats, Droid counts cache writes as input. */
const cacheWrites = (usage: SentUsage, { api }: SentResponse): number => (api === "anthropic" ? usage.cacheWrite : 0);

const truth: Totals = {
  // Only the total of a session is recorded, which counts as one response here, since all files are read at once.
  responses: Object.keys(bySession).length,
  input: sumOf(complete, (usage, one) => usage.fresh + usage.cacheWrite - cacheWrites(usage, one)),
  output: sumOf(complete, ({ output }) => output),
  cacheRead: sumOf(complete, ({ cacheRead }) => cacheRead),
  cacheWrite: sumOf(complete, cacheWrites),
  // Only OpenAI's Responses API has it reported separately.
  reasoning: sumOf(complete, ({ reasoning }, { api }) => (api === "responses" ? (reasoning ?? 0) : 0)),
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
    bySession: Object.fromEntries(Object.entries(bySession).map(([session, usage]) => [session, tokensOf(usage)])),
    byModel: tokensByModel(complete, (model) => NAMES[model] ?? model),
  },
];
