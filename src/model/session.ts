import { dateOf, fields, numberOf, text } from "../utils/json.ts";

/**
 * The JSON that Claude Code passes to a statusline on stdin, reduced to what is used here: every field may be missing,
 * null means missing, unknown fields are ignored. Shape: https://code.claude.com/docs/en/statusline and
 * test/fixtures/statusline (recorded). Parsed without zod, because this runs at every refresh.
 */
export interface Session {
  readonly id: string | null;
  readonly cwd: string | null;
  readonly projectDir: string | null;
  /** Path of the session's transcript. */
  readonly transcript: string | null;
  /** Name of the linked git worktree that the session works in. */
  readonly worktree: string | null;
  /** Directory and branch of the worktree that Claude Code created for the session. */
  readonly worktreePath: string | null;
  readonly worktreeBranch: string | null;
  readonly repo: { readonly host: string; readonly owner: string; readonly name: string } | null;
  readonly model: { readonly id: string | null; readonly name: string | null };
  readonly version: string | null;
  readonly effort: string | null;
  readonly fastMode: boolean;
  readonly vimMode: string | null;
  readonly agent: string | null;
  readonly pr: { readonly number: number; readonly url: string | null; readonly review: string | null } | null;
  readonly cost: {
    /** US dollars, as computed by Claude Code. */
    readonly usd: number | null;
    readonly durationMs: number | null;
    /** Milliseconds that the session has spent in API requests; grows with each response. */
    readonly apiDurationMs: number | null;
    readonly linesAdded: number | null;
    readonly linesRemoved: number | null;
  };
  readonly context: {
    /** Percentage of the context window in use, 0-100. */
    readonly percent: number | null;
    /** Size of the window in tokens. */
    readonly size: number | null;
  };
  /** When the prompt cache expires (epoch milliseconds), and its lifetime after a request (milliseconds). */
  readonly cache: { readonly expiresAt: number; readonly ttlMs: number } | null;
  readonly limits: {
    readonly fiveHour: StdinLimit | null;
    readonly weekly: StdinLimit | null;
    /** The spend limit of a Claude apps gateway (Claude Code 2.1.251 and newer). */
    readonly spend: StdinLimit | null;
  };
  /**
   * When the session last heard from the server (epoch milliseconds), which is the age of its limits; null if not
   * known. Not part of stdin: line/heard adds it.
   */
  readonly heardAt: number | null;
  /** Parts of the input that a usage record keeps unchanged. */
  readonly given: { readonly rate_limits: unknown; readonly context_window: unknown; readonly cost: unknown };
}

/** Percentage of a window used (0-100, higher if a spend limit is exceeded) and its reset in epoch milliseconds. */
export interface StdinLimit {
  readonly percent: number;
  readonly resetsAt: number | null;
  /** The amounts behind the percentage, if reported. */
  readonly spend?: Spend;
}

/** Amounts of a spend limit, in units of the currency (dollars, not cents). */
export interface Spend {
  readonly used: number | null;
  readonly limit: number | null;
  readonly currency: string;
  /** "daily", "weekly" or "monthly", as the gateway names it; null if it does not. */
  readonly period: string | null;
  /** Decimal places of the currency; missing for 2. */
  readonly decimals?: number;
}

const nonEmpty = (value: unknown): string | null => text(value, Infinity) || null;
const count = (value: unknown): number | null => {
  const found = numberOf(value);
  return found !== null && found >= 0 ? found : null;
};
const percentOf = (value: unknown): number | null => {
  const found = count(value);
  return found === null ? null : Math.min(found, 1_000);
};

/** Epoch seconds as Claude Code reports them -> epoch milliseconds; null if out of the range of Date. */
const secondsToMs = (value: unknown): number | null => {
  const seconds = count(value);
  return seconds === null || seconds === 0 || seconds > 8.64e12 ? null : seconds * 1_000;
};

function limit(value: unknown): StdinLimit | null {
  const given = fields(value);
  const percent = percentOf(given["used_percentage"]);
  return percent === null ? null : { percent, resetsAt: secondsToMs(given["resets_at"]) };
}

/**
 * Parses a spend limit from stdin (`used_percentage`, `resets_at` in epoch seconds) or from a `get_usage` answer
 * (`utilization`, `resets_at` in ISO 8601), with amounts if `used_usd` or `limit_usd` is present. Returns null if the
 * percentage is neither given nor computable from the amounts.
 */
