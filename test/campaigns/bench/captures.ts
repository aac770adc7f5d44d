import type { Claude } from "./claude.ts";
import type { Harness } from "./harness.ts";
import type { Line } from "./line.ts";
import type { Program } from "./measure.ts";

/** What a capture asks Claude Code, as one would ask it by hand: the least that any capture costs. */
const QUESTIONS = [{ subtype: "get_usage", skip_behaviors: true }, { subtype: "get_status" }]
  .map((request, index) => JSON.stringify({ type: "control_request", request_id: `${index}`, request }))
  .join("\n");

const SPEAK =
  "-p --input-format stream-json --output-format stream-json --verbose --safe-mode --no-session-persistence";

/** The captures whose cost is told, and Claude Code alone beside them. */
export function captures(harness: Harness, line: Line, claude: Claude): { ours: Program[]; alone: Program } {
  const alone = {
    name: `${claude.isReal ? "claude" : "stand-in"} alone, asked both`,
    command: [claude.path, ...SPEAK.split(" ")],
    cwd: harness.project,
    env: harness.env(),
    input: () => `${QUESTIONS}\n`,
    expects: "control_response",
  };
  const ours = (["usage", "status"] as const).map((kind) =>
    line.command(`pawprint capture ${kind}`, ["capture", kind, "--json"], '"timestamp"'),
  );
  return { ours, alone };
}
