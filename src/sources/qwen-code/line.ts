import type { Place } from "../../model/observation.ts";
import { type Fields, fields, text } from "../../utils/json.ts";

/** Name of a response event. Chats contain telemetry events. */
export const RESPONSE = "qwen-code.api_response";
/** Name of the event of a tool call and its outcome. */
export const TOOL = "qwen-code.tool_call";

/** Returns the event of a telemetry line; an empty object if there is none. */
export const eventOf = (line: Fields): Fields => fields(fields(line["systemPayload"])["uiEvent"]);

/** Returns the place of a line. A subagent's own file names its parent's session. */
export function placeOf(line: Fields, path: string): Place {
  return {
    session: text(line["sessionId"], 200) || path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl$/, ""),
    project: text(line["cwd"]) || (/\/projects\/([^/]*)\//.exec(path)?.[1] ?? ""),
    branch: text(line["gitBranch"], 250),
    agent: line["isSidechain"] === true ? text(line["agentName"], 100) || "subagent" : "",
  };
}
