import type { ActionFact, CostStateFact, LimitFact, Observed, ResponseFact, SessionFact } from "../../model/fact.ts";
import type {
  ActionObservation,
  CostStateObservation,
  DayObservation,
  LimitObservation,
  ResponseObservation,
  SessionObservation,
  WorktreeObservation,
} from "../../model/observation.ts";
import { contextClassOf, CostKind } from "../../model/price.ts";
import { isOfOneMachine, owned, sorted } from "./order.ts";

/*
 * Folds all observations of one key into facts. Every function here gives the same result in any order and with any
 * repetitions: it sorts by all fields, or takes a minimum or a maximum.
 */

type ObservedLine = Observed<ResponseObservation>;

/**
 * Folds the observations of one message id into responses. It is one response unless the main thread names several
 * request ids, as it does when a gateway reuses an id; then each request is a response, those of subagents too, and
 * lines without a request id belong to the first request of the main thread. Each count is the largest of its field,
 * because copies lose fields and early lines hold unfinished counts. Time and place come from the line nearest to the
 * response, and of those from the last one with the whole output; the place from the lines of the machine that owns it.
 * If a line of the main thread is known, a subagent's line with another request id is a replay of it and is ignored
 * (https://github.com/ccusage/ccusage/issues/913).
 */
export function foldResponse(key: string, observed: readonly ObservedLine[]): ResponseFact[] {
  const main = observed.filter(isMain);
  const ownRequests = requestsOf(main.filter(({ body }) => body.copy === 0));
  const copiedRequests = requestsOf(main.filter(({ body }) => body.copy > 0));
  if (ownRequests.size < 2 && copiedRequests.size < 2) {
    const known = ownRequests.union(copiedRequests);
    const isReplay = ({ body: { request } }: ObservedLine): boolean =>
      known.size > 0 && request !== null && !known.has(request);
    return [responseOf(key, 0, main.length === 0 ? observed : observed.filter((one) => isMain(one) || !isReplay(one)))];
  }
  const requests = [...requestsOf(observed)].toSorted();
  const mainRequests = ownRequests.size > 0 ? ownRequests : copiedRequests;
  const firstMainPart = requests.findIndex((request) => mainRequests.has(request));
  const partOf = ({ body: { request } }: ObservedLine): number =>
    request === null ? firstMainPart : requests.indexOf(request);
  const observedOf = (part: number): ObservedLine[] => observed.filter((one) => partOf(one) === part);
  return requests.map((_, part) => responseOf(key, part, observedOf(part)));
}

/** Folds the only observation of a message id. */
export const foldOne = (key: string, one: ObservedLine): ResponseFact => factOf(key, 0, one, one.body);

/** Whether the line belongs to the main thread or to a fork's copy of it. */
const isMain = ({ body }: ObservedLine): boolean => (body.copy & 3) === 0;

const requestsOf = (observed: readonly ObservedLine[]): Set<string> =>
  new Set(observed.map(({ body }) => body.request ?? "").filter(Boolean));

function responseOf(key: string, part: number, observed: readonly ObservedLine[]): ResponseFact {
  const [nearest, ...others] = byDistance(observed);
  if (!nearest) throw new Error(`no observation of ${key}`);
  const asNear = isOfOneMachine(observed) ? [nearest] : observed.filter(({ body }) => body.copy === nearest.body.copy);
  const [owner] = byDistance(owned(asNear));
  const merged = others.reduce((sum, { body }) => largestCounts(sum, body), nearest.body);
  return factOf(key, part, nearest, { ...merged, prompt: promptOf(merged, observed) }, owner);
}

/** Lines nearest to the response first, and of those the last one with the whole output. */
const byDistance = (observed: readonly ObservedLine[]): readonly ObservedLine[] =>
  sorted(
    "response",
    observed,
    (a, b) => a.copy - b.copy,
    (a, b) => b.output - a.output,
    (a, b) => b.at - a.at,
  );

