import type { ActionItem } from "../../../ledger/rows.ts";
import { promptOf } from "../../../model/tokens.ts";
import { type Costs, PricedTotals } from "../../../pricing/costs.ts";
import type { SessionEvent } from "./history.ts";
import type { AgentLane } from "./lanes.ts";

/** One thing that was done in a turn; equal uses of a tool that follow each other are one. */
export interface TurnItem {
  readonly kind: "tool" | "git" | "file" | "agent" | "link";
  /** Epoch milliseconds. */
  readonly at: number;
  /** The thread that did it; empty for the main one. */
  readonly agent: string;
  /** The tool, the git operation, the change of a file, the kind of subagent or of link. */
  readonly name: string;
  /** The file, folder or address; empty if there is none. */
  readonly target: string;
  count: number;
  /** Null where the outcome is not known. */
  readonly ok: boolean | null;
  /** The sum where there are several; null where none is known. */
  durationMs: number | null;
  linesAdded: number;
  linesRemoved: number;
  /** Usage of a subagent; null for the others. */
  readonly usage: PricedTotals | null;
}

/** What a prompt led to, until the next one. What follows a compaction is a turn of its own, and so is what precedes the first prompt. */
export interface Turn {
  readonly kind: "prompt" | "compaction" | "start";
  /** Epoch milliseconds. */
  readonly at: number;
  /** Characters of the prompt; null if it has none. */
  readonly characters: number | null;
  /** Of a prompt until its last response, of a compaction as the assistant measured it; null where not known. */
  durationMs: number | null;
  /** Usage of the main thread and of subagents. */
  readonly usage: PricedTotals;
  /** Tokens of the context before a compaction, and of the first prompt after it; null where not known. */
  readonly tokensBefore: number | null;
  tokensAfter: number | null;
  /** Tokens of the context at the end; null without a response of the main thread. */
  contextTokens: number | null;
  readonly items: TurnItem[];
}

/** The turns of a session, oldest first. `hasContext` is whether a prompt's tokens are those of the context: not in sums of responses. */
export function turnsOf(
  events: readonly SessionEvent[],
  lanes: readonly AgentLane[],
  costs: Costs,
  hasContext: boolean,
): Turn[] {
  const turns: Turn[] = [];
  const changed = Map.groupBy(
    events.flatMap(({ action }) => (action && action.tool !== "" ? [action] : [])),
    ({ tool }) => tool,
  );
  const tools = new Map(events.flatMap(({ action }) => (action?.action === "tool" ? [[action.key, action]] : [])));
  let context: number | null = null;
  /** The compaction after which no prompt was sent yet. */
  let compacted: Turn | null = null;
  const begin = (turn: Pick<Turn, "kind" | "at"> & Partial<Turn>): Turn => {
    const nothing = { characters: null, durationMs: null, tokensBefore: null, tokensAfter: null, contextTokens: null };
    turns.push({ ...nothing, usage: new PricedTotals(), items: [], ...turn });
    return turns.at(-1) as Turn;
  };
  for (const { at, response, action } of events) {
    if (action?.action === "prompt") begin({ kind: "prompt", at, characters: action.length });
    else if (action?.action === "compaction")
      compacted = begin({ kind: "compaction", at, durationMs: action.duration, tokensBefore: context });
    else {
      const turn = turns.at(-1) ?? begin({ kind: "start", at });
      if (action) addAction(turn.items, action, changed, tools);
      else {
        turn.usage.add(response, 1, costs.of(response, at));
        if (turn.kind !== "compaction") turn.durationMs = at - turn.at;
        if (response.agent !== "" || !hasContext) continue;
        context = promptOf(response);
        turn.contextTokens = context;
        if (compacted) compacted.tokensAfter = context;
        compacted = null;
      }
    }
  }
  for (const lane of lanes) turns.findLast(({ at }) => at <= lane.from)?.items.push(itemOf(lane));
  for (const { items } of turns) items.sort((a, b) => a.at - b.at);
  return turns;
}

/** Adds an action to those of a turn. A tool that changed a file or ran git is shown as that. */
function addAction(
  items: TurnItem[],
  action: ActionItem,
  changed: ReadonlyMap<string, readonly ActionItem[]>,
  tools: ReadonlyMap<string, ActionItem>,
): void {
  const { action: kind, at, agent, name, target } = action;
  if (kind !== "tool" && kind !== "git" && kind !== "file" && kind !== "link") return;
  const done = kind === "tool" ? changed.get(action.key) : undefined;
  if (done?.some((one) => one.action === "git" || one.action === "file")) return;
  const tool = tools.get(action.tool);
  // A command may run git several times; its duration is that of all of them.
  const isFirst = changed.get(action.tool)?.[0] === action;
  const item: TurnItem = {
    kind: kind === "file" && tool ? "tool" : kind,
    at,
    agent,
    name: kind === "file" && tool ? tool.name : name,
    target,
    count: 1,
    ok: action.ok === null ? null : action.ok === 1,
    durationMs: action.duration ?? (isFirst ? (tool?.duration ?? null) : null),
    linesAdded: action.added,
    linesRemoved: action.removed,
    usage: null,
  };
  const last = items.findLast((one) => one.agent === agent);
  if (!last || !isEqual(last, item)) return void items.push(item);
  last.count++;
  last.linesAdded += item.linesAdded;
  last.linesRemoved += item.linesRemoved;
  if (item.durationMs !== null) last.durationMs = (last.durationMs ?? 0) + item.durationMs;
}

const isEqual = (a: TurnItem, b: TurnItem): boolean =>
  a.kind === b.kind && a.name === b.name && a.target === b.target && a.ok === b.ok;

const itemOf = ({ name, from, to, starts, ok, usage }: AgentLane): TurnItem => ({
  kind: "agent",
  at: from,
  agent: "",
  name,
  target: "",
  count: Math.max(starts, 1),
  ok,
  durationMs: to - from,
  linesAdded: 0,
  linesRemoved: 0,
  usage,
});
