import { firstSeenId, intervalId, limitsId } from "../model/record-ids.ts";
import type { LogRecord, RecordKind } from "../model/record.ts";
import { changesBetween } from "../model/finding.ts";
import type { Finding } from "../model/finding.ts";
import type { Session } from "../model/session.ts";
import { iso } from "../utils/clock.ts";
import { emptyState, type LoggerState, type OpenFinding } from "../model/state.ts";
import { diagnose, reportOf, statusDiagnostics } from "./diagnose.ts";
import { mergeLimits, paces, appendSamples } from "./merge-limits.ts";
import type { LedgerAnswers } from "./ask-ledger.ts";
import type { ProgramAnswers } from "./ask-program.ts";
import type { LoadedCapture } from "./load-capture.ts";
import type { ScopeMemory } from "./Memory.ts";
import { diagnosticRecordOf, limitsRecordOf, sourceOf, statusRecordOf, usageRecordOf } from "./records.ts";
import { backOff, type Due, type Intervals, mayAsk, SESSION_MEMORY_MS, sessionKey, slotOf } from "./Schedule.ts";

/** The inputs of a capture. */
export interface RecordInputs extends LoadedCapture, ProgramAnswers, LedgerAnswers {
  readonly due: Due;
  /** Whether Claude Code was found. */
  readonly hasProgram: boolean;
  readonly intervals: Intervals;
  /** A message for the line that does not stop logging. */
  readonly notice: string | null;
}

/** The records to write, and the account's memory and state to save. */
export interface BuiltRecords {
  readonly records: readonly (readonly [RecordKind, LogRecord])[];
  readonly own: ScopeMemory;
  readonly state: LoggerState;
}

/** Sessions kept in the state: as many as a machine has in two days, and few enough for the line to read at every refresh. */
const MAX_SESSIONS = 2_000;
/** Findings kept in the state for the line and doctor; the log has all. */
const MAX_FINDINGS = 50;

/** Builds the records from the answers. Pure: the same inputs give the same records, so that a retry writes none twice. */
export function buildRecords(inputs: RecordInputs): BuiltRecords {
  const { state, own, due, answers, status, snapshot, limits, capture, intervals, notice } = inputs;
  const { now, generation, session } = capture;
  const slots = { usage: slotOf(now, intervals.usageInterval), status: slotOf(now, intervals.statusInterval) };
  const reported = answers?.status?.doctor != null;
  const findings = reported && status ? diagnose(reportOf(status)) : own.findings;
  const merged = mergeLimits(state, answers?.usage?.data ?? null, session, now);
  const samples = appendSamples(own.samples, merged.quotas, now);
  const records: [RecordKind, LogRecord][] = [];
  if (due.usage) {
    const id = intervalId("usage", slots.usage, intervals.usageInterval, capture);
    records.push(["usage", usageRecordOf(id, answers?.usage ?? null, snapshot?.delta ?? null, capture)]);
  }
  for (const one of limits) {
    const id = limitsId(one.source, slots.usage, intervals.usageInterval, capture);
    records.push(["limits", limitsRecordOf(id, one, capture)]);
  }
  if (due.status !== "no") {
    const first = due.status === "first_seen" ? session?.id : null;
    const id = first
      ? firstSeenId(sessionKey(first), slots.status, intervals.statusInterval, capture)
      : intervalId("status", slots.status, intervals.statusInterval, capture);
    const diagnostics = statusDiagnostics(findings, status?.doctor != null);
    const source = answers?.usage ? sourceOf(answers.usage) : status?.get_status != null ? "control" : "statusline";
    records.push(["status", statusRecordOf(id, status, source, diagnostics, capture)]);
  }
  for (const event of changesBetween(own.findings, findings)) {
    records.push(["diagnostics", diagnosticRecordOf(event, state.status?.at ?? 0, capture)]);
  }
  return {
    records,
    own: { answers: answers?.status ? { at: now, status: answers.status } : own.answers, samples, findings },
    state: {
      ...emptyState,
      generation,
      usage: due.usage ? { at: now } : state.usage,
      status: due.status === "no" ? state.status : { at: now },
      sessions: updatedSessions(state, due.status === "no" ? null : session, now),
      quotas: merged.quotas,
      extra: merged.extra,
      pace: paces(samples, now),
      spent: snapshot?.spent ?? state.spent,
      assistant: snapshot ? snapshot.assistant : state.assistant,
      findings: findings.slice(0, MAX_FINDINGS).map(toOpenFinding),
      asked: answers ? { at: now, wallMs: answers.wallMs } : state.asked,
      backOff: backOffAfter(inputs),
      notice,
    },
  };
}

/** Returns the back-off: none after limits arrived, one step longer if none arrived, unchanged if they were not queried. */
function backOffAfter({ state, due, answers, hasProgram, capture: { now } }: RecordInputs): LoggerState["backOff"] {
  if (!hasProgram) return backOff(state, now, "claude was not found");
  if (!due.usage || !mayAsk(state, now)) return state.backOff;
  if (sourceOf(answers?.usage ?? null) !== "statusline") return null;
  return backOff(state, now, answers?.failure?.reason ?? "the answer has no limits");
}

function updatedSessions(state: LoggerState, session: Session | null, now: number): Record<string, string> {
  const recent = Object.entries(state.sessions).filter(([, at]) => Math.abs(now - Date.parse(at)) < SESSION_MEMORY_MS);
  const kept = recent.toSorted(([, a], [, b]) => (a < b ? 1 : -1)).slice(0, MAX_SESSIONS);
  if (session?.id != null) kept.push([sessionKey(session.id), iso(now)]);
  return Object.fromEntries(kept);
}

function toOpenFinding({ type, severity, message, details }: Finding): OpenFinding {
  const { fix } = details;
  return { type, severity, message: message.slice(0, 300), fix: typeof fix === "string" ? fix.slice(0, 300) : null };
}