export function spendLimitOf(value: unknown): StdinLimit | null {
  if (value == null) return null;
  const given = fields(value);
  const [used, most] = [count(given["used_usd"]), count(given["limit_usd"])];
  const computed = used !== null && most ? (used / most) * 100 : null;
  const percent = percentOf(given["used_percentage"]) ?? percentOf(given["utilization"]) ?? percentOf(computed);
  if (percent === null) return null;
  const { resets_at: reset } = given;
  const resetsAt = typeof reset === "string" ? dateOf(reset) : secondsToMs(reset);
  if (used === null && most === null) return { percent, resetsAt };
  const period = /^[a-z]{1,12}$/.exec(nonEmpty(given["period"]) ?? "")?.[0] ?? null;
  return { percent, resetsAt, spend: { used, limit: most, currency: "USD", period } };
}

function cacheOf(value: unknown): Session["cache"] {
  const given = fields(value);
  const expiresAt = secondsToMs(given["expires_at"]);
  return expiresAt === null ? null : { expiresAt, ttlMs: given["ttl"] === "1h" ? 3_600_000 : 300_000 };
}

function repoOf(value: unknown): Session["repo"] {
  const given = fields(value);
  const host = nonEmpty(given["host"]);
  const owner = nonEmpty(given["owner"]);
  const name = nonEmpty(given["name"]);
  return host && owner && name ? { host, owner, name } : null;
}

function prOf(value: unknown): Session["pr"] {
  const given = fields(value);
  const found = count(given["number"]);
  return found === null
    ? null
    : { number: found, url: nonEmpty(given["url"]), review: nonEmpty(given["review_state"]) };
}

/** Parses a stdin document that has been read as JSON; never throws. */
export function sessionOf(document: unknown): Session {
  const given = fields(document);
  const workspace = fields(given["workspace"]);
  const worktree = fields(given["worktree"]);
  const model = fields(given["model"]);
  const cost = fields(given["cost"]);
  const context = fields(given["context_window"]);
  const rates = fields(given["rate_limits"]);
  return {
    id: nonEmpty(given["session_id"]),
    cwd: nonEmpty(workspace["current_dir"]) ?? nonEmpty(given["cwd"]),
    projectDir: nonEmpty(workspace["project_dir"]),
    transcript: nonEmpty(given["transcript_path"]),
    worktree: nonEmpty(workspace["git_worktree"]) ?? nonEmpty(worktree["name"]),
    worktreePath: nonEmpty(worktree["path"]),
    worktreeBranch: nonEmpty(worktree["branch"]),
    repo: repoOf(workspace["repo"]),
    model: { id: nonEmpty(model["id"]), name: nonEmpty(model["display_name"]) },
    version: nonEmpty(given["version"]),
    effort: nonEmpty(fields(given["effort"])["level"]),
    fastMode: given["fast_mode"] === true,
    vimMode: nonEmpty(fields(given["vim"])["mode"]),
    agent: nonEmpty(fields(given["agent"])["name"]),
    pr: prOf(given["pr"]),
    cost: {
      usd: count(cost["total_cost_usd"]),
      durationMs: count(cost["total_duration_ms"]),
      apiDurationMs: count(cost["total_api_duration_ms"]),
      linesAdded: count(cost["total_lines_added"]),
      linesRemoved: count(cost["total_lines_removed"]),
    },
    context: { percent: percentOf(context["used_percentage"]), size: count(context["context_window_size"]) },
    cache: cacheOf(given["prompt_cache"]),
    limits: {
      fiveHour: limit(rates["five_hour"]),
      weekly: limit(rates["seven_day"]),
      spend: spendLimitOf(rates["spend_limit"]),
    },
    heardAt: null,
    given: {
      rate_limits: given["rate_limits"] ?? null,
      context_window: given["context_window"] ?? null,
      cost: given["cost"] ?? null,
    },
  };
}

/**
 * A lower bound (epoch milliseconds) for the time of the session's limits: when it last heard from the server, or else
 * its start, because limits come with the first response. Null before the first response.
 */
export function heardSince({ heardAt, cost }: Session, now: number): number | null {
  const { durationMs, apiDurationMs } = cost;
  const isKnown = heardAt === null && durationMs !== null && durationMs <= now && apiDurationMs !== 0;
  return isKnown ? now - durationMs : heardAt;
}

/** Whether a value has all fields of a Session. Checks sessions received from another process. */
export function isSession(value: unknown): value is Session {
  const keys = Object.keys(fields(value));
  return keys.length > 0 && Object.keys(sessionOf(null)).every((key) => keys.includes(key));
}
