import type { Pace } from "./pace.ts";
import type { ExtraUsage, Quota } from "./quota.ts";
import type { Severity } from "./finding.ts";

/** A limit with the time at which the provider last stated it (epoch milliseconds): to the program, or to a session. */
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
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly since: number;
  readonly retryAt: number;
}

/** What the ledger knows of today and of the last minutes, all sessions of this machine. Costs are null where a model without a price took part. */
export interface Spent {
  readonly today: {
    /** The local date, and the epoch milliseconds at which it ends. */
    readonly date: string;
    readonly endsAt: number;
    readonly tokens: number;
    readonly micros: number | null;
  };
  readonly burn: {
    readonly tokensPerMinute: number;
    readonly microsPerHour: number | null;
    readonly windowMinutes: number;
  };
  /** When it was so, epoch milliseconds. */
  readonly at: number;
}

/** The limits of the assistant other than Claude Code whose session is the newest of this machine. */
export interface AssistantLimits {
  /** What people call it. */
  readonly title: string;
  /** Keys are the lengths of their windows, "5h" or "7d", the shorter first. */
  readonly quotas: readonly SeenQuota[];
}

/**
 * What the worker leaves for the line and for the next worker, one small file per scope. An unreadable or foreign file
 * counts as none, and none means "everything is due".
 */
export interface LoggerState {
  /** How often the clock was seen to jump back: part of every record's id, so that an hour lived twice is told apart. */
  readonly generation: number;
  /** When the newest usage record and the newest status record were made; the interval they cover is the one that lies in. */
  readonly usage: { readonly at: number } | null;
  readonly status: { readonly at: number } | null;
  /** When each session seen lately got its first status record, ISO 8601: the line only looks whether one is there. */
  readonly sessions: Readonly<Record<string, string>>;
  readonly quotas: readonly SeenQuota[];
  readonly extra: (ExtraUsage & { readonly seenAt: number }) | null;
  readonly pace: readonly Pace[];
  readonly spent: Spent | null;
  readonly assistant: AssistantLimits | null;
  readonly findings: readonly OpenFinding[];
  /** When the program was last asked, and how long its answers took in milliseconds. */
  readonly asked: { readonly at: number; readonly wallMs: number } | null;
  /** Back-off of asking the program: failures in a row, when it is asked again, and what was wrong. */
  readonly asking: { readonly failures: number; readonly nextAt: number; readonly reason: string } | null;
  readonly trouble: Failure | null;
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
  spent: null,
  assistant: null,
  findings: [],
  asked: null,
  asking: null,
  trouble: null,
  notice: null,
};

const VERSION = 1;

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
const msOrNull = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/** The state as it lies on disk: snake_case, times in ISO 8601. Field by field, because the line reads it at every refresh. */
function toDisk(state: LoggerState) {
  const { usage, status, extra, assistant, asked, asking, trouble } = state;
  return {
    version: VERSION,
    generation: state.generation,
    usage: usage && { at: iso(usage.at) },
    status: status && { at: iso(status.at) },
    sessions: state.sessions,
    quotas: state.quotas.map(quotaToDisk),
    extra: extra && {
      percent: extra.percent,
      used: extra.used,
      limit: extra.limit,
      currency: extra.currency,
      ...(extra.decimals !== undefined && { decimals: extra.decimals }),
      seen_at: iso(extra.seenAt),
    },
    pace: state.pace.map(({ key, percentAtReset, fullAt, resetsAt }) => ({
      key,
      percent_at_reset: percentAtReset,
      full_at: isoOrNull(fullAt),
      resets_at: iso(resetsAt),
    })),
    spent: state.spent && spentToDisk(state.spent),
    assistant: assistant && { title: assistant.title, quotas: assistant.quotas.map(quotaToDisk) },
    findings: state.findings,
    asked: asked && { at: iso(asked.at), wall_ms: asked.wallMs },
    asking: asking && { failures: asking.failures, next_at: iso(asking.nextAt), reason: asking.reason },
    trouble: trouble && {
      code: trouble.code,
      message: trouble.message,
      since: iso(trouble.since),
      retry_at: iso(trouble.retryAt),
    },
    notice: state.notice,
  };
}

