import { decodeBody, fieldOrder, kindOf } from "./body.ts";
import { identities, isLogKind, logKeys, type LogKind } from "./log-observation.ts";
import type { Action, Bodies, Kind } from "./observation.ts";
import { hasPlace, type KeyedHash, type Rule, type RuleName, rules } from "./privacy-rules.ts";
import { knownFields, type Level, type WireRow } from "./wire.ts";

/*
 * What leaves a machine. At level details a row leaves as it is, at level metrics as what the table below makes of its fields; a
 * field or kind that is not in it does not leave. A hub checks rows by the same table, and lowers by it what it has at level details
 * of a machine that no longer sends details. At no level a row names an account: its identities (model/log-observation.ts) leave as
 * hashes, keyed by the hub's key, which are the same on all machines of the hub; so do keys that contain a path.
 */

const place = { session: "name", project: "baseName", branch: "hashed", agent: "name" } as const;
const correction = { formerSession: "name", isWithdrawn: "same" } as const;
const response = {
  ...place,
  ...correction,
  at: "same",
  request: "name",
  model: "modelName",
  copy: "same",
  input: "same",
  output: "same",
  cacheWrite: "same",
  cacheWrite5m: "same",
  cacheWrite1h: "same",
  cacheRead: "same",
  searches: "same",
  prompt: "same",
  speed: "name",
  tier: "name",
  region: "name",
  cost: "same",
  reasoning: "same",
  isEstimated: "same",
} as const;

/** The rule of each field; null for kinds that leave at level details only. A field without a rule does not compile. */
const metrics: { readonly [K in Kind]: Readonly<Record<keyof Bodies[K], RuleName>> | null } = {
  response,
  rest: response,
  total: { part: "name", ...response },
  "running-total": { copiedAt: "same", isCountedElsewhere: "same", ...response },
  action: {
    ...place,
    ...correction,
    action: "same",
    copy: "same",
    at: "same",
    ended: "same",
    name: "name",
    model: "modelName",
    ok: "same",
    duration: "same",
    target: "absent",
    tool: "name",
    added: "same",
    removed: "same",
    length: "same",
  },
  session: { ...place, ...correction, first: "same", last: "same", reason: "name", version: "name" },
  "cost-state": { session: "name", duration: "same", cost: "same", models: "models" },
  limit: { at: "same", name: "name", windowMinutes: "same", usedPercent: "same", resetsAt: "same", plan: "name" },
  day: {
    date: "same",
    model: "modelName",
    provenance: "name",
    input: "same",
    output: "same",
    cacheWrite: "same",
    cacheRead: "same",
    unsplit: "same",
    cost: "same",
  },
  worktree: null,
  "account-limit": {
    at: "same",
    account: "identity",
    scope: "identity",
    name: "name",
    usedPercent: "same",
    resetsAt: "same",
    plan: "name",
    spent: "same",
    spendLimit: "same",
    currency: "name",
    period: "name",
    decimals: "same",
  },
  finding: {
    at: "same",
    scope: "identity",
    finding: "identity",
    type: "name",
    severity: "name",
    state: "name",
    message: "empty",
    fix: "absent",
  },
  status: {
    at: "same",
    account: "identity",
    scope: "identity",
    version: "name",
    plan: "name",
    requiresSudo: "same",
  },
};

/** Actions that leave at level details only. Their keys contain paths and addresses, or name git operations. */
export const detailsActions: readonly Action[] = ["file", "git", "link"];
/** Actions that leave at every level. */
const metricsActions: ReadonlySet<unknown> = new Set<Action>(["prompt", "tool", "agent", "compaction", "unrecorded"]);

const columns = new Map(
  Object.entries(metrics).map(([kind, fields]) => {
    const names = fieldOrder[kind as Kind].split(" ");
    const own = fields as Readonly<Record<string, RuleName>> | null;
    return [kind, own && { names, rules: names.map((name) => rules[own[name] ?? "absent"]) }] as const;
  }),
);
const [ACTION, TOOL] = (["action", "tool"] as const).map((one) => fieldOrder.action.split(" ").indexOf(one)) as [
  number,
  number,
];

/** Where the identities of a kind stand in its body. */
const identityPlaces = (kind: LogKind): number[] => {
  const order = fieldOrder[kind].split(" ");
  return identities[kind].map((name) => order.indexOf(name));
};

const isMetricsRow = (kind: Kind, values: readonly unknown[]): boolean =>
  kind !== "action" || metricsActions.has(values[ACTION]);

/** What reduceRow needs to know of a hub. */
export interface Reduction {
  readonly hash: KeyedHash;
  /** Number of fields that the hub knows of each kind: at level metrics it takes no more. */
  readonly fields: Readonly<Record<string, number>>;
  /** The id of this machine in its ledger, and the one under which the hub knows it; keys that end with one name the machine. */
  readonly own: string;
  readonly machine: string;
}

/**
 * A row of this machine's journal as it leaves at a level; null if it does not. Kinds and fields that this program or the hub
 * does not know leave at level details only. Throws SyntaxError if a body that is to be changed is not JSON.
 */