/**
 * Returns the prompt length of a response with these counts. It is the smallest that any line with the same prompt
 * counts reports: a line that lists the requests of a response separately reports less than another one, and is right.
 * If no line has all of the counts, it is their sum; 0 if no line reports a prompt length.
 */
function promptOf({ input, cacheWrite, cacheRead }: ResponseObservation, observed: readonly ObservedLine[]): number {
  const whole = observed.filter(
    ({ body }) => body.input === input && body.cacheWrite === cacheWrite && body.cacheRead === cacheRead,
  );
  if (whole.length > 0) return Math.min(...whole.map(({ body }) => body.prompt));
  return observed.some(({ body }) => body.prompt > 0) ? input + cacheWrite + cacheRead : 0;
}

/** Builds a response: time and model from the nearest line, place from the owner's, counts from all lines together. */
export function factOf(
  key: string,
  part: number,
  nearest: ObservedLine,
  merged: ResponseObservation,
  owner = nearest,
): ResponseFact {
  const { at, model, speed, tier, region } = nearest.body;
  const { session, project, branch, agent } = owner.body;
  const { input, output, cacheWrite5m, cacheWrite1h, cacheRead, searches, cost, reasoning, isEstimated } = merged;
  return {
    key,
    part,
    at,
    input,
    output,
    cacheWrite5m: Math.max(merged.cacheWrite - cacheWrite1h, cacheWrite5m),
    cacheWrite1h,
    cacheRead,
    searches,
    cost: cost ?? 0,
    reasoning: Math.min(reasoning ?? 0, output),
    dimensions: {
      machine: owner.machine,
      source: owner.source,
      session,
      project,
      branch,
      agent,
      model,
      speed,
      tier,
      region,
      context: contextClassOf(merged.prompt, model),
      costKind: cost === null ? CostKind.none : isEstimated ? CostKind.estimated : CostKind.charged,
    },
  };
}

/** Merges the counts of two lines: the largest of each. If one of them was charged, the cost is not an estimate. */
function largestCounts(a: ResponseObservation, b: ResponseObservation): ResponseObservation {
  const split = largerCacheSplit(a, b);
  const isCharged = [a, b].some(({ cost, isEstimated }) => cost !== null && !isEstimated);
  return {
    ...a,
    input: Math.max(a.input, b.input),
    output: Math.max(a.output, b.output),
    cacheWrite: Math.max(a.cacheWrite, b.cacheWrite),
    cacheWrite5m: split.cacheWrite5m,
    cacheWrite1h: split.cacheWrite1h,
    cacheRead: Math.max(a.cacheRead, b.cacheRead),
    searches: Math.max(a.searches, b.searches),
    cost: a.cost === null || b.cost === null ? (a.cost ?? b.cost) : Math.max(a.cost, b.cost),
    reasoning: Math.max(a.reasoning ?? 0, b.reasoning ?? 0),
    isEstimated: !isCharged,
  };
}

/**
 * The cache split comes from one line as a whole, because the sum of two different splits could exceed what was
 * written.
 */
function largerCacheSplit(a: ResponseObservation, b: ResponseObservation): ResponseObservation {
  const difference = a.cacheWrite5m + a.cacheWrite1h - (b.cacheWrite5m + b.cacheWrite1h);
  return difference > 0 || (difference === 0 && a.cacheWrite1h >= b.cacheWrite1h) ? a : b;
}

const UNPRICED = { speed: "", tier: "", region: "", context: 0, costKind: CostKind.none } as const;

/**
 * Folds an action and its outcome, which are on different lines. Until the beginning was read, it has no name and the
 * time of its end.
 */
