import type { LogRecord, RecordKind } from "../model/record.ts";
import { changesBetween } from "../model/finding.ts";
import type { Finding } from "../model/finding.ts";
import type { Session } from "../model/session.ts";
import { iso } from "../utils/clock.ts";
import { emptyState, type LoggerState, type OpenFinding } from "../model/state.ts";
import { diagnose, reportOf, statusDiagnostics } from "./diagnose.ts";
import { mergeLimits, paces, appendSamples } from "./learn.ts";
import type { Memory } from "./Memory.ts";
import {
  diagnosticRecordOf,
  firstSeenId,
  intervalId,
  limitsId,
  limitsRecordOf,
  type Moment,
  sourceOf,
  statusRecordOf,
  usageRecordOf,
} from "./records.ts";
import { backOff, type Due, type Intervals, mayAsk, SESSION_MEMORY_MS, sessionKey, slotOf } from "./Schedule.ts";
import type { ClaudeAnswers, AssistantLimitRows, UsageSnapshot } from "./types.ts";

/** What a capture has to go by. */
export interface Given {
  readonly state: LoggerState | null;
  readonly memory: Memory;
  readonly due: Due;
  /** What the program said; null where it was not asked. */
  readonly asked: ClaudeAnswers | null;
  /** The status answers to go by: those of now, or young ones from memory. */
  readonly status: ClaudeAnswers["status"];
  /** Whether there is a program to ask at all. */
  readonly hasProgram: boolean;
  /** What the ledger told; null where it was not asked or could not tell. */
  readonly settled: UsageSnapshot | null;
  /** Those of its limits that no record tells yet. */
  readonly limits: readonly AssistantLimitRows[];
  readonly moment: Moment;
  readonly intervals: Intervals;
  /** What is to be said that does not stop logging. */
  readonly notice: string | null;
}

/** The records to write, and what line and next worker are to know. */
export interface Conclusion {
  readonly records: readonly (readonly [RecordKind, LogRecord])[];
  readonly memory: Memory;
  readonly state: LoggerState;
}

/** Sessions that the state remembers: as many as a machine has in two days, and few enough for the line to read at every refresh. */
const MAX_SESSIONS = 2_000;
/** Findings that the state keeps for line and doctor; the log has all. */
const MAX_FINDINGS = 50;

/** What the answers mean. Pure: the same given makes the same records, so that a retry makes none twice. */
export function buildRecords(given: Given): Conclusion {
  const { state, memory, due, asked, status, settled, limits, moment, intervals, notice } = given;
  const { now, generation, session } = moment;
  const slots = { usage: slotOf(now, intervals.usageInterval), status: slotOf(now, intervals.statusInterval) };
  const reported = asked?.status?.doctor != null;
  const findings = reported && status ? diagnose(reportOf(status)) : memory.findings;
  const learned = mergeLimits(state, asked?.usage?.data ?? null, session, now);
  const samples = appendSamples(memory.samples, learned.quotas, now);
  const records: [RecordKind, LogRecord][] = [];
  if (due.usage) {
    const id = intervalId("usage", slots.usage, intervals.usageInterval, moment);
    records.push(["usage", usageRecordOf(id, asked?.usage ?? null, settled?.used ?? null, moment)]);
  }
  for (const one of limits) {
    const id = limitsId(one.source, slots.usage, intervals.usageInterval, moment);
    records.push(["limits", limitsRecordOf(id, one, moment)]);
  }
  if (due.status !== "no") {
    const first = due.status === "first_seen" ? session?.id : null;
    const id = first
      ? firstSeenId(first, slots.status, intervals.statusInterval, moment)
      : intervalId("status", slots.status, intervals.statusInterval, moment);
    const diagnostics = statusDiagnostics(findings, status?.doctor != null);
    const source = asked?.usage ? sourceOf(asked.usage) : status?.get_status != null ? "control" : "statusline";
    records.push(["status", statusRecordOf(id, status, source, diagnostics, moment)]);
  }
  for (const event of changesBetween(memory.findings, findings)) {
    records.push(["diagnostics", diagnosticRecordOf(event, state?.status?.at ?? 0, moment)]);
  }
  return {
    records,
    memory: { answers: asked?.status ? { at: now, status: asked.status } : memory.answers, samples, findings },
    state: {
      ...emptyState,
      generation,
      usage: due.usage ? { at: now } : (state?.usage ?? null),
      status: due.status === "no" ? (state?.status ?? null) : { at: now },
      sessions: sessionsWith(state, due.status === "no" ? null : session, now),
      quotas: learned.quotas,
      extra: learned.extra,
      pace: paces(samples, now),
      spent: settled?.spent ?? state?.spent ?? null,
      assistant: settled ? settled.assistant : (state?.assistant ?? null),
      findings: findings.slice(0, MAX_FINDINGS).map(openFinding),
      asked: asked ? { at: now, wallMs: asked.wallMs } : (state?.asked ?? null),
      asking: askingAfter(given),
      notice,
    },
  };
}

/** The back-off: none once limits came, one step more when none came, and as it was when nobody asked for them. */
function askingAfter({ state, due, asked, hasProgram, moment: { now } }: Given): LoggerState["asking"] {
  if (!hasProgram) return backOff(state, now, "claude was not found");
  if (!due.usage || !mayAsk(state, now)) return state?.asking ?? null;
  if (sourceOf(asked?.usage ?? null) !== "statusline") return null;
  return backOff(state, now, asked?.failure?.reason ?? "the answer holds no limits");
}

function sessionsWith(state: LoggerState | null, session: Session | null, now: number): Record<string, string> {
  const young = Object.entries(state?.sessions ?? {}).filter(
    ([, at]) => Math.abs(now - Date.parse(at)) < SESSION_MEMORY_MS,
  );
  const kept = young.toSorted(([, a], [, b]) => (a < b ? 1 : -1)).slice(0, MAX_SESSIONS);
  if (session?.id != null) kept.push([sessionKey(session.id), iso(now)]);
  return Object.fromEntries(kept);
}

function openFinding({ type, severity, message, details }: Finding): OpenFinding {
  const { fix } = details;
  return { type, severity, message: message.slice(0, 300), fix: typeof fix === "string" ? fix.slice(0, 300) : null };
}
