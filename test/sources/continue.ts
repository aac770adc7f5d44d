import { continue as continueCli } from "../../src/sources/continue.ts";
import type { RecordedHome } from "./recorded.ts";
import { completeResponses, expectedOf, type SentTokens, sumOf, tokensOf } from "./truth.ts";

/** Expected totals of the recorded sessions. */
export const expected = expectedOf("continue");

const sent = completeResponses("continue");

/** What the server sent for requests that are only part of a session's sum, by session. */
export const onlyInSums = expected.onlyInSessionSums.map(({ session, requests }) => {
  const some = sent.filter(({ n }) => requests.includes(n));
  const sum = (name: keyof SentTokens): number => sumOf(some, ({ tokens }) => tokens[name]);
  return {
    session,
    input: sum("input"),
    output: sum("output"),
    cacheRead: sum("cacheRead"),
    cacheWrite: sum("cacheWrite"),
  };
});

const total = (name: "input" | "output" | "cacheRead" | "cacheWrite"): number =>
  onlyInSums.reduce((sum, one) => sum + one[name], expected.recorded[name]);
const bySession: Record<string, number> = { ...expected.bySession };
for (const one of onlyInSums) bySession[one.session] = (bySession[one.session] ?? 0) + tokensOf(one);

/**
 * Sessions with tools, retries, errors, kills, a fork, resumed sessions, interruptions, a compaction and a subagent, with
 * three providers.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Continue 1.5.47",
    source: continueCli,
    place: (harness) => harness.place("continue/sessions", ".continue/sessions"),
    truth: {
      responses: expected.recorded.responses + onlyInSums.length,
      input: total("input"),
      output: total("output"),
      cacheRead: total("cacheRead"),
      cacheWrite: total("cacheWrite"),
      reasoning: expected.recorded.reasoning,
    },
    bySession,
    // Sums name no model.
    byModel: { ...expected.byModel, "": onlyInSums.reduce((sum, one) => sum + tokensOf(one), 0) },
  },
];
