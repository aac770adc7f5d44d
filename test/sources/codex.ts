import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { codex } from "../../src/sources/codex.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the recording server, and its response. */
export interface Exchange {
  readonly response_id: string;
  readonly thread_id: string;
  /** Null before Codex 0.145, when each thread was a session of its own. */
  readonly session_id: string | null;
  readonly thread_source: string | null;
  readonly subagent: string | null;
  readonly model_requested: string;
  readonly script: string;
  readonly completed: boolean;
  readonly note: string | null;
  readonly usage: {
    readonly input_tokens: number;
    readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens?: number };
    readonly output_tokens: number;
    readonly output_tokens_details: { readonly reasoning_tokens: number };
  } | null;
}

/** Totals in the format of EXPECTED.json. */
export interface Sums {
  readonly responses: number;
  /** Includes cached tokens. */
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_output_tokens: number;
}

/** Totals determined by hand from a home's files. */
export interface Expected {
  readonly total: Sums;
  readonly threads: Readonly<Record<string, Sums & { readonly models: Readonly<Record<string, number>> }>>;
}

/** Versions with a recorded home. */
export const versions = [
  "0.20.0",
  "0.36.0",
  "0.40.0",
  "0.63.0",
  "0.98.0",
  "0.153.4",
  "0.155.0",
  "0.160.1",
  "0.169.0",
] as const;

const fixture = (...path: string[]): string => join(assistants, "codex", ...path);

/** All requests that a version sent to the server. */
export const answered = (version: string): Exchange[] =>
  readFileSync(fixture(version, "MOCK-TRUTH.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange);

/** Returns the expected totals of a version's home. */
export const expected = (version: string): Expected =>
  JSON.parse(readFileSync(fixture(version, "EXPECTED.json"), "utf8")) as Expected;

/** Returns the rollouts of a home with their relative path and text. */
export function rolloutsOf(name: string): { path: string; text: string }[] {
  const home = fixture(name, "codex_home");
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes("rollout-") && /\.jsonl(?:\.zst)?$/.test(path))
    .toSorted()
    .map((path) => ({ path, bytes: readFileSync(join(home, path)) }))
    .map(({ path, bytes }) => ({
      path,
      text: (path.endsWith(".zst") ? Buffer.from(Bun.zstdDecompressSync(bytes)) : bytes).toString(),
    }));
}

/** Exchange requests that are in no file, by version: identified by the server's script, or by their purpose. */
const unwritten: Readonly<Record<string, (one: Exchange) => boolean>> = {
  // Rollouts of this version contain no usage.
  "0.20.0": () => true,
  // A compaction request.
  "0.40.0": (one) => one.response_id === "resp_mock_o40_0012",
  // An ephemeral run, a deleted thread, a side chat, and a title request.
  "0.169.0": (one) => ["hi.eph", "hi.del", "hi.side1"].includes(one.script) || one.thread_source === "thread_title",
};

/**
 * Whether the usage of a response reached the program, which happens at the end of the stream. Incomplete responses
 * have an end, too.
 */
const hasUsage = ({ completed, note }: Exchange): boolean =>
  note === "response.incomplete" || (completed && note === null);

/** Responses whose usage is in the files of a version's home. */
export const written = (version: string): Exchange[] =>
  answered(version).filter((one) => hasUsage(one) && !unwritten[version]?.(one));

/** Interrupted responses and those without usage whose thread is in a file. */
export const lost = (version: string): Exchange[] =>
  answered(version).filter((one) => one.usage && !hasUsage(one) && !unwritten[version]?.(one));

/** All tokens of a response. */
const tokensOf = ({ usage }: Exchange): number => (usage ? usage.input_tokens + usage.output_tokens : 0);

/** Totals of some responses, in classes that do not overlap. */
export function totalsOf(all: readonly Exchange[]): Totals {
  const totals = { responses: all.length, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  for (const { usage } of all) {
    if (!usage) continue;
    const { cached_tokens: cached, cache_write_tokens: cacheWrite = 0 } = usage.input_tokens_details;
    totals.input += usage.input_tokens - cached - cacheWrite;
    totals.cacheRead += cached;
    totals.cacheWrite += cacheWrite;
    totals.output += usage.output_tokens;
    // One recorded response claims more reasoning than output.
    totals.reasoning += Math.min(usage.output_tokens_details.reasoning_tokens, usage.output_tokens);
  }
  return totals;
}

function sumBy(all: readonly Exchange[], keyOf: (one: Exchange) => string): Record<string, number> {
  const groups = [...Map.groupBy(all, keyOf)];
  return Object.fromEntries(groups.map(([key, some]) => [key, some.reduce((sum, one) => sum + tokensOf(one), 0)]));
}

const homes = versions.map((version): RecordedHome => ({
  name: `Codex ${version}`,
  source: codex,
  place: (harness) => harness.place(`codex/${version}/codex_home`, ".codex"),
  truth: totalsOf(written(version)),
  bySession: sumBy(written(version), (one) => one.session_id ?? one.thread_id),
  byModel: sumBy(written(version), (one) => one.model_requested),
}));

/** The only response of a thread before its file was compressed. The other compressed thread has none. */
const packed: Totals = { responses: 1, input: 5_994, output: 207, cacheRead: 4_107, cacheWrite: 0, reasoning: 53 };
const nothing: Totals = { responses: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

/** Homes of nine versions, one with compressed files, and one with chats imported from another program. */
export const recorded: readonly RecordedHome[] = [
  ...homes,
  {
    name: "Codex, packed",
    source: codex,
    place: (harness) => harness.place("codex/compressed/codex_home", ".codex"),
    truth: packed,
  },
  {
    name: "Codex, with chats of Claude Code",
    source: codex,
    place: (harness) => harness.place("codex/imported-claude/codex_home", ".codex"),
    truth: nothing,
  },
];
