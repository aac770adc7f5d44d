import { messageOf } from "../utils/errors.ts";
import type { LoadedCapture } from "./load-capture.ts";
import { redact } from "./redact.ts";
import { type Due, mayAsk } from "./Schedule.ts";
import type { ClaudeAnswers, ClaudeRequest, RecorderOptions } from "./types.ts";

/** What the program answered, without what the settings do not allow. */
export interface ProgramAnswers {
  /** Null if the program was not queried. */
  readonly answers: ClaudeAnswers | null;
  /** The status answers to record: from this query, or recent ones from memory. */
  readonly status: ClaudeAnswers["status"];
  /** Whether the status was queried. */
  readonly isStatusAsked: boolean;
}

/** A session that starts within this time after a capture (milliseconds) reuses its status answers. */
const REUSE_MS = 60_000;

/**
 * Queries the program for what is due, unless back-off forbids it or a recent answer can be reused; `mayAskStatus` is false
 * if the status was queried for another session of the same run, which shares the answer, or its absence.
 */
export async function askProgram(
  { client, messages }: Pick<RecorderOptions, "client" | "messages">,
  due: Due,
  { state, own, capture: { now, session, privacy } }: LoadedCapture,
  mayAskStatus: boolean,
): Promise<ProgramAnswers> {
  const last = own.answers;
  const recent = last !== null && last.at <= now && now - last.at < REUSE_MS ? last.status : null;
  const reused = due.status === "first_seen" ? recent : null;
  const request: ClaudeRequest = {
    usage: due.usage && mayAsk(state, now),
    status: due.status !== "no" && reused === null && (due.status !== "first_seen" || mayAskStatus),
    onPlan: session !== null && (session.limits.fiveHour ?? session.limits.weekly) !== null,
  };
  if (!client || (!request.usage && !request.status)) return { answers: null, status: reused, isStatusAsked: false };
  const answers = redact(await client.ask(request).catch(failedAnswers), session?.cwd ?? null, privacy);
  if (answers.failure)
    messages.warn({ ...answers.failure, wallMs: answers.wallMs }, "Claude Code gave no usable answer");
  return { answers, status: answers.status ?? reused, isStatusAsked: request.status };
}

/** The answers when the query itself throws; the record then comes from stdin. */
const failedAnswers = (error: unknown): ClaudeAnswers => ({
  usage: null,
  status: null,
  failure: { reason: messageOf(error), raw: null },
  wallMs: 0,
});
