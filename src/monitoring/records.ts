import { holdsLimits } from "../model/quota.ts";
import type { DiagnosticRecord, LimitsRecord, StatusRecord, UsageRecord } from "../model/record.ts";
import { type FindingEvent, KnownFindings } from "../model/finding.ts";
import type { Finding } from "../model/finding.ts";
import { heardSince, type Session } from "../model/session.ts";
import { totalOf } from "../model/tokens.ts";
import { iso } from "../utils/clock.ts";
import { cwdAs, redact, type Privacy } from "./privacy.ts";
import { sessionKey } from "./Schedule.ts";
import type { AssistantLimitRows, StatusAnswer, UsageAnswer, UsageDelta } from "./types.ts";

/** What every record of one capture shares. */
export interface Moment {
  /** Epoch milliseconds of the record. */
  readonly now: number;
  /** Places.scope, and how often the clock was set back: parts of every id. */
  readonly scope: string;
  readonly generation: number;
  readonly session: Session | null;
  readonly privacy: Privacy;
}

/** Longest raw answer that is kept, in bytes of JSON; a longer one is replaced by a note that says so. */
const MAX_ANSWER = 24_000;

/** The id of the record of an interval: every attempt at the interval makes the same. */
export function intervalId(kind: "usage" | "status", slot: number, interval: number, moment: Moment): string {
  return `${kind}-${iso(slot * interval)}-${suffix(moment)}`;
}

const suffix = ({ scope, generation }: Moment): string => (generation === 0 ? scope : `${scope}-g${generation}`);

/** The id of the status record of a session that is seen for the first time, or again after it was forgotten. */
export function firstSeenId(session: string, slot: number, interval: number, moment: Moment): string {
  return `status-${iso(slot * interval)}-${sessionKey(session)}-${suffix(moment)}`;
}

/** The id of the limits record of one assistant for an interval. */
export function limitsId(source: string, slot: number, interval: number, moment: Moment): string {
  return `limits-${iso(slot * interval)}-${source}-${suffix(moment)}`;
}

function sessionFields({ session, privacy }: Moment): Pick<UsageRecord, "session_id" | "cwd" | "model" | "version"> {
  const capped = (text: string | null | undefined, cap: number): string | null => text?.slice(0, cap) ?? null;
  return {
    session_id: capped(session?.id, 200),
    cwd: cwdAs(capped(session?.cwd, 4_096), privacy),
    model: capped(session?.model.id, 200),
    version: capped(session?.version, 100),
  };
}

/** Where the limits of a record come from: the answer where it has any, else the statusline's own stdin. */
export function sourceOf(usage: UsageAnswer | null): UsageRecord["source"] {
  return usage !== null && holdsLimits(usage.data) ? usage.source : "statusline";
}

/** The usage record of one interval; `used` is null where the ledger could not tell. */
export function usageRecordOf(
  id: string,
  usage: UsageAnswer | null,
  used: UsageDelta | null,
  moment: Moment,
): UsageRecord {
  const { session, now, privacy } = moment;
  const shown = (value: unknown): unknown => small(redact(value, session?.cwd ?? null, privacy));
  const { session_id, ...fields } = sessionFields(moment);
  const { rate_limits, context_window, cost } = session?.given ?? {};
  const heard = session && heardSince(session, now);
  return {
    id,
    timestamp: iso(now),
    session_id,
    ...fields,
    source: sourceOf(usage),
    usage_data: { ...fit(usage?.data ?? {}), ...countedIn(used) },
    statusline: session
      ? {
          rate_limits: shown(rate_limits),
          context_window: shown(context_window),
          cost: shown(cost),
          seen_at: heard === null ? null : iso(heard),
        }
      : null,
  };
}

function countedIn(
  used: UsageDelta | null,
): Pick<UsageRecord["usage_data"], "total_tokens" | "tokens" | "cost_micros"> {
  if (used === null) return { total_tokens: null, tokens: null, cost_micros: null };
  const { input, output, cacheWrite5m, cacheWrite1h, cacheRead } = used.tokens;
  return {
    total_tokens: totalOf(used.tokens),
    tokens: {
      input,
      output,
      cache_write_5m: cacheWrite5m,
      cache_write_1h: cacheWrite1h,
      cache_read: cacheRead,
    },
    cost_micros: used.micros,
  };
}

/** The answers are those that Recorder has hidden already what PET_LOG_EMAIL and PET_LOG_CWD do not allow. */
export function statusRecordOf(
  id: string,
  status: StatusAnswer | null,
  source: StatusRecord["source"],
  diagnostics: StatusRecord["diagnostics"],
  moment: Moment,
): StatusRecord {
  const { privacy, now } = moment;
  const { session_id, cwd, model, version } = sessionFields(moment);
  return {
    id,
    timestamp: iso(now),
    session_id,
    email: privacy.email === "off" ? null : emailOf(status),
    version,
    model,
    cwd,
    source,
    status_data: fit({ ...status }),
    diagnostics,
  };
}

/** The account's address: what auth status says, else the row that get_status shows. */
export function emailOf(status: StatusAnswer | null): string | null {
  const auth = status?.auth_status as { email?: unknown } | null | undefined;
  if (typeof auth?.email === "string") return auth.email;
  const shown = JSON.stringify(status?.get_status ?? null);
  return /"label":"Email","value":"([^"\\]{3,320})"/.exec(shown)?.[1] ?? null;
}

/** One event of a finding. `since` is the time of the capture it is compared with, which a retry shares. */
export function diagnosticRecordOf(event: FindingEvent, since: number, moment: Moment): DiagnosticRecord {
  const { finding, state, key } = event;
  const mark = Bun.hash.xxHash64(key).toString(16);
  return {
    id: `diagnostics-${finding.type}-${mark}-${state}-${since}-${suffix(moment)}`,
    timestamp: iso(moment.now),
    session_id: moment.session?.id?.slice(0, 200) ?? null,
    diagnostic_type: finding.type,
    severity: finding.severity,
    message: finding.message,
    state,
    details: { ...finding.details },
  };
}

/** The limits of one assistant as its own files told them last. */
export function limitsRecordOf(
  id: string,
  { source, windows }: AssistantLimitRows,
  { now, session, privacy }: Moment,
): LimitsRecord {
  return {
    id,
    timestamp: iso(now),
    session_id: session?.id?.slice(0, 200) ?? null,
    source,
    windows: windows.map((one) => ({
      name: redact(one.name, session?.cwd ?? null, privacy),
      window_minutes: one.windowMinutes,
      used_percent: one.usedPercent,
      resets_at: iso(one.resetsAt),
      seen_at: iso(one.at),
      plan: one.plan === "" ? null : redact(one.plan, session?.cwd ?? null, privacy),
    })),
  };
}

/** The findings that a log of such events leaves open, oldest first. */
export function replay(records: Iterable<DiagnosticRecord>): Finding[] {
  const open = new Set<Finding>();
  const known = new KnownFindings<Finding>();
  for (const { diagnostic_type: type, severity, message, state, details } of records) {
    const finding: Finding = { type, severity, message, details: details as Finding["details"] };
    const last = known.find(finding, state, () => true);
    if (last) {
      known.remove(last);
      open.delete(last);
    }
    if (state === "resolved") continue;
    known.add(finding);
    open.add(finding);
  }
  return [...open];
}

function fit(answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  return bytes <= MAX_ANSWER ? { ...answer } : { truncated: true, bytes };
}

function small(value: unknown): unknown {
  return Buffer.byteLength(JSON.stringify(value ?? null)) <= 4_000 ? (value ?? null) : null;
}
