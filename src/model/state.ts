import type { Pace } from "./pace.ts";
import type { ExtraUsage, Quota } from "./quota.ts";
import type { Severity } from "./finding.ts";

/** A limit and when the provider last reported it (epoch milliseconds), to the program or to a session. */
export interface ObservedQuota extends Quota {
  readonly observedAt: number;
}

/** An open finding, with the remedy that the program names, or null. */
export interface OpenFinding {
  readonly type: string;
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string | null;
}

/** Why logging failed, since when, and when it is retried (epoch milliseconds). */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly since: number;
  readonly retryAt: number;
}

/**
 * Usage of today and of the last minutes from the ledger, over all sessions of this machine. Costs are null if a model
 * without a price was used.
 */
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
  /** When the numbers were read, epoch milliseconds. */
  readonly at: number;
}

/** The limits of the assistant other than Claude Code with the newest session on this machine. */
export interface AssistantLimits {
  /** The assistant's display name. */
  readonly title: string;
  /** Keyed by the length of their window, "5h" or "7d"; the shorter first. */
  readonly quotas: readonly ObservedQuota[];
}

/**
 * The state that the worker leaves for the line and for the next worker, one small file per scope. An unreadable or
 * foreign file counts as no state, and without a state everything is due.
 */
export interface LoggerState {
  /** How often the clock has jumped back. Part of every record's id, so that a repeated hour gets new ids. */
  readonly generation: number;
  /**
   * When the newest usage record and the newest status record were made. Each covers the interval that contains this
   * time.
   */
  readonly usage: { readonly at: number } | null;
  readonly status: { readonly at: number } | null;
  /** When each recent session got its first status record, ISO 8601. The line checks only whether an entry exists. */
  readonly sessions: Readonly<Record<string, string>>;
  readonly quotas: readonly ObservedQuota[];
  readonly extra: (ExtraUsage & { readonly observedAt: number }) | null;
  readonly pace: readonly Pace[];
  readonly spent: Spent | null;
  readonly assistant: AssistantLimits | null;
  readonly findings: readonly OpenFinding[];
  /** When the program was last run, and how long its answers took in milliseconds. */
  readonly asked: { readonly at: number; readonly wallMs: number } | null;
  /** Back-off after failed runs of the program: failures in a row, the time of the next run, and the reason. */
  readonly backOff: { readonly failures: number; readonly nextAt: number; readonly reason: string } | null;
  readonly failure: Failure | null;
  /** A message that does not stop logging, for instance that the disk is almost full. */
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
  backOff: null,
  failure: null,
  notice: null,
};

const VERSION = 1;

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
const msOrNull = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/**
 * The state in the form on disk: snake_case, times in ISO 8601. Written field by field, because the line reads it at
 * every refresh.
 */
function toDisk(state: LoggerState) {
  const { usage, status, extra, assistant, asked, backOff, failure } = state;
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
      seen_at: iso(extra.observedAt),
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
    asking: backOff && { failures: backOff.failures, next_at: iso(backOff.nextAt), reason: backOff.reason },
    trouble: failure && {
      code: failure.code,
      message: failure.message,
      since: iso(failure.since),
      retry_at: iso(failure.retryAt),
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
      observedAt: Date.parse(extra.seen_at),
    },
    pace: paceFromDisk(disk.pace),
    // States of earlier versions lack these two fields.
    spent: disk.spent ? spentFromDisk(disk.spent) : null,
    assistant: assistant ? { title: assistant.title, quotas: quotasFromDisk(assistant.quotas) } : null,
    findings: disk.findings,
    asked: asked && { at: Date.parse(asked.at), wallMs: asked.wall_ms },
    backOff: asking && { failures: asking.failures, nextAt: Date.parse(asking.next_at), reason: asking.reason },
    failure: trouble && {
      code: trouble.code,
      message: trouble.message,
      since: Date.parse(trouble.since),
      retryAt: Date.parse(trouble.retry_at),
    },
    notice: disk.notice,
  };
}

const quotaToDisk = ({ key, percent, resetsAt, observedAt, spend }: ObservedQuota) => ({
  key,
  percent,
  resets_at: isoOrNull(resetsAt),
  seen_at: iso(observedAt),
  ...(spend && { spend }),
});

const quotaFromDisk = ({ key, percent, resets_at, seen_at, spend }: ReturnType<typeof quotaToDisk>): ObservedQuota => ({
  key,
  percent,
  resetsAt: msOrNull(resets_at),
  observedAt: Date.parse(seen_at),
  ...(spend && { spend }),
});

function quotasFromDisk(quotas: readonly ReturnType<typeof quotaToDisk>[]): ObservedQuota[] {
  const found: ObservedQuota[] = [];
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

/** Largest state file that is read, bytes. The sessions and findings that are kept never need more. */
export const MAX_STATE_BYTES = 1_048_576;

/** The state as text for its file. */
export function stateText(state: LoggerState): string {
  return `${JSON.stringify(toDisk(state))}\n`;
}

/** Parses the text of a state file; null if it is not a valid state. */
export function stateOf(text: string | null): LoggerState | null {
  if (text === null) return null;
  try {
    const disk = JSON.parse(text) as ReturnType<typeof toDisk> | null;
    return disk?.version === VERSION ? fromDisk(disk) : null;
  } catch {
    return null;
  }
}

/** Milliseconds for which logging is suspended after a failure. */
export const PAUSE_MS = 600_000;

/**
 * Whether something deferred until a time is still deferred. A time more than `longest` ahead was set before the clock
 * was set back and is ignored.
 */
export function isDeferred(until: number, now: number, longest: number): boolean {
  return now < until && until - now <= longest;
}
