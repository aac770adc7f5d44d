import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { geminiCli } from "../../src/sources/gemini-cli.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the recording server, and its response. */
export interface Exchange {
  readonly n: number;
  readonly model: string;
  /** Whether the program sent the request for its own purposes: to summarize a session, choose a model, or compress. */
  readonly aux: boolean;
  readonly delivered: "complete" | "aborted";
  /** Tools that the response called. */
  readonly tools: readonly string[];
  readonly usage: {
    readonly prompt: number;
    readonly cached: number;
    readonly output: number;
    readonly thoughts: number;
  };
}

const read = (path: string): Exchange[] =>
  readFileSync(join(assistants, "gemini-cli", path), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange);

/** Responses of the recorded home, and those after a session was resumed a minute later. */
export const answered = read("MOCK-TRUTH.jsonl");
export const answeredLater = read("resume-stub/MOCK-TRUTH-tail.jsonl");

/** Responses that are in a chat: without the program's own requests and interrupted ones. */
export const inChats = answered.filter(({ aux, delivered }) => !aux && delivered === "complete");

/** All tokens of a response. */
export const tokensOf = ({ usage }: Exchange): number => usage.prompt + usage.output + usage.thoughts;

/** Totals of some responses. */
export function totalsOf(some: readonly Exchange[]): Totals {
  const sum = (of: (usage: Exchange["usage"]) => number): number =>
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

/** Tokens of a message. */
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

/** Reads the lines of a chat. */
export const linesOf = (path: string): Line[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
/** The recorded chats by name; those of subagents are in folders. */
export const chats = names.map((name) => ({ name, lines: linesOf(join(CHATS, name)) }));
/** Whether a line is a message. */
export const isMessage = (line: Line): line is Line & Message => line.type !== undefined;

/** Sessions with tools, a subagent, a kill, resumed sessions, an interruption, a compression and a rewind. */
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
