import { isPast } from "../model/quota.ts";
import type { Session } from "../model/session.ts";
import { readSmall, replaceSmall, within } from "../utils/small-files.ts";

/** What is kept of a session: what it last heard from the server, and when (epoch milliseconds), null where that is not known. */
export interface Kept {
  readonly mark: string;
  readonly at: number | null;
}

/** When a session last heard from the server, and what is to be kept of it; null where what is kept still holds. */
export interface Heard {
  readonly at: number | null;
  readonly keep: Kept | null;
}

/** What changes with each response: the limits, and the time spent in requests. Null for a session that has no limits yet. */
export function markOf({ limits, cost }: Session): string | null {
  const { fiveHour, weekly, spend } = limits;
  return (fiveHour ?? weekly ?? spend) === null ? null : JSON.stringify([cost.apiDurationMs, fiveHour, weekly, spend]);
}

/**
 * When a session last heard from the server: its transcript changed, or its mark did. Changes since the last refresh that the
 * transcript does not show (a subagent's responses are in a file of their own) happened just now, because each starts a refresh.
 */
export function heardOf(mark: string, kept: Kept | null, transcriptAt: number | null, now: number): Heard {
  const written = transcriptAt !== null && isPast(transcriptAt, now) ? Math.min(transcriptAt, now) : null;
  if (kept === null || !isPast(kept.at ?? 0, now)) return { at: written, keep: { mark, at: written } };
  const isWritten = written !== null && written > (kept.at ?? 0);
  if (kept.mark === mark) return { at: isWritten || kept.at === null ? written : Math.min(kept.at, now), keep: null };
  if (!isWritten) return { at: now, keep: { mark, at: now } };
  return { at: written, keep: { mark, at: written } };
}

/**
 * Looks at a session's transcript and at what is kept of it in a file (none where logging is off). A session without limits,
 * or without a response of its own, has nothing that could be old.
 */
export async function hear(session: Session, path: string | null, now: number): Promise<Heard> {
  const mark = markOf(session);
  if (mark === null || session.cost.apiDurationMs === 0) return { at: null, keep: null };
  const [transcriptAt, text] = await Promise.all([
    session.transcript === null ? null : within(changedAt(session.transcript)),
    path === null ? null : within(readSmall(path, 2_048)),
  ]);
  return heardOf(mark, keptOf(text), transcriptAt, now);
}

/** Keeps what is to be kept of a session, in its file, where that can be written. */
export async function keepHeard(path: string, { keep }: Heard): Promise<void> {
  if (keep !== null) await replaceSmall(path, JSON.stringify(keep)).catch(() => undefined);
}

/** When a file was last changed (epoch milliseconds); null when it is missing, empty, unreadable or a directory. */
export async function changedAt(path: string): Promise<number | null> {
  const file = Bun.file(path);
  try {
    // Reading a byte notes the time as well, and costs less than stat(), for which Bun makes a class first.
    return (await file.slice(0, 1).text()) === "" ? null : file.lastModified;
  } catch {
    return null;
  }
}

function keptOf(text: string | null): Kept | null {
  try {
    const kept = JSON.parse(text ?? "null") as Kept | null;
    const isKept = typeof kept?.mark === "string" && (kept.at === null || Number.isFinite(kept.at));
    return isKept ? kept : null;
  } catch {
    return null;
  }
}
