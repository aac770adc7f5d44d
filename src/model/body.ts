import type { ActionObservation, Bodies, Correction, Kind, ResponseObservation } from "./observation.ts";

const RESPONSE =
  "session project branch agent at request model copy input output cacheWrite cacheWrite5m cacheWrite1h cacheRead searches prompt speed tier region cost reasoning isEstimated formerSession isWithdrawn";

/**
 * The fields of a body in the order in which the journal keeps their values: names would take half of its room. Fields are
 * only ever added at the end, where an older row has none. An added field is left out where it is undefined, so that the
 * same observation stays the same row.
 */
export const fieldOrder = {
  response: RESPONSE,
  rest: RESPONSE,
  action:
    "session project branch agent action copy at ended name model ok duration target tool added removed length formerSession isWithdrawn",
  session: "session project branch agent first last reason version formerSession isWithdrawn",
  "cost-state": "session duration cost models",
  limit: "at name windowMinutes usedPercent resetsAt plan",
  day: "date model provenance input output cacheWrite cacheRead unsplit cost",
  worktree: "directory repository name",
} as const satisfies Record<Kind, string>;

type Words<S extends string> = S extends `${infer Word} ${infer Rest}` ? Word | Words<Rest> : S;
type Missing = { [K in Kind]: Exclude<keyof Bodies[K], Words<(typeof fieldOrder)[K]>> }[Kind];
const complete: [Missing] extends [never] ? true : Missing = true;
void complete;

const orders: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(fieldOrder).map(([kind, words]) => [kind, words.split(" ")]),
);
const orderOf = (kind: Kind): readonly string[] => orders[kind] ?? [];

/** Of kinds of which there are many, the values field by field: asking for each by a name in a variable takes twice as long. */
const responseValues = (one: ResponseObservation): unknown[] => [
  one.session,
  one.project,
  one.branch,
  one.agent,
  one.at,
  one.request,
  one.model,
  one.copy,
  one.input,
  one.output,
  one.cacheWrite,
  one.cacheWrite5m,
  one.cacheWrite1h,
  one.cacheRead,
  one.searches,
  one.prompt,
  one.speed,
  one.tier,
  one.region,
  one.cost,
  one.reasoning,
  one.isEstimated,
];
const actionValues = (one: ActionObservation): unknown[] => [
  one.session,
  one.project,
  one.branch,
  one.agent,
  one.action,
  one.copy,
  one.at,
  one.ended,
  one.name,
  one.model,
  one.ok,
  one.duration,
  one.target,
  one.tool,
  one.added,
  one.removed,
  one.length,
];

/** The values that are kept of a body, those at the end that are undefined included. */
function valuesOf(kind: Kind, body: Bodies[Kind]): unknown[] {
  const { formerSession, isWithdrawn } = body as Correction;
  if (formerSession === undefined && isWithdrawn === undefined) {
    if (kind === "response") return responseValues(body as ResponseObservation);
    if (kind === "action") return actionValues(body as ActionObservation);
  }
  const told = body as unknown as Readonly<Record<string, unknown>>;
  return orderOf(kind).map((name) => told[name]);
}

/** A body as the journal keeps it. */
export function encodeBody(kind: Kind, body: Bodies[Kind]): string {
  const values = valuesOf(kind, body);
  while (values.length > 0 && values[values.length - 1] === undefined) values.pop();
  return JSON.stringify(values);
}

/** The body that was encoded so. */
export function decodeBody(kind: Kind, text: string): Bodies[Kind] {
  const values = JSON.parse(text) as unknown[];
  const body: Record<string, unknown> = {};
  for (const [at, name] of orderOf(kind).entries()) body[name] = values[at];
  return body as unknown as Bodies[Kind];
}
