import type { LimitsRecord } from "../model/record.ts";
import type { AssistantLimitRows, OpenLog } from "./types.ts";

/*
 * A limits record is made when an assistant's files tell something newer than the last record of the same log, whichever
 * account of Claude Code either is of: the other assistants are those of the machine. How new that was is remembered in a
 * file, which is taken away while a record is being written: who does not find it asks the log.
 */

const VERSION = 1;

/** When the newest sighting that is recorded was told (epoch milliseconds), by assistant. */
export type Recorded = ReadonlyMap<string, number>;

/** The text of the file. */
export function recordedText(recorded: Recorded): string {
  return `${JSON.stringify({ version: VERSION, recorded: [...recorded] })}\n`;
}

/** What the file tells; null where it is missing or none of ours. */
export function recordedOf(text: string | null): Recorded | null {
  try {
    const { version, recorded } = JSON.parse(text ?? "null") as { version?: unknown; recorded: [string, number][] };
    return version === VERSION ? new Map(recorded) : null;
  } catch {
    return null;
  }
}

/** What the log tells, as far back as one of these limits can stand in it. */
export function recordedIn(log: OpenLog, limits: readonly AssistantLimitRows[]): Recorded {
  const found = new Map<string, number>();
  for (const { source = "", windows } of recordsOf(log, Math.min(...limits.map(({ at }) => at)))) {
    const told: readonly ({ readonly seen_at?: string } | null)[] = Array.isArray(windows) ? windows : [];
    const seen = told.map((one) => Date.parse(one?.seen_at ?? "")).filter(Number.isFinite);
    found.set(source, Math.max(found.get(source) ?? 0, ...seen));
  }
  return found;
}

/** The limits that no record tells yet. */
export const unrecorded = (limits: readonly AssistantLimitRows[], recorded: Recorded): AssistantLimitRows[] =>
  limits.filter(({ source, at }) => at > (recorded.get(source) ?? 0));

/** A line of the log may be anything: somebody else may have written it. */
function recordsOf(log: OpenLog, since: number): Partial<LimitsRecord>[] {
  try {
    return [...log.read("limits", since)] as Partial<LimitsRecord>[];
  } catch {
    // A log that cannot be read cannot be written either, and that is where it is told.
    return [];
  }
}
