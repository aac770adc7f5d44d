import { holdsLimits } from "../model/quota.ts";
import { findingId, type IdScope } from "../model/record-ids.ts";
import { type DiagnosticRecord, type LimitsRecord, type StatusRecord, type UsageRecord } from "../model/record.ts";
import { type FindingEvent, KnownFindings } from "../model/finding.ts";
import type { Finding } from "../model/finding.ts";
import { heardSince, type Session } from "../model/session.ts";
import { totalOf } from "../model/tokens.ts";
import { iso } from "../utils/clock.ts";
import { allowedDirectory, redact, type Privacy } from "./redact.ts";
import type { AssistantLimitRows, StatusAnswer, UsageAnswer, UsageDelta } from "./types.ts";

/** The data shared by all records of one capture. */
export interface CaptureContext extends IdScope {
  /** Epoch milliseconds of the record. */
  readonly now: number;
  readonly session: Session | null;
  readonly privacy: Privacy;
}

/** Longest raw answer that is kept, in bytes of JSON; a longer one is replaced by its size. */
const MAX_ANSWER = 24_000;

function sessionFields({
  session,
  privacy,
}: CaptureContext): Pick<UsageRecord, "session_id" | "cwd" | "model" | "version"> {
  const cut = (text: string | null | undefined, cap: number): string | null => text?.slice(0, cap) ?? null;
  return {
    session_id: cut(session?.id, 200),
    cwd: allowedDirectory(cut(session?.cwd, 4_096), privacy),
    model: cut(session?.model.id, 200),
    version: cut(session?.version, 100),
  };
}

/** Returns the source of a record's limits: the answer if it has limits, else the statusline's stdin. */
export function sourceOf(usage: UsageAnswer | null): UsageRecord["source"] {
  return usage !== null && holdsLimits(usage.data) ? usage.source : "statusline";
}

/** Builds the usage record of one interval; `delta` is null if the ledger is unavailable or behind. */
export function usageRecordOf(
  id: string,
  usage: UsageAnswer | null,
  delta: UsageDelta | null,
  capture: CaptureContext,
): UsageRecord {
  const { session, now, privacy } = capture;
  const redacted = (value: unknown): unknown => capValue(redact(value, session?.cwd ?? null, privacy));
  const { session_id, ...fields } = sessionFields(capture);
  const { rate_limits, context_window, cost } = session?.given ?? {};
  const respondedAt = session && heardSince(session, now);
  return {
    id,
    timestamp: iso(now),
    session_id,
    ...fields,
    source: sourceOf(usage),
    usage_data: { ...capAnswer(usage?.data ?? {}), ...usageFields(delta) },
    statusline: session
      ? {
          rate_limits: redacted(rate_limits),
          context_window: redacted(context_window),
          cost: redacted(cost),
          seen_at: respondedAt === null ? null : iso(respondedAt),
        }
      : null,
  };
}

function usageFields(
  delta: UsageDelta | null,
): Pick<UsageRecord["usage_data"], "total_tokens" | "tokens" | "cost_micros"> {
  if (delta === null) return { total_tokens: null, tokens: null, cost_micros: null };
  const { input, output, cacheWrite5m, cacheWrite1h, cacheRead } = delta.tokens;
  return {
    total_tokens: totalOf(delta.tokens),
    tokens: {
      input,
      output,
      cache_write_5m: cacheWrite5m,
      cache_write_1h: cacheWrite1h,
      cache_read: cacheRead,
    },
    cost_micros: delta.micros,
  };
}

/** Builds a status record. Recorder has already redacted the answers according to PET_LOG_EMAIL and PET_LOG_CWD. */
export function statusRecordOf(
  id: string,
  status: StatusAnswer | null,
  source: StatusRecord["source"],
  diagnostics: StatusRecord["diagnostics"],
  capture: CaptureContext,
): StatusRecord {
  const { privacy, now } = capture;
  const { session_id, cwd, model, version } = sessionFields(capture);
  return {
    id,
    timestamp: iso(now),
    session_id,
    email: privacy.email === "off" ? null : emailOf(status),
    version,
    model,
    cwd,
    source,
    status_data: capAnswer({ ...status }),
    diagnostics,
  };
}

/** Returns the account's e-mail address from auth status, else from the row of get_status. */
export function emailOf(status: StatusAnswer | null): string | null {
  const auth = status?.auth_status as { email?: unknown } | null | undefined;
  if (typeof auth?.email === "string") return auth.email;
  const text = JSON.stringify(status?.get_status ?? null);
  return /"label":"Email","value":"([^"\\]{3,320})"/.exec(text)?.[1] ?? null;
}

/** Builds the record of a finding event. `since` is the time of the previous capture, which is the same for a retry. */
export function diagnosticRecordOf(event: FindingEvent, since: number, capture: CaptureContext): DiagnosticRecord {
  const { finding, state, key } = event;
  return {
    id: findingId({ type: finding.type, key, state }, since, capture),
    timestamp: iso(capture.now),
    session_id: capture.session?.id?.slice(0, 200) ?? null,
    diagnostic_type: finding.type,
    severity: finding.severity,
    message: finding.message,
    state,
    details: { ...finding.details },
  };
}

/** Builds the limits record of one assistant from the newest limits in its files. */
export function limitsRecordOf(
  id: string,
  { source, windows }: AssistantLimitRows,
  { now, session, privacy }: CaptureContext,
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

/** Replays finding events; returns the findings that are still open, oldest first. */
export function openFindingsIn(records: Iterable<DiagnosticRecord>): Finding[] {
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

function capAnswer(answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  return bytes <= MAX_ANSWER ? { ...answer } : { truncated: true, bytes };
}

function capValue(value: unknown): unknown {
  return Buffer.byteLength(JSON.stringify(value ?? null)) <= 4_000 ? (value ?? null) : null;
}
