import type { Correction, Place } from "../../model/observation.ts";
import { type Fields, isFields, isTime, text, timeOf } from "../../utils/json.ts";
import { branchOf, type Worktrees } from "./worktrees.ts";

/** Added to `copy` of an observation that a fork's transcript copied from another session. */
export const FORKED = 4;

/** Returns a timestamp in epoch milliseconds, or null if it is missing or out of range. */
export function timeIn(value: unknown): number | null {
  const ms = timeOf(value);
  return ms !== null && isTime(ms) ? ms : null;
}

/**
 * Returns the session, project, branch and subagent of a line. What the line does not contain is derived from the
 * file's path.
 */
export function placeOf(
  line: Fields,
  path: string,
  worktrees: Worktrees,
  isAgent = line["isSidechain"] === true,
): Place {
  const project = text(line["cwd"]);
  return {
    session: transcriptOf(line, path),
    project: project || (/\/projects\/([^/]*)\//.exec(path)?.[1] ?? ""),
    branch: branchOf(worktrees, project, text(line["gitBranch"], 250)),
    agent: isAgent ? text(line["attributionAgent"], 100) || "subagent" : "",
  };
}

/** Returns the session whose transcript contains a line. */
export const transcriptOf = (line: Fields, path: string): string =>
  text(line["sessionId"], 200) || path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl$/, "");

/**
 * Returns the session that a fork's line was copied from, or null if the line is not a copy. Copies name either the
 * session that sent the request (`requestSessionId`, written by `--fork-session` since 2.1.332, on response lines only)
 * or the session they were copied from (`forkedFrom`, on every line).
 */
export function originalOf(line: Fields, session: string): string | null {
  const { requestSessionId, forkedFrom } = line;
  if (requestSessionId === undefined && forkedFrom === undefined) return null;
  const asked = text(requestSessionId, 200);
  if (asked && asked !== session) return asked;
  return isFields(forkedFrom) ? text(forkedFrom["sessionId"], 200) : null;
}

/**
 * Session fields for an observation copied from `original`. `former` is the session that older reader versions assigned
 * it to.
 */
export function asCopyOf(place: Place, original: string | null, former: string): Pick<Place, "session"> & Correction {
  const session = original || place.session;
  return session === former ? { session } : { session, formerSession: former };
}
