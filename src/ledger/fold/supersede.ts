import type { Observed } from "../../model/fact.ts";
import { isLogKind } from "../../model/log-observation.ts";
import { type Bodies, isUsage, type Kind } from "../../model/observation.ts";

/**
 * Returns the observations of one key that still hold. Left out are: those of an older reader if a newer version has
 * read the same lines; those that the same reader corrected after reading on; those of a withdrawn key; and withdrawals
 * themselves. Observations of an older reader from a transcript that no longer exists stay.
 */
export function supersede(kind: Kind, observed: readonly Observed<unknown>[]): readonly Observed<unknown>[] {
  const first = observed[0];
  if (first && observed.length === 1) return isWithdrawn(first) ? [] : observed;
  if (observed.every((one) => one.reader === first?.reader && !isWithdrawn(one) && !isCorrection(one))) return observed;
  const newest = new Map<string, number>();
  const raiseRank = (place: string, rank: number): void =>
    void newest.set(place, Math.max(newest.get(place) ?? 0, rank));
  for (const one of observed) {
    if (isWithdrawn(one)) raiseRank(readerOf(one), one.reader);
    for (const place of replacedBy(kind, one)) raiseRank(place, rankOf(kind, one));
  }
  return observed.filter((one) => {
    const isReplaced = rankOf(kind, one) < (newest.get(placeOf(kind, one)) ?? 0);
    return !isWithdrawn(one) && !isReplaced && one.reader >= (newest.get(readerOf(one)) ?? 0);
  });
}

/**
 * The version of the reader, plus a half for a correction of its own: that an action is a copy may become known only
 * from later lines. Responses name their copies themselves, and a gateway may give one id to several of them.
 */
const rankOf = (kind: Kind, one: Observed<unknown>): number =>
  one.reader + ((kind === "action" || kind === "session") && isCorrection(one) ? 0.5 : 0);

const isCorrection = ({ body }: Observed<unknown>): boolean =>
  typeof (body as Bodies["response"]).formerSession === "string";

const isWithdrawn = ({ body }: Observed<unknown>): boolean => (body as Bodies["response"]).isWithdrawn === true;

const readerOf = ({ machine, source }: Observed<unknown>): string => `${machine}\n${source}`;

/** The bit of `copy` that is set for a copy of another session's line. */
const COPIED = 4;

/**
 * Identifies the lines that an observation comes from: the session, whether they are a fork's copies, and whether they
 * belong to the main thread.
 */
function placeOf(kind: Kind, one: Observed<unknown>, session?: string, copied?: number): string {
  const body = one.body as Bodies["response"];
  const isCopied = copied ?? (body.copy ?? 0) & COPIED;
  const thread = isUsage(kind) ? body.copy & 3 : body.agent === "";
  return `${readerOf(one)}\n${session ?? body.session}\n${isCopied}\n${thread}`;
}

/**
 * The lines whose former observations this one replaces: its own, or, if it names a former session, those of that
 * session, copied or not. None for kinds whose observations hold whoever made them.
 */
function replacedBy(kind: Kind, one: Observed<unknown>): string[] {
  if (kind === "limit" || kind === "day" || kind === "worktree" || isLogKind(kind)) return [];
  const { formerSession } = one.body as Bodies["response"];
  return typeof formerSession === "string"
    ? [placeOf(kind, one, formerSession, 0), placeOf(kind, one, formerSession, COPIED)]
    : [placeOf(kind, one)];
}