function fromDisk(disk: ReturnType<typeof toDisk>): LoggerState {
  const { usage, status, extra, assistant, asked, asking, trouble } = disk;
  return {
    generation: disk.generation,
    usage: usage && { at: Date.parse(usage.at) },
    status: status && { at: Date.parse(status.at) },
    sessions: disk.sessions,
    quotas: quotasFromDisk(disk.quotas),
    extra: extra && {
      percent: extra.percent,
      used: extra.used,
      limit: extra.limit,
      currency: extra.currency,
      ...(extra.decimals !== undefined && { decimals: extra.decimals }),
      seenAt: Date.parse(extra.seen_at),
    },
    pace: paceFromDisk(disk.pace),
    // A state of an earlier version has none of these two.
    spent: disk.spent ? spentFromDisk(disk.spent) : null,
    assistant: assistant ? { title: assistant.title, quotas: quotasFromDisk(assistant.quotas) } : null,
    findings: disk.findings,
    asked: asked && { at: Date.parse(asked.at), wallMs: asked.wall_ms },
    asking: asking && { failures: asking.failures, nextAt: Date.parse(asking.next_at), reason: asking.reason },
    trouble: trouble && {
      code: trouble.code,
      message: trouble.message,
      since: Date.parse(trouble.since),
      retryAt: Date.parse(trouble.retry_at),
    },
    notice: disk.notice,
  };
}

const quotaToDisk = ({ key, percent, resetsAt, seenAt, spend }: SeenQuota) => ({
  key,
  percent,
  resets_at: isoOrNull(resetsAt),
  seen_at: iso(seenAt),
  ...(spend && { spend }),
});

const quotaFromDisk = ({ key, percent, resets_at, seen_at, spend }: ReturnType<typeof quotaToDisk>): SeenQuota => ({
  key,
  percent,
  resetsAt: msOrNull(resets_at),
  seenAt: Date.parse(seen_at),
  ...(spend && { spend }),
});

function quotasFromDisk(quotas: readonly ReturnType<typeof quotaToDisk>[]): SeenQuota[] {
  const found: SeenQuota[] = [];
  for (const quota of quotas) found.push(quotaFromDisk(quota));
  return found;
}

function paceFromDisk(paces: ReturnType<typeof toDisk>["pace"]): Pace[] {
  const found: Pace[] = [];
  for (const { key, percent_at_reset, full_at, resets_at } of paces) {
    const fullAt = msOrNull(full_at);
    found.push({ key, percentAtReset: percent_at_reset, fullAt, resetsAt: Date.parse(resets_at) });
  }
  return found;
}

function spentToDisk({ today, burn, at }: Spent) {
  return {
    today: { date: today.date, ends_at: iso(today.endsAt), tokens: today.tokens, cost_micros: today.micros },
    burn: {
      tokens_per_minute: burn.tokensPerMinute,
      micros_per_hour: burn.microsPerHour,
      window_minutes: burn.windowMinutes,
    },
    at: iso(at),
  };
}

function spentFromDisk({ today, burn, at }: ReturnType<typeof spentToDisk>): Spent {
  return {
    today: { date: today.date, endsAt: Date.parse(today.ends_at), tokens: today.tokens, micros: today.cost_micros },
    burn: {
      tokensPerMinute: burn.tokens_per_minute,
      microsPerHour: burn.micros_per_hour,
      windowMinutes: burn.window_minutes,
    },
    at: Date.parse(at),
  };
}

/** Bytes of a state that are read: more than one of as many sessions and findings as are kept can have. */
export const MAX_STATE_BYTES = 1_048_576;

/** The state as text for its file. */
export function stateText(state: LoggerState): string {
  return `${JSON.stringify(toDisk(state))}\n`;
}

/** The state that a file's text holds, or null when it is not one of ours. */
export function stateOf(text: string | null): LoggerState | null {
  if (text === null) return null;
  try {
    const disk = JSON.parse(text) as ReturnType<typeof toDisk> | null;
    return disk?.version === VERSION ? fromDisk(disk) : null;
  } catch {
    return null;
  }
}

/** Milliseconds for which logging rests after it failed for good. */
export const PAUSE_MS = 600_000;

/** Whether something that was put off until a time is still put off; a time too far ahead is that of a clock set back. */
export function isDeferred(until: number, now: number, longest: number): boolean {
  return now < until && until - now <= longest;
}
