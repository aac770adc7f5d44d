import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { codex } from "../../src/sources/codex.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the server, and what it answered. */
export interface Answered {
  readonly response_id: string;
  readonly thread_id: string;
  /** Null before Codex 0.145, when a thread was its own group. */
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

/** Sums as EXPECTED.json has them. */
export interface Sums {
  readonly responses: number;
  /** With what was cached. */
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_output_tokens: number;
}

/** What was worked out of a home's files by hand. */
export interface Expected {
  readonly total: Sums;
  readonly threads: Readonly<Record<string, Sums & { readonly models: Readonly<Record<string, number>> }>>;
}

/** Versions of which there is a home. */
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

/** All requests that the server was sent by a version. */
export const answered = (version: string): Answered[] =>
  readFileSync(fixture(version, "MOCK-TRUTH.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answered);

/** The sums of a version's home. */
export const expected = (version: string): Expected =>
  JSON.parse(readFileSync(fixture(version, "EXPECTED.json"), "utf8")) as Expected;

/** Files of a home, below it, with their text. */
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

/** What no file holds though it was answered, by version: by the scripts that it was answered from, or by who asked. */
const unwritten: Readonly<Record<string, (one: Answered) => boolean>> = {
  // Rollouts tell no usage.
  "0.20.0": () => true,
  // The request that sums up the history.
  "0.40.0": (one) => one.response_id === "resp_mock_o40_0012",
  // An ephemeral run, a deleted thread, a side chat, and a title.
  "0.169.0": (one) => ["hi.eph", "hi.del", "hi.side1"].includes(one.script) || one.thread_source === "thread_title",
};

/** Whether the usage of a response reached the program, which happens at its end; one that is incomplete has an end, too. */
const hasUsage = ({ completed, note }: Answered): boolean =>
  note === "response.incomplete" || (completed && note === null);

/** Responses of which the files of a version's home tell the usage. */
export const written = (version: string): Answered[] =>
  answered(version).filter((one) => hasUsage(one) && !unwritten[version]?.(one));

/** Responses that broke off, or told no usage, and of which some file tells the thread. */
export const lost = (version: string): Answered[] =>
  answered(version).filter((one) => one.usage && !hasUsage(one) && !unwritten[version]?.(one));

/** Tokens in all of a response. */
const tokensOf = ({ usage }: Answered): number => (usage ? usage.input_tokens + usage.output_tokens : 0);

/** Sums of some responses, in which nothing is in two classes. */
export function totalsOf(all: readonly Answered[]): Totals {
  const totals = { responses: all.length, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  for (const { usage } of all) {
    if (!usage) continue;
    const { cached_tokens: cached, cache_write_tokens: cacheWrite = 0 } = usage.input_tokens_details;
    totals.input += usage.input_tokens - cached - cacheWrite;
    totals.cacheRead += cached;
    totals.cacheWrite += cacheWrite;
    totals.output += usage.output_tokens;
    // The server once said that more of an answer was reasoning than the whole of it.
    totals.reasoning += Math.min(usage.output_tokens_details.reasoning_tokens, usage.output_tokens);
  }
  return totals;
}

function sumBy(all: readonly Answered[], keyOf: (one: Answered) => string): Record<string, number> {
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

/** The one answer that a thread got before its file was packed; the other that was packed got none. */
const packed: Totals = { responses: 1, input: 5_994, output: 207, cacheRead: 4_107, cacheWrite: 0, reasoning: 53 };
const nothing: Totals = { responses: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

/** Homes of nine versions, one whose files are packed, and one into which chats were brought from another program. */
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
