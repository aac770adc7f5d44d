import { microsOf } from "../../../model/price.ts";
import { promptOf, totalOf } from "../../../model/tokens.ts";
import type { Costs, PricedTotals } from "../../../pricing/costs.ts";
import { dollars, isoOrNull } from "../../../render/format.ts";
import type { ContextWindow } from "./context-window.ts";
import type { SessionEvent } from "./history.ts";
import type { AgentLane } from "./lanes.ts";
import type { SessionSummary } from "./summary.ts";
import type { Turn, TurnItem } from "./turns.ts";

/** The most that JSON holds of a session's lists; the parts of a turn are bounded as well. */
const MOST = {
  turns: 300,
  items: 40,
  responses: 1_000,
  agents: 200,
  compactions: 200,
  files: 200,
  git: 200,
  links: 50,
};

/** One session in full, as `pawprint turns` reports it; the lists are bounded. */
export interface SessionParts {
  readonly summary: SessionSummary;
  readonly events: readonly SessionEvent[];
  readonly lanes: readonly AgentLane[];
  readonly turns: readonly Turn[];
  readonly window: ContextWindow | null;
  readonly costs: Costs;
  /** Whether the prompt of a response is its context: see turnsOf. */
  readonly hasContext: boolean;
}

/** A session in JSON: `turns` are those shown; the other lists are those of the whole session, as far as they fit. */
export function sessionInJson(parts: SessionParts, shown: readonly Turn[]) {
  const { summary, events, lanes, turns, window } = parts;
  const actions = events.flatMap(({ action }) => (action ? [action] : []));
  const [git, links] = (["git", "link"] as const).map((kind) => actions.filter(({ action }) => action === kind));
  const compactions = turns.filter(({ kind }) => kind === "compaction");
  const numbers = new Map(turns.map((turn, at) => [turn, at + 1]));
  const [responses, files] = [responsesIn(parts), filesIn(parts)];
  const left = (list: readonly unknown[] | undefined, most: number): number => Math.max((list?.length ?? 0) - most, 0);
  return {
    session: summaryInJson(summary),
    turns: shown.slice(-MOST.turns).map((turn) => turnInJson(turn, numbers.get(turn) ?? 0)),
    contextWindow: window,
    responses: spread(responses, MOST.responses),
    agents: lanes.slice(-MOST.agents).map(({ name, from, to, starts, ok, usage }) => ({
      name,
      from: isoOf(from),
      to: isoOf(to),
      starts,
      ok,
      responses: usage.responses,
      ...usedIn(usage),
    })),
    compactions: compactions.slice(-MOST.compactions).map(({ at, tokensBefore, tokensAfter }) => ({
      at: isoOf(at),
      before: tokensBefore,
      after: tokensAfter,
    })),
    files: files.slice(0, MOST.files),
    git: (git ?? []).slice(-MOST.git).map(({ at, name, branch, target, ok }) => ({
      at: isoOf(at),
      operation: name,
      branch,
      target,
      ok: ok === null ? null : ok === 1,
    })),
    links: (links ?? []).slice(-MOST.links).map(({ at, name, target }) => ({ at: isoOf(at), kind: name, target })),
    /** Entries that the lists leave out: the older ones, of responses those between others, of files the least changed. */
    leftOut: {
      turns: left(shown, MOST.turns),
      responses: left(responses, MOST.responses),
      agents: left(lanes, MOST.agents),
      compactions: left(compactions, MOST.compactions),
      files: left(files, MOST.files),
      git: left(git, MOST.git),
      links: left(links, MOST.links),
    },
  };
}

const isoOf = (at: number): string => isoOrNull(at) ?? "";
/** Tokens and cost; null where no response is known. */
const usedIn = (usage: PricedTotals) => ({
  cost: usage.responses === 0 ? null : dollars(usage.cost),
  tokens: usage.responses === 0 ? null : usage.total,
});

const summaryInJson = ({ usage, from, to, ...rest }: SessionSummary) => ({
  ...rest,
  from: isoOf(from),
  to: isoOf(to),
  durationMs: to - from,
  ...usedIn(usage),
  responses: usage.responses,
});

const turnInJson = ({ kind, at, usage, items, ...rest }: Turn, number: number) => ({
  number,
  kind,
  at: isoOf(at),
  ...rest,
  ...usedIn(usage),
  responses: usage.responses,
  items: items.slice(0, MOST.items).map(itemInJson),
  itemsLeftOut: Math.max(items.length - MOST.items, 0),
});

const itemInJson = ({ at, usage, ...rest }: TurnItem) => ({
  ...rest,
  at: isoOf(at),
  cost: usage === null ? null : usedIn(usage).cost,
  tokens: usage === null ? null : usedIn(usage).tokens,
  responses: usage === null ? null : usage.responses,
});

/** Every response with the number of its turn, the context of its thread, and what the session had cost until then, null without a price. */
function responsesIn({ events, turns, costs, window, hasContext }: SessionParts) {
  let soFar: bigint | null = null;
  let turn = 0;
  return events.flatMap(({ at, response }) => {
    if (!response) return [];
    const pico = costs.of(response, at);
    if (pico !== null) soFar = (soFar ?? 0n) + pico;
    while ((turns[turn]?.at ?? Infinity) <= at) turn++;
    const { model, agent } = response;
    const contextTokens = hasContext ? promptOf(response) : null;
    const isOfWindow = window !== null && agent === "" && contextTokens !== null;
    return [
      {
        at: isoOf(at),
        turn,
        model,
        agent,
        tokens: totalOf(response),
        cost: dollars(pico === null ? null : microsOf(pico)),
        contextTokens,
        contextPercent: isOfWindow ? (contextTokens / window.tokens) * 100 : null,
        costSoFar: dollars(soFar === null ? null : microsOf(soFar)),
      },
    ];
  });
}

/** Changed files, those with most changed lines first. */
function filesIn({ events }: SessionParts) {
  const files = new Map<string, { path: string; changes: number; added: number; removed: number }>();
  for (const { action } of events) {
    if (action?.action !== "file") continue;
    const file = files.get(action.target) ?? { path: action.target, changes: 0, added: 0, removed: 0 };
    files.set(action.target, file);
    file.changes++;
    file.added += action.added;
    file.removed += action.removed;
  }
  return [...files.values()].toSorted((a, b) => b.added + b.removed - a.added - a.removed || b.changes - a.changes);
}

/** At most so many entries of a list, as evenly as possible, with the first and the last one. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, index) => list[Math.round((index * (list.length - 1)) / (most - 1))] as T);
}
