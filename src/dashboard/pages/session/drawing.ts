import { scaleTo } from "../../charts/scale.ts";
import type { SessionDrawing } from "../../charts/session-drawing.ts";
import { timeTicks } from "../../charts/time-axis.ts";
import { clockTime, isolated, valueText } from "../../text.ts";
import type { SessionJson } from "./session-json.ts";

/** The least time that is drawn, milliseconds. */
const LEAST_MS = 1_000;
/** Ticks on the axis of time. */
const TICKS = 7;

/** What is drawn of a session: the context in percent of its window where that is known, else in tokens. */
export function drawingOf(json: SessionJson, zone: string): SessionDrawing {
  const { session, responses, contextWindow } = json;
  const from = Date.parse(session.from);
  const to = Math.max(Date.parse(session.to), from + LEAST_MS);
  const own = responses.filter(({ agent, contextTokens }) => agent === "" && contextTokens !== null);
  const most = own.reduce((top, { contextTokens }) => Math.max(top, contextTokens ?? 0), 0);
  const scale = scaleTo(most, 0, 1, 3);
  const ticks = contextWindow
    ? [0, 0.5, 1].map((part) => ({ value: part * contextWindow.tokens, text: `${part * 100}%` }))
    : scale.ticks.map((value) => ({ value, text: valueText("tokens", value, zone, true) }));
  return {
    from,
    to,
    fill: own.map(({ at, contextTokens }) => ({ at: Date.parse(at), value: contextTokens ?? 0 })),
    fillTop: contextWindow ? Math.max(contextWindow.tokens, most) : scale.top,
    fillTicks: own.length === 0 ? [] : ticks,
    cost: responses.flatMap(({ at, costSoFar }) =>
      costSoFar === null ? [] : [{ at: Date.parse(at), value: costSoFar }],
    ),
    compactions: json.compactions.map(({ at }) => ({ at: Date.parse(at), text: clockTime(zone, Date.parse(at)) })),
    agents: json.agents.map((one) => ({
      from: Date.parse(one.from),
      to: Date.parse(one.to),
      name: one.name,
      title: `${isolated(one.name)}, ${clockTime(zone, Date.parse(one.from))} to ${clockTime(zone, Date.parse(one.to))}`,
    })),
    ticks: timeTicks(zone, from, to, TICKS),
    times: responses.map(({ at }) => Date.parse(at)),
  };
}
