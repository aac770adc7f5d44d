/**
 * What Claude Code hands a statusline on stdin, as we use it: every field may be missing, null means missing, unknown
 * fields are ignored. Shape: https://code.claude.com/docs/en/statusline and test/fixtures/statusline (recorded).
 * Plain code and not zod, because it runs at every refresh.
 */
export interface Session {
  readonly id: string | null;
  readonly cwd: string | null;
  readonly projectDir: string | null;
  /** Name of the linked git worktree, where the session works in one. */
  readonly worktree: string | null;
  readonly repo: { readonly host: string; readonly owner: string; readonly name: string } | null;
  readonly model: { readonly id: string | null; readonly name: string | null };
  readonly version: string | null;
  readonly effort: string | null;
  readonly fastMode: boolean;
  readonly vimMode: string | null;
  readonly agent: string | null;
  readonly pr: { readonly number: number; readonly url: string | null; readonly review: string | null } | null;
  readonly cost: {
    /** US dollars, as Claude Code reckons them. */
    readonly usd: number | null;
    readonly durationMs: number | null;
    readonly linesAdded: number | null;
    readonly linesRemoved: number | null;
  };
  readonly context: {
    /** Percent of the window in use, 0-100. */
    readonly percent: number | null;
    /** Size of the window in tokens. */
    readonly size: number | null;
  };
  /** Epoch milliseconds at which the prompt cache goes cold, and how long it lives after a request. */
  readonly cache: { readonly expiresAt: number; readonly ttlMs: number } | null;
  readonly limits: {
    readonly fiveHour: StdinLimit | null;
    readonly weekly: StdinLimit | null;
  };
  /** The parts that a usage record keeps as they were given. */
  readonly given: { readonly rate_limits: unknown; readonly context_window: unknown; readonly cost: unknown };
}

/** Percent of a window used (0-100) and the epoch milliseconds of its reset. */
export interface StdinLimit {
  readonly percent: number;
  readonly resetsAt: number | null;
}

type Json = Readonly<Record<string, unknown>>;

const object = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const count = (value: unknown): number | null => {
  const found = number(value);
  return found !== null && found >= 0 ? found : null;
};
const percentOf = (value: unknown): number | null => {
  const found = count(value);
  return found === null ? null : Math.min(found, 1_000);
};

/** Epoch seconds as Claude Code gives them -> epoch milliseconds; null for what no Date can hold. */
const secondsToMs = (value: unknown): number | null => {
  const seconds = count(value);
  return seconds === null || seconds === 0 || seconds > 8.64e12 ? null : seconds * 1_000;
};

function limit(value: unknown): StdinLimit | null {
  const given = object(value);
  const percent = percentOf(given["used_percentage"]);
  return percent === null ? null : { percent, resetsAt: secondsToMs(given["resets_at"]) };
}

function cacheOf(value: unknown): Session["cache"] {
  const given = object(value);
  const expiresAt = secondsToMs(given["expires_at"]);
  return expiresAt === null ? null : { expiresAt, ttlMs: given["ttl"] === "1h" ? 3_600_000 : 300_000 };
}

function repoOf(value: unknown): Session["repo"] {
  const given = object(value);
  const host = text(given["host"]);
  const owner = text(given["owner"]);
  const name = text(given["name"]);
  return host && owner && name ? { host, owner, name } : null;
}

function prOf(value: unknown): Session["pr"] {
  const given = object(value);
  const found = count(given["number"]);
  return found === null ? null : { number: found, url: text(given["url"]), review: text(given["review_state"]) };
}

/** The session that a parsed stdin document tells of; never throws, whatever the document is. */
export function sessionOf(document: unknown): Session {
  const given = object(document);
  const workspace = object(given["workspace"]);
  const model = object(given["model"]);
  const cost = object(given["cost"]);
  const context = object(given["context_window"]);
  const rates = object(given["rate_limits"]);
  return {
    id: text(given["session_id"]),
    cwd: text(workspace["current_dir"]) ?? text(given["cwd"]),
    projectDir: text(workspace["project_dir"]),
    worktree: text(workspace["git_worktree"]) ?? text(object(given["worktree"])["name"]),
    repo: repoOf(workspace["repo"]),
    model: { id: text(model["id"]), name: text(model["display_name"]) },
    version: text(given["version"]),
    effort: text(object(given["effort"])["level"]),
    fastMode: given["fast_mode"] === true,
    vimMode: text(object(given["vim"])["mode"]),
    agent: text(object(given["agent"])["name"]),
    pr: prOf(given["pr"]),
    cost: {
      usd: count(cost["total_cost_usd"]),
      durationMs: count(cost["total_duration_ms"]),
      linesAdded: count(cost["total_lines_added"]),
      linesRemoved: count(cost["total_lines_removed"]),
    },
    context: { percent: percentOf(context["used_percentage"]), size: count(context["context_window_size"]) },
    cache: cacheOf(given["prompt_cache"]),
    limits: { fiveHour: limit(rates["five_hour"]), weekly: limit(rates["seven_day"]) },
    given: {
      rate_limits: given["rate_limits"] ?? null,
      context_window: given["context_window"] ?? null,
      cost: given["cost"] ?? null,
    },
  };
}

/** Whether a value is a Session as sessionOf makes them; for one that came through another process. */
export function isSession(value: unknown): value is Session {
  const keys = Object.keys(object(value));
  return keys.length > 0 && Object.keys(sessionOf(null)).every((key) => keys.includes(key));
}
