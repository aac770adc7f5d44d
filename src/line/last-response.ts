import { isPast } from "../model/quota.ts";
import type { Session } from "../model/session.ts";
import { readSmall, replaceSmall, withTimeout } from "../utils/small-files.ts";

/**
 * The saved last response of a session: a fingerprint of the values that responses change, and its time (epoch
 * milliseconds, null if unknown).
 */
export interface SavedResponse {
  readonly mark: string;
  readonly at: number | null;
}

/**
 * The time of a session's last response (epoch milliseconds, null if unknown), and what to save; null if the saved
 * value is still right.
 */
export interface LastResponse {
  readonly at: number | null;
  readonly toSave: SavedResponse | null;
}

/** Returns a fingerprint of the values that each response changes: limits and API time. Null while a session has no limits. */
export function markOf({ limits, cost }: Session): string | null {
  const { fiveHour, weekly, spend } = limits;
  return (fiveHour ?? weekly ?? spend) === null ? null : JSON.stringify([cost.apiDurationMs, fiveHour, weekly, spend]);
}

/**
 * Returns the time of a session's last response: when its transcript or its mark changed. A changed mark without a changed
 * transcript (a subagent's responses are in a file of their own) means that the response came just now, because each response
 * triggers a refresh.
 */
export function lastResponseOf(
  mark: string,
  saved: SavedResponse | null,
  transcriptAt: number | null,
  now: number,
): LastResponse {
  const writtenAt = transcriptAt !== null && isPast(transcriptAt, now) ? Math.min(transcriptAt, now) : null;
  if (saved === null || !isPast(saved.at ?? 0, now)) return { at: writtenAt, toSave: { mark, at: writtenAt } };
  const isTranscriptNewer = writtenAt !== null && writtenAt > (saved.at ?? 0);
  if (saved.mark === mark)
    return { at: isTranscriptNewer || saved.at === null ? writtenAt : Math.min(saved.at, now), toSave: null };
  if (!isTranscriptNewer) return { at: now, toSave: { mark, at: now } };
  return { at: writtenAt, toSave: { mark, at: writtenAt } };
}

/**
 * Reads the time of a session's last response from its transcript and from the saved file (`path`, null when logging is off).
 * Without limits or without a response the session has no age to show, and the time is null.
 */
export async function readLastResponse(session: Session, path: string | null, now: number): Promise<LastResponse> {
  const mark = markOf(session);
  if (mark === null || session.cost.apiDurationMs === 0) return { at: null, toSave: null };
  const [transcriptAt, text] = await Promise.all([
    session.transcript === null ? null : withTimeout(changedAt(session.transcript)),
    path === null ? null : withTimeout(readSmall(path, 2_048)),
  ]);
  return lastResponseOf(mark, parseSaved(text), transcriptAt, now);
}

/** Saves the last response in the session's file; ignores write errors. */
export async function saveLastResponse(path: string, { toSave }: LastResponse): Promise<void> {
  if (toSave !== null) await replaceSmall(path, JSON.stringify(toSave)).catch(() => undefined);
}

/** Returns when a file was last changed (epoch milliseconds); null when it is missing, empty, unreadable or a directory. */
export async function changedAt(path: string): Promise<number | null> {
  const file = Bun.file(path);
  try {
    // Reading a byte also sets lastModified and is cheaper than stat(), for which Bun first creates a class.
    return (await file.slice(0, 1).text()) === "" ? null : file.lastModified;
  } catch {
    return null;
  }
}

function parseSaved(text: string | null): SavedResponse | null {
  try {
    const saved = JSON.parse(text ?? "null") as SavedResponse | null;
    const isValid = typeof saved?.mark === "string" && (saved.at === null || Number.isFinite(saved.at));
    return isValid ? saved : null;
  } catch {
    return null;
  }
}
