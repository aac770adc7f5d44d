import type { Pace } from "./pace.ts";
import type { ExtraUsage, Quota } from "./quota.ts";
import type { Severity } from "./report.ts";

/** A limit with the time at which we last learned it, epoch milliseconds. */
export interface SeenQuota extends Quota {
  readonly seenAt: number;
}

/** A finding that is open, with the remedy that the program names, if it does. */
export interface OpenFinding {
  readonly type: string;
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string | null;
}

/** Logging that does not work: why, since when, and when it is tried again (epoch milliseconds). */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly since: number;
  readonly retryAt: number;
}

/**
 * What the worker leaves for the line and for the next worker, one small file per scope. An unreadable or foreign file
 * counts as none, and none means "everything is due".
 */
export interface LoggerState {
  /** How often the clock was seen to jump back: part of every record's id, so that an hour lived twice is told apart. */
  readonly generation: number;
  /** Number of the newest usage interval with a record, and when it was made. */
  readonly usage: { readonly slot: number; readonly at: number } | null;
  readonly status: { readonly slot: number; readonly at: number } | null;
  /** When each session seen lately got its first status record. */
  readonly sessions: Readonly<Record<string, number>>;
  readonly quotas: readonly SeenQuota[];
  readonly extra: (ExtraUsage & { readonly seenAt: number }) | null;
  readonly pace: readonly Pace[];
  readonly findings: readonly OpenFinding[];
  /** When the program was last asked, and how long its answers took in milliseconds. */
  readonly asked: { readonly at: number; readonly wallMs: number } | null;
  /** Back-off of asking the program: failures in a row, when it is asked again, and what was wrong. */
  readonly asking: { readonly failures: number; readonly nextAt: number; readonly reason: string } | null;
  readonly trouble: Trouble | null;
  /** Something to say that does not stop logging, for instance a disk that runs low. */
  readonly notice: string | null;
}

/** The state of a log without records. */
export const emptyState: LoggerState = {
  generation: 0,
  usage: null,
  status: null,
  sessions: {},
  quotas: [],
  extra: null,
  pace: [],
  findings: [],
  asked: null,
  asking: null,
  trouble: null,
  notice: null,
};

const VERSION = 1;

/** Keys that hold epoch milliseconds in code and ISO 8601 on disk: those that end in "At", and these. */
const isTime = (key: string): boolean => key === "at" || key === "since" || key.endsWith("At");
const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function convert(value: unknown, rename: (key: string) => string, at: (time: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => convert(one, rename, at));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key === "sessions") return [key, mapValues(inner as Record<string, unknown>, at)];
    return [rename(key), isTime(camel(key)) ? at(inner) : convert(inner, rename, at)];
  });
  return Object.fromEntries(entries);
}

const mapValues = (given: Record<string, unknown>, change: (value: unknown) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [key, change(value)]));

/** The state as text for its file. */
export function stateText(state: LoggerState): string {
  const toIso = (time: unknown): unknown => (typeof time === "number" ? new Date(time).toISOString() : null);
  return `${JSON.stringify({ version: VERSION, ...(convert(state, snake, toIso) as object) })}\n`;
}

/** The state that a file's text holds, or null when it is not one of ours. */
export function stateOf(text: string | null): LoggerState | null {
  if (text === null) return null;
  try {
    const { version, ...rest } = JSON.parse(text) as { version?: unknown };
    if (version !== VERSION) return null;
    const toMs = (time: unknown): unknown => (typeof time === "string" ? Date.parse(time) : null);
    const state: LoggerState = { ...emptyState, ...(convert(rest, camel, toMs) as Partial<LoggerState>) };
    return [state.quotas, state.pace, state.findings].every(Array.isArray) ? state : null;
  } catch {
    return null;
  }
}

/** Milliseconds for which logging rests after it failed for good. */
export const PAUSE_MS = 600_000;

/** Whether something that was put off until a time is still put off; a time too far ahead is that of a clock set back. */
export function isPutOff(until: number, now: number, longest: number): boolean {
  return now < until && until - now <= longest;
}
