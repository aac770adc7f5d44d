import type { Sample } from "../model/pace.ts";
import type { DiagnosticRecord, UsageRecord } from "../model/record.ts";
import type { Finding } from "../model/finding.ts";
import { limitReadingsIn } from "../model/limit-readings.ts";
import { isPaced } from "./merge-limits.ts";
import { openFindingsIn } from "./records.ts";
import type { OpenLog, StatusAnswer } from "./types.ts";

/** Data that a worker keeps for the next one. It is a cache: all of it except `answers` can be read from the log. */
export interface Memory {
  /** The newest status answers, reused for sessions that start shortly after. */
  readonly answers: { readonly at: number; readonly status: StatusAnswer } | null;
  readonly samples: readonly Sample[];
  readonly findings: readonly Finding[];
}

const VERSION = 1;
/** How far back samples are read from the log when the cache is missing. */
const LOOK_BACK_MS = 25 * 3_600_000;

/** Serializes the memory for its file. */
export function memoryText(memory: Memory): string {
  return `${JSON.stringify({ version: VERSION, ...memory })}\n`;
}

/** Parses the memory in a file's text; if it is missing or unreadable, rebuilds it from the log records of the scope. */
export function memoryOf(text: string | null, log: OpenLog, scope: string, now: number): Memory {
  try {
    const { version, ...memory } = JSON.parse(text ?? "null") as Memory & { version?: unknown };
    if (version === VERSION) return memory;
  } catch {
    // An unreadable cache counts as missing.
  }
  const isOfScope = ({ id }: { id: string }): boolean => id.includes(`-${scope}`);
  try {
    const usage = [...log.read("usage", now - LOOK_BACK_MS)].filter(isOfScope) as UsageRecord[];
    const events = [...log.read("diagnostics", 0)].filter(isOfScope) as DiagnosticRecord[];
    return {
      answers: null,
      samples: limitReadingsIn(usage, now).filter(({ quota }) => isPaced(quota)),
      findings: openFindingsIn(events),
    };
  } catch {
    // An unreadable log cannot be written either; the write retries and reports the error.
    return { answers: null, samples: [], findings: [] };
  }
}
