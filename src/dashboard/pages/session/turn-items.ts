import type { SessionTurn } from "./session-json.ts";

type Item = SessionTurn["items"][number];

/** A thing done in a turn, by its place in the turn's items; a subagent with what it did. */
export interface NestedItem {
  readonly place: number;
  readonly item: Item;
  readonly parts: readonly NestedItem[];
}

/** The things done in a turn, those of a subagent below the newest subagent of that kind; where none is known, with its own name before. */
export function nestedItems(items: readonly Item[]): NestedItem[] {
  const top: NestedItem[] = [];
  const agents = new Map<string, NestedItem[]>();
  for (const [place, item] of items.entries()) {
    const parts: NestedItem[] = [];
    (agents.get(item.agent) ?? top).push({ place, item, parts });
    if (item.kind === "agent") agents.set(item.name, parts);
  }
  return top;
}
