import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { sessionOf } from "../../../model/session.ts";
import { fields } from "../../../utils/json.ts";
import type { ReportContext } from "../report.ts";

/** The context window of a session, in tokens, and what Claude Code reported it for: this session, or another one with its model. */
export interface ContextWindow {
  readonly tokens: number;
  readonly of: "session" | "model";
}

/**
 * The context window that Claude Code reported to the status line since a time (epoch ms), by our log; null where the log does not
 * have it. A hub has no log, and no other assistant reports its window.
 */
export async function contextWindowOf(
  { source, session, model, since }: { source: string; session: string; model: string; since: number },
  context: ReportContext,
): Promise<ContextWindow | null> {
  if (source !== LOGGED_ASSISTANT || context.members) return null;
  let ofModel: number | null = null;
  for (const record of (await context.log("usage", since)).toReversed()) {
    if (!("statusline" in record)) continue;
    const { size } = sessionOf(fields(record.statusline)).context;
    if (size === null || size === 0) continue;
    if (record.session_id === session) return { tokens: size, of: "session" };
    if (record.model === model) ofModel ??= size;
  }
  return ofModel === null ? null : { tokens: ofModel, of: "model" };
}
