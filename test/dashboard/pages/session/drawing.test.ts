import { expect, test } from "bun:test";
import { drawingOf } from "../../../../src/dashboard/pages/session/drawing.ts";
import type { SessionJson } from "../../../../src/dashboard/pages/session/session-json.ts";

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 26, 9, minute)).toISOString();
const response = (minute: number, contextTokens: number | null, costSoFar: number | null = 1, agent = "") => ({
  at: at(minute),
  turn: 1,
  model: "opus",
  agent,
  tokens: 10,
  cost: costSoFar,
  contextTokens,
  contextPercent: null,
  costSoFar,
});
/** A session of an hour with these responses. */
function sessionWith(
  responses: readonly ReturnType<typeof response>[],
  contextWindow: SessionJson["contextWindow"] = null,
  to = at(60),
): SessionJson {
  const session = { from: at(0), to } as SessionJson["session"];
  return { session, responses, contextWindow, compactions: [], agents: [] } as unknown as SessionJson;
}
const axis = ({ fillTop, fillTicks }: ReturnType<typeof drawingOf>) => [fillTop, ...fillTicks.map(({ text }) => text)];

test("the context of a session is drawn in percent where its window is known, else in tokens", () => {
  const responses = [response(0, 20_000), response(30, 140_000)];
  const known = drawingOf(sessionWith(responses, { tokens: 200_000, of: "session" }), "UTC");
  expect(axis(known)).toEqual([200_000, "0%", "50%", "100%"]);
  expect(axis(drawingOf(sessionWith(responses), "UTC"))).toEqual([150_000, "0", "50.0k", "100k", "150k"]);
});

test("a context larger than the reported window stays within the drawing", () => {
  const drawing = drawingOf(sessionWith([response(0, 300_000)], { tokens: 200_000, of: "model" }), "UTC");
  expect(drawing.fillTop).toBe(300_000);
});

test("subagents and what is not known are left out of the context and the cost", () => {
  const responses = [response(0, 10_000, null), response(10, 90_000, 0.5, "tests"), response(20, null, 0.7)];
  const { fill, cost, times } = drawingOf(sessionWith(responses), "UTC");
  expect(fill.map(({ value }) => value)).toEqual([10_000]);
  expect(cost.map(({ value }) => value)).toEqual([0.5, 0.7]);
  expect(times).toHaveLength(3);
  expect(axis(drawingOf(sessionWith([response(0, null)]), "UTC")).slice(1)).toEqual([]);
});

test("a session of a moment is drawn as a second", () => {
  const { from, to } = drawingOf(sessionWith([response(0, 10_000)], null, at(0)), "UTC");
  expect(to - from).toBe(1_000);
});
