import { continue as continueCli } from "../../src/sources/continue.ts";
import { expectedOf, requestsOf, tokensBy, tokensOf } from "./expected.ts";
import type { RecordedHome } from "./recorded.ts";

/** Expected totals of the recorded sessions. */
export const expected = expectedOf("continue");

const served = new Map(requestsOf("continue").map((one) => [one.n, one.usage]));

/** What the server sent for requests that are only part of a session's sum, by session. */
export const onlyInSums = (expected.onlyInSessionSums ?? []).map(({ session, requests }) => {
  const usages = requests.flatMap((n) => served.get(n) ?? []);
  const sum = (of: (usage: (typeof usages)[number]) => number): number =>
    usages.reduce((total, usage) => total + of(usage), 0);
  return {
    session,
    input: sum((one) => one.prompt - one.cached - one.cacheWrite),
    output: sum((one) => one.output + one.thoughts),
    cacheRead: sum((one) => one.cached),
    cacheWrite: sum((one) => one.cacheWrite),
  };
});

const total = (name: "input" | "output" | "cacheRead" | "cacheWrite"): number =>
  onlyInSums.reduce((sum, one) => sum + one[name], expected.recorded[name]);
const bySession = tokensBy(expected.bySession);
for (const one of onlyInSums) bySession[one.session] = (bySession[one.session] ?? 0) + tokensOf(one);
const byModel = tokensBy(expected.byModel);

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
    byModel: { ...byModel, "": onlyInSums.reduce((sum, one) => sum + tokensOf(one), 0) },
  },
];
