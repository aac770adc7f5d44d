import { ohMyPi } from "../../src/sources/oh-my-pi.ts";
import type { Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";
import { expectedOf, tokensOf } from "./truth.ts";

/** What the home contains, determined from the requests to the server. */
export const expected = expectedOf("oh-my-pi/18.3.4");

/** What oh-my-pi wrote of interrupted responses: the counts with which a response begins. */
export const { begun } = expected;
const added = (name: "input" | "output" | "cacheRead" | "cacheWrite"): number =>
  begun.reduce((sum, one) => sum + one[name], expected.recorded[name]);
const truth: Totals = {
  responses: expected.recorded.responses + begun.length,
  input: added("input"),
  output: added("output"),
  cacheRead: added("cacheRead"),
  cacheWrite: added("cacheWrite"),
  reasoning: expected.recorded.reasoning,
};

/** Tokens by name, with those of interrupted responses, which belong to the names that `nameOf` returns. */
function withBegun(
  sums: Readonly<Record<string, number>>,
  nameOf: (one: (typeof begun)[number]) => string,
): Record<string, number> {
  const tokens = { ...sums };
  for (const one of begun) tokens[nameOf(one)] = (tokens[nameOf(one)] ?? 0) + tokensOf(one);
  return tokens;
}

/** Sessions, relative to the home. */
export const SESSIONS = ".omp/agent/sessions";

/**
 * A day with a resumed session, three formats, a change of provider, subagents, retries, a fork, a rewind, a
 * compaction, a side question, an interruption and a kill.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "oh-my-pi 18.3.4",
    source: ohMyPi,
    place: (harness) => harness.place("oh-my-pi/18.3.4/sessions", SESSIONS),
    truth,
    bySession: withBegun(expected.bySession, ({ session }) => session),
    byModel: withBegun(expected.byModel, () => "claude-mock-a"),
  },
];
