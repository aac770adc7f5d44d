import type { Seen } from "../model/fact.ts";
import type { Bodies, Kind } from "../model/observation.ts";

/**
 * The observations of one key that still hold: without those of an older reader where a newer version of it has read the
 * same transcript, without those that the same reader corrected when it had read on, and without those that only take something back. What an older reader observed in a transcript that is
 * gone stays.
 */
export function supersede(kind: Kind, seen: readonly Seen<unknown>[]): readonly Seen<unknown>[] {
  const [first] = seen;
  if (first && seen.length === 1) return isWithdrawn(first) ? [] : seen;
  if (seen.every((one) => one.reader === first?.reader && !isWithdrawn(one) && !isCorrection(one))) return seen;
  const newest = new Map<string, number>();
  for (const one of seen) {
    const replaced = transcriptOf(kind, one, true);
    if (replaced !== null) newest.set(replaced, Math.max(newest.get(replaced) ?? 0, rankOf(kind, one)));
  }
  return seen.filter((one) => {
    const own = transcriptOf(kind, one, false);
    return !isWithdrawn(one) && (own === null || rankOf(kind, one) >= (newest.get(own) ?? 0));
  });
}

/**
 * The version of the reader, and half a version more for what it has corrected itself: that something a session did is a
 * copy may be known only from what follows. Responses say it themselves, and a gateway may give one id to several.
 */
const rankOf = (kind: Kind, one: Seen<unknown>): number =>
  one.reader + ((kind === "action" || kind === "session") && isCorrection(one) ? 0.5 : 0);

const isCorrection = ({ body }: Seen<unknown>): boolean =>
  typeof (body as Bodies["response"]).formerSession === "string";

const isWithdrawn = ({ body }: Seen<unknown>): boolean => (body as Bodies["response"]).isWithdrawn === true;

/**
 * Where an observation was made: in which session, by its main thread, its subagents, or as its progress lines say. With
 * `isReplacing`, where the older observations were made that it replaces. Null for kinds of which each observation holds
 * whoever made it.
 */
function transcriptOf(kind: Kind, { machine, source, body }: Seen<unknown>, isReplacing: boolean): string | null {
  const place = `${machine}\n${source}`;
  switch (kind) {
    case "response":
    case "rest": {
      const { session, formerSession, copy } = body as Bodies["response"];
      return `${place}\n${isReplacing ? (formerSession ?? session) : session}\n${copy & 3}`;
    }
    case "action":
    case "session": {
      const { session, formerSession, agent } = body as Bodies["action" | "session"];
      return `${place}\n${isReplacing ? (formerSession ?? session) : session}\n${agent === ""}`;
    }
    case "cost-state":
      return `${place}\n${(body as Bodies["cost-state"]).session}`;
    case "limit":
    case "day":
    case "worktree":
      return null;
  }
}
