import type {
  ActionFact,
  CostStateFact,
  LimitFact,
  ResponseFact,
  Observed,
  SessionFact,
  DimensionSet,
} from "../../model/fact.ts";
import { encodeBody } from "../../model/body.ts";
import type {
  ActionObservation,
  Bodies,
  CostStateObservation,
  DayObservation,
  Kind,
  LimitObservation,
  ResponseObservation,
  SessionObservation,
  WorktreeObservation,
} from "../../model/observation.ts";
import { contextClassOf } from "../../model/price.ts";

/*
 * Facts from all observations of one key. Every function here gives the same whatever the order and however often an
 * observation is repeated: it sorts by everything that is told, or takes a minimum or a maximum.
 */

type Order<Body> = (a: Body, b: Body) => number;

/**
 * By these comparisons in turn, and where all are even by all that is told, so that no two different ones are even. It is
 * compared as the journal keeps it, whatever the order in which a source, or the journal, named the fields.
 */
function sorted<K extends Kind>(
  kind: K,
  seen: readonly Observed<Bodies[K]>[],
  ...orders: readonly Order<Bodies[K]>[]
): readonly Observed<Bodies[K]>[] {
  if (seen.length < 2) return seen;
  return seen.toSorted((a, b) => {
    for (const order of orders) {
      const by = order(a.body, b.body);
      if (by !== 0) return by;
    }
    const [left, right] = [textOf(kind, a), textOf(kind, b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

const textOf = (kind: Kind, { machine, source, body }: Observed<Bodies[Kind]>): string =>
  `${machine}\n${source}\n${encodeBody(kind, body)}`;

/**
 * The responses of one message id: one, unless the main thread names several request ids, as it does where a gateway gives
 * an id twice; then each request is one, subagents' too, and lines that name none belong to the first of the main thread.
 * Of one response the counts are the largest of each field, since copies lose fields and early lines hold unfinished counts;
 * who, where and when come from the line nearest to the response, the last of those that tell its whole output. Where a line
 * of the main thread is known, a subagent's under another request id is a replay of it and tells nothing
 * (https://github.com/ccusage/ccusage/issues/913).
 */
export function foldResponse(key: string, seen: readonly Observed<ResponseObservation>[]): ResponseFact[] {
  const main = seen.filter(isMain);
  const own = requestsOf(main.filter(({ body }) => body.copy === 0));
  const copies = requestsOf(main.filter(({ body }) => body.copy > 0));
  if (own.size < 2 && copies.size < 2) {
    const known = own.union(copies);
    const isReplay = ({ body: { request } }: Observed<ResponseObservation>): boolean =>
      known.size > 0 && request !== null && !known.has(request);
    return [responseOf(key, 0, main.length === 0 ? seen : seen.filter((one) => isMain(one) || !isReplay(one)))];
  }
  const requests = [...requestsOf(seen)].toSorted();
  const home = requests.findIndex((request) => (own.size > 0 ? own : copies).has(request));
  const partOf = ({ body: { request } }: Observed<ResponseObservation>): number =>
    request === null ? home : requests.indexOf(request);
  return requests.map((_, part) =>
    responseOf(
      key,
      part,
      seen.filter((one) => partOf(one) === part),
    ),
  );
}

/** The response of a message id of which there is one observation. */
export const foldOne = (key: string, one: Observed<ResponseObservation>): ResponseFact => factOf(key, 0, one, one.body);

/** Whether the main thread tells it, or a fork's copy of the main thread. */
const isMain = ({ body }: Observed<ResponseObservation>): boolean => (body.copy & 3) === 0;

const requestsOf = (seen: readonly Observed<ResponseObservation>[]): Set<string> =>
  new Set(seen.map(({ body }) => body.request ?? "").filter(Boolean));

/** What is left of a total: the least that was told, since then most of its responses were known; nothing where that is zero. */
export function foldRemainder(key: string, seen: readonly Observed<ResponseObservation>[]): ResponseFact[] {
  const tokens = (one: ResponseObservation): number => one.input + one.output + one.cacheWrite + one.cacheRead;
  const least = sorted("response", seen, (a, b) => tokens(a) - tokens(b)).slice(0, 1);
  return least.filter(({ body }) => tokens(body) > 0).map((one) => responseOf(key, 0, [one]));
}

function responseOf(key: string, part: number, seen: readonly Observed<ResponseObservation>[]): ResponseFact {
  const [own, ...others] = sorted(
    "response",
    seen,
    (a, b) => a.copy - b.copy,
    (a, b) => b.output - a.output,
    (a, b) => b.at - a.at,
  );
  if (!own) throw new Error(`no observation of ${key}`);
  const told = others.reduce((sum, { body }) => larger(sum, body), own.body);
  return factOf(key, part, own, { ...told, prompt: promptOf(told, seen) });
}

/**
 * The length of the prompt of a response of these counts: what the lines say that know all of what was sent. One that tells
 * the requests of a response one by one says less than another, and is right. Where no line knows all of it, the sum; 0 where it is not known.
 */
function promptOf(
  { input, cacheWrite, cacheRead }: ResponseObservation,
  seen: readonly Observed<ResponseObservation>[],
): number {
  const whole = seen.filter(
    ({ body }) => body.input === input && body.cacheWrite === cacheWrite && body.cacheRead === cacheRead,
  );
  if (whole.length > 0) return Math.min(...whole.map(({ body }) => body.prompt));
  return seen.some(({ body }) => body.prompt > 0) ? input + cacheWrite + cacheRead : 0;
}

/** A response by the line nearest to it, and what all of them told. */
function factOf(
  key: string,
  part: number,
  own: Observed<ResponseObservation>,
  told: ResponseObservation,
): ResponseFact {
  const { at, session, project, branch, agent, model, speed, tier, region } = own.body;
  const {
    input,
    output,
    cacheWrite5m,
    cacheWrite1h,
    cacheRead,
    searches,
    cost,
    reasoning,
    isEstimated: isEstimated,
  } = told;
  return {
    key,
    part,
    at,
    input,
    output,
    cacheWrite5m: Math.max(told.cacheWrite - cacheWrite1h, cacheWrite5m),
    cacheWrite1h,
    cacheRead,
    searches,
    cost: cost ?? 0,
    reasoning: Math.min(reasoning ?? 0, output),
    slice: {
      machine: own.machine,
      source: own.source,
      session,
      project,
      branch,
      agent,
      model,
      speed,
      tier,
      region,
      context: contextClassOf(told.prompt, model),
      isPriced: cost === null ? 0 : isEstimated ? 2 : 1,
    },
  };
}

/** What two lines told: of each count the largest. A cost that was charged makes it one that was not only reckoned. */
function larger(a: ResponseObservation, b: ResponseObservation): ResponseObservation {
  const split = largerSplit(a, b);
  const isCharged = [a, b].some(({ cost, isEstimated: isEstimated }) => cost !== null && !isEstimated);
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

/** A split is taken whole from one line: two lines that differ must not add up to more than was written. */
function largerSplit(a: ResponseObservation, b: ResponseObservation): ResponseObservation {
  const by = a.cacheWrite5m + a.cacheWrite1h - (b.cacheWrite5m + b.cacheWrite1h);
  return by > 0 || (by === 0 && a.cacheWrite1h >= b.cacheWrite1h) ? a : b;
}

/** An action and its outcome, which stand on different lines. Until its beginning was read it has no name, and its end for a time. */
export function foldAction(key: string, seen: readonly Observed<ActionObservation>[]): ActionFact {
  const ordered = sorted("action", seen, (a, b) => a.copy - b.copy);
  const [first] = ordered;
  if (!first) throw new Error(`no observation of ${key}`);
  let own: Observed<ActionObservation> | null = null;
  let { ended, name, model, ok, duration, target, tool, added, removed, length } = first.body;
  for (const one of ordered) {
    const { body } = one;
    if (own === null && body.at !== null) own = one;
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
  own ??= first;
  const { at, action } = own.body;
  const slice: DimensionSet = {
    ...placeOf(own),
    model: model ?? "",
    speed: "",
    tier: "",
    region: "",
    context: 0,
    isPriced: 0,
  };
  return {
    key,
    action,
    at: at ?? ended ?? 0,
    slice,
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

function placeOf({
  machine,
  source,
  body: { session, project, branch, agent },
}: Observed<ActionObservation | SessionObservation>) {
  return { machine, source, session, project, branch, agent };
}

/** A session from its stretches: where it began, when it was last heard of, and how it ended if that is known. */
export function foldSession(key: string, seen: readonly Observed<SessionObservation>[]): SessionFact {
  const [begin] = sorted("session", seen, (a, b) => a.first - b.first);
  const byEnd = sorted("session", seen, (a, b) => b.last - a.last);
  const end = byEnd[0]?.body;
  if (!begin || !end) throw new Error(`no observation of ${key}`);
  return {
    ...placeOf(begin),
    key,
    first: begin.body.first,
    last: end.last,
    reason: byEnd.find(({ body }) => body.last === end.last && body.reason !== null)?.body.reason ?? null,
    version: byEnd.find(({ body }) => body.version !== "")?.body.version ?? "",
  };
}

/** The newest of the totals, which only ever grow. */
export function foldCostState(key: string, seen: readonly Observed<CostStateObservation>[]): CostStateFact {
  const [newest] = sorted(
    "cost-state",
    seen,
    (a, b) => b.duration - a.duration,
    (a, b) => b.cost - a.cost,
  );
  if (!newest) throw new Error(`no observation of ${key}`);
  return { ...newest.body, key };
}

/** What was told last of a limit, larger or smaller. Of two told in the same millisecond the larger, so that their order does not matter. */
export function foldLimit(key: string, seen: readonly Observed<LimitObservation>[]): LimitFact {
  const [newest] = sorted(
    "limit",
    seen,
    (a, b) => b.at - a.at,
    (a, b) => b.usedPercent - a.usedPercent,
  );
  if (!newest) throw new Error(`no observation of ${key}`);
  return { ...newest.body, key, machine: newest.machine, source: newest.source };
}

/** What was observed of a worktree; of several the first by its text, for one directory is made of one repository. */
export function foldWorktree(
  key: string,
  seen: readonly Observed<WorktreeObservation>[],
): Observed<WorktreeObservation> {
  const [first] = sorted("worktree", seen);
  if (!first) throw new Error(`no observation of ${key}`);
  return first;
}

/** The fullest account of a day. */
export function foldDay(key: string, seen: readonly Observed<DayObservation>[]): Observed<DayObservation> {
  const total = (day: DayObservation): number => day.input + day.output + day.cacheWrite + day.cacheRead + day.unsplit;
  const [fullest] = sorted("day", seen, (a, b) => total(b) - total(a));
  if (!fullest) throw new Error(`no observation of ${key}`);
  return fullest;
}
