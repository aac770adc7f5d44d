import type { Place } from "../../model/observation.ts";
import { type Fields, fields, text } from "../../utils/json.ts";

/** The event that tells a response. Events are kept in chats as telemetry. */
export const RESPONSE = "qwen-code.api_response";
/** The event that tells a tool and its outcome. */
export const TOOL = "qwen-code.tool_call";

/** The event of a line of telemetry; without fields where it is none. */
export const eventOf = (line: Fields): Fields => fields(fields(line["systemPayload"])["uiEvent"]);

/** Where a line was written. A subagent's own file has the session of its parent. */
export function placeOf(line: Fields, path: string): Place {
  return {
    session: text(line["sessionId"], 200) || path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl$/, ""),
    project: text(line["cwd"]) || (/\/projects\/([^/]*)\//.exec(path)?.[1] ?? ""),
    branch: text(line["gitBranch"], 250),
    agent: line["isSidechain"] === true ? text(line["agentName"], 100) || "subagent" : "",
  };
}
