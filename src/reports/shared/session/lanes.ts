import { type Costs, PricedTotals } from "../../../pricing/costs.ts";
import type { SessionEvent } from "./history.ts";

/** A subagent is at work as long as it pauses no longer than this, milliseconds. */
const PAUSE_MS = 300_000;

/** What the API needs to compact a history counts under this name; it is no subagent. */
const COMPACTION = "compaction";

/**
 * The work of a subagent, or of several of one kind at the same time: the ledger knows their kind, not which of them a response is
 * of. Times are epoch milliseconds.
 */
export interface AgentLane {
  readonly name: string;
  readonly from: number;
  to: number;
  /** How often one was started; 0 where the assistant does not record that. */
  starts: number;
  /** Null where no outcome is known; false if one of them failed. */
  ok: boolean | null;
  readonly usage: PricedTotals;
}

/** The work of subagents, in the order of their beginnings. A kind that begins again after its end has another lane. */
export function lanesOf(events: readonly SessionEvent[], costs: Costs): AgentLane[] {
  const lanes: AgentLane[] = [];
  const open = new Map<string, AgentLane>();
  for (const { at, response, action } of events) {
    const isStart = action?.action === "agent";
    const name = (isStart ? action.name || "subagent" : (response ?? action).agent).trim();
    if (name === "" || (response !== null && name === COMPACTION)) continue;
    let lane = open.get(name);
    if (!lane || at > lane.to + (isStart ? 0 : PAUSE_MS)) {
      lane = { name, from: at, to: at, starts: 0, ok: null, usage: new PricedTotals() };
      open.set(name, lane);
      lanes.push(lane);
    }
    lane.to = Math.max(lane.to, at + (action?.duration ?? 0));
    if (response) lane.usage.add(response, 1, costs.of(response, at));
    if (!isStart) continue;
    lane.starts++;
    if (action.ok !== null) lane.ok = action.ok === 1 && lane.ok !== false;
  }
  return lanes;
}
