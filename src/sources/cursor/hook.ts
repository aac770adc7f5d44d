import { iso } from "../../utils/clock.ts";
import { countOf, fields, text } from "../../utils/json.ts";
import type { Hook } from "../contract.ts";

/** Counts of a turn, by Cursor's names for them. */
export const COUNTS = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"] as const;

/**
 * Cursor calls this hook when the agent has answered. Only a part of its input is stored: user and transcript path are
 * not. Hooks are documented at https://cursor.com/docs/agent/hooks; the counts, sent since 2026, are not.
 */
export const stopHook: Hook = {
  settings: (_, home) => `${home}/.cursor/hooks.json`,
  event: "stop",
  line(payload, at) {
    const stop = fields(payload);
    const conversation_id = text(stop["conversation_id"], 200);
    const generation_id = text(stop["generation_id"], 200);
    const event = stop["hook_event_name"];
    if (!conversation_id || !generation_id || (event !== undefined && event !== "stop")) return null;
    const roots = stop["workspace_roots"];
    return JSON.stringify({
      timestamp: iso(at),
      conversation_id,
      generation_id,
      model: text(stop["model"], 200),
      status: text(stop["status"], 40),
      loop_count: countOf(stop["loop_count"]),
      ...Object.fromEntries(COUNTS.map((name) => [name, countOf(stop[name])])),
      workspace_root: Array.isArray(roots) ? text(roots[0], 1_024) : "",
    });
  },
};
