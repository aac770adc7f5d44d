import type { Bodies, Kind } from "../../model/observation.ts";
import { type Fields, fields, isFields, isTime, numberOf } from "../../utils/json.ts";

/** Says what is wrong with a value; null if nothing is. */
type FieldCheck = (value: unknown) => string | null;

/** The largest number of tokens, milliseconds, lines or characters of one observation. */
const MAX_COUNT = 1e12;
/** The largest cost of one observation in nano-dollars: larger ones could not be summed exactly. */
const MAX_COST = 1e14;
const MAX_TEXT = 4_096;
const MAX_MODELS = 1_000;

const isUpTo = (value: unknown, max: number): value is number => {
  const number = numberOf(value);
  return number !== null && number >= 0 && number <= max;
};

const text: FieldCheck = (value) => {
  if (typeof value !== "string") return "is no text";
  return value.length > MAX_TEXT ? `has more than ${MAX_TEXT} characters` : null;
};
const wholeUpTo =
  (max: number): FieldCheck =>
  (value) =>
    isUpTo(value, max) && Number.isInteger(value) ? null : `is no whole number from 0 to ${max}`;
const count = wholeUpTo(MAX_COUNT);
const cost = wholeUpTo(MAX_COST);
const copy = wholeUpTo(7);
const number: FieldCheck = (value) => (isUpTo(value, MAX_COUNT) ? null : `is no number from 0 to ${MAX_COUNT}`);
const time: FieldCheck = (value) => (Number.isInteger(value) && isTime(value as number) ? null : "is no time");
const flag: FieldCheck = (value) => (typeof value === "boolean" ? null : "is neither true nor false");
const date: FieldCheck = (value) =>
  typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? null : "is no date";
const decimals = wholeUpTo(10);
const oneOf =
  (values: readonly unknown[]): FieldCheck =>
  (value) =>
    values.includes(value) ? null : `is none of ${values.join(", ")}`;
const maybe =
  (check: FieldCheck): FieldCheck =>
  (value) =>
    value === null || value === undefined ? null : check(value);

/** Null, but not missing: every version writes it, and the fold takes it for a number or null. */
const nullable =
  (check: FieldCheck): FieldCheck =>
  (value) =>
    value === null ? null : check(value);

/** Fields that newer versions added, or that only corrections have. */
const correction = { formerSession: maybe(text), isWithdrawn: maybe(flag) };
const place = { session: text, project: text, branch: text, agent: text };
const response = {
  ...place,
  at: time,
  request: maybe(text),
  model: text,
  copy,
  input: count,
  output: count,
  cacheWrite: count,
  cacheWrite5m: count,
  cacheWrite1h: count,
  cacheRead: count,
  searches: count,
  prompt: count,
  speed: text,
  tier: text,
  region: text,
  cost: nullable(cost),
  reasoning: maybe(count),
  isEstimated: maybe(flag),
  ...correction,
};
const modelTotal = {
  input: count,
  output: count,
  cacheWrite5m: count,
  cacheWrite1h: count,
  cacheRead: count,
  searches: count,
  cost,
};

const models: FieldCheck = (value) => {
  if (!isFields(value)) return "is no list of models";
  const totals = Object.entries(value);
  if (totals.length > MAX_MODELS) return `has more than ${MAX_MODELS} models`;
  for (const [name, total] of totals) {
    const wrong = text(name) ?? firstWrong(modelTotal, fields(total));
    if (wrong !== null) return wrong;
  }
  return null;
};

/** What each field of each kind must be. */
const checks: { readonly [K in Kind]: Readonly<Record<keyof Bodies[K], FieldCheck>> } = {
  response,
  rest: response,
  total: { part: maybe(text), ...response },
  "running-total": { copiedAt: maybe(time), isCountedElsewhere: flag, ...response },
  action: {
    ...place,
    action: text,
    copy,
    at: maybe(time),
    ended: maybe(time),
    name: maybe(text),
    model: maybe(text),
    ok: maybe(flag),
    duration: maybe(number),
    target: maybe(text),
    tool: maybe(text),
    added: count,
    removed: count,
    length: count,
    ...correction,
  },
  session: { ...place, first: time, last: time, reason: maybe(text), version: text, ...correction },
  "cost-state": { session: text, duration: number, cost, models },
  limit: { at: time, name: text, windowMinutes: count, usedPercent: number, resetsAt: time, plan: text },
  day: {
    date,
    model: text,
    provenance: text,
    input: count,
    output: count,
    cacheWrite: count,
    cacheRead: count,
    unsplit: count,
    cost: maybe(cost),
  },
  worktree: { directory: text, repository: text, name: text },
  "account-limit": {
    at: time,
    account: text,
    scope: text,
    name: text,
    usedPercent: maybe(number),
    resetsAt: maybe(time),
    plan: text,
    spent: maybe(number),
    spendLimit: maybe(number),
    currency: maybe(text),
    period: maybe(text),
    decimals: maybe(decimals),
  },
  finding: {
    at: time,
    scope: text,
    finding: text,
    type: text,
    severity: oneOf(["error", "warning", "info"]),
    state: oneOf(["appeared", "changed", "resolved"]),
    message: text,
    fix: maybe(text),
  },
  status: { at: time, account: text, scope: text, version: text, plan: text, requiresSudo: maybe(flag) },
};

function firstWrong(of: Readonly<Record<string, FieldCheck>>, values: object): string | null {
  for (const field in of) {
    const wrong = of[field]?.((values as Fields)[field]) ?? null;
    if (wrong !== null) return `${field} ${wrong}`;
  }
  return null;
}

/** Says what is wrong with the body of an observation that another machine sent; null if nothing is. */
export const wrongBody = (kind: Kind, body: object): string | null => firstWrong(checks[kind], body);
