import type { Observed } from "../../model/fact.ts";
import type { Bodies, Kind } from "../../model/observation.ts";

/**
 * The observations of one key that still hold. Left out are those of an older reader where a newer version of it has read
 * the same lines, those that the same reader corrected when it had read on, those of a key that is withdrawn, and the
 * withdrawals. What an older reader observed in a transcript that is gone stays.
 */
export function supersede(kind: Kind, seen: readonly Observed<unknown>[]): readonly Observed<unknown>[] {
  const first = seen[0];
  if (first && seen.length === 1) return isWithdrawn(first) ? [] : seen;
  if (seen.every((one) => one.reader === first?.reader && !isWithdrawn(one) && !isCorrection(one))) return seen;
  const newest = new Map<string, number>();
  const raise = (place: string, rank: number): void => void newest.set(place, Math.max(newest.get(place) ?? 0, rank));
  for (const one of seen) {
    if (isWithdrawn(one)) raise(readerOf(one), one.reader);
    for (const place of replacedBy(kind, one)) raise(place, rankOf(kind, one));
  }
  return seen.filter((one) => {
    const isReplaced = rankOf(kind, one) < (newest.get(placeOf(kind, one)) ?? 0);
    return !isWithdrawn(one) && !isReplaced && one.reader >= (newest.get(readerOf(one)) ?? 0);
  });
}

/**
 * The version of the reader, and half a version more for what it has corrected itself: that something a session did is a
 * copy may be known only from what follows. Responses say it themselves, and a gateway may give one id to several.
 */
const rankOf = (kind: Kind, one: Observed<unknown>): number =>
  one.reader + ((kind === "action" || kind === "session") && isCorrection(one) ? 0.5 : 0);

const isCorrection = ({ body }: Observed<unknown>): boolean =>
  typeof (body as Bodies["response"]).formerSession === "string";

const isWithdrawn = ({ body }: Observed<unknown>): boolean => (body as Bodies["response"]).isWithdrawn === true;

const readerOf = ({ machine, source }: Observed<unknown>): string => `${machine}\n${source}`;

/** Added to `copy` by what is a copy of another session's. */
const COPIED = 4;

/** Which lines tell an observation: of which session, whether they are a fork's copies, and of the main thread or not. */
function placeOf(kind: Kind, one: Observed<unknown>, session?: string, copied?: number): string {
  const body = one.body as Bodies["response"];
  const isCopied = copied ?? (body.copy ?? 0) & COPIED;
  const thread = kind === "response" || kind === "rest" ? body.copy & 3 : body.agent === "";
  return `${readerOf(one)}\n${session ?? body.session}\n${isCopied}\n${thread}`;
}

/**
 * The lines whose former observations one replaces: its own; those of its former session, copies or not, where it names one.
 * None where each observation holds whoever made it.
 */
function replacedBy(kind: Kind, one: Observed<unknown>): string[] {
  if (kind === "limit" || kind === "day" || kind === "worktree") return [];
  const { formerSession } = one.body as Bodies["response"];
  return typeof formerSession === "string"
    ? [placeOf(kind, one, formerSession, 0), placeOf(kind, one, formerSession, COPIED)]
    : [placeOf(kind, one)];
}
