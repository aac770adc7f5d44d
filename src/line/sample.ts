import recorded from "../../data/sample-session.json";
import { type Session, sessionOf } from "../model/session.ts";
import { emptyState, type LoggerState } from "../model/state.ts";
import { iso } from "../utils/clock.ts";

const HOUR = 3_600_000;
const seconds = (ms: number): number => Math.ceil(ms / 1_000);

/** Returns the recorded sample session as active at `now`, without its limits. */
export function sampleSession(now: number): Session {
  const { rate_limits: _, ...rest } = recorded;
  return sessionOf({ ...rest, prompt_cache: { ...rest.prompt_cache, expires_at: seconds(now + 240_000) } });
}

/** Returns a sample stdin document for which every segment shows something, with the worst limit at `percent`. */
export function sampleDocument(now: number, percent: number): Record<string, unknown> {
  return {
    ...recorded,
    cwd: "/home/user/work/pawprint",
    workspace: {
      current_dir: "/home/user/work/pawprint",
      project_dir: "/home/user/work/pawprint",
      git_worktree: "line",
      repo: { host: "github.com", owner: "example", name: "pawprint" },
    },
    fast_mode: true,
    context_window: { used_percentage: 38, context_window_size: 200_000 },
    cost: { total_cost_usd: 1.234, total_duration_ms: 4_980_000, total_lines_added: 120, total_lines_removed: 34 },
    prompt_cache: { ttl: "5m", expires_at: seconds(now + 240_000) },
    rate_limits: {
      five_hour: { used_percentage: percent, resets_at: seconds(now + 2 * HOUR + 17 * 60_000) },
      seven_day: { used_percentage: 17, resets_at: seconds(now + 101 * HOUR) },
    },
    pr: { number: 12, url: "https://github.com/example/pawprint/pull/12", review_state: "approved" },
    agent: { name: "reviewer" },
    vim: { mode: "NORMAL" },
  };
}

/** Returns a sample logger state that matches sampleDocument. */
export function sampleState(now: number, percent: number): LoggerState {
  const reset5h = now + 2 * HOUR + 17 * 60_000 + 999;
  const reset7d = now + 101 * HOUR;
  const observedAt = now - 3 * 60_000;
  /** Before the sample session began, so that the session's own numbers are newer. */
  const before = now - 2 * HOUR;
  return {
    ...emptyState,
    usage: { at: observedAt },
    quotas: [
      { key: "five_hour", percent, resetsAt: reset5h, observedAt: before },
      { key: "seven_day", percent: 17, resetsAt: reset7d, observedAt: before },
      { key: "model:Fable", percent: 9, resetsAt: reset7d, observedAt },
    ],
    extra: { percent: 24.68, used: 1_234, limit: 5_000, currency: "USD", observedAt },
    pace: [
      {
        key: "five_hour",
        percentAtReset: Math.min(percent + 54, 120),
        fullAt: percent > 46 ? now + HOUR : null,
        resetsAt: reset5h,
      },
      { key: "seven_day", percentAtReset: 31, fullAt: null, resetsAt: reset7d },
    ],
    spent: {
      today: { date: iso(now).slice(0, 10), endsAt: now + 6 * HOUR, tokens: 3_214_000, micros: 4_123_400 },
      burn: { tokensPerMinute: 12_345, microsPerHour: 3_104_000, windowMinutes: 10 },
      at: observedAt,
    },
    assistant: {
      title: "Codex",
      quotas: [
        { key: "5h", percent: 42, resetsAt: now + 2 * HOUR - 1, observedAt: now - 30_000 },
        { key: "7d", percent: 17, resetsAt: now + 60 * HOUR, observedAt: now - 30_000 },
      ],
    },
    findings: [
      {
        type: "config_mismatch",
        severity: "warning",
        message: "running npm-global but config says unknown",
        fix: null,
      },
      { type: "path_trouble", severity: "warning", message: "claude command missing or broken", fix: null },
    ],
  };
}
