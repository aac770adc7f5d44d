import { iso } from "../../utils/clock.ts";
import { countOf, fields, text } from "../../utils/json.ts";
import type { Hook } from "../contract.ts";

/** Counts of a turn, by the names that Cursor gives them. */
export const COUNTS = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"] as const;

/**
 * The hook that Cursor calls when the agent has answered. It tells more than is kept here: who the user is, where the
 * transcript lies. Hooks: https://cursor.com/docs/agent/hooks; the counts are in what it sends since 2026 and not in there.
 */
export const stopHook: Hook = {
  settings: (_, home) => `${home}/.cursor/hooks.json`,
  event: "stop",
  line(said, at) {
    const told = fields(said);
    const conversation_id = text(told["conversation_id"], 200);
    const generation_id = text(told["generation_id"], 200);
    const event = told["hook_event_name"];
    if (!conversation_id || !generation_id || (event !== undefined && event !== "stop")) return null;
    const roots = told["workspace_roots"];
    return JSON.stringify({
      timestamp: iso(at),
      conversation_id,
      generation_id,
      model: text(told["model"], 200),
      status: text(told["status"], 40),
      loop_count: countOf(told["loop_count"]),
      ...Object.fromEntries(COUNTS.map((name) => [name, countOf(told[name])])),
      workspace_root: Array.isArray(roots) ? text(roots[0], 1_024) : "",
    });
  },
};