export function foldAction(key: string, observed: readonly Observed<ActionObservation>[]): ActionFact {
  const ordered = sorted("action", observed, (a, b) => a.copy - b.copy);
  const [first] = ordered;
  if (!first) throw new Error(`no observation of ${key}`);
  let beginning: Observed<ActionObservation> | null = null;
  let { ended, name, model, ok, duration, target, tool, added, removed, length } = first.body;
  for (const one of ordered) {
    const { body } = one;
    if (beginning === null && body.at !== null) beginning = one;
    ended ??= body.ended;
    name ??= body.name;
    model ??= body.model;
    ok ??= body.ok;
    duration ??= body.duration;
    target ??= body.target;
    tool ??= body.tool;
    if (body.added > added) ({ added } = body);
    if (body.removed > removed) ({ removed } = body);
    if (body.length > length) ({ length } = body);
  }
  beginning ??= first;
  const { at, action } = beginning.body;
  return {
    key,
    action,
    at: at ?? ended ?? 0,
    dimensions: { ...placeOf(beginning), model: model ?? "", ...UNPRICED },
    name: name ?? "",
    ok,
    duration: duration ?? (ended === null || at === null ? null : Math.max(ended - at, 0)),
    target: target ?? "",
    tool: tool ?? "",
    added,
    removed,
    length,
  };
}

function placeOf({ machine, source, body }: Observed<ActionObservation | SessionObservation>) {
  const { session, project, branch, agent } = body;
  return { machine, source, session, project, branch, agent };
}

/** Folds the read intervals of a session: its beginning, the time of its last line, and how it ended if that is known. */
export function foldSession(key: string, observed: readonly Observed<SessionObservation>[]): SessionFact {
  const [begin] = sorted("session", owned(observed), (a, b) => a.first - b.first);
  const byEnd = sorted("session", observed, (a, b) => b.last - a.last);
  const end = byEnd[0]?.body;
  if (!begin || !end) throw new Error(`no observation of ${key}`);
  return {
    ...placeOf(begin),
    key,
    first: Math.min(...observed.map(({ body }) => body.first)),
    last: end.last,
    reason: byEnd.find(({ body }) => body.last === end.last && body.reason !== null)?.body.reason ?? null,
    version: byEnd.find(({ body }) => body.version !== "")?.body.version ?? "",
  };
}

/** Folds an assistant's own totals: the newest hold, because they only grow. */
export function foldCostState(key: string, observed: readonly Observed<CostStateObservation>[]): CostStateFact {
  const [newest] = sorted(
    "cost-state",
    observed,
    (a, b) => b.duration - a.duration,
    (a, b) => b.cost - a.cost,
  );
  const [owner] = sorted("cost-state", owned(observed));
  if (!newest || !owner) throw new Error(`no observation of ${key}`);
  return { ...newest.body, key, machine: owner.machine, source: owner.source };
}

/**
 * Folds the readings of a limit window: the newest holds, larger or smaller. Of two in the same millisecond the larger
 * holds, so that their order does not matter.
 */
export function foldLimit(key: string, observed: readonly Observed<LimitObservation>[]): LimitFact {
  const [newest] = sorted(
    "limit",
    observed,
    (a, b) => b.at - a.at,
    (a, b) => b.usedPercent - a.usedPercent,
  );
  if (!newest) throw new Error(`no observation of ${key}`);
  return { ...newest.body, key, machine: newest.machine, source: newest.source };
}

/**
 * Folds the observations of a worktree. If several differ, that of the owner holds, and of those the first by text: a directory is a worktree of one
 * repository.
 */
export function foldWorktree(
  key: string,
  observed: readonly Observed<WorktreeObservation>[],
): Observed<WorktreeObservation> {
  const [first] = sorted("worktree", observed);
  if (!first) throw new Error(`no observation of ${key}`);
  return first;
}

/** Folds the imports of a day: the one with the most tokens holds. */
export function foldDay(key: string, observed: readonly Observed<DayObservation>[]): Observed<DayObservation> {
  const total = (day: DayObservation): number => day.input + day.output + day.cacheWrite + day.cacheRead + day.unsplit;
  const [fullest] = sorted("day", observed, (a, b) => total(b) - total(a));
  if (!fullest) throw new Error(`no observation of ${key}`);
  return fullest;
}
