import type { ActionObservation, Bodies, Correction, Kind, ResponseObservation } from "./observation.ts";

const RESPONSE =
  "session project branch agent at request model copy input output cacheWrite cacheWrite5m cacheWrite1h cacheRead searches prompt speed tier region cost reasoning isEstimated formerSession isWithdrawn";

/**
 * The fields of a body in the order in which the journal stores their values; storing the names too would double its
 * size. New fields are only ever added at the end, where older rows have no value. A new field that is undefined is
 * omitted, so that the same observation keeps the same row.
 */
export const fieldOrder = {
  response: RESPONSE,
  rest: RESPONSE,
  total: `part ${RESPONSE}`,
  "running-total": `copiedAt isCountedElsewhere ${RESPONSE}`,
  action:
    "session project branch agent action copy at ended name model ok duration target tool added removed length formerSession isWithdrawn",
  session: "session project branch agent first last reason version formerSession isWithdrawn",
  "cost-state": "session duration cost models",
  limit: "at name windowMinutes usedPercent resetsAt plan",
  day: "date model provenance input output cacheWrite cacheRead unsplit cost",
  worktree: "directory repository name",
  "account-limit": "at account scope name usedPercent resetsAt plan spent spendLimit currency period decimals",
  finding: "at scope finding type severity state message fix",
  status: "at account scope version plan requiresSudo",
} as const satisfies Record<Kind, string>;

type Names<S extends string> = S extends `${infer Word} ${infer Rest}` ? Word | Names<Rest> : S;
type Missing = { [K in Kind]: Exclude<keyof Bodies[K], Names<(typeof fieldOrder)[K]>> }[Kind];
const complete: [Missing] extends [never] ? true : Missing = true;
void complete;

const orders: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(fieldOrder).map(([kind, names]) => [kind, names.split(" ")]),
);
const orderOf = (kind: Kind): readonly string[] => orders[kind] ?? [];

/**
 * The values of the most frequent kinds are read field by field: reading them by a variable name takes twice as long.
 */
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

/** The stored values of a body, including undefined ones at the end. */
function valuesOf(kind: Kind, body: Bodies[Kind]): unknown[] {
  const { formerSession, isWithdrawn } = body as Correction;
  if (formerSession === undefined && isWithdrawn === undefined) {
    if (kind === "response") return responseValues(body as ResponseObservation);
    if (kind === "action") return actionValues(body as ActionObservation);
  }
  const record = body as unknown as Readonly<Record<string, unknown>>;
  return orderOf(kind).map((name) => record[name]);
}

/** Encodes a body for the journal. */
export function encodeBody(kind: Kind, body: Bodies[Kind]): string {
  const values = valuesOf(kind, body);
  while (values.length > 0 && values[values.length - 1] === undefined) values.pop();
  return JSON.stringify(values);
}

/** Decodes a body that `encodeBody` has encoded. */
export const decodeBody = (kind: Kind, text: string): Bodies[Kind] => nameValues(kind, JSON.parse(text) as unknown[]);

/** The body with these values, which are in the order of the fields. */
export function nameValues(kind: Kind, values: readonly unknown[]): Bodies[Kind] {
  const body: Record<string, unknown> = {};
  for (const [at, name] of orderOf(kind).entries()) body[name] = values[at];
  return body as unknown as Bodies[Kind];
}

/** The kind of observation that a key begins with; null if this version does not know it. */
export function kindOf(key: string): Kind | null {
  const kind = key.slice(0, key.indexOf(":"));
  return Object.hasOwn(fieldOrder, kind) ? (kind as Kind) : null;
}
