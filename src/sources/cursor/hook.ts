import { noDetails } from "../../model/observation.ts";
import { iso } from "../../utils/clock.ts";
import { countOf, fields, type Fields, isNotZero, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Chunk, Findings, Hook, Pass } from "../contract.ts";

const COUNTS = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"] as const;

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

/** The lines that the hook kept: one for each turn, with its usage where Cursor told it. */
export function readStops(pass: Pass, { bytes, offset, written, isOpen }: Chunk, findings: Findings): void {
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (to - from < 2) continue;
    const line = lineOf(bytes, from, to);
    if (!line) {
      if (isComplete || !isOpen) findings.skipped(offset + from, "bad_json");
      continue;
    }
    const session = text(line["conversation_id"], 200);
    const generation = text(line["generation_id"], 200);
    if (!session || !generation) {
      findings.skipped(offset + from, "unknown_format");
      continue;
    }
    const at = timeOf(line["timestamp"]);
    const place = { session, project: text(line["workspace_root"]), branch: "", agent: "" };
    if (pass === "activity") {
      if (at === null) continue;
      const body = { ...place, first: at, last: at, reason: null, version: "" };
      findings.observed({ kind: "session", key: `session:${session}`, body });
    } else if (COUNTS.some((name) => isNotZero(line[name]))) {
      if (at === null) findings.skipped(offset + from, "no_time");
      const counts = countsOf(line, () => findings.skipped(offset + from, "bad_count"));
      findings.observed({
        kind: "response",
        key: `response:cursor:${session}:${generation}`,
        body: {
          ...noDetails,
          ...place,
          ...counts,
          at: at ?? written,
          model: text(line["model"], 200),
          reasoning: null,
        },
      });
    }
  }
}

/** Its input holds what a cache read and wrote, unless these are more than it: then it was told beside them. */
function countsOf(line: Fields, bad: () => void) {
  const [told = 0, output = 0, cacheRead = 0, cacheWrite = 0] = COUNTS.map((name) => {
    const count = countOf(line[name] ?? 0);
    if (count === null) bad();
    return count ?? 0;
  });
  const cached = cacheRead + cacheWrite;
  const input = cached > told ? told : told - cached;
  return { input, output, cacheRead, cacheWrite, prompt: input + cached };
}
