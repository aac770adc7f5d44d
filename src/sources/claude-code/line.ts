import type { Place } from "../../model/observation.ts";
import { type Fields, text } from "../../utils/json.ts";

/** Session, project, branch and subagent of a line; what it does not tell is taken from where the file lies. */
export function placeOf(line: Fields, path: string, isAgent = line["isSidechain"] === true): Place {
  return {
    session: text(line["sessionId"], 200) || path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl$/, ""),
    project: text(line["cwd"]) || (/\/projects\/([^/]*)\//.exec(path)?.[1] ?? ""),
    branch: text(line["gitBranch"], 250),
    agent: isAgent ? text(line["attributionAgent"], 100) || "subagent" : "",
  };
}
