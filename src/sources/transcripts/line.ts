import type { Correction, Place } from "../../model/observation.ts";
import { type Fields, fields, isTime, text, timeOf } from "../../utils/json.ts";
import { branchOf, type Worktrees } from "./worktrees.ts";

/** Added to `copy` for a line that a fork's transcript holds of another session. */
export const FORKED = 4;

/** Epoch milliseconds of a timestamp; null where nothing can have happened then. */
export function timeIn(value: unknown): number | null {
  const ms = timeOf(value);
  return ms !== null && isTime(ms) ? ms : null;
}

/** Session, project, branch and subagent of a line; what it does not tell is taken from where the file lies. */
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

/** The session in whose transcript a line stands. */
export const transcriptOf = (line: Fields, path: string): string =>
  text(line["sessionId"], 200) || path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl$/, "");

/**
 * The session of which a fork's line is a copy; null for a line of its own. Copies name the session that asked
 * (`requestSessionId`, by `--fork-session` of 2.1.332, which only lines of responses have) or the one that they were taken
 * from (`forkedFrom`, on every line).
 */
export function originalOf(line: Fields, session: string): string | null {
  const { requestSessionId, forkedFrom } = line;
  if (requestSessionId === undefined && forkedFrom === undefined) return null;
  const asked = text(requestSessionId, 200);
  if (asked && asked !== session) return asked;
  return typeof forkedFrom === "object" && forkedFrom !== null ? text(fields(forkedFrom)["sessionId"], 200) : null;
}

/** How an observation of a session is told for the session that it is a copy of; `former` is whose readers took it for before. */
export function copied(place: Place, original: string | null, former: string): Pick<Place, "session"> & Correction {
  const session = original || place.session;
  return session === former ? { session } : { session, formerSession: former };
}