export function reduceRow(key: string, body: string, level: Level, reduction: Reduction): WireRow | null {
  const kind = kindOf(key);
  const [ownKey, whole] = kind === null ? [key, body] : withHashes(kind, key, body, reduction.hash);
  const wireKey = asMachine(ownKey, reduction);
  if (level === "details") return [wireKey, whole];
  const reduced = kind === null ? null : metricsBody(kind, whole, reduction);
  return reduced === null ? null : [wireKey, reduced];
}

function metricsBody(
  kind: Kind,
  body: string,
  { hash, fields: counts }: Pick<Reduction, "hash" | "fields">,
): string | null {
  const column = columns.get(kind);
  const known = counts[kind] ?? 0;
  if (!column || known === 0) return null;
  const values = JSON.parse(body) as unknown[];
  if (!isMetricsRow(kind, values)) return null;
  const kept = values.slice(0, Math.min(known, column.rules.length));
  return JSON.stringify(kept.map((value, at) => column.rules[at]?.reduce(value, hash)));
}

/** A row with hashes for what names an account or a place at every level: a machine's rows of one key have one key at a hub. */
function withHashes(kind: Kind, key: string, body: string, hash: KeyedHash): WireRow {
  if (isLogKind(kind)) return withIdentities(kind, key, body, hash);
  const hidden = (text: string): string => `${text.slice(0, text.indexOf(":"))}:${hash(text)}`;
  if (kind !== "action") return [metrics[kind] !== null && hasPlace(key) ? hidden(key) : key, body];
  const values = JSON.parse(body) as unknown[];
  const tool = values[TOOL];
  const ownKey = isMetricsRow(kind, values) && hasPlace(key) ? hidden(key) : key;
  return [ownKey, hasPlace(tool) ? JSON.stringify(values.with(TOOL, hidden(tool))) : body];
}

/** A row of our own log with hashes for its identities, in the body and in the key that follows from it. */
function withIdentities(kind: LogKind, key: string, body: string, hash: KeyedHash): WireRow {
  const values = JSON.parse(body) as unknown[];
  for (const at of identityPlaces(kind)) values[at] = rules.hashed.reduce(values[at], hash);
  const hidden = JSON.stringify(values);
  const keyOf = (text: string): string => logKeys[kind](decodeBody(kind, text) as never);
  return [keyOf(hidden) + key.slice(keyOf(body).length), hidden];
}

const asMachine = (key: string, { own, machine }: Reduction): string =>
  own !== machine && key.endsWith(`:${own}`) ? key.slice(0, -own.length) + machine : key;

/**
 * The body of a row that arrived at level details as it is at level metrics, where its key is the same; null if it does not leave
 * at that level. Throws SyntaxError if it is not JSON.
 */
export function lowerBody(key: string, body: string, hash: KeyedHash): string | null {
  const kind = kindOf(key);
  return kind === null ? null : metricsBody(kind, body, { hash, fields: knownFields() });
}

/** What a fact says of where work was done, as at level metrics; for one of any level. */
export function lowerPlace(
  fact: Readonly<Record<"project" | "branch" | "model", string>>,
  hash: KeyedHash,
): typeof fact {
  const lower = (rule: Rule, value: string): string =>
    rule.isReduced(value) ? value : String(rule.reduce(value, hash));
  return {
    project: lower(rules.baseName, fact.project),
    branch: lower(rules.hashed, fact.branch),
    model: lower(rules.modelName, fact.model),
  };
}

/** Why a hub does not take a row; null if it takes it. */
export interface RowProblem {
  readonly code: "unknown_fields" | "bad_row";
  readonly reason: string;
}

/** Checks a row that arrived at a level, by its key and its values: whether it has anything that does not leave at this level. */
export function checkRow(kind: Kind | null, key: string, values: unknown, level: Level): RowProblem | null {
  if (!Array.isArray(values)) return badRow("the body is no list of values");
  const identified = kind === null ? undefined : identityIn(kind, values);
  if (identified !== undefined) return badRow(`the field ${identified} is taken as a hash only`);
  const isForMetrics = kind !== null && metrics[kind] !== null && isMetricsRow(kind, values);
  if (isForMetrics && !isLogKind(kind) && hasPlace(key)) return badRow("a key with a path is taken as a hash only");
  if (level === "details") return null;
  if (kind === null) return { code: "unknown_fields", reason: "this kind is not known" };
  const column = columns.get(kind);
  if (!column || !isForMetrics) return badRow("rows of this kind are taken at level details only");
  if (values.length > column.rules.length) {
    const reason = `${values.length} fields, of which ${column.rules.length} are known`;
    return { code: "unknown_fields", reason };
  }
  const wrong = values.findIndex((value, at) => column.rules[at]?.isReduced(value) !== true);
  return wrong < 0 ? null : badRow(`the field ${column.names[wrong]} is taken at level details only`);
}

/** The first field that names an account or a directory and holds no hash. */
function identityIn(kind: Kind, values: readonly unknown[]): string | undefined {
  if (!isLogKind(kind)) return undefined;
  const wrong = identityPlaces(kind).find((at) => !rules.hashed.isReduced(values[at]));
  return wrong === undefined ? undefined : fieldOrder[kind].split(" ")[wrong];
}

/** The problem of a row with a wrong value. */
export const badRow = (reason: string): RowProblem => ({ code: "bad_row", reason });
