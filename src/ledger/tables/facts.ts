import type { Kind } from "../../model/observation.ts";
import { DIMENSION_ID, sqlTypes, table, type LedgerTable } from "./table.ts";

const { integer, laterInteger, laterText, real, text } = sqlTypes;

/** What a price depends on, besides the day. */
export const price = { model: text, speed: text, tier: text, region: text, context: integer, cost_kind: integer };
const dimensions = {
  machine: text,
  source: text,
  session: text,
  project: text,
  branch: text,
  agent: text,
  ...price,
};

/** All properties by which usage can be grouped or filtered, except time. */
export const dimensionSet = table({
  name: "dimension_set",
  columns: { id: "INTEGER PRIMARY KEY", ...dimensions },
  key: [],
  unique: Object.keys(dimensions) as (keyof typeof dimensions)[],
});

/** Counts of a response, all of which sum up. */
export const counts = {
  input: integer,
  output: integer,
  cache_write_5m: integer,
  cache_write_1h: integer,
  cache_read: integer,
  searches: integer,
  cost: integer,
};

/** Responses of models. */
export const response = table({
  name: "response",
  columns: { key: text, part: integer, at: integer, [DIMENSION_ID]: integer, ...counts, reasoning: laterInteger },
  key: ["key", "part"],
  indexes: { response_at: "(at)" },
});

/** Actions of sessions. */
export const action = table({
  name: "action",
  columns: {
    key: text,
    action: text,
    at: integer,
    [DIMENSION_ID]: integer,
    name: text,
    ok: "INTEGER",
    duration: "INTEGER",
    target: text,
    tool: text,
    added: integer,
    removed: integer,
    length: integer,
  },
  key: ["key"],
  indexes: { action_at: "(action, at)" },
});

/** Sessions, as far as they were read. */
export const session = table({
  name: "session",
  columns: {
    key: text,
    session: text,
    machine: text,
    source: text,
    project: text,
    branch: text,
    first: integer,
    last: integer,
    reason: "TEXT",
    version: text,
  },
  key: ["key"],
  indexes: { session_last: "(last)" },
});

/** Totals that an assistant keeps for a session itself. */
export const costState = table({
  name: "cost_state",
  columns: {
    key: text,
    session: text,
    duration: integer,
    cost: integer,
    models: text,
    machine: laterText,
    source: laterText,
  },
  key: ["key"],
});

/** The last reading of each window of a limit. */
export const rateLimit = table({
  name: "rate_limit",
  columns: {
    key: text,
    machine: text,
    source: text,
    name: text,
    window_minutes: integer,
    used_percent: real,
    resets_at: integer,
    at: integer,
    plan: text,
  },
  key: ["key"],
});

/** Days that other programs counted. */
export const day = table({
  name: "day",
  columns: {
    key: text,
    machine: text,
    source: text,
    date: text,
    model: text,
    provenance: text,
    input: integer,
    output: integer,
    cache_write: integer,
    cache_read: integer,
    unsplit: integer,
    cost: "INTEGER",
  },
  key: ["key"],
});

/** Worktrees whose repository an assistant reports. */
export const worktree = table({
  name: "worktree",
  columns: { key: text, machine: text, source: text, directory: text, repository: text, name: text },
  key: ["key"],
});

/** The last reading of each window of a limit of an account, whichever machine read it. */
export const accountLimit = table({
  name: "account_limit",
  columns: {
    key: text,
    machine: text,
    source: text,
    account: text,
    scope: text,
    name: text,
    used_percent: "REAL",
    resets_at: "INTEGER",
    at: integer,
    plan: text,
    spent: "REAL",
    spend_limit: "REAL",
    currency: "TEXT",
    period: "TEXT",
    decimals: "INTEGER",
  },
  key: ["key"],
});

/** Findings about the installation of a machine. */
export const finding = table({
  name: "finding",
  columns: {
    key: text,
    machine: text,
    source: text,
    scope: text,
    type: text,
    severity: text,
    message: text,
    fix: "TEXT",
    first: integer,
    since: integer,
    last: integer,
    is_open: integer,
    times: integer,
    /** Milliseconds for which it was open, without the time since it last appeared. */
    closed_ms: integer,
  },
  key: ["key"],
});

/** The account, plan and version of each way of signing in on a machine. */
export const status = table({
  name: "status",
  columns: {
    key: text,
    machine: text,
    source: text,
    account: text,
    scope: text,
    version: text,
    plan: text,
    requires_sudo: "INTEGER",
    at: integer,
  },
  key: ["key"],
});

/** The table of the facts of each kind of observation. */
export const factTables = {
  response,
  rest: response,
  total: response,
  "running-total": response,
  action,
  session,
  "cost-state": costState,
  limit: rateLimit,
  day,
  worktree,
  "account-limit": accountLimit,
  finding,
  status,
} as const satisfies Readonly<Record<Kind, LedgerTable>>;
