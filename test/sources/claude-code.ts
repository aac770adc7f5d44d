import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { assistants, type Totals } from "./desk.ts";
import type { RecordedHome } from "./recorded.ts";

const TRANSCRIPTS = join(import.meta.dir, "../fixtures/transcripts");

interface Given {
  readonly id: string;
  readonly model: string;
  readonly usage: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly cache_read_input_tokens: number;
    readonly cache_creation: { readonly ephemeral_5m_input_tokens: number; readonly ephemeral_1h_input_tokens: number };
  };
}

/** What the server gave, but for what no transcript names: requests that compact a conversation. */
function given(): Given[] {
  const names = readdirSync(TRANSCRIPTS, { recursive: true, encoding: "utf8" });
  const transcripts = names.filter((name) => name.includes("/") && name.endsWith(".jsonl"));
  const all = transcripts.map((name) => readFileSync(join(TRANSCRIPTS, name), "utf8")).join("\n");
  const lines = readFileSync(join(TRANSCRIPTS, "MOCK-TRUTH.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Given).filter(({ id }) => new RegExp(`"id": ?"${id}"`).test(all));
}

function totalsOf(responses: readonly Given[]): Totals {
  const sum = (of: (usage: Given["usage"]) => number): number =>
    responses.reduce((total, { usage }) => total + of(usage), 0);
  return {
    responses: responses.length,
    input: sum((usage) => usage.input_tokens),
    output: sum((usage) => usage.output_tokens),
    cacheRead: sum((usage) => usage.cache_read_input_tokens),
    cacheWrite: sum(({ cache_creation: write }) => write.ephemeral_5m_input_tokens + write.ephemeral_1h_input_tokens),
    reasoning: 0,
  };
}

/** Transcripts of real sessions, with a subagent, a compaction, a resumption and a clear. */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Claude Code 2.1.328",
    source: claudeCode,
    place(desk) {
      for (const name of readdirSync(TRANSCRIPTS).filter((one) => !one.endsWith(".jsonl")))
        desk.place(relative(assistants, join(TRANSCRIPTS, name)), `.claude/projects/${name}`);
    },
    truth: totalsOf(given()),
  },
];
