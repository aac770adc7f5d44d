import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { geminiCli } from "../../src/sources/gemini-cli.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the server, and what it answered. */
export interface Answered {
  readonly n: number;
  readonly model: string;
  /** Whether the program asked for itself: for a summary of the session, to choose a model, to compress. */
  readonly aux: boolean;
  readonly delivered: "complete" | "aborted";
  /** Tools that the answer asked for. */
  readonly tools: readonly string[];
  readonly usage: {
    readonly prompt: number;
    readonly cached: number;
    readonly output: number;
    readonly thoughts: number;
  };
}

const read = (path: string): Answered[] =>
  readFileSync(join(assistants, "gemini-cli", path), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answered);

/** Requests of the recorded home, and those that followed after a resumption a minute later. */
export const answered = read("MOCK-TRUTH.jsonl");
export const answeredLater = read("resume-stub/MOCK-TRUTH-tail.jsonl");

/** Those that stand in a chat: no chat tells what the program asked for itself, nor what was cut. */
export const inChats = answered.filter(({ aux, delivered }) => !aux && delivered === "complete");

/** Tokens in all of an answer. */
export const tokensOf = ({ usage }: Answered): number => usage.prompt + usage.output + usage.thoughts;

/** Sums of some answers. */
export function totalsOf(some: readonly Answered[]): Totals {
  const sum = (of: (usage: Answered["usage"]) => number): number =>
    some.reduce((total, { usage }) => total + of(usage), 0);
  return {
    responses: some.length,
    input: sum((usage) => usage.prompt - usage.cached),
    output: sum((usage) => usage.output + usage.thoughts),
    cacheRead: sum((usage) => usage.cached),
    cacheWrite: 0,
    reasoning: sum((usage) => usage.thoughts),
  };
}

const CHATS = join(assistants, "gemini-cli/tmp/proj/chats");
const names = readdirSync(CHATS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));

/** What a message tells of its tokens. */
export interface Tokens {
  readonly input: number;
  readonly cached: number;
  readonly total: number;
}
/** A message of a chat. */
export interface Message {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly tokens?: Tokens;
}
/** A line of a chat. */
export interface Line extends Partial<Message> {
  readonly sessionId?: string;
  readonly $set?: { readonly messages?: readonly Message[] };
  readonly $rewindTo?: string;
}

/** Lines of a chat by its path. */
export const linesOf = (path: string): Line[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
/** The recorded chats, subagents in folders, by their names. */
export const chats = names.map((name) => ({ name, lines: linesOf(join(CHATS, name)) }));
/** Whether a line is a message. */
export const isMessage = (line: Line): line is Line & Message => line.type !== undefined;

/** Sessions with tools, a subagent, a kill, resumptions, an interruption, a compression and a rewind. */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Gemini CLI 0.61.0",
    source: geminiCli,
    place(harness) {
      harness.place("gemini-cli/tmp", ".gemini/tmp");
      harness.place("gemini-cli/projects.json", ".gemini/projects.json");
    },
    truth: totalsOf(inChats),
    byModel: Object.fromEntries(
      [...Map.groupBy(inChats, ({ model }) => model)].map(([model, all]) => [
        model,
        all.reduce((total, one) => total + tokensOf(one), 0),
      ]),
    ),
  },
];
