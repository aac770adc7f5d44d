import type { Sample } from "../model/pace.ts";
import type { DiagnosticRecord, UsageRecord } from "../model/record.ts";
import type { Finding } from "../model/finding.ts";
import { sightingsIn } from "../model/sighting.ts";
import { isPaced } from "./learn.ts";
import { replay } from "./records.ts";
import type { OpenLog, StatusAnswer } from "./types.ts";

/** What one worker leaves for the next: a cache of what the log itself tells. */
export interface Memory {
  /** The newest status answers, for sessions that show up shortly after. */
  readonly answers: { readonly at: number; readonly status: StatusAnswer } | null;
  readonly samples: readonly Sample[];
  readonly findings: readonly Finding[];
}

const VERSION = 1;
/** How far back samples are read from the log when the cache is lost. */
const LOOK_BACK_MS = 25 * 3_600_000;

/** The memory as text for its file. */
export function memoryText(memory: Memory): string {
  return `${JSON.stringify({ version: VERSION, ...memory })}\n`;
}

/** The memory in a file's text; what is missing or unreadable is read from the log of that scope anew. */
export function memoryOf(text: string | null, log: OpenLog, scope: string, now: number): Memory {
  try {
    const { version, ...memory } = JSON.parse(text ?? "null") as Memory & { version?: unknown };
    if (version === VERSION) return memory;
  } catch {
    // An unreadable cache is one that is not there.
  }
  const ours = ({ id }: { id: string }): boolean => id.includes(`-${scope}`);
  try {
    const usage = [...log.read("usage", now - LOOK_BACK_MS)].filter(ours) as UsageRecord[];
    const events = [...log.read("diagnostics", 0)].filter(ours) as DiagnosticRecord[];
    return {
      answers: null,
      samples: sightingsIn(usage, now).filter(({ quota }) => isPaced(quota)),
      findings: replay(events),
    };
  } catch {
    // A log that cannot be read cannot be written either, and that is where it is tried again and told.
    return { answers: null, samples: [], findings: [] };
  }
}
