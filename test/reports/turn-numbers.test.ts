import { expect, test } from "bun:test";
import { arrange } from "../../src/reports/shared/arrange.ts";
import { turns, type TurnsJson } from "../../src/reports/turns.ts";
import { fullContext, runReport, sample } from "./harness.ts";
import { queryOf } from "./sample.ts";
import { sessionId } from "./sample-work.ts";

type Session = Extract<TurnsJson, { leftOut: unknown }>;

test("each response of a session names its turn, and each turn has as many responses as name it", async () => {
  const { session, turns: all, responses } = (await runReport(turns, { session: sessionId(4) })).json as Session;
  expect(all.map(({ number }) => number)).toEqual(all.map((_, at) => at + 1));
  const counts = all.map(({ number }) => responses.filter(({ turn }) => turn === number).length);
  expect(counts).toEqual(all.map((turn) => turn.responses));
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1);
  expect(session.durationMs).toBe(Date.parse(session.to) - Date.parse(session.from));
});

test("a page of turns keeps the numbers that they have in the whole session", async () => {
  const result = await turns.run(queryOf(sample, { session: sessionId(4) }), fullContext());
  const { rows, json } = arrange(result, { order: "desc", limit: 2, offset: 1 });
  const { turns: shown } = json(rows) as Session;
  const last = (result.json(result.rows) as Session).turns.length;
  expect(shown.map(({ number }) => number)).toEqual([last - 1, last - 2]);
});
