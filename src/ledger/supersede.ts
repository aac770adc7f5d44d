import type { Seen } from "../model/fact.ts";
import type { Bodies, Kind } from "../model/observation.ts";

/**
 * The observations of one key that still hold: without those of an older reader where a newer version of it has read the
 * same transcript, and without those that only take something back. What an older reader observed in a transcript that is
 * gone stays.
 */
export function supersede(kind: Kind, seen: readonly Seen<unknown>[]): readonly Seen<unknown>[] {
  const [first] = seen;
  if (seen.every((one) => one.reader === first?.reader && !isWithdrawn(one))) return seen;
  const newest = new Map<string, number>();
  for (const one of seen) {
    const replaced = transcriptOf(kind, one, true);
    if (replaced !== null) newest.set(replaced, Math.max(newest.get(replaced) ?? 0, one.reader));
  }
  return seen.filter((one) => {
    const own = transcriptOf(kind, one, false);
    return !isWithdrawn(one) && (own === null || one.reader >= (newest.get(own) ?? 0));
  });
}

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
      return null;
  }
}
