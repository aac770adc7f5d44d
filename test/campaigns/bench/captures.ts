import type { Claude } from "./claude.ts";
import type { Harness } from "./harness.ts";
import type { InstalledLine } from "./line.ts";
import type { Program } from "./measure.ts";

/** The requests of a capture, sent by hand: the least that any capture costs. */
const REQUESTS = [{ subtype: "get_usage", skip_behaviors: true }, { subtype: "get_status" }]
  .map((request, index) => JSON.stringify({ type: "control_request", request_id: `${index}`, request }))
  .join("\n");

const CLAUDE_OPTIONS =
  "-p --input-format stream-json --output-format stream-json --verbose --safe-mode --no-session-persistence";

/** The measured captures, and Claude Code alone for comparison. */
export function captures(harness: Harness, line: InstalledLine, claude: Claude): { ours: Program[]; alone: Program } {
  const alone = {
    name: `${claude.isReal ? "claude" : "stand-in"} alone, asked both`,
    command: [claude.path, ...CLAUDE_OPTIONS.split(" ")],
    cwd: harness.project,
    env: harness.env(),
    input: () => `${REQUESTS}\n`,
    expects: "control_response",
  };
  const ours = (["usage", "status"] as const).map((kind) =>
    line.command(`pawprint capture ${kind}`, ["capture", kind, "--json"], '"timestamp"'),
  );
  return { ours, alone };
}
