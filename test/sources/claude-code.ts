import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

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

/** Responses that the server sent, without those in no transcript of the folder: compaction requests. */
function given(folder: string): Given[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const transcripts = names.filter((name) => name.includes("/") && name.endsWith(".jsonl"));
  const all = transcripts.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  const lines = readFileSync(join(folder, "MOCK-TRUTH.jsonl"), "utf8").trimEnd().split("\n");
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

/** Transcripts of a fixtures folder, as a home contains them. */
function home(version: string, name: string): RecordedHome {
  const folder = join(assistants, "..", name);
  return {
    name: `Claude Code ${version}`,
    source: claudeCode,
    place(harness) {
      for (const project of readdirSync(folder).filter((one) => !one.endsWith(".jsonl")))
        harness.place(join("..", name, project), `.claude/projects/${project}`);
    },
    truth: totalsOf(given(folder)),
  };
}

/** A session and two forks of it, one of which sorts before it. */
export const FORKED = {
  parent: "9286c721-deb5-4992-80bb-72c92a6e866e",
  before: "4d6e2d26-2ed1-490d-a584-1f341c3b821a",
  after: "a8bba76c-64a1-4e3e-9dd8-7f06dab7e0e3",
};

/** Tokens of the server's responses with the given numbers. */
const tokensOf = (folder: string, numbers: readonly number[]): number => {
  const own = given(folder).filter(({ id }) => numbers.includes(Number(id.slice(-6))));
  const { input, output, cacheRead, cacheWrite } = totalsOf(own);
  return input + output + cacheRead + cacheWrite;
};
const FORKS = join(assistants, "../transcripts-2.1.332");

/**
 * Transcripts of real sessions: one home with a subagent, a compaction, a resumed session and a /clear, one with
 * sessions forked by --fork-session.
 */
export const recorded: readonly RecordedHome[] = [
  home("2.1.328", "transcripts"),
  {
    ...home("2.1.332, forked", "transcripts-2.1.332"),
    bySession: {
      [FORKED.parent]: tokensOf(FORKS, [1, 2, 3, 4]),
      [FORKED.before]: tokensOf(FORKS, [7, 8]),
      [FORKED.after]: tokensOf(FORKS, [9, 10]),
    },
  },
];
