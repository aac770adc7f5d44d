import { limitReadingsIn, newestExtraUsage } from "../model/limit-readings.ts";
import type { DiagnosticRecord, LoggedRecord, UsageRecord } from "../model/record.ts";
import type { Session } from "../model/session.ts";
import { emptyState, type LoggerState } from "../model/state.ts";
import { replaceFile } from "../utils/files.ts";
import type { LogFiles } from "./LogFiles.ts";
import { loadMemory, type Memory, readCache, type ScopeMemory } from "./Memory.ts";
import { isPaced } from "./merge-limits.ts";
import { type CaptureContext, openFindingsIn } from "./records.ts";
import { wasSetBack } from "./Schedule.ts";
import type { OpenLog, RecorderOptions } from "./types.ts";

/** What a capture continues from. */
export interface LoadedCapture {
  readonly state: LoggerState;
  readonly memory: Memory;
  /** The memory of this account. */
  readonly own: ScopeMemory;
  readonly capture: CaptureContext;
}

/** How far back limits are read from the log, milliseconds. */
export const LOOK_BACK_MS = 25 * 3_600_000;

/** Loads what a capture at `now` continues from. What the caches lack is read from the records of the account in the log. */
export function loadCapture(
  options: Pick<RecorderOptions, "files" | "scope" | "settings" | "home" | "realHome" | "secrets" | "log">,
  state: LoggerState | null,
  session: Session | null,
  now: number,
): LoadedCapture {
  const { files, scope, settings, home, realHome, secrets = [], log } = options;
  const memory = loadMemory(files, scope);
  const own = memory.scopes[scope];
  const logged = state && own ? null : accountIn(log, scope, now);
  const setBack = state?.usage && wasSetBack(state.usage, now, settings.usageInterval);
  const generation = (state?.generation ?? 0) + (setBack ? 1 : 0);
  const privacy = { ...settings, home, realHome, salt: saltOf(files), secrets };
  return {
    state: state ?? { ...emptyState, ...logged?.limits },
    memory,
    own: own ?? logged?.memory ?? NOTHING.memory,
    capture: { now, scope, generation, session, privacy },
  };
}

/** What the log has of an account: the memory, and the limits of the state. */
interface LoggedAccount {
  readonly memory: ScopeMemory;
  readonly limits: Pick<LoggerState, "quotas" | "extra">;
}

const NOTHING: LoggedAccount = {
  memory: { answers: null, samples: [], findings: [] },
  limits: { quotas: [], extra: null },
};

function accountIn(log: OpenLog, scope: string, now: number): LoggedAccount {
  const isOfScope = (record: LoggedRecord): boolean => record.scope === scope;
  try {
    const usage = [...log.read("usage", now - LOOK_BACK_MS)].filter(isOfScope) as LoggedRecord<UsageRecord>[];
    const events = [...log.read("diagnostics", 0)].filter(isOfScope) as LoggedRecord<DiagnosticRecord>[];
    const readings = limitReadingsIn(usage, now);
    const newest = new Map(readings.map(({ at, quota }) => [quota.key, { ...quota, observedAt: at }]));
    return {
      memory: {
        answers: null,
        samples: readings.filter(({ quota }) => isPaced(quota)),
        findings: openFindingsIn(events),
      },
      limits: { quotas: [...newest.values()], extra: newestExtraUsage(usage, now) },
    };
  } catch {
    // An unreadable log cannot be written either; the write retries and reports the error.
    return NOTHING;
  }
}

function saltOf(files: LogFiles): string {
  const known = readCache(files.salt);
  if (known) return known;
  const salt = crypto.randomUUID();
  replaceFile(files.salt, salt);
  return salt;
}
