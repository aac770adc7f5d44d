import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { cowork } from "../../src/sources/cowork.ts";
import { assistants, type SourceHarness, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** Claude Desktop's session directories, by the names of the recorded folders. */
const PLACES = {
  macos: "Library/Application Support/Claude/local-agent-mode-sessions",
  linux: ".config/Claude/local-agent-mode-sessions",
};
/** Session folders below each of them. */
const SESSIONS = {
  macos:
    "01c0ffee-0000-4000-8000-000000000001/01c0ffee-0000-4000-8000-000000000002/local_01c0ffee-0000-4000-8000-00000000000a",
  linux:
    "02c0ffee-0000-4000-8000-000000000001/02c0ffee-0000-4000-8000-000000000002/agent/local_ditto_02c0ffee-0000-4000-8000-00000000000b",
};

interface Given {
  readonly usage: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly cache_read_input_tokens: number;
    readonly cache_creation_input_tokens: number;
  };
}

const given = readFileSync(join(assistants, "cowork/MOCK-TRUTH.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Given);
const sum = (name: keyof Given["usage"]): number => given.reduce((total, { usage }) => total + usage[name], 0);
const truth: Totals = {
  responses: given.length,
  input: sum("input_tokens"),
  output: sum("output_tokens"),
  cacheRead: sum("cache_read_input_tokens"),
  cacheWrite: sum("cache_creation_input_tokens"),
  reasoning: 0,
};

/** Copies the recorded sessions to where Claude Desktop keeps them on a system. */
function place(harness: SourceHarness, system: keyof typeof PLACES): void {
  harness.place(`cowork/${system}`, PLACES[system]);
  const session = join(harness.home, PLACES[system], SESSIONS[system]);
  renameSync(join(session, "dot-claude"), join(session, ".claude"));
}

/**
 * Sessions in Cowork's format, made from transcripts of Claude Code 2.1.328 and its recorded responses: one with a
 * subagent, an audit log and user files, and one that Claude Desktop started itself.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Claude Cowork",
    source: cowork,
    place(harness) {
      place(harness, "macos");
      place(harness, "linux");
    },
    truth,
  },
];
